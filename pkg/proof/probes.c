#include "pkg/proof/probes.h"

#include <jansson.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/embedded.h"
#include "pkg/json/json.h"

enum { PROBE_MOST = 4096, DEEPEST = 8 };

/* --- the notation --- */

struct notation {
    struct arena *arena;
    const char *at;
    unsigned depth;
};

static const struct {
    const char *word, *meaning;
} macros[] = {
    {"$type", "01{01 60 00 01 7f}"},
    {"$function", "03{01 00}"},
    {"$t", "$type $function"},
    {"$run", "07{01 'run' 00 00}"},
};

static int add_sized(struct buffer *out, const void *data, size_t size)
{
    uint8_t leb[5];
    size_t count = 0, left = size;
    do {
        leb[count++] = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
        left >>= 7;
    } while (left);
    return buffer_add(out, leb, count) == 0 ? buffer_add(out, data, size) : -1;
}

static int add_name(struct notation *notation, struct buffer *out)
{
    const char *name = notation->at + 1;
    size_t size = strcspn(name, "'");
    if (name[size] != '\'')
        return -1;
    notation->at = name + size + 1;
    return add_sized(out, name, size);
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

static int add_byte(struct notation *notation, struct buffer *out)
{
    int high = digit(notation->at[0]), low = high < 0 ? -1 : digit(notation->at[1]);
    if (low < 0)
        return -1;
    uint8_t byte = (uint8_t)(high << 4 | low);
    notation->at += 2;
    return buffer_add(out, &byte, 1);
}

static int add_all(struct notation *, struct buffer *out);

static int add_macro(struct notation *notation, struct buffer *out)
{
    size_t size = 1 + strspn(notation->at + 1, "abcdefghijklmnopqrstuvwxyz");
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
        if (strlen(macros[i].word) == size && strncmp(macros[i].word, notation->at, size) == 0) {
            struct notation inner = {notation->arena, macros[i].meaning, notation->depth + 1};
            notation->at += size;
            return add_all(&inner, out);
        }
    return -1;
}

static int add_braces(struct notation *notation, struct buffer *out)
{
    struct buffer *inside = buffer_new(notation->arena, PROBE_MOST);
    struct notation inner = {notation->arena, notation->at + 1, notation->depth + 1};
    if (add_all(&inner, inside) != 0 || *inner.at != '}')
        return -1;
    notation->at = inner.at + 1;
    return add_sized(out, inside->data, inside->size);
}

/* Up to the end or a closing brace. */
static int add_all(struct notation *notation, struct buffer *out)
{
    int status = notation->depth > DEEPEST ? -1 : 0;
    while (status == 0 && *notation->at && *notation->at != '}') {
        char c = *notation->at;
        if (c == ' ')
            notation->at++;
        else if (c == '{')
            status = add_braces(notation, out);
        else if (c == '\'')
            status = add_name(notation, out);
        else if (c == '$')
            status = add_macro(notation, out);
        else
            status = add_byte(notation, out);
    }
    return status;
}

int probes_assemble(struct arena *arena, const char *text, struct bytes *out)
{
    struct buffer *buffer = buffer_new(arena, PROBE_MOST);
    struct notation notation = {arena, text, 0};
    if (*text == '!')
        notation.at++;
    else if (buffer_add(buffer, "\0asm\1\0\0\0", 8) != 0)
        return -1;
    if (add_all(&notation, buffer) != 0 || *notation.at)
        return -1;
    *out = buffer_bytes(buffer);
    return 0;
}

/* --- the file --- */

static int wrong(const char *name, const char *what, struct error *error)
{
    return error_set(error, FAULT_INPUT, "our own probe '%s' is wrong: %s", name, what);
}

static int read_probe(struct arena *arena, const json_t *row, struct probe *out,
                      struct error *error)
{
    const char *measures = json_find_string(row, "measures", "");
    const char *with = json_find_string(row, "with", NULL);
    *out = (struct probe){.name = json_find_string(row, "name", ""),
                          .feature = wasm_feature_find(measures),
                          .use = json_find_string(row, "use", NULL),
                          .with = with ? wasm_feature_find(with) : WASM_FEATURE_COUNT,
                          .otherwise = json_find_string(row, "otherwise", NULL),
                          .info = arena_alloc(arena, 1, sizeof *out->info)};
    if (out->feature == WASM_FEATURE_COUNT && strcmp(measures, "mvp") != 0)
        return wrong(out->name, "it measures no feature", error);
    if (with && out->with == WASM_FEATURE_COUNT)
        return wrong(out->name, "'with' is no feature", error);
    if (probes_assemble(arena, json_find_string(row, "module", ""), &out->module) != 0)
        return wrong(out->name, "its bytes are not written as they must be", error);
    return wasm_scan(arena, out->module, WASM_FACTS, out->info, error) == 0
               ? 0
               : error_prefix(error, "our own probe '%s'", out->name);
}

int probes_read(struct arena *arena, struct probe **out, size_t *count, struct error *error)
{
    json_t *rows, *row;
    size_t index;
    *count = 0;
    if (json_read(arena, bytes_of(probe_modules), "probes.json", FAULT_INPUT, &rows, error) != 0)
        return -1;
    *out = arena_alloc(arena, json_array_size(rows), sizeof **out);
    json_array_foreach(rows, index, row)
    {
        if (json_object_get(row, "measures") &&
            read_probe(arena, row, &(*out)[(*count)++], error) != 0)
            return -1;
    }
    return 0;
}
