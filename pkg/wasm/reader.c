#include "pkg/wasm/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Twice what engines take, so that a check can tell which one takes less than is there. */
enum { ENTRIES_MOST = 2000000 };

const char *const leb_cut = "unexpected end";
const char *const leb_long = "integer representation too long";
const char *const leb_large = "integer too large";

void reader_fail(struct reader *reader, const uint8_t *where, const char *format, ...)
{
    reader->at = reader->end;
    if (reader->failed)
        return;
    reader->failed = true;
    char detail[240];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    char function[40] = "";
    if (reader->function != UINT32_MAX)
        snprintf(function, sizeof function, " in function %lu", (unsigned long)reader->function);
    (void)error_set(reader->error, FAULT_INPUT, "malformed %s at offset %zu%s: %s", reader->subject,
                    (size_t)(where - reader->file), function, detail);
}

const uint8_t *leb_unsigned(const uint8_t *at, const uint8_t *end, unsigned bits, uint64_t *out,
                            const char **why)
{
    uint64_t value = 0;
    for (unsigned shift = 0; at < end; shift += 7) {
        uint8_t byte = *at++;
        unsigned room = bits - shift;
        if (room < 7 && (byte & 0x7f) >> room) {
            *why = byte & 0x80 ? leb_long : leb_large;
            return NULL;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = value;
            return at;
        }
        if (room <= 7) {
            *why = leb_long;
            return NULL;
        }
    }
    *why = leb_cut;
    return NULL;
}

/* In the last byte of a signed number all bits from the sign bit on are the same. */
static bool sign_extended(uint8_t byte, unsigned room)
{
    uint8_t high = (uint8_t)((byte & 0x7f) >> (room - 1));
    return high == 0 || high == 0x7f >> (room - 1);
}

const uint8_t *leb_signed(const uint8_t *at, const uint8_t *end, unsigned bits, int64_t *out,
                          const char **why)
{
    uint64_t value = 0;
    for (unsigned shift = 0; at < end; shift += 7) {
        uint8_t byte = *at++;
        unsigned room = bits - shift;
        if (room <= 7 && byte & 0x80) {
            *why = leb_long;
            return NULL;
        }
        if (room < 7 && !sign_extended(byte, room)) {
            *why = leb_large;
            return NULL;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            if (byte & 0x40 && shift + 7 < 64)
                value |= UINT64_MAX << (shift + 7);
            *out = (int64_t)value;
            return at;
        }
    }
    *why = leb_cut;
    return NULL;
}

uint8_t read_byte(struct reader *reader)
{
    if (reader->at < reader->end)
        return *reader->at++;
    reader_fail(reader, reader->at, "%s", leb_cut);
    return 0;
}

static uint64_t read_unsigned(struct reader *reader, unsigned bits)
{
    uint64_t value = 0;
    const char *why = NULL;
    const uint8_t *at = leb_unsigned(reader->at, reader->end, bits, &value, &why);
    if (at)
        reader->at = at;
    else
        reader_fail(reader, reader->at, "%s", why);
    return value;
}

uint32_t read_u32_slowly(struct reader *reader)
{
    return (uint32_t)read_unsigned(reader, 32);
}

uint64_t read_u64(struct reader *reader)
{
    return read_unsigned(reader, 64);
}

int64_t read_signed(struct reader *reader, unsigned bits)
{
    int64_t value = 0;
    const char *why = NULL;
    const uint8_t *at = leb_signed(reader->at, reader->end, bits, &value, &why);
    if (at)
        reader->at = at;
    else
        reader_fail(reader, reader->at, "%s", why);
    return value;
}

uint32_t read_length(struct reader *reader, const char *things, size_t least)
{
    const uint8_t *start = reader->at;
    uint32_t count = read_u32(reader);
    if (count <= reader_left(reader) / least)
        return count;
    reader_fail(reader, start, "length out of bounds: %lu %s announced, %zu bytes left",
                (unsigned long)count, things, reader_left(reader));
    return 0;
}

uint32_t read_count(struct reader *reader, const char *things, size_t least)
{
    const uint8_t *start = reader->at;
    uint32_t count = read_length(reader, things, least);
    if (count <= ENTRIES_MOST)
        return count;
    reader_fail(reader, start, "%lu %s are more than any engine takes", (unsigned long)count,
                things);
    return 0;
}

bool reader_has_room(struct reader *reader, size_t count, const char *things)
{
    if (count < ENTRIES_MOST)
        return true;
    reader_fail(reader, reader->at, "more %s than any engine takes", things);
    return false;
}

struct bytes read_bytes(struct reader *reader, size_t size)
{
    if (size > reader_left(reader)) {
        reader_fail(reader, reader->at, "%s: %zu bytes announced, %zu left", leb_cut, size,
                    reader_left(reader));
        return (struct bytes){reader->at, 0};
    }
    struct bytes out = {reader->at, size};
    reader->at += size;
    return out;
}

/* How many bytes the sequence that starts with `lead` has, 0 when none does; the bounds of its
   second byte (Unicode 15, table 3-7). */
static size_t sequence_size(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* How many bytes from `at` on are ASCII, in steps of eight. */
static size_t skip_ascii(struct bytes text, size_t at)
{
    uint64_t word;
    while (text.size - at >= sizeof word) {
        memcpy(&word, text.data + at, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
        at += sizeof word;
    }
    return at;
}

bool utf8_valid(struct bytes text)
{
    for (size_t i = skip_ascii(text, 0); i < text.size;) {
        uint8_t low, high;
        size_t size = sequence_size(text.data[i], &low, &high);
        if (size == 0 || size > text.size - i)
            return false;
        if (size > 1 && (text.data[i + 1] < low || text.data[i + 1] > high))
            return false;
        for (size_t k = 2; k < size; k++)
            if ((text.data[i + k] & 0xc0) != 0x80)
                return false;
        i += size;
    }
    return true;
}

struct bytes read_name(struct reader *reader)
{
    struct bytes name = read_bytes(reader, read_u32(reader));
    if (!utf8_valid(name))
        reader_fail(reader, name.data, "malformed UTF-8 in a name");
    return name;
}

const uint8_t *reader_enter(struct reader *reader, size_t size, const char *what)
{
    const uint8_t *old = reader->end;
    if (size > reader_left(reader))
        reader_fail(reader, reader->at, "length out of bounds: %s of %zu bytes, %zu left", what,
                    size, reader_left(reader));
    else
        reader->end = reader->at + size;
    return old;
}

void reader_leave(struct reader *reader, const uint8_t *old_end, const char *what)
{
    if (reader->at != reader->end)
        reader_fail(reader, reader->at, "section size mismatch: %zu bytes too many in %s",
                    reader_left(reader), what);
    reader->end = old_end;
    if (reader->failed)
        reader->at = reader->end;
}
