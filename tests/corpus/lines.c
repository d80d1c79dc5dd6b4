/* The source line of each byte of a core module's code, as "0x12 src/lib.rs:7", a line each; what
   has none is left out. For lines.py, which compares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/wasm/dwarf.h"

static const struct wasm_section *find_code(const struct wasm_info *info)
{
    for (size_t i = 0; i < info->section_count; i++)
        if (!info->sections[i].custom && strcmp(info->sections[i].name, "code") == 0)
            return &info->sections[i];
    return NULL;
}

int main(int count, char **words)
{
    struct arena arena = {0};
    struct error error = {0};
    struct bytes file;
    struct wasm_info info;
    if (count != 2 || file_read(&arena, words[1], LIMIT_MODULE, &file, &error) != 0 ||
        wasm_scan(&arena, file, WASM_FACTS, &info, &error) != 0) {
        fprintf(stderr, "usage: lines MODULE: %s\n", error.message);
        return 2;
    }
    const struct wasm_section *code = find_code(&info);
    size_t size = code ? code->size : 0;
    struct dwarf_line *lines = arena_alloc(&arena, size + 1, sizeof *lines);
    for (size_t i = 0; i < size; i++)
        lines[i].offset = code->offset + size - 1 - i; /* any order will do */
    dwarf_lines(&arena, file, &info, lines, size);
    for (size_t i = size; i-- > 0;)
        if (lines[i].source.file)
            printf("0x%zx %s:%lu\n", lines[i].offset - code->offset, lines[i].source.file,
                   (unsigned long)lines[i].source.line);
    arena_free(&arena);
    return 0;
}
