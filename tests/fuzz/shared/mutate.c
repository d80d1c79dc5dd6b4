#include "tests/fuzz/shared/mutate.h"

#include <stdbool.h>
#include <string.h>

#include "pkg/base/arena.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

enum { PARTS_MOST = 256, HEADER = 8, ID_CUSTOM = 0, ID_CODE = 10 };

/* A section, or the body of a function: its content without what says its size. */
struct part {
    uint8_t id;
    const uint8_t *data;
    size_t size;
};

struct parts {
    struct part items[PARTS_MOST];
    size_t count;
};

static uint32_t random_next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static size_t pick(uint32_t *state, size_t count)
{
    return count ? random_next(state) % count : 0;
}

/* 0 when it is cut off or too long. */
static size_t read_size(const uint8_t *data, size_t size, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < size && i < 5; i++) {
        *out |= (size_t)(data[i] & 0x7f) << (7 * i);
        if (data[i] < 0x80)
            return i + 1;
    }
    return 0;
}

static size_t write_size(uint8_t *out, size_t value)
{
    size_t used = 0;
    for (; value >= 0x80; value >>= 7)
        out[used++] = (uint8_t)(value | 0x80);
    out[used++] = (uint8_t)value;
    return used;
}

/* Parts with a size in front, and an id in front of that if `with_id`; false when they do not fill
   `size` exactly. */
static bool split(const uint8_t *data, size_t size, bool with_id, struct parts *out)
{
    out->count = 0;
    for (size_t at = 0; at < size;) {
        struct part part = {.id = with_id ? data[at++] : 0};
        size_t taken = read_size(data + at, size - at, &part.size);
        if (taken == 0 || part.size > size - at - taken || out->count == PARTS_MOST)
            return false;
        part.data = data + at + taken;
        at += taken + part.size;
        out->items[out->count++] = part;
    }
    return true;
}

/* Returns the size written; what no longer fits is left out. */
static size_t join(const struct parts *parts, bool with_id, uint8_t *out, size_t most)
{
    size_t used = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const struct part *part = &parts->items[i];
        if (part->size + 6 > most - used)
            break;
        if (with_id)
            out[used++] = part->id;
        used += write_size(out + used, part->size);
        if (part->size)
            memcpy(out + used, part->data, part->size);
        used += part->size;
    }
    return used;
}

static void insert(struct parts *parts, size_t at, struct part part)
{
    if (parts->count == PARTS_MOST)
        return;
    memmove(&parts->items[at + 1], &parts->items[at], (parts->count - at) * sizeof part);
    parts->items[at] = part;
    parts->count++;
}

static void drop(struct parts *parts, size_t at)
{
    parts->count--;
    memmove(&parts->items[at], &parts->items[at + 1], (parts->count - at) * sizeof *parts->items);
}

static void swap(struct parts *parts, size_t a, size_t b)
{
    struct part kept = parts->items[a];
    parts->items[a] = parts->items[b];
    parts->items[b] = kept;
}

/* Opcodes of one shape each, from the first to the last. */
static const uint8_t shapes[][2] = {
    {0x02, 0x04}, {0x0c, 0x0d}, {0x20, 0x22}, {0x23, 0x24}, {0x28, 0x35}, {0x36, 0x3e},
    {0x3f, 0x40}, {0x45, 0x45}, {0x46, 0x4f}, {0x51, 0x5a}, {0x5b, 0x60}, {0x61, 0x66},
    {0x67, 0x69}, {0x6a, 0x78}, {0x79, 0x7b}, {0x7c, 0x8a}, {0x8b, 0x91}, {0x92, 0x98},
    {0x99, 0x9f}, {0xa0, 0xa6}, {0xa7, 0xbf}, {0xc0, 0xc4}, {0xd0, 0xd6},
};

static uint8_t same_shape(uint8_t byte, uint32_t *state)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (byte >= shapes[i][0] && byte <= shapes[i][1])
            return (uint8_t)(shapes[i][0] + pick(state, (size_t)(shapes[i][1] - shapes[i][0] + 1)));
    return byte;
}

/* Bytes that mean something nearly everywhere: small numbers, types, block types. */
static const uint8_t telling[] = {0,    1,    2,    3,    4,    0x0b, 0x1a, 0x40,
                                  0x41, 0x5e, 0x5f, 0x60, 0x63, 0x64, 0x69, 0x6b,
                                  0x6e, 0x6f, 0x70, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f};

static void change_byte(uint8_t *data, size_t size, uint32_t *state)
{
    uint8_t *byte = &data[pick(state, size)];
    switch (pick(state, 5)) {
    case 0:
        *byte = telling[pick(state, sizeof telling)];
        return;
    case 1:
        *byte = (uint8_t)((*byte & 0x80) | ((*byte + 1) & 0x7f));
        return;
    case 2:
        *byte = (uint8_t)((*byte & 0x80) | ((*byte - 1) & 0x7f));
        return;
    default:
        *byte = same_shape(*byte, state);
    }
}

/* Doubles, drops or moves a few bytes. */
static size_t change_run(uint8_t *data, size_t size, uint32_t *state)
{
    uint8_t run[16];
    size_t length = 1 + pick(state, sizeof run), from = pick(state, size), to = pick(state, size);
    if (from + length > size || to + length > size)
        return size;
    memcpy(run, data + from, length);
    if (pick(state, 3) == 0) {
        memmove(data + from, data + from + length, size - from - length);
        return size - length;
    }
    memmove(data + to + length, data + to, size - to);
    memcpy(data + to, run, length);
    return size + length;
}

