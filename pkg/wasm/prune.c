#include "pkg/wasm/prune.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/wasm/reader.h"
#include "pkg/wasm/wasm.h"

enum { SECTION_EXPORT = 7, HEADER = 8 };
enum { NUMBERS = 11 }; /* a section's id, size and count at most */

/* Where the copy is written; it never gets longer than what was read. */
struct copy {
    const struct wasm_keep *keep;
    uint8_t *to;
};

static uint8_t *put_number(uint8_t *to, size_t value)
{
    for (; value > 0x7f; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
}

static size_t number_size(size_t value)
{
    size_t size = 1;
    for (; value > 0x7f; value >>= 7)
        size++;
    return size;
}

static void put_exports(struct copy *copy, struct reader *reader)
{
    uint32_t count = read_length(reader, "exports", 3), kept = 0;
    uint8_t *entries = copy->to + NUMBERS, *end = entries;
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *start = reader->at;
        struct bytes name = read_name(reader);
        (void)read_byte(reader);
        (void)read_u32(reader);
        if (reader->failed || !copy->keep->keeps(copy->keep->context, name))
            continue;
        memcpy(end, start, (size_t)(reader->at - start));
        end += reader->at - start;
        kept++;
    }
    if (reader->failed || kept == 0)
        return;
    size_t size = (size_t)(end - entries);
    *copy->to++ = SECTION_EXPORT;
    copy->to = put_number(put_number(copy->to, number_size(kept) + size), kept);
    memmove(copy->to, entries, size);
    copy->to += size;
}

static void put_section(struct copy *copy, struct reader *reader)
{
    const uint8_t *start = reader->at;
    uint8_t id = read_byte(reader);
    const uint8_t *outer = reader_enter(reader, read_u32(reader), "section");
    if (id == SECTION_EXPORT)
        put_exports(copy, reader);
    else
        reader->at = reader->end;
    reader_leave(reader, outer, "section");
    if (reader->failed || id == SECTION_EXPORT)
        return;
    memcpy(copy->to, start, (size_t)(reader->at - start));
    copy->to += reader->at - start;
}

int wasm_prune(struct arena *arena, struct bytes in, const struct wasm_keep *keep,
               struct bytes *out, struct error *error)
{
    struct reader reader = {.file = in.data,
                            .at = in.data,
                            .end = in.data + in.size,
                            .beyond = in.data + in.size,
                            .function = WASM_NO_FUNCTION,
                            .subject = "module",
                            .error = error};
    if (in.size < HEADER || memcmp(in.data, "\0asm\1\0\0\0", HEADER) != 0)
        return error_set(error, FAULT_INPUT, "this is no core module");
    uint8_t *data = arena_alloc(arena, in.size + NUMBERS, 1);
    struct copy copy = {keep, data + HEADER};
    memcpy(data, in.data, HEADER);
    reader.at += HEADER;
    while (reader.at < reader.end && !reader.failed)
        put_section(&copy, &reader);
    if (reader.failed)
        return -1;
    *out = (struct bytes){data, (size_t)(copy.to - data)};
    return 0;
}
