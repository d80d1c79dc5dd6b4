#include "pkg/wasm/reorder.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/base/text.h"
#include "pkg/wasm/scan.h"

enum { SECTION_CUSTOM = 0, SECTION_FUNCTION = 3, SECTION_CODE = 10 };
enum { NAMES_OF_FUNCTIONS = 1, NAMES_OF_LOCALS = 2, NAMES_OF_LABELS = 3 };
enum { LEB_MOST = 5, HEADER = 8 };

static struct reader open_reader(struct bytes bytes, struct error *error)
{
    return (struct reader){.file = bytes.data,
                           .at = bytes.data,
                           .end = bytes.data + bytes.size,
                           .beyond = bytes.data + bytes.size,
                           .function = WASM_NO_FUNCTION,
                           .subject = "module",
                           .error = error};
}

/* Custom sections that know functions by name only, and the one that is written anew: those of
   dynamic linking name symbols and libraries (tool-conventions, DynamicLinking.md), those of
   wit-bindgen hold the types of a world. */
static bool is_movable(const char *name)
{
    static const char *const known[] = {"name",     "producers", "target_features",
                                        "build_id", "dylink",    "dylink.0"};
    static const char world[] = "component-type:";
    if (strncmp(name, world, sizeof world - 1) == 0)
        return true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return false;
}

int wasm_functions(struct arena *arena, struct bytes module, struct wasm_functions *out,
                   struct error *error)
{
    struct wasm_info info;
    struct reader reader = open_reader(module, error);
    if (module.size < HEADER || memcmp(module.data, "\0asm\1\0\0\0", HEADER) != 0)
        return error_set(error, FAULT_INPUT, "this is no core module");
    *out = (struct wasm_functions){.places = arena_alloc(arena, 1, sizeof *out->places)};
    if (scan_core(arena, reader, out->places, &info) != 0)
        return -1;
    out->count = (uint32_t)out->places->body_count;
    out->imported = info.function_count - out->count;
    out->bodies = arena_alloc(arena, out->count + 1, sizeof *out->bodies);
    for (uint32_t i = 0; i < out->count; i++) {
        const struct place *place = &out->places->bodies[i];
        out->bodies[i] = (struct bytes){module.data + place->offset, place->size};
    }
    out->uses = arena_alloc(arena, out->count + 1, sizeof *out->uses);
    for (size_t i = 0; i < out->places->index_count; i++) {
        uint32_t index = out->places->indices[i].index;
        if (index >= out->imported && index - out->imported < out->count)
            out->uses[index - out->imported]++;
    }
    for (size_t i = 0; i < info.section_count && !out->fixed; i++)
        if (info.sections[i].custom && !is_movable(info.sections[i].name))
            out->fixed = info.sections[i].name;
    return 0;
}

/* What all steps of one rewriting share. */
struct move {
    struct arena *arena;
    struct bytes module;
    const struct wasm_functions *functions;
    const uint32_t *order;
    uint32_t *position; /* by function: where it comes to stand among the module's own */
    uint8_t *to;
};

static void put_number(struct move *move, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        *move->to++ = (uint8_t)(value | 0x80);
    *move->to++ = (uint8_t)value;
}

static void put(struct move *move, const uint8_t *data, size_t size)
{
    if (size)
        memcpy(move->to, data, size);
    move->to += size;
}

static uint32_t moved(const struct move *move, uint32_t index)
{
    uint32_t imported = move->functions->imported;
    bool own = index >= imported && index - imported < move->functions->count;
    return own ? imported + move->position[index - imported] : index;
}

