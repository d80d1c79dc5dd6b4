/* Types of components as text, close to what WIT calls them. */
#include <stdio.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/wasm/component_type.h"

enum { LONGEST = 160 };

struct text {
    char data[LONGEST];
    size_t size;
    bool cut;
};

static void put(struct text *text, const char *words)
{
    size_t size = strlen(words);
    if (text->cut || size >= LONGEST - text->size) {
        text->cut = true;
        return;
    }
    memcpy(text->data + text->size, words, size);
    text->size += size;
}

const char *component_kind_name(enum component_kind kind)
{
    static const char *const names[] = {"core module", "func",      "value",
                                        "type",        "component", "instance"};
    return names[kind];
}

static const char *primitive_name(uint8_t byte)
{
    static const char *const names[] = {"string", "char", "f64", "f32", "u64", "s64", "u32",
                                        "s32",    "u16",  "s16", "u8",  "s8",  "bool"};
    return byte == 0x64 ? "error-context" : names[byte - 0x73];
}

static void put_type(struct text *text, const struct component_type *type, bool top);

static void put_list(struct text *text, const struct component_type *type, const char *open,
                     const char *close)
{
    put(text, open);
    for (size_t i = 0; i < type->field_count && !text->cut; i++) {
        put(text, i ? ", " : "");
        put(text, type->fields[i].name ? type->fields[i].name : "");
        if (!type->fields[i].type)
            continue;
        put(text, type->form == WIT_VARIANT ? "(" : type->fields[i].name ? ": " : "");
        put_type(text, type->fields[i].type, false);
        put(text, type->form == WIT_VARIANT ? ")" : "");
    }
    put(text, close);
}

/* "option<u8>", "result<_, string>" */
static void put_parts(struct text *text, const char *name, const struct component_type *type)
{
    put(text, name);
    if (!type->first && !type->second)
        return;
    put(text, "<");
    if (type->first)
        put_type(text, type->first, false);
    else
        put(text, "_");
    if (type->second) {
        put(text, ", ");
        put_type(text, type->second, false);
    }
    if (type->form == WIT_FIXED_LIST) {
        char length[24];
        snprintf(length, sizeof length, ", %lu", (unsigned long)type->length);
        put(text, length);
    }
    put(text, ">");
}

static void put_function(struct text *text, const struct component_type *type)
{
    put(text, type->is_async ? "async func" : "func");
    put_list(text, type, "(", ")");
    if (!type->first)
        return;
    put(text, " -> ");
    put_type(text, type->first, false);
}

static void put_handle(struct text *text, const char *name, const struct component_type *type)
{
    put(text, name);
    put(text, type->name ? type->name : "resource");
    put(text, ">");
}

static void put_type(struct text *text, const struct component_type *type, bool top)
{
    if (text->cut)
        return;
    if (type->name && !top && type->form != WIT_OWN && type->form != WIT_BORROW) {
        put(text, type->name);
        return;
    }
    switch (type->form) {
    case WIT_PRIMITIVE:
        put(text, primitive_name(type->primitive));
        return;
    case WIT_RECORD:
        put_list(text, type, "record { ", " }");
        return;
    case WIT_VARIANT:
        put_list(text, type, "variant { ", " }");
        return;
    case WIT_FLAGS:
        put_list(text, type, "flags { ", " }");
        return;
    case WIT_ENUM:
        put_list(text, type, "enum { ", " }");
        return;
    case WIT_TUPLE:
        put_list(text, type, "tuple<", ">");
        return;
    case WIT_LIST:
    case WIT_FIXED_LIST:
        put_parts(text, "list", type);
        return;
    case WIT_OPTION:
        put_parts(text, "option", type);
        return;
    case WIT_RESULT:
        put_parts(text, "result", type);
        return;
    case WIT_STREAM:
        put_parts(text, "stream", type);
        return;
    case WIT_FUTURE:
        put_parts(text, "future", type);
        return;
    case WIT_MAP:
        put_parts(text, "map", type);
        return;
    case WIT_OWN:
        put_handle(text, "own<", type);
        return;
    case WIT_BORROW:
        put_handle(text, "borrow<", type);
        return;
    case WIT_FUNCTION:
        put_function(text, type);
        return;
    case WIT_RESOURCE:
        put(text, "resource");
        return;
    case WIT_INSTANCE:
        put(text, "interface");
        return;
    case WIT_COMPONENT:
        put(text, "component");
        return;
    }
}

const char *component_type_text(struct arena *arena, const struct component_type *type)
{
    struct text text = {.size = 0};
    if (!type)
        return "?";
    put_type(&text, type, true);
    return arena_printf(arena, "%.*s%s", (int)text.size, text.data, text.cut ? "..." : "");
}
