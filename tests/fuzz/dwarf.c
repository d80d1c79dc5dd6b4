/* DWARF: none may crash, hang or read outside; files are safe to print; and what is said of one
   instruction does not depend on which others are asked for. The input: the sizes of four sections
   in two bytes each (.debug_abbrev, .debug_info, .debug_line_str, .debug_str), these, and the rest
   is .debug_line. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/wasm/dwarf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SECTIONS = 4, SIZES = 2 * SECTIONS, CODE_SIZE = 300 };

static void require(bool what)
{
    if (!what)
        abort();
}

/* A file of sections alone: each has its name in front, as a custom section does. */
struct image {
    uint8_t *data;
    size_t size;
    struct wasm_section sections[SECTIONS + 2];
    size_t count;
};

static void add_section(struct image *image, const char *name, const uint8_t *data, size_t size)
{
    size_t start = image->size, name_size = strlen(name);
    image->data[image->size++] = (uint8_t)name_size;
    memcpy(image->data + image->size, name, name_size);
    image->size += name_size;
    if (size)
        memcpy(image->data + image->size, data, size);
    image->size += size;
    image->sections[image->count++] = (struct wasm_section){name, true, start, image->size - start};
}

static struct image make_image(struct arena *arena, const uint8_t *data, size_t size)
{
    static const char *const names[] = {".debug_abbrev", ".debug_info", ".debug_line_str",
                                        ".debug_str"};
    struct image image = {.data = arena_alloc(arena, size + CODE_SIZE + 100, 1), .size = 7};
    image.sections[image.count++] = (struct wasm_section){"code", false, image.size, CODE_SIZE};
    image.size += CODE_SIZE;
    size_t at = SIZES;
    for (size_t i = 0; i < SECTIONS; i++) {
        size_t wanted = (size_t)(data[2 * i] | data[2 * i + 1] << 8);
        size_t part = wanted < size - at ? wanted : size - at;
        add_section(&image, names[i], data + at, part);
        at += part;
    }
    add_section(&image, ".debug_line", data + at, size - at);
    return image;
}

static void check_text(struct arena *arena, const char *text)
{
    require(*text && strcmp(text_safe(arena, text, strlen(text)), text) == 0);
    for (; *text; text++)
        require((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static bool is_same(const struct wasm_source *a, const struct wasm_source *b)
{
    return a->line == b->line && !a->file == !b->file &&
           (!a->file || strcmp(a->file, b->file) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct dwarf_line all[CODE_SIZE + 20] = {{0}};
    if (size < SIZES)
        return 0;
    struct image image = make_image(&arena, data, size);
    struct wasm_info info = {.sections = image.sections, .section_count = image.count};
    /* Exactly as much as there is, so that a byte too many is seen. */
    uint8_t *copy = malloc(image.size);
    memcpy(copy, image.data, image.size);
    struct bytes file = {copy, image.size};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        all[i].offset = i;
    dwarf_lines(&arena, file, &info, all, sizeof all / sizeof *all);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        require(!all[i].source.file == !all[i].source.line);
        if (!all[i].source.file)
            continue;
        require(i > 7 && i < 7 + CODE_SIZE);
        check_text(&arena, all[i].source.file);
    }
    for (size_t i = size % 16; i < CODE_SIZE; i += 16) {
        struct dwarf_line one = {.offset = i};
        dwarf_lines(&arena, file, &info, &one, 1);
        require(is_same(&one.source, &all[i].source));
    }
    free(copy);
    arena_free(&arena);
    return 0;
}
