/* Structs, arrays and i31 (garbage collection), and descriptors of structs (custom descriptors). */
#include "pkg/wasm/judge.h"

/* What is on the stack for a field: packed ones are i32 there. */
static uint32_t unpacked(uint32_t field)
{
    uint32_t type = field & ~(uint32_t)PACKED_MUTABLE;
    return type == TYPE_I8 || type == TYPE_I16 ? TYPE_I32 : type;
}

static bool is_packed(uint32_t field)
{
    uint32_t code = field & PACKED_CODE;
    return code == TYPE_I8 || code == TYPE_I16;
}

static uint32_t reference_to(const struct scan *scan, uint32_t index)
{
    return type_reference(scan, TYPE_REF_NULL, index);
}

/* A new one is of exactly that type. */
static void push_new(struct scan *scan, uint32_t index)
{
    judge_push(scan, type_reference(scan, TYPE_REF, index) | PACKED_EXACT);
}

static void check_mutable(struct scan *scan, const struct instruction *instruction, uint32_t field)
{
    if (!(field & PACKED_MUTABLE))
        judge_fail(scan, instruction->at, "%s of an immutable field", instruction->opcode->name);
}

/* Plain access is for unpacked fields, signed and unsigned access for packed ones. */
static void check_packing(struct scan *scan, const struct instruction *instruction, uint32_t field,
                          bool plain)
{
    if (is_packed(field) == plain)
        judge_fail(scan, instruction->at, "%s of a field of type %s", instruction->opcode->name,
                   packed_text(scan, field));
}

static void pop_fields(struct scan *scan, const struct instruction *instruction,
                       const struct type_entry *type)
{
    judge_count(scan, type->param_count);
    for (uint32_t i = type->param_count; i-- > 0 && judging(scan);)
        (void)judge_pop(scan, instruction, unpacked(type->packed[i]));
}

static void check_defaults(struct scan *scan, const struct instruction *instruction,
                           const struct type_entry *type)
{
    judge_count(scan, type->param_count);
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!type_defaultable(type->packed[i]))
            judge_fail(scan, instruction->at, "%s needs a default for field %lu of type %s",
                       instruction->opcode->name, (unsigned long)i,
                       packed_text(scan, unpacked(type->packed[i])));
}

static void judge_struct_new(struct scan *scan, const struct instruction *instruction,
                             bool defaults, bool described)
{
    const struct type_entry *type = judge_type(scan, instruction, instruction->index, FORM_STRUCT);
    if (!type)
        return;
    if (described != (type->descriptor != TYPE_NO_INDEX))
        judge_fail(scan, instruction->at, "%s of type %lu, which %s a descriptor",
                   instruction->opcode->name, (unsigned long)instruction->index,
                   described ? "has not" : "has");
    if (described && judging(scan))
        (void)judge_pop(scan, instruction, reference_to(scan, type->descriptor) | PACKED_EXACT);
    if (defaults)
        check_defaults(scan, instruction, type);
    else
        pop_fields(scan, instruction, type);
    push_new(scan, instruction->index);
}

static void judge_field(struct scan *scan, const struct instruction *instruction, uint32_t code)
{
    const struct type_entry *type = judge_type(scan, instruction, instruction->index, FORM_STRUCT);
    if (type && instruction->second >= type->param_count)
        judge_fail(scan, instruction->at, "%s names unknown field %lu", instruction->opcode->name,
                   (unsigned long)instruction->second);
    if (!judging(scan))
        return;
    uint32_t field = type->packed[instruction->second];
    if (code == OP_FB_STRUCT_SET) {
        check_mutable(scan, instruction, field);
        OPERANDS(scan, instruction, reference_to(scan, instruction->index), unpacked(field));
        return;
    }
    check_packing(scan, instruction, field, code == OP_FB_STRUCT_GET);
    OPERANDS(scan, instruction, reference_to(scan, instruction->index));
    judge_push(scan, unpacked(field));
}

static void judge_new_fixed(struct scan *scan, const struct instruction *instruction,
                            uint32_t field)
{
    const struct control *control = &scan->controls[scan->depth - 1];
    size_t count = instruction->second, there = scan->judge->count - control->height;
    if (count > there && control->unreachable)
        count = there; /* the others are whatever they should be */
    for (size_t i = 0; i < count && judging(scan); i++)
        (void)judge_pop(scan, instruction, unpacked(field));
}

