/* What the files of the DWARF reader share. Internal to dwarf*.c. */
#ifndef PKG_WASM_DWARF_READ_H
#define PKG_WASM_DWARF_READ_H

#include "pkg/wasm/dwarf.h"

/* Little-endian numbers from bytes that nobody vouches for. A failure moves it to its end; what is
   read from then on is 0. */
struct dwarf_cursor {
    const uint8_t *at, *end;
    bool failed;
};

struct dwarf_sections {
    struct bytes line, line_str, str, info, abbrev;
};

/* --- dwarf_read.c --- */
uint64_t dwarf_fixed(struct dwarf_cursor *, unsigned size); /* more than 8 bytes fail */
uint64_t dwarf_unsigned(struct dwarf_cursor *);             /* LEB128 */
int64_t dwarf_signed(struct dwarf_cursor *);
struct dwarf_cursor dwarf_cut(struct dwarf_cursor *, uint64_t size); /* the next `size` bytes */
struct bytes dwarf_text(struct dwarf_cursor *);                      /* up to a NUL */

/* A unit of .debug_line or .debug_info, without its length; false at the end. The cursor goes on
   behind it, whatever is in it. */
struct dwarf_unit {
    struct dwarf_cursor content;
    uint64_t offset;      /* in the section */
    unsigned offset_size; /* 4, or 8 in the 64-bit format */
    unsigned address_size, version;
};
bool dwarf_next_unit(struct dwarf_cursor *, struct bytes section, struct dwarf_unit *);

/* The value of an attribute or of a column: a number, or text. Text may go on behind a NUL: where
   it ends is looked for when it is wanted, because many may share one that is long. */
struct dwarf_value {
    uint64_t number;
    struct bytes text;
};
void dwarf_read_form(struct dwarf_cursor *, const struct dwarf_unit *,
                     const struct dwarf_sections *, uint64_t form, struct dwarf_value *);

/* --- dwarf_program.c: line programs, and who waits for their rows --- */

/* A row that covers an instruction of interest. */
struct dwarf_match {
    size_t wanted; /* index into the lines asked for */
    uint64_t unit; /* offset in .debug_line */
    uint64_t file, folder;
    uint32_t line;
    bool needs_root;               /* what is found in .debug_info */
    struct bytes name, path, root; /* file, its folder, where the compiler was started */
};

struct dwarf_wanted {
    uint64_t address;
    size_t index;
};

struct dwarf_search {
    struct dwarf_wanted *wanted; /* by address */
    size_t count;
    size_t
        *next_open; /* of each: the first at or behind it that has no match; `count` at the end */
    uint64_t code_size;
    struct dwarf_match *matches;
    size_t match_count;
};

struct dwarf_program {
    struct dwarf_unit unit;
    struct dwarf_cursor tables, code;
    const uint8_t *operands; /* of standard opcodes: how many; [0] is of opcode 1 */
    uint8_t instruction_size, operations, line_range, opcode_base;
    int8_t line_base;
};

/* False when this is no program that can be run. */
bool dwarf_read_program(struct dwarf_unit *, struct dwarf_program *);
/* Adds a match for each wanted address that a row covers and no row before did. */
void dwarf_run(const struct dwarf_program *, struct dwarf_search *);

/* dwarf_names.c: names and folders of the matches from `first` on, from their program's tables. */
void dwarf_name_matches(struct dwarf_program *, const struct dwarf_sections *,
                        struct dwarf_match *matches, size_t count);

/* dwarf_info.c: where the compiler was started, for matches that need it. */
void dwarf_find_roots(const struct dwarf_sections *, struct dwarf_match *, size_t count);

#endif
