/* Where the compiler was started: versions before 5 say it only in .debug_info, where each
   compilation unit names its line program (DWARF 4, sections 3.1.1, 7.5). */
#include <stdlib.h>

#include "pkg/wasm/dwarf_read.h"

enum { NAME_STMT_LIST = 0x10, NAME_COMP_DIR = 0x1b, FORM_IMPLICIT = 0x21 };

/* Units may share their abbreviations, and the one they begin with may be long, or stand far
   behind: so many attributes are read over and over again, and no more. */
enum { ATTRIBUTES_MOST = 1 << 20 };

struct search {
    const struct dwarf_sections *sections;
    struct dwarf_match *matches; /* by unit */
    size_t count;
    unsigned attributes; /* read so far */
};

static int compare_units(const void *a, const void *b)
{
    const struct dwarf_match *one = a, *other = b;
    return (one->unit > other->unit) - (one->unit < other->unit);
}

/* The next attribute of an abbreviation; false at the end, or when it is enough. */
static bool next_attribute(struct search *search, struct dwarf_cursor *cursor, uint64_t *name,
                           uint64_t *form)
{
    *name = dwarf_unsigned(cursor);
    *form = dwarf_unsigned(cursor);
    if (*form == FORM_IMPLICIT)
        (void)dwarf_signed(cursor);
    return (*name || *form) && !cursor->failed && search->attributes++ < ATTRIBUTES_MOST;
}

/* Leaves the cursor in front of the attributes of abbreviation `code`. */
static bool find_abbreviation(struct search *search, uint64_t offset, uint64_t code,
                              struct dwarf_cursor *out)
{
    struct bytes section = search->sections->abbrev;
    if (offset >= section.size)
        return false;
    *out = (struct dwarf_cursor){section.data + offset, section.data + section.size, false};
    while (!out->failed && search->attributes++ < ATTRIBUTES_MOST) {
        uint64_t name, form, found = dwarf_unsigned(out);
        if (found == 0)
            return false;
        (void)dwarf_unsigned(out); /* tag */
        (void)dwarf_fixed(out, 1); /* whether it has children */
        if (found == code)
            return true;
        while (next_attribute(search, out, &name, &form))
            ;
    }
    return false;
}

static void set_root(struct search *search, uint64_t program, struct bytes root)
{
    size_t low = 0, high = search->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (search->matches[middle].unit < program)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < search->count && search->matches[low].unit == program; low++)
        if (search->matches[low].needs_root && !search->matches[low].root.data)
            search->matches[low].root = root;
}

/* The attributes of a compilation unit up to the two that count. */
static void read_attributes(struct search *search, const struct dwarf_unit *unit,
                            struct dwarf_cursor abbreviation, struct dwarf_cursor values)
{
    struct bytes root = {NULL, 0};
    uint64_t program = 0, name, form;
    bool has_program = false;
    while (!values.failed && !(has_program && root.data) &&
           next_attribute(search, &abbreviation, &name, &form)) {
        struct dwarf_value value;
        dwarf_read_form(&values, unit, search->sections, form, &value);
        if (name == NAME_COMP_DIR)
            root = value.text;
        if (name == NAME_STMT_LIST) {
            program = value.number;
            has_program = true;
        }
    }
    if (has_program && root.data && !values.failed)
        set_root(search, program, root);
}

static void read_unit(struct search *search, struct dwarf_unit *unit)
{
    enum { COMPILE = 1, PARTIAL = 3 };
    struct dwarf_cursor *cursor = &unit->content, abbreviation;
    uint64_t offset, type = COMPILE;
    if (unit->version < 2 || unit->version > 5)
        return;
    if (unit->version == 5) {
        type = dwarf_fixed(cursor, 1);
        unit->address_size = (unsigned)dwarf_fixed(cursor, 1);
        offset = dwarf_fixed(cursor, unit->offset_size);
    } else {
        offset = dwarf_fixed(cursor, unit->offset_size);
        unit->address_size = (unsigned)dwarf_fixed(cursor, 1);
    }
    uint64_t code = dwarf_unsigned(cursor);
    if (!cursor->failed && unit->address_size <= 8 && (type == COMPILE || type == PARTIAL) &&
        find_abbreviation(search, offset, code, &abbreviation))
        read_attributes(search, unit, abbreviation, *cursor);
}

void dwarf_find_roots(const struct dwarf_sections *sections, struct dwarf_match *matches,
                      size_t count)
{
    struct search search = {sections, matches, count, 0};
    struct dwarf_cursor cursor = {sections->info.data, sections->info.data + sections->info.size,
                                  false};
    struct dwarf_unit unit;
    bool needed = false;
    for (size_t i = 0; i < count; i++)
        needed = needed || matches[i].needs_root;
    if (!needed || !sections->info.size)
        return;
    qsort(matches, count, sizeof *matches, compare_units);
    while (cursor.at < cursor.end && dwarf_next_unit(&cursor, sections->info, &unit))
        read_unit(&search, &unit);
}