/* The elements or bytes of a segment become an array's. */
static void check_source(struct scan *scan, const struct instruction *instruction, uint32_t field,
                         bool elements)
{
    uint32_t segment = instruction->second, type = unpacked(field);
    if (segment >= (elements ? scan->out->element_count : scan->data_announced)) {
        judge_fail(scan, instruction->at, "%s names unknown %s segment %lu",
                   instruction->opcode->name, elements ? "element" : "data",
                   (unsigned long)segment);
        return;
    }
    if (!elements && type_is_reference(type))
        judge_fail(scan, instruction->at, "%s expected an array of numbers, found one of %s",
                   instruction->opcode->name, packed_text(scan, type));
    if (elements && !type_matches(scan, scan->judge->element_types[segment], type))
        judge_fail(scan, instruction->at, "%s expected elements of %s, found %s",
                   instruction->opcode->name, packed_text(scan, type),
                   packed_text(scan, scan->judge->element_types[segment]));
}

static void judge_array_new(struct scan *scan, const struct instruction *instruction,
                            uint32_t field, uint32_t code)
{
    switch (code) {
    case OP_FB_ARRAY_NEW:
        OPERANDS(scan, instruction, unpacked(field), TYPE_I32);
        break;
    case OP_FB_ARRAY_NEW_DEFAULT:
        if (!type_defaultable(field))
            judge_fail(scan, instruction->at, "%s needs a default of type %s",
                       instruction->opcode->name, packed_text(scan, unpacked(field)));
        OPERANDS(scan, instruction, TYPE_I32);
        break;
    case OP_FB_ARRAY_NEW_FIXED:
        judge_new_fixed(scan, instruction, field);
        break;
    default:
        check_source(scan, instruction, field, code == OP_FB_ARRAY_NEW_ELEM);
        OPERANDS(scan, instruction, TYPE_I32, TYPE_I32);
    }
    push_new(scan, instruction->index);
}

static void judge_array_copy(struct scan *scan, const struct instruction *instruction,
                             uint32_t field)
{
    const struct type_entry *from = judge_type(scan, instruction, instruction->second, FORM_ARRAY);
    if (!from)
        return;
    check_mutable(scan, instruction, field);
    uint32_t source = from->packed[0] & ~(uint32_t)PACKED_MUTABLE;
    if (!type_matches(scan, source, field & ~(uint32_t)PACKED_MUTABLE))
        judge_fail(scan, instruction->at, "array.copy expected an array of %s, found one of %s",
                   packed_text(scan, field), packed_text(scan, source));
    OPERANDS(scan, instruction, reference_to(scan, instruction->index), TYPE_I32,
             reference_to(scan, instruction->second), TYPE_I32, TYPE_I32);
}

static void judge_array_use(struct scan *scan, const struct instruction *instruction,
                            uint32_t field, uint32_t code)
{
    uint32_t array = reference_to(scan, instruction->index);
    switch (code) {
    case OP_FB_ARRAY_GET:
    case OP_FB_ARRAY_GET_S:
    case OP_FB_ARRAY_GET_U:
        check_packing(scan, instruction, field, code == OP_FB_ARRAY_GET);
        OPERANDS(scan, instruction, array, TYPE_I32);
        judge_push(scan, unpacked(field));
        return;
    case OP_FB_ARRAY_SET:
        check_mutable(scan, instruction, field);
        OPERANDS(scan, instruction, array, TYPE_I32, unpacked(field));
        return;
    case OP_FB_ARRAY_FILL:
        check_mutable(scan, instruction, field);
        OPERANDS(scan, instruction, array, TYPE_I32, unpacked(field), TYPE_I32);
        return;
    case OP_FB_ARRAY_COPY:
        judge_array_copy(scan, instruction, field);
        return;
    default: /* init_data, init_elem */
        check_mutable(scan, instruction, field);
        check_source(scan, instruction, field, code == OP_FB_ARRAY_INIT_ELEM);
        OPERANDS(scan, instruction, array, TYPE_I32, TYPE_I32, TYPE_I32);
    }
}

static void judge_array(struct scan *scan, const struct instruction *instruction, uint32_t code)
{
    if (code == OP_FB_ARRAY_LEN) {
        OPERANDS(scan, instruction, PACKED_ABSTRACT_REF(TYPE_REF_NULL, TYPE_ARRAY));
        judge_push(scan, TYPE_I32);
        return;
    }
    const struct type_entry *type = judge_type(scan, instruction, instruction->index, FORM_ARRAY);
    if (!type)
        return;
    if (code <= OP_FB_ARRAY_NEW_ELEM)
        judge_array_new(scan, instruction, type->packed[0], code);
    else
        judge_array_use(scan, instruction, type->packed[0], code);
}

