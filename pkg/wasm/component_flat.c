/* The core types that functions have when they are lifted or lowered, for memories of 32 bits.
   Source: component-model, design/mvp/CanonicalABI.md, "Flattening" (2026-08-21). */
#include <string.h>

#include "pkg/wasm/component.h"

enum { PARAMETERS_MOST = 16, ASYNC_PARAMETERS_MOST = 4, ROOM = PARAMETERS_MOST + 1 };

/* Letters: i I f F for i32 i64 f32 f64. Full when there are more than can be passed. */
struct flat {
    char letters[ROOM];
    size_t count;
};

static void add(struct flat *flat, char letter)
{
    if (flat->count < ROOM)
        flat->letters[flat->count++] = letter;
}

static void flatten(struct flat *flat, const struct component_type *type);

static void flatten_primitive(struct flat *flat, uint8_t byte)
{
    switch (byte) {
    case 0x78:
    case 0x77:
        add(flat, 'I');
        return;
    case 0x76:
        add(flat, 'f');
        return;
    case 0x75:
        add(flat, 'F');
        return;
    case 0x73:
        add(flat, 'i');
        add(flat, 'i');
        return;
    default:
        add(flat, 'i');
    }
}

static char join(char left, char right)
{
    if (left == right)
        return left;
    return (left == 'i' && right == 'f') || (left == 'f' && right == 'i') ? 'i' : 'I';
}

static void merge(struct flat *merged, const struct component_type *type)
{
    struct flat one = {.count = 0};
    flatten(&one, type);
    for (size_t i = 0; i < one.count; i++) {
        merged->letters[i] =
            i < merged->count ? join(merged->letters[i], one.letters[i]) : one.letters[i];
    }
    if (one.count > merged->count)
        merged->count = one.count;
}

static void flatten_cases(struct flat *flat, const struct component_type *type)
{
    struct flat merged = {.count = 0};
    for (size_t i = 0; i < type->field_count; i++)
        merge(&merged, type->fields[i].type);
    merge(&merged, type->first);
    merge(&merged, type->second);
    add(flat, 'i');
    for (size_t i = 0; i < merged.count; i++)
        add(flat, merged.letters[i]);
}

static void flatten(struct flat *flat, const struct component_type *type)
{
    if (!type || flat->count == ROOM)
        return;
    switch (type->form) {
    case WIT_PRIMITIVE:
        flatten_primitive(flat, type->primitive);
        return;
    case WIT_RECORD:
    case WIT_TUPLE:
        for (size_t i = 0; i < type->field_count && flat->count < ROOM; i++)
            flatten(flat, type->fields[i].type);
        return;
    case WIT_FIXED_LIST:
        for (size_t i = 0; i < type->length && flat->count < ROOM; i++)
            flatten(flat, type->first);
        return;
    case WIT_LIST:
    case WIT_MAP:
        add(flat, 'i');
        add(flat, 'i');
        return;
    case WIT_VARIANT:
    case WIT_OPTION:
    case WIT_RESULT:
        flatten_cases(flat, type);
        return;
    default: /* flags, enums, handles, streams, futures */
        add(flat, 'i');
    }
}

static const char *letter_name(char letter)
{
    return letter == 'i' ? "i32" : letter == 'I' ? "i64" : letter == 'f' ? "f32" : "f64";
}

static const char *list(struct arena *arena, const struct flat *flat)
{
    const char *text = "";
    for (size_t i = 0; i < flat->count; i++)
        text = arena_printf(arena, "%s%s%s", text, i ? "," : "", letter_name(flat->letters[i]));
    return text;
}

static void flatten_parameters(struct flat *flat, const struct component_type *function,
                               size_t most)
{
    for (size_t i = 0; i < function->field_count && flat->count < ROOM; i++)
        flatten(flat, function->fields[i].type);
    if (flat->count > most)
        *flat = (struct flat){"i", 1};
}

const char *component_flat_type(struct arena *arena, const struct component_type *function,
                                bool lower, bool is_async, bool callback)
{
    struct flat parameters = {.count = 0}, results = {.count = 0};
    flatten_parameters(&parameters, function,
                       lower && is_async ? ASYNC_PARAMETERS_MOST : PARAMETERS_MOST);
    flatten(&results, function->first);
    if (is_async && lower) {
        if (results.count > 0)
            add(&parameters, 'i');
        results = (struct flat){"i", 1};
    } else if (is_async) {
        results = callback ? (struct flat){"i", 1} : (struct flat){.count = 0};
    } else if (results.count > 1) {
        if (lower)
            add(&parameters, 'i');
        results = lower ? (struct flat){.count = 0} : (struct flat){"i", 1};
    }
    return arena_printf(arena, "(%s)->(%s)", list(arena, &parameters), list(arena, &results));
}

const char *component_flat_results(struct arena *arena, const struct component_type *result)
{
    struct flat flat = {.count = 0};
    flatten(&flat, result);
    if (flat.count > PARAMETERS_MOST)
        flat = (struct flat){"i", 1};
    return arena_printf(arena, "(%s)->()", list(arena, &flat));
}