/* A copy of the part's content, changed; there is room for 64 bytes more. */
static void change_content(struct arena *arena, struct part *part, uint32_t *state)
{
    size_t room = part->size + 64;
    uint8_t *copy = arena_alloc(arena, room, 1);
    if (part->size)
        memcpy(copy, part->data, part->size);
    size_t size = part->size, turns = 1 + pick(state, 3);
    for (size_t i = 0; i < turns && size > 0; i++)
        change_byte(copy, size, state);
    if (size > 0 && pick(state, 3) == 0)
        size = change_run(copy, size, state);
    if (size == 0 || pick(state, 8) == 0)
        size = LLVMFuzzerMutate(copy, size, room);
    *part = (struct part){part->id, copy, size};
}

static void change_parts(struct arena *arena, struct parts *parts, uint32_t *state)
{
    size_t at = pick(state, parts->count);
    if (parts->count == 0)
        return;
    switch (pick(state, 12)) {
    case 0:
        drop(parts, at);
        return;
    case 1:
        insert(parts, at, parts->items[at]);
        return;
    case 2:
        swap(parts, at, pick(state, parts->count));
        return;
    default:
        change_content(arena, &parts->items[at], state);
    }
}

/* The bodies of a code section, and its count before them; false when it is none. */
static bool split_code(const struct part *section, struct parts *bodies, size_t *count_size)
{
    size_t count;
    *count_size = read_size(section->data, section->size, &count);
    return *count_size &&
           split(section->data + *count_size, section->size - *count_size, false, bodies);
}

static void change_code(struct arena *arena, struct part *section, const struct parts *bodies)
{
    size_t room = section->size + 4096;
    for (size_t i = 0; i < bodies->count; i++)
        room += bodies->items[i].size + 6;
    uint8_t *copy = arena_alloc(arena, room, 1);
    size_t used = write_size(copy, bodies->count);
    used += join(bodies, false, copy + used, room - used);
    *section = (struct part){section->id, copy, used};
}

static struct part *find(struct parts *sections, uint8_t id)
{
    for (size_t i = 0; i < sections->count; i++)
        if (sections->items[i].id == id)
            return &sections->items[i];
    return NULL;
}

static void change_bodies(struct arena *arena, struct parts *sections, uint32_t *state)
{
    struct part *section = find(sections, ID_CODE);
    struct parts bodies;
    size_t count_size;
    if (!section || !split_code(section, &bodies, &count_size))
        return;
    change_parts(arena, &bodies, state);
    change_code(arena, section, &bodies);
}

static bool split_module(const uint8_t *data, size_t size, struct parts *out)
{
    return size >= HEADER && memcmp(data, "\0asm", 4) == 0 &&
           split(data + HEADER, size - HEADER, true, out);
}

/* The header of `data` and the sections; what they are in is freed. */
static size_t finish(struct arena *arena, const uint8_t *data, const struct parts *sections,
                     uint8_t *out, size_t most)
{
    uint8_t *copy = arena_alloc(arena, most, 1);
    size_t used = 0;
    if (most > HEADER) {
        memcpy(copy, data, HEADER);
        used = HEADER + join(sections, true, copy + HEADER, most - HEADER);
        memcpy(out, copy, used);
    }
    arena_free(arena);
    return used;
}

size_t mutate_module(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    uint32_t state = seed * 2654435761u + 1;
    struct arena arena = {0};
    struct parts sections;
    if (!split_module(data, size, &sections) || sections.count == 0 || pick(&state, 16) == 0)
        return LLVMFuzzerMutate(data, size, most);
    for (size_t turns = 1 + pick(&state, 3); turns > 0; turns--)
        if (pick(&state, 2))
            change_bodies(&arena, &sections, &state);
        else
            change_parts(&arena, &sections, &state);
    size_t used = finish(&arena, data, &sections, data, most);
    return used ? used : LLVMFuzzerMutate(data, size, most);
}

/* One body of `from` into `into`, in place of one there or besides. */
static void splice_body(struct arena *arena, struct part *into, const struct part *from,
                        uint32_t *state)
{
    struct parts ours, theirs;
    size_t skip;
    if (!split_code(into, &ours, &skip) || !split_code(from, &theirs, &skip) || theirs.count == 0)
        return;
    struct part body = theirs.items[pick(state, theirs.count)];
    if (ours.count && pick(state, 4))
        ours.items[pick(state, ours.count)] = body;
    else
        insert(&ours, pick(state, ours.count + 1), body);
    change_code(arena, into, &ours);
}

size_t mutate_splice(const uint8_t *data, size_t size, const uint8_t *other, size_t other_size,
                     uint8_t *out, size_t most, unsigned seed)
{
    uint32_t state = seed * 2654435761u + 1;
    struct arena arena = {0};
    struct parts sections, theirs;
    if (!split_module(data, size, &sections) || !split_module(other, other_size, &theirs) ||
        theirs.count == 0)
        return 0;
    const struct part *section = &theirs.items[pick(&state, theirs.count)];
    struct part *same = find(&sections, section->id);
    if (same && section->id == ID_CODE)
        splice_body(&arena, same, section, &state);
    else if (same && section->id != ID_CUSTOM)
        *same = *section;
    else
        insert(&sections, pick(&state, sections.count + 1), *section);
    return finish(&arena, data, &sections, out, most);
}