/* The first place that is not before the offset. */
static size_t find_place(const struct places *places, size_t offset)
{
    size_t low = 0, high = places->index_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (places->indices[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Part of the file, with the function indices in it as they are to be. */
static void put_moved(struct move *move, struct bytes part)
{
    const struct places *places = move->functions->places;
    size_t at = (size_t)(part.data - move->module.data), end = at + part.size;
    for (size_t i = find_place(places, at); i < places->index_count; i++) {
        const struct place *place = &places->indices[i];
        if (place->offset >= end)
            break;
        put(move, move->module.data + at, place->offset - at);
        put_number(move, moved(move, place->index));
        at = place->offset + place->size;
    }
    put(move, move->module.data + at, end - at);
}

/* Numbers are written before what they count is, so that is moved up to them. */
static void put_sized(struct move *move, uint8_t *start)
{
    size_t size = (size_t)(move->to - start);
    uint8_t *from = move->to;
    put_number(move, size);
    size_t number = (size_t)(move->to - from);
    uint8_t kept[LEB_MOST];
    memcpy(kept, from, number);
    memmove(start + number, start, size);
    memcpy(start, kept, number);
}

static void put_types(struct move *move, struct reader *reader)
{
    uint32_t count = read_u32(reader);
    uint32_t *types = arena_alloc(move->arena, (size_t)count + 1, sizeof *types);
    for (uint32_t i = 0; i < count; i++)
        types[i] = read_u32(reader);
    put_number(move, count);
    for (uint32_t i = 0; i < count; i++)
        put_number(move, types[move->order[i]]);
}

static void put_bodies(struct move *move)
{
    const struct wasm_functions *functions = move->functions;
    put_number(move, functions->count);
    for (uint32_t i = 0; i < functions->count; i++) {
        uint8_t *start = move->to;
        put_moved(move, functions->bodies[move->order[i]]);
        put_sized(move, start);
    }
}

/* What is said of one function in the name section. */
struct entry {
    uint32_t index;
    struct bytes words; /* behind the index */
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* A name; or a list of numbers with names. */
static void pass_words(struct reader *reader, bool list)
{
    uint32_t count = list ? read_count(reader, "names", 2) : 1;
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        if (list)
            (void)read_u32(reader);
        (void)read_bytes(reader, read_u32(reader));
    }
}

static void put_names_of(struct move *move, struct reader *reader, bool lists)
{
    uint32_t count = read_count(reader, "names", 2);
    struct entry *entries = arena_alloc(move->arena, (size_t)count + 1, sizeof *entries);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        entries[i].index = moved(move, read_u32(reader));
        const uint8_t *start = reader->at;
        pass_words(reader, lists);
        entries[i].words = (struct bytes){start, (size_t)(reader->at - start)};
    }
    if (reader->failed)
        return;
    qsort(entries, count, sizeof *entries, compare_entries);
    put_number(move, count);
    for (uint32_t i = 0; i < count; i++) {
        put_number(move, entries[i].index);
        put(move, entries[i].words.data, entries[i].words.size);
    }
}

static void put_names(struct move *move, struct reader *reader)
{
    while (reader->at < reader->end && !reader->failed) {
        uint8_t id = read_byte(reader);
        const uint8_t *outer = reader_enter(reader, read_u32(reader), "names");
        *move->to++ = id;
        uint8_t *start = move->to;
        if (!reader->failed && id >= NAMES_OF_FUNCTIONS && id <= NAMES_OF_LABELS)
            put_names_of(move, reader, id != NAMES_OF_FUNCTIONS);
        else
            put(move, reader->at, reader_left(reader));
        if (id < NAMES_OF_FUNCTIONS || id > NAMES_OF_LABELS)
            reader->at = reader->end;
        put_sized(move, start);
        reader_leave(reader, outer, "names");
    }
}

static void put_custom(struct move *move, struct reader *reader)
{
    const uint8_t *start = reader->at;
    struct bytes name = read_name(reader);
    put(move, start, (size_t)(reader->at - start));
    if (bytes_equal(name, bytes_of("name")))
        put_names(move, reader);
    else
        put(move, reader->at, reader_left(reader));
    reader->at = reader->end;
}

static void put_section(struct move *move, struct reader *reader)
{
    uint8_t id = read_byte(reader);
    const uint8_t *outer = reader_enter(reader, read_u32(reader), "section");
    struct bytes payload = {reader->at, reader_left(reader)};
    *move->to++ = id;
    uint8_t *start = move->to;
    if (id == SECTION_FUNCTION)
        put_types(move, reader);
    else if (id == SECTION_CODE)
        put_bodies(move);
    else if (id == SECTION_CUSTOM)
        put_custom(move, reader);
    else
        put_moved(move, payload);
    reader->at = reader->end;
    put_sized(move, start);
    reader_leave(reader, outer, "section");
}

/* No number gets longer by more than four bytes, and each has one at least. */
static size_t bound(const struct move *move)
{
    const struct places *places = move->functions->places;
    struct error ignored;
    struct reader reader = open_reader(move->module, &ignored);
    size_t names = 0, sections = 0;
    reader.at += HEADER;
    for (; reader.at < reader.end && !reader.failed; sections++) {
        uint8_t id = read_byte(&reader);
        size_t size = read_bytes(&reader, read_u32(&reader)).size;
        names += id == SECTION_CUSTOM ? size : 0;
    }
    return move->module.size + 4 * (places->index_count + places->body_count + names + sections) +
           2 * LEB_MOST;
}

int wasm_reorder(struct arena *arena, struct bytes module, const struct wasm_functions *functions,
                 const uint32_t *order, struct bytes *out, struct error *error)
{
    struct move move = {.arena = arena, .module = module, .functions = functions, .order = order};
    struct reader reader = open_reader(module, error);
    uint8_t *data = arena_alloc(arena, bound(&move), 1);
    move.position = arena_alloc(arena, functions->count + 1, sizeof *move.position);
    for (uint32_t i = 0; i < functions->count; i++)
        move.position[order[i]] = i;
    move.to = data;
    put(&move, module.data, HEADER);
    reader.at += HEADER;
    while (reader.at < reader.end && !reader.failed)
        put_section(&move, &reader);
    if (reader.failed)
        return -1;
    *out = (struct bytes){data, (size_t)(move.to - data)};
    return 0;
}
