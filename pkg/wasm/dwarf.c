#include "pkg/wasm/dwarf_read.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"

/* Of a custom section, what is behind its name. */
static struct bytes content_of(struct bytes file, const struct wasm_section *section)
{
    struct dwarf_cursor cursor = {file.data + section->offset,
                                  file.data + section->offset + section->size, false};
    (void)dwarf_cut(&cursor, dwarf_unsigned(&cursor));
    return (struct bytes){cursor.at, (size_t)(cursor.end - cursor.at)};
}

static struct bytes find_section(struct bytes file, const struct wasm_info *info, const char *name)
{
    for (size_t i = 0; i < info->section_count; i++)
        if (info->sections[i].custom && strcmp(info->sections[i].name, name) == 0)
            return content_of(file, &info->sections[i]);
    return (struct bytes){NULL, 0};
}

static int compare_wanted(const void *a, const void *b)
{
    const struct dwarf_wanted *one = a, *other = b;
    return (one->address > other->address) - (one->address < other->address);
}

/* Addresses count from where the code section's content starts. */
static bool start_search(struct arena *arena, const struct wasm_info *info,
                         const struct dwarf_line *lines, size_t count, struct dwarf_search *out)
{
    const struct wasm_section *code = NULL;
    for (size_t i = 0; i < info->section_count && !code; i++)
        if (!info->sections[i].custom && strcmp(info->sections[i].name, "code") == 0)
            code = &info->sections[i];
    if (!code)
        return false;
    *out = (struct dwarf_search){.wanted = arena_alloc(arena, count + 1, sizeof *out->wanted),
                                 .next_open = arena_alloc(arena, count + 1, sizeof(size_t)),
                                 .code_size = code->size,
                                 .matches = arena_alloc(arena, count + 1, sizeof *out->matches)};
    for (size_t i = 0; i < count; i++)
        if (lines[i].offset > code->offset && lines[i].offset - code->offset < code->size)
            out->wanted[out->count++] = (struct dwarf_wanted){lines[i].offset - code->offset, i};
    for (size_t i = 0; i <= out->count; i++)
        out->next_open[i] = i;
    qsort(out->wanted, out->count, sizeof *out->wanted, compare_wanted);
    return out->count > 0;
}

static void run_programs(const struct dwarf_sections *sections, struct dwarf_search *search)
{
    struct dwarf_cursor cursor = {sections->line.data, sections->line.data + sections->line.size,
                                  false};
    struct dwarf_unit unit;
    while (cursor.at < cursor.end && search->match_count < search->count &&
           dwarf_next_unit(&cursor, sections->line, &unit)) {
        struct dwarf_program program;
        size_t before = search->match_count;
        if (dwarf_read_program(&unit, &program))
            dwarf_run(&program, search);
        if (search->match_count > before)
            dwarf_name_matches(&program, sections, search->matches + before,
                               search->match_count - before);
    }
}

/* Up to its NUL; without one it is as long as it is, maybe too long for a path. */
static struct bytes cut_text(struct bytes text)
{
    size_t most = text.size < DWARF_PATH_MOST ? text.size : DWARF_PATH_MOST;
    const uint8_t *end = most ? memchr(text.data, 0, most) : NULL;
    return (struct bytes){text.data, end ? (size_t)(end - text.data) : text.size};
}

void dwarf_lines(struct arena *arena, struct bytes file, const struct wasm_info *info,
                 struct dwarf_line *lines, size_t count)
{
    struct dwarf_sections sections = {.line = find_section(file, info, ".debug_line")};
    struct dwarf_search search;
    if (!sections.line.size || !start_search(arena, info, lines, count, &search))
        return;
    sections.line_str = find_section(file, info, ".debug_line_str");
    sections.str = find_section(file, info, ".debug_str");
    sections.info = find_section(file, info, ".debug_info");
    sections.abbrev = find_section(file, info, ".debug_abbrev");
    run_programs(&sections, &search);
    dwarf_find_roots(&sections, search.matches, search.match_count);
    for (size_t i = 0; i < search.match_count; i++) {
        const struct dwarf_match *match = &search.matches[i];
        const char *path =
            dwarf_path(arena, cut_text(match->root), cut_text(match->path), cut_text(match->name));
        if (path)
            lines[match->wanted].source = (struct wasm_source){path, match->line};
    }
}
