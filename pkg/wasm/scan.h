/* The state of one pass over a module, shared by the files that read its parts. Internal to
   pkg/wasm. */
#ifndef PKG_WASM_SCAN_H
#define PKG_WASM_SCAN_H

#include "pkg/base/arena.h"
#include "pkg/wasm/opcodes.h"
#include "pkg/wasm/reader.h"
#include "pkg/wasm/wasm.h"

/* Type bytes (WebAssembly 3.0, binary format, "Types"). */
enum {
    TYPE_I32 = 0x7f,
    TYPE_I64 = 0x7e,
    TYPE_F32 = 0x7d,
    TYPE_F64 = 0x7c,
    TYPE_V128 = 0x7b,
    TYPE_I8 = 0x78,
    TYPE_I16 = 0x77,
    TYPE_NOCONT = 0x75,
    TYPE_NOEXN = 0x74,
    TYPE_NOFUNC = 0x73,
    TYPE_NOEXTERN = 0x72,
    TYPE_NONE = 0x71,
    TYPE_FUNC = 0x70,
    TYPE_EXTERN = 0x6f,
    TYPE_ANY = 0x6e,
    TYPE_EQ = 0x6d,
    TYPE_I31 = 0x6c,
    TYPE_STRUCT = 0x6b,
    TYPE_ARRAY = 0x6a,
    TYPE_EXN = 0x69,
    TYPE_CONT = 0x68,
    TYPE_STRING = 0x67,
    TYPE_SHARED = 0x65,
    TYPE_REF = 0x64,
    TYPE_REF_NULL = 0x63,
    TYPE_EXACT = 0x62,
    FORM_FUNC = 0x60,
    FORM_STRUCT = 0x5f,
    FORM_ARRAY = 0x5e,
    FORM_CONT = 0x5d,
    FORM_SUB = 0x50,
    FORM_SUB_FINAL = 0x4f,
    FORM_REC = 0x4e,
    FORM_DESCRIPTOR = 0x4d,
    FORM_DESCRIBES = 0x4c,
    BLOCK_EMPTY = 0x40
};

/* A value or storage type. Shorthands are spelled out: 0x70 has code REF_NULL and heap FUNC. */
struct value_type {
    uint8_t code;  /* number, vector or packed type; REF or REF_NULL */
    uint8_t heap;  /* of a reference: an abstract heap type; 0: the type at `index` */
    uint8_t flags; /* enum type_flag */
    uint32_t index;
};
enum type_flag { TYPE_FLAG_SHARED = 1, TYPE_FLAG_EXACT = 2, TYPE_FLAG_MUTABLE = 4 };

#define TYPE_NO_INDEX UINT32_MAX

struct type_entry {
    const uint8_t *at; /* where it stands */
    uint8_t form;
    bool open;                          /* may have subtypes */
    uint32_t param_count, result_count; /* of a struct or array: fields are params */
    struct value_type *values;          /* params, then results */
    const char *text;                   /* made when first asked for */
    uint32_t supertypes;                /* how many are declared */
    uint32_t supertype;                 /* the first; TYPE_NO_INDEX when there is none */
    uint32_t described, descriptor;     /* of the clauses; TYPE_NO_INDEX when there is none */
    /* What validation finds (canonical.c): the first type that is the same; the values packed; the
       length of the chain of supertypes, and one further up to jump to. */
    uint32_t canonical;
    uint32_t *packed;
    uint32_t depth, jump;
};

struct global_entry {
    struct value_type type;
    uint32_t packed; /* judge.h; so are the others of that name */
    bool is_mutable, shared, imported;
};

struct table_entry {
    const uint8_t *at; /* where it stands */
    struct value_type type;
    uint32_t packed;
    uint64_t min, max;
    bool has_max, shared, is_64;
};

/* An open block; the first one is the expression itself. */
struct control {
    uint8_t opcode; /* of what opened this part of it: if, else, try, catch, ... */
    uint8_t kind;   /* enum block: how `type` is to be read */
    bool unreachable;
    uint32_t type;  /* packed, or the index of a function type */
    uint32_t inits; /* how many locals were initialised when it began */
    uint32_t seen;  /* the br_table that last looked at it */
    size_t height;  /* of the operands below it */
};
enum block { BLOCK_VOID, BLOCK_VALUE, BLOCK_INDEX };

/* Where function indices and bodies stand in the file, in its order: for who moves functions. */
struct place {
    size_t offset, size; /* of the number, or of the body without its own size */
    uint32_t index;
};
struct places {
    struct place *indices, *bodies;
    size_t index_count, index_capacity, body_count, body_capacity;
};

struct scan {
    struct arena *arena;
    struct reader reader;
    struct wasm_info *out;
    struct wasm_use uses[WASM_FEATURE_COUNT];
    uint64_t body_features; /* noted since the function body being read began */
    struct type_entry *types;
    size_t type_capacity;
    uint32_t *function_types; /* by function index */
    size_t function_capacity;
    struct global_entry *globals;
    size_t global_capacity;
    struct table_entry *tables;
    size_t table_capacity;
    uint32_t *tag_types;
    size_t tag_capacity;
    size_t import_capacity, export_capacity, memory_capacity, section_capacity;
    size_t producer_capacity, declared_capacity;
    uint32_t imported_functions, code_count, data_announced;
    bool has_data_count;
    unsigned rank;            /* of the last section: they come in order */
    const uint8_t *section;   /* the id byte of the one being read */
    struct bytes names;       /* the name section */
    struct control *controls; /* open blocks, shared by all bodies */
    size_t control_capacity, depth;
    struct judge *judge;   /* NULL when types are not checked */
    struct places *places; /* NULL when nobody asks */
};

