#include "pkg/optimize/mappings.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/json/json.h"

enum { COLUMN, SOURCE, LINE, PLACE, FIELDS, MOST_FIELDS = FIELDS + 1, DIGIT_BITS = 5, MORE = 32 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const int64_t most = INT32_MAX;

/* All that a segment says, added up. */
struct segment {
    int64_t fields[FIELDS];
    bool bare; /* no source */
};

struct text {
    const uint8_t *at, *end;
};

/* -1: no number of at most 32 bits stands there. */
static int read_number(struct text *text, int64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift <= 30 && text->at < text->end; shift += DIGIT_BITS) {
        const char *digit = *text->at ? strchr(digits, *text->at) : NULL;
        if (!digit)
            return -1;
        unsigned bits = (unsigned)(digit - digits);
        text->at++;
        value |= (uint64_t)(bits & (MORE - 1)) << shift;
        if (bits & MORE)
            continue;
        *out = value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
        return 0;
    }
    return -1;
}

/* Adds what the next segment says to `state`. */
static int read_segment(struct text *text, const struct mappings_change *change,
                        struct segment *state)
{
    int64_t deltas[MOST_FIELDS];
    size_t count = 0;
    while (text->at < text->end && *text->at != ',')
        if (count == MOST_FIELDS || read_number(text, &deltas[count++]) != 0)
            return -1;
    if ((count != 1 && count < FIELDS) || deltas[COLUMN] < 0)
        return -1;
    for (size_t i = 0; i < count && i < FIELDS; i++) {
        state->fields[i] += deltas[i];
        if (state->fields[i] < 0 || state->fields[i] > most)
            return -1;
    }
    uint64_t source = (uint64_t)state->fields[SOURCE];
    state->bare = count == 1 || (change->numbered && source == change->sources);
    return state->bare || source < change->sources ? 0 : -1;
}

static size_t put_number(char *to, int64_t value)
{
    uint64_t left = value < 0 ? (uint64_t)-value << 1 | 1 : (uint64_t)value << 1;
    size_t size = 0;
    do {
        unsigned bits = left & (MORE - 1);
        left >>= DIGIT_BITS;
        to[size++] = digits[left ? bits | MORE : bits];
    } while (left);
    return size;
}

/* `before` is what was written last. */
static int put_segment(struct buffer *out, const struct mappings_change *change,
                       const struct segment *segment, struct segment *before)
{
    char text[1 + FIELDS * 8];
    size_t size = 0, count = segment->bare && !change->number ? 1 : FIELDS;
    struct segment now = *segment;
    if (segment->bare)
        now = (struct segment){.fields = {segment->fields[COLUMN], (int64_t)change->sources}};
    if (out->size)
        text[size++] = ',';
    for (size_t i = 0; i < count; i++) {
        size += put_number(text + size, now.fields[i] - before->fields[i]);
        before->fields[i] = now.fields[i];
    }
    return buffer_add(out, text, size);
}

int mappings_rewrite(struct arena *arena, struct bytes in, const struct mappings_change *change,
                     struct bytes *out)
{
    struct buffer *buffer = buffer_new(arena, LIMIT_SOURCE_MAP);
    struct segment state = {.bare = false}, before = {.bare = false};
    if (in.size == 0) { /* its data may be NULL */
        *out = in;
        return 0;
    }
    struct text text = {in.data, in.data + in.size};
    while (text.at < text.end) {
        if (read_segment(&text, change, &state) != 0)
            return -1;
        int64_t delta = 1;
        if (text.at < text.end) {
            text.at++;
            struct text ahead = text;
            if (read_number(&ahead, &delta) != 0)
                return -1;
        }
        struct segment moved = state;
        moved.fields[COLUMN] += change->shift;
        if (delta != 0 && moved.fields[COLUMN] >= 0 &&
            put_segment(buffer, change, &moved, &before) != 0)
            return -1;
    }
    *out = buffer_bytes(buffer);
    return 0;
}

int mappings_pack(struct arena *arena, struct bytes mappings, size_t sources, size_t code_offset,
                  struct bytes *out)
{
    const struct mappings_change change = {
        .shift = (int64_t)code_offset, .sources = sources, .number = true};
    struct buffer *buffer = buffer_new(arena, 2 * (size_t)LIMIT_SOURCE_MAP);
    struct bytes moved;
    int status = mappings_rewrite(arena, mappings, &change, &moved);
    if (status == 0)
        status = buffer_printf(buffer, "{\"version\":3,\"sources\":[");
    for (size_t i = 0; status == 0 && i <= sources; i++)
        status = buffer_printf(buffer, "%s\"%zu\"", i ? "," : "", i);
    if (status != 0 || buffer_printf(buffer, "],\"names\":[],\"mappings\":\"") != 0 ||
        buffer_add(buffer, moved.data, moved.size) != 0 || buffer_printf(buffer, "\"}") != 0)
        return -1;
    *out = buffer_bytes(buffer);
    return 0;
}

int mappings_unpack(struct arena *arena, struct bytes map, size_t sources, size_t code_offset,
                    struct bytes *out)
{
    const struct mappings_change change = {
        .shift = -(int64_t)code_offset, .sources = sources, .numbered = true};
    struct arena scratch = {0};
    struct error ignored = {0};
    json_t *document;
    int status = -1;
    if (json_read(&scratch, map, "source map", FAULT_INPUT, &document, &ignored) == 0) {
        const json_t *mappings = json_object_get(document, "mappings");
        const struct bytes text = {(const uint8_t *)json_string_value(mappings),
                                   json_string_length(mappings)};
        bool same = json_array_size(json_object_get(document, "sources")) == sources + 1;
        status = same && text.data ? mappings_rewrite(arena, text, &change, out) : -1;
    }
    arena_free(&scratch);
    return status;
}
