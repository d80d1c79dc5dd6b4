/* Which types stand for which (WebAssembly 3.0, "Matching"), and what is derived from a type. */
#include "pkg/wasm/judge.h"

static uint32_t index_of(uint32_t reference)
{
    return reference >> PACKED_SHIFT & PACKED_INDEX;
}

/* The heap type right above; itself at the top. */
static uint8_t heap_above(uint8_t heap)
{
    switch (heap) {
    case TYPE_EQ:
        return TYPE_ANY;
    case TYPE_I31:
    case TYPE_STRUCT:
    case TYPE_ARRAY:
        return TYPE_EQ;
    default:
        return heap;
    }
}

static uint8_t heap_top(uint8_t heap)
{
    switch (heap) {
    case TYPE_NONE:
    case TYPE_EQ:
    case TYPE_I31:
    case TYPE_STRUCT:
    case TYPE_ARRAY:
        return TYPE_ANY;
    case TYPE_NOFUNC:
        return TYPE_FUNC;
    case TYPE_NOEXTERN:
        return TYPE_EXTERN;
    case TYPE_NOEXN:
        return TYPE_EXN;
    case TYPE_NOCONT:
        return TYPE_CONT;
    default:
        return heap;
    }
}

static bool is_bottom(uint8_t heap)
{
    return heap_top(heap) != heap && heap_above(heap) == heap;
}

/* The abstract heap type right above a type of the module. */
static uint8_t form_heap(const struct scan *scan, uint32_t index)
{
    switch (scan->types[index].form) {
    case FORM_STRUCT:
        return TYPE_STRUCT;
    case FORM_ARRAY:
        return TYPE_ARRAY;
    case FORM_CONT:
        return TYPE_CONT;
    default:
        return TYPE_FUNC;
    }
}

/* The abstract heap type of a reference, or the one right above. */
static uint8_t abstract_heap(const struct scan *scan, uint32_t reference)
{
    uint32_t index = index_of(reference);
    return reference & PACKED_ABSTRACT ? (uint8_t)index : form_heap(scan, index);
}

uint8_t type_top(const struct scan *scan, uint32_t reference)
{
    return heap_top(abstract_heap(scan, reference));
}

static bool abstract_matches(uint8_t heap, uint8_t expected)
{
    if (is_bottom(heap))
        return heap == expected || (heap_top(heap) == heap_top(expected) && !is_bottom(expected));
    while (heap != expected && heap != heap_above(heap))
        heap = heap_above(heap);
    return heap == expected;
}

static bool heap_matches(const struct scan *scan, uint32_t type, uint32_t expected)
{
    if (type & PACKED_ABSTRACT && index_of(type) == HEAP_BOTTOM)
        return true;
    if (expected & PACKED_ABSTRACT)
        return abstract_matches(abstract_heap(scan, type), (uint8_t)index_of(expected));
    if (type & PACKED_ABSTRACT)
        return is_bottom((uint8_t)index_of(type)) &&
               type_top(scan, type) == type_top(scan, expected);
    if (expected & PACKED_EXACT)
        return type & PACKED_EXACT && index_of(type) == index_of(expected);
    return type_descends(scan, index_of(type), index_of(expected));
}

bool type_matches_slowly(const struct scan *scan, uint32_t type, uint32_t expected)
{
    if (type == PACKED_BOTTOM)
        return true;
    if (!type_is_reference(type) || !type_is_reference(expected))
        return false;
    if ((type & PACKED_CODE) == TYPE_REF_NULL && (expected & PACKED_CODE) == TYPE_REF)
        return false;
    return heap_matches(scan, type, expected);
}

uint32_t type_reference(const struct scan *scan, uint8_t code, uint32_t index)
{
    return code | scan->types[index].canonical << PACKED_SHIFT;
}

bool type_defaultable(uint32_t type)
{
    return (type & PACKED_CODE) != TYPE_REF;
}

struct types type_params(const struct scan *scan, uint32_t index)
{
    const struct type_entry *type = &scan->types[index];
    return (struct types){type->packed, type->param_count};
}

struct types type_results(const struct scan *scan, uint32_t index)
{
    const struct type_entry *type = &scan->types[index];
    return (struct types){type->packed + type->param_count, type->result_count};
}

const char *packed_text(struct scan *scan, uint32_t packed)
{
    struct value_type type = {.code = packed & PACKED_CODE, .index = index_of(packed)};
    if (packed == PACKED_BOTTOM)
        return "anything";
    if (packed & PACKED_EXACT)
        type.flags = TYPE_FLAG_EXACT;
    if (packed & PACKED_ABSTRACT)
        type.heap = (uint8_t)type.index;
    if (packed & PACKED_ABSTRACT && type.heap == HEAP_BOTTOM)
        return type.code == TYPE_REF ? "(ref bottom)" : "(ref null bottom)";
    return value_type_text(scan, type);
}
