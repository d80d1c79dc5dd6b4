/* The tables of folders and files in front of a line program (DWARF 5, section 6.2.4). They are
   walked once, when a row of the program is wanted, and nothing of them is kept. */
#include <stdlib.h>

#include "pkg/wasm/dwarf_read.h"

struct entry {
    struct bytes name;
    uint64_t folder;
};

/* The columns of a table of version 5. */
enum { COLUMNS_MOST = 16 };
struct columns {
    struct {
        uint64_t content, form;
    } items[COLUMNS_MOST];
    unsigned count;
};

enum { CONTENT_PATH = 1, CONTENT_FOLDER = 2 };

static bool read_columns(struct dwarf_cursor *cursor, struct columns *out)
{
    out->count = (unsigned)dwarf_fixed(cursor, 1);
    for (unsigned i = 0; i < out->count && out->count <= COLUMNS_MOST; i++) {
        out->items[i].content = dwarf_unsigned(cursor);
        out->items[i].form = dwarf_unsigned(cursor);
    }
    return out->count <= COLUMNS_MOST && !cursor->failed;
}

static struct entry read_row(struct dwarf_program *program, const struct dwarf_sections *sections,
                             const struct columns *columns)
{
    struct entry entry = {{NULL, 0}, 0};
    for (unsigned i = 0; i < columns->count; i++) {
        struct dwarf_value value;
        dwarf_read_form(&program->tables, &program->unit, sections, columns->items[i].form, &value);
        if (columns->items[i].content == CONTENT_PATH)
            entry.name = value.text;
        else if (columns->items[i].content == CONTENT_FOLDER)
            entry.folder = value.number;
    }
    return entry;
}

/* --- who asks --- */

static int compare_files(const void *a, const void *b)
{
    const struct dwarf_match *one = a, *other = b;
    return (one->file > other->file) - (one->file < other->file);
}

static int compare_folders(const void *a, const void *b)
{
    const struct dwarf_match *one = a, *other = b;
    return (one->folder > other->folder) - (one->folder < other->folder);
}

/* Matches in the order of what is looked for, while a table is walked. */
struct asking {
    struct dwarf_match *matches;
    size_t count, at;
    bool folders;
};

static struct asking ask(struct dwarf_match *matches, size_t count, bool folders)
{
    if (count)
        qsort(matches, count, sizeof *matches, folders ? compare_folders : compare_files);
    return (struct asking){matches, count, 0, folders};
}

static void answer(struct asking *asking, uint64_t index, const struct entry *entry)
{
    for (; asking->at < asking->count; asking->at++) {
        struct dwarf_match *match = &asking->matches[asking->at];
        uint64_t wanted = asking->folders ? match->folder : match->file;
        if (wanted > index)
            return;
        if (wanted < index)
            continue;
        if (asking->folders) {
            match->path = entry->name;
        } else {
            match->name = entry->name;
            match->folder = entry->folder;
        }
    }
}

/* --- version 5: columns, and counts --- */

/* A row takes a byte or more, else a large count would cost much more than it takes. */
static void walk_rows(struct dwarf_program *program, const struct dwarf_sections *sections,
                      struct asking *asking, struct bytes *first)
{
    struct columns columns;
    if (!read_columns(&program->tables, &columns))
        return;
    uint64_t count = dwarf_unsigned(&program->tables);
    for (uint64_t i = 0; i < count && !program->tables.failed; i++) {
        const uint8_t *start = program->tables.at;
        struct entry entry = read_row(program, sections, &columns);
        if (program->tables.failed || program->tables.at == start)
            return;
        if (first && i == 0)
            *first = entry.name;
        answer(asking, i, &entry);
    }
}

static void name_rows(struct dwarf_program *program, const struct dwarf_sections *sections,
                      struct dwarf_match *matches, size_t count)
{
    struct dwarf_cursor tables = program->tables;
    struct asking nobody = {NULL, 0, 0, true};
    struct bytes root = {NULL, 0};
    walk_rows(program, sections, &nobody, &root);
    struct asking files = ask(matches, count, false);
    walk_rows(program, sections, &files, NULL);
    program->tables = tables;
    struct asking folders = ask(matches, count, true);
    walk_rows(program, sections, &folders, NULL);
    for (size_t i = 0; i < count; i++) {
        matches[i].root = root;
        matches[i].needs_root = false;
    }
}

/* --- versions 2 to 4: texts up to an empty one; both are counted from 1 --- */

static void walk_folders(struct dwarf_cursor *tables, struct asking *asking)
{
    for (uint64_t i = 1; !tables->failed; i++) {
        struct entry entry = {dwarf_text(tables), 0};
        if (entry.name.size == 0)
            return;
        answer(asking, i, &entry);
    }
}

static void walk_files(struct dwarf_cursor *tables, struct asking *asking)
{
    for (uint64_t i = 1; !tables->failed; i++) {
        struct entry entry = {dwarf_text(tables), 0};
        if (entry.name.size == 0)
            return;
        entry.folder = dwarf_unsigned(tables);
        (void)dwarf_unsigned(tables); /* when it was changed */
        (void)dwarf_unsigned(tables); /* its size */
        answer(asking, i, &entry);
    }
}

static void name_texts(struct dwarf_program *program, struct dwarf_match *matches, size_t count)
{
    struct dwarf_cursor tables = program->tables;
    struct asking nobody = {NULL, 0, 0, true};
    walk_folders(&tables, &nobody);
    struct asking files = ask(matches, count, false);
    walk_files(&tables, &files);
    struct asking folders = ask(matches, count, true);
    walk_folders(&program->tables, &folders);
    for (size_t i = 0; i < count; i++)
        matches[i].needs_root = true;
}

void dwarf_name_matches(struct dwarf_program *program, const struct dwarf_sections *sections,
                        struct dwarf_match *matches, size_t count)
{
    if (program->unit.version == 5)
        name_rows(program, sections, matches, count);
    else
        name_texts(program, matches, count);
}
