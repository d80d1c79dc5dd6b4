#include "tests/unit/wasm_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/wasm/wasm.h"

struct output {
    struct buffer *buffer;
    size_t mark;
};

static void put(struct output *output, const void *data, size_t size)
{
    if (buffer_add(output->buffer, data, size) != 0)
        abort();
}

static void put_size(struct output *output, size_t size)
{
    do {
        uint8_t byte = (uint8_t)((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
        put(output, &byte, 1);
        size >>= 7;
    } while (size);
}

static const char *put_name(struct output *output, const char *text)
{
    const char *end = strchr(text, '\'');
    put_size(output, (size_t)(end - text));
    put(output, text, (size_t)(end - text));
    return end + 1;
}

static const char *put_hex(struct output *output, const char *text)
{
    char digits[3] = {text[0], text[1], '\0'}, *end;
    uint8_t byte = (uint8_t)strtoul(digits, &end, 16);
    if (*end)
        abort();
    put(output, &byte, 1);
    return text + 2;
}

/* Text with a NUL behind it, as DWARF has it. */
static const char *put_text(struct output *output, const char *text)
{
    const char *end = strchr(text, '|');
    put(output, text, (size_t)(end - text));
    put(output, "", 1);
    return end + 1;
}

static void put_fixed_size(struct output *output, size_t size, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        uint8_t byte = i < sizeof size ? (uint8_t)(size >> (8 * i)) : 0;
        put(output, &byte, 1);
    }
}

static const char *put_all(struct arena *arena, struct output *output, const char *text);

static const char *put_group(struct arena *arena, struct output *output, const char *text)
{
    struct output inner = {buffer_new(arena, SIZE_MAX / 2), SIZE_MAX};
    const char *end = put_all(arena, &inner, text + 1);
    if (*text == '{')
        put_size(output, inner.buffer->size);
    else
        put_fixed_size(output, inner.buffer->size, *text == '[' ? 4 : 8);
    if (inner.mark != SIZE_MAX)
        output->mark = output->buffer->size + inner.mark;
    put(output, inner.buffer->data, inner.buffer->size);
    return end + 1;
}

/* Up to a closing bracket or the end of the text. */
static const char *put_all(struct arena *arena, struct output *output, const char *text)
{
    while (*text && !strchr("}]>", *text)) {
        if (*text == ' ') {
            text++;
        } else if (*text == '^') {
            output->mark = output->buffer->size;
            text++;
        } else if (*text == '\'') {
            text = put_name(output, text + 1);
        } else if (*text == '|') {
            text = put_text(output, text + 1);
        } else if (strchr("{[<", *text)) {
            text = put_group(arena, output, text);
        } else {
            text = put_hex(output, text);
        }
    }
    return text;
}

/* With EDGE_DEPLOY_SEEDS=FOLDER all modules of the tests go there, as seeds for fuzzing. */
static void keep_as_seed(struct bytes bytes)
{
    const char *folder = getenv("EDGE_DEPLOY_SEEDS");
    if (!folder)
        return;
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a: a name by content */
    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ bytes.data[i]) * UINT64_C(1099511628211);
    char path[4096];
    snprintf(path, sizeof path, "%s/%016llx", folder, (unsigned long long)hash);
    FILE *file = fopen(path, "wb");
    if (!file)
        abort();
    fwrite(bytes.data, 1, bytes.size, file);
    fclose(file);
}

struct wasm_text wasm_text(struct arena *arena, const char *text)
{
    struct output output = {buffer_new(arena, SIZE_MAX / 2), SIZE_MAX};
    if (*text == '!')
        text++;
    else
        put(&output, "\0asm\1\0\0\0", 8);
    if (*put_all(arena, &output, text))
        abort();
    keep_as_seed(buffer_bytes(output.buffer));
    return (struct wasm_text){buffer_bytes(output.buffer), output.mark};
}

const char *wasm_feature_words(struct arena *arena, const struct wasm_info *info)
{
    const char *words = "";
    for (size_t i = 0; i < info->use_count; i++)
        words = arena_printf(arena, "%s%s%s", words, i ? " " : "",
                             wasm_features[info->uses[i].feature].id);
    return words;
}
