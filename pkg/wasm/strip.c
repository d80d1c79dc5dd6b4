#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/wasm/reader.h"
#include "pkg/wasm/wasm.h"

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

bool wasm_is_debug_section(const char *name)
{
    static const char *const exact[] = {"name",    "sourceMappingURL", "external_debug_info",
                                        "linking", "producers",        "target_features",
                                        "build_id"};
    return is_one_of(name, exact, sizeof exact / sizeof *exact) || starts_with(name, ".debug_") ||
           starts_with(name, "reloc.");
}

bool wasm_is_target_features(const char *name)
{
    return strcmp(name, "target_features") == 0;
}

bool wasm_is_source_map_url(const char *name)
{
    return strcmp(name, "sourceMappingURL") == 0;
}

/* One section: copied, or left out when it is a custom one that is not wanted. */
static size_t copy_section(struct arena *arena, struct reader *reader,
                           bool (*drop)(const char *name), uint8_t *to)
{
    const uint8_t *start = reader->at;
    uint8_t id = read_byte(reader);
    struct bytes payload = read_bytes(reader, read_u32(reader));
    if (reader->failed)
        return 0;
    if (id == 0) {
        struct reader inner = *reader;
        inner.at = payload.data;
        inner.end = payload.data + payload.size;
        struct bytes name = read_name(&inner);
        reader->failed = inner.failed;
        if (inner.failed || drop(text_safe(arena, (const char *)name.data, name.size)))
            return 0;
    }
    size_t size = (size_t)(reader->at - start);
    memcpy(to, start, size);
    return size;
}

int wasm_strip(struct arena *arena, struct bytes in, bool (*drop)(const char *name),
               struct bytes *out, struct error *error)
{
    if (in.size < 8 || memcmp(in.data, "\0asm\1\0\0\0", 8) != 0)
        return error_set(error, FAULT_INPUT,
                         "malformed module at offset 0: this is no core module");
    struct reader reader = {.file = in.data,
                            .at = in.data,
                            .end = in.data + in.size,
                            .function = WASM_NO_FUNCTION,
                            .subject = "module",
                            .error = error};
    uint8_t *data = arena_alloc(arena, in.size + 1, 1);
    memcpy(data, in.data, 8);
    size_t size = 8;
    reader.at += 8;
    while (reader.at < reader.end && !reader.failed)
        size += copy_section(arena, &reader, drop, data + size);
    if (reader.failed)
        return -1;
    *out = (struct bytes){data, size};
    return 0;
}