/* Between the hierarchies of extern and any; null stays null. */
static void judge_convert(struct scan *scan, const struct instruction *instruction, uint8_t from,
                          uint8_t to)
{
    uint32_t type = judge_pop_reference(scan, instruction);
    if (!judging(scan))
        return;
    if (!type_matches(scan, type, PACKED_ABSTRACT_REF(TYPE_REF_NULL, from)))
        judge_fail(scan, instruction->at, "%s expected %s, found %s", instruction->opcode->name,
                   packed_text(scan, PACKED_ABSTRACT_REF(TYPE_REF_NULL, from)),
                   packed_text(scan, type));
    judge_push(scan, PACKED_ABSTRACT_REF(type & PACKED_CODE, to));
}

static void judge_get_descriptor(struct scan *scan, const struct instruction *instruction)
{
    uint32_t index = instruction->index;
    if (index >= scan->out->type_count || scan->types[index].descriptor == TYPE_NO_INDEX) {
        judge_fail(scan, instruction->at, "%s names type %lu, which has no descriptor",
                   instruction->opcode->name, (unsigned long)index);
        return;
    }
    uint32_t found = judge_pop(scan, instruction, reference_to(scan, index));
    uint32_t exact = reference_to(scan, index) | PACKED_EXACT;
    bool is_exact = type_matches(scan, found, exact);
    judge_push(scan, type_reference(scan, TYPE_REF, scan->types[index].descriptor) |
                         (is_exact ? PACKED_EXACT : 0u));
}

static void judge_i31(struct scan *scan, const struct instruction *instruction, uint32_t code)
{
    if (code == OP_FB_REF_I31) {
        OPERANDS(scan, instruction, TYPE_I32);
        judge_push(scan, PACKED_ABSTRACT_REF(TYPE_REF, TYPE_I31));
        return;
    }
    OPERANDS(scan, instruction, PACKED_ABSTRACT_REF(TYPE_REF_NULL, TYPE_I31));
    judge_push(scan, TYPE_I32);
}

static void judge_casts(struct scan *scan, const struct instruction *instruction, uint32_t code)
{
    switch (code) {
    case OP_FB_REF_TEST:
    case OP_FB_REF_TEST_NULL:
        judge_cast(scan, instruction, code == OP_FB_REF_TEST_NULL, false, true);
        return;
    case OP_FB_REF_CAST:
    case OP_FB_REF_CAST_NULL:
        judge_cast(scan, instruction, code == OP_FB_REF_CAST_NULL, false, false);
        return;
    case OP_FB_REF_CAST_DESC_EQ:
    case OP_FB_REF_CAST_DESC_EQ_NULL:
        judge_cast(scan, instruction, code == OP_FB_REF_CAST_DESC_EQ_NULL, true, false);
        return;
    default:
        judge_branch_on_cast(scan, instruction,
                             code == OP_FB_BR_ON_CAST_FAIL || code == OP_FB_BR_ON_CAST_DESC_EQ_FAIL,
                             code >= OP_FB_BR_ON_CAST_DESC_EQ);
    }
}

void judge_aggregate(struct scan *scan, const struct instruction *instruction)
{
    uint32_t code = (uint32_t)(instruction->opcode - opcodes) - OPCODE_BASE_FB;
    switch (code) {
    case OP_FB_STRUCT_NEW:
    case OP_FB_STRUCT_NEW_DEFAULT:
        judge_struct_new(scan, instruction, code == OP_FB_STRUCT_NEW_DEFAULT, false);
        return;
    case OP_FB_STRUCT_NEW_DESC:
    case OP_FB_STRUCT_NEW_DEFAULT_DESC:
        judge_struct_new(scan, instruction, code == OP_FB_STRUCT_NEW_DEFAULT_DESC, true);
        return;
    case OP_FB_REF_GET_DESC:
        judge_get_descriptor(scan, instruction);
        return;
    case OP_FB_ANY_CONVERT_EXTERN:
        judge_convert(scan, instruction, TYPE_EXTERN, TYPE_ANY);
        return;
    case OP_FB_EXTERN_CONVERT_ANY:
        judge_convert(scan, instruction, TYPE_ANY, TYPE_EXTERN);
        return;
    case OP_FB_REF_I31:
    case OP_FB_I31_GET_S:
    case OP_FB_I31_GET_U:
        judge_i31(scan, instruction, code);
        return;
    default:
        break;
    }
    if (code <= OP_FB_STRUCT_SET)
        judge_field(scan, instruction, code);
    else if (code <= OP_FB_ARRAY_INIT_ELEM)
        judge_array(scan, instruction, code);
    else
        judge_casts(scan, instruction, code);
}