/* The number from `start` to where the reader stands is a function's index. */
static inline void scan_place(struct scan *scan, const uint8_t *start, uint32_t index)
{
    struct places *places = scan->places;
    if (!places || scan->reader.failed)
        return;
    places->indices = arena_grow(scan->arena, places->indices, places->index_count,
                                 &places->index_capacity, sizeof *places->indices);
    places->indices[places->index_count++] = (struct place){
        (size_t)(start - scan->reader.file), (size_t)(scan->reader.at - start), index};
}

/* Counts a use of a feature and keeps the first. `what` must outlive the scan. */
void scan_note(struct scan *, enum wasm_feature, enum wasm_reason, const uint8_t *where,
               const char *what);
/* Adds the count of a way that is no instruction. */
void scan_note_way(struct scan *, struct wasm_use *, const struct wasm_way *);

/* Keeps the largest of its kind, of equals the first, and where it stands. */
static inline void scan_measure(struct scan *scan, enum wasm_measure measure, uint64_t value,
                                const uint8_t *where)
{
    struct wasm_largest *largest = &scan->out->largest[measure];
    size_t offset = (size_t)(where - scan->reader.file);
    if (value > largest->value || (value == largest->value && value && offset < largest->offset))
        *largest = (struct wasm_largest){
            .value = value, .offset = offset, .function = scan->reader.function};
}

/* scan.c: one core module from the reader's place on, with `places` where they are asked for. */
int scan_core(struct arena *, struct reader, struct places *, struct wasm_info *out) MUST_CHECK;

/* types.c */
struct value_type scan_value_type(struct scan *);
struct value_type scan_reference_type(struct scan *);
struct value_type scan_heap_type(struct scan *, uint8_t code); /* of an instruction */
void scan_type_group(struct scan *); /* one entry of the section: a type or a recursive group */
void scan_type_section(struct scan *);

/* type_text.c: types as text, for people */
const char *type_text(struct scan *, uint32_t index); /* "(i32)->()" */
const char *value_type_text(struct scan *, struct value_type);
const char *global_text(struct scan *, const struct global_entry *);
const char *table_text(struct scan *, const struct table_entry *);
const char *memory_text(struct scan *, const struct wasm_memory *);
const char *extern_text(struct scan *, enum wasm_extern, uint32_t index);

/* limits.c: what is in the index spaces, read and then appended; imports and sections share
   these. */
struct table_entry scan_table_type(struct scan *);
struct wasm_memory scan_memory_type(struct scan *);
struct global_entry scan_global_type(struct scan *);
uint32_t scan_tag_type(struct scan *);
void scan_add_function(struct scan *, uint32_t type, const uint8_t *where);
void scan_add_table(struct scan *, struct table_entry *, bool has_values);
void scan_add_memory(struct scan *, const struct wasm_memory *, const uint8_t *where);
void scan_add_global(struct scan *, struct global_entry *, const uint8_t *where);
void scan_add_tag(struct scan *, uint32_t type, const uint8_t *where);

/* imports.c, sections.c */
void scan_import(struct scan *); /* one entry of the section */
void scan_import_section(struct scan *);
/* What an import or, in a component's type of a module, an export is: its kind, and its type as
   text; NULL when it is malformed. Its index space grows by it. */
const char *scan_extern_type(struct scan *, enum wasm_extern *kind);
void scan_function_section(struct scan *);
void scan_table_section(struct scan *);
void scan_memory_section(struct scan *);
void scan_tag_section(struct scan *);
void scan_global_section(struct scan *);
void scan_export_section(struct scan *);
void scan_start_section(struct scan *);
void scan_element_section(struct scan *);
void scan_data_count_section(struct scan *);
void scan_data_section(struct scan *);
void scan_strings_section(struct scan *);

/* code.c; a step is one instruction. */
void scan_step(struct scan *, bool constant);
/* A body up to its first instruction, with the reader narrowed to it; returns the section's end. */
const uint8_t *scan_body_open(struct scan *);
void scan_body_step(struct scan *); /* one instruction; there must be one */
/* Behind the last one; `start` is where the body's size stands. */
void scan_body_close(struct scan *, const uint8_t *start, const uint8_t *section_end);
void scan_body(struct scan *, uint32_t function);
/* walk.c: quickly over what is simple in a body; returns in front of what is not. */
void walk_judging(struct scan *);
/* walk_plainly.c: the bodies of functions `first` to before `end`. */
void walk_plainly(struct scan *, uint32_t first, uint32_t end);
void scan_code_section(struct scan *);
/* `type` is what it must have, packed. */
void scan_constant_expression(struct scan *, uint32_t type);

/* names.c: custom sections, and the names of functions that stand in uses */
void scan_custom_section(struct scan *, struct bytes name);
void scan_function_names(struct scan *);

/* debug.c: what debug information there is, and the lines of what stands in uses and is the
   largest. */
void scan_debug(struct scan *);

/* component.c */
int scan_component(struct arena *, struct reader, struct wasm_info *out);

/* scan.c: a module or component in `reader`, whose file may be a component around it. */
int scan_any(struct arena *, struct reader, struct wasm_info *out);
bool scan_is_component(const uint8_t *at, const uint8_t *end);
/* A custom section: listed, its content given to scan_custom_section. */
void scan_custom(struct scan *, size_t size);
void scan_list_section(struct scan *, const char *name, bool custom, size_t size);
/* Fills uses, features and spec of `out` from the table of uses. */
void scan_finish_uses(struct scan *);

const char *scan_safe(struct scan *, struct bytes);

#endif
