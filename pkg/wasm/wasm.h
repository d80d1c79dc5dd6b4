/* What a WebAssembly module is: facts from one pass over its bytes. Knows nothing of platforms.
   Pointers in struct wasm_info live as long as the arena; names are safe to print (text_safe). */
#ifndef PKG_WASM_WASM_H
#define PKG_WASM_WASM_H

#include <stdbool.h>

#include "pkg/base/bytes.h"
#include "pkg/wasm/features.h"

struct arena;

enum wasm_kind { WASM_CORE, WASM_COMPONENT };

/* Kinds of imports and exports, as the spec names them. */
enum wasm_extern { WASM_FUNC, WASM_TABLE, WASM_MEMORY, WASM_GLOBAL, WASM_TAG };
const char *wasm_extern_name(enum wasm_extern); /* "func", "table", "memory", "global", "tag" */

#define WASM_NO_FUNCTION UINT32_MAX

/* Why a feature is needed: what in the binary shows it. */
enum wasm_reason {
    WASM_BY_INSTRUCTION,
    WASM_BY_TYPE,
    WASM_BY_FLAG,
    WASM_BY_SECTION,
    WASM_BY_IMPORT
};
const char *wasm_reason_name(enum wasm_reason); /* "instruction", "type", "flag", ... */

/* The uses of a feature that show in the same way. All instructions are one way: `what` is NULL. */
struct wasm_way {
    enum wasm_reason reason;
    const char *what; /* "data count section" */
    uint64_t count;
    struct wasm_way *next;
};

/* A line of the program that the module was built from, as debug information has it. */
struct wasm_source {
    const char *file; /* "src/lib.rs", safe to print; NULL: not known */
    uint32_t line;    /* 0: not known */
};

/* A use in front of the code, of a feature that is also used in it. */
struct wasm_ahead {
    enum wasm_reason reason;
    const char *what; /* NULL: there is none */
    size_t offset;
};

/* The place is that of the first use in a function, where there is one: it says more than what
   stands in front of the code. That first one is `ahead` then. */
struct wasm_use {
    enum wasm_feature feature;
    enum wasm_reason reason;
    uint64_t count;
    uint64_t functions, function_bytes; /* how many bodies use it, and what these weigh */
    struct wasm_ahead ahead;
    size_t offset;     /* from the start of the file */
    uint32_t function; /* index with imports counted; WASM_NO_FUNCTION outside code */
    /* From the name section or an export, demangled; the crate of a Rust one. NULL: unknown. */
    const char *function_name, *crate;
    const char *instruction; /* "memory.copy"; for other reasons what it is: "data count section" */
    struct wasm_way *ways;   /* instructions first; the counts add up to `count` */
    struct wasm_source source; /* of the first use */
};

/* `type` is text: "(i32,i64)->(i32)" for functions and tags, "mut i32" or "i32" for globals,
   "funcref 1 10" for tables, "1 - shared" for memories. */
struct wasm_import {
    const char *module, *name, *type;
    enum wasm_extern kind;
    size_t offset;
};

struct wasm_export {
    struct bytes name; /* as it stands in the module, which must live as long: a large module's
                          names are not worth a copy. wasm_export_name makes it safe to print. */
    const char *type;
    enum wasm_extern kind;
    uint32_t index;
};

struct wasm_memory {
    uint64_t min_pages, max_pages;
    bool has_max, shared, is_64, imported;
    uint64_t page_size; /* bytes; 65536 unless custom */
};

struct wasm_section {
    const char *name; /* "code", or a custom section's own name */
    bool custom;
    size_t offset, size; /* of the payload */
};

struct wasm_producer {
    const char *field, *name, *version; /* "processed-by", "rustc", "1.95.0" */
};

/* What engines bound by the largest of its kind, not by a sum. */
enum wasm_measure {
    WASM_FUNCTION_BYTES,  /* of a body, as the binary counts it: its locals and instructions */
    WASM_FUNCTION_LOCALS, /* with the parameters */
    WASM_BRANCH_LABELS,   /* of a br_table, without the default */
    WASM_PARAMETERS,
    WASM_RESULTS,
    WASM_FIELDS,           /* of a struct type */
    WASM_TABLE_SIZE,       /* initial elements */
    WASM_SEGMENT_ELEMENTS, /* of an element segment */
    WASM_NAME_BYTES,       /* of an import or export */
    WASM_MEASURE_COUNT
};

struct wasm_largest {
    uint64_t value; /* 0: there is none */
    size_t offset;
    uint32_t function; /* as in struct wasm_use */
    const char *function_name, *crate;
    struct wasm_source source;
};

/* A component: what is listed of it. Its types (component_type.h) are NULL when a rule is broken
   that they depend on. */
struct component_type;
struct component_file;
struct wasm_component {
    const struct component_type *type; /* its imports and exports */
    struct component_file *file;       /* inside pkg/wasm only */
    const char **imports, **exports;   /* names with versions: "wasi:http/types@0.2.6" */
    size_t import_count, export_count;
    struct wasm_info *modules; /* embedded core modules, nested components' too */
    size_t module_count;
};

/* What a module tells of the program it was built from: the best of it. */
enum wasm_debug {
    WASM_DEBUG_NONE,
    WASM_DEBUG_NAMES,    /* names of functions */
    WASM_DEBUG_MAP,      /* sourceMappingURL: a source map elsewhere */
    WASM_DEBUG_EXTERNAL, /* external_debug_info: DWARF elsewhere */
    WASM_DEBUG_DWARF     /* files and lines */
};

/* What validation said of a module that was not refused. */
enum wasm_validity {
    WASM_NOT_ASKED, /* by WASM_FACTS */
    WASM_VALID,
    WASM_NOT_JUDGED /* it uses what has no rules here: struct wasm_info says what */
};

struct wasm_info {
    enum wasm_kind kind;
    enum wasm_validity validity;
    const char *not_judged;    /* "uses stack-switching"; NULL unless WASM_NOT_JUDGED */
    uint64_t validation_steps; /* what it cost beyond one an instruction */
    size_t size;
    uint64_t features; /* a bit per enum wasm_feature, without mvp; a component's is the union */
    struct wasm_use *uses; /* one per feature, in the order of enum wasm_feature */
    size_t use_count;
    const char *spec; /* the lowest of "1.0" "2.0" "3.0" that has all features, or "proposal" */
    struct wasm_import *imports;
    size_t import_count;
    struct wasm_export *exports;
    size_t export_count;
    struct wasm_memory *memories;
    size_t memory_count;
    struct wasm_section *sections;
    size_t section_count;
    struct wasm_producer *producers;
    size_t producer_count;
    const char **declared_features; /* of the target_features section: "+simd128"; a hint */
    size_t declared_feature_count;
    uint32_t function_count, table_count, global_count, tag_count, type_count, data_count,
        element_count;       /* functions, tables, globals and tags include imports */
    uint64_t table_elements; /* the tables' minimum sizes, summed */
    struct wasm_largest largest[WASM_MEASURE_COUNT];
    bool has_start;
    bool grows_before;                /* an instruction grows a memory that is not the last */
    enum wasm_debug debug;            /* of a component: the best of its core modules' */
    const char *debug_url;            /* of MAP and EXTERNAL; else NULL */
    struct wasm_component *component; /* NULL for a core module */
};

/* How far wasm_scan looks. */
enum wasm_depth {
    WASM_FACTS,     /* whatever can be decoded passes */
    WASM_VALIDATION /* types are checked too, in the same pass */
};

/* One pass. Malformed input: FAULT_INPUT with the byte offset, function when in code, and what
   was expected; so is invalid input when validation is asked for ("invalid module at offset N in
   function I: ..."). `out` is then not to be used. Malformed wins over invalid. */
int wasm_scan(struct arena *, struct bytes, enum wasm_depth, struct wasm_info *out,
              struct error *) MUST_CHECK;

/* "valid", or "not judged: uses stack-switching"; NULL when nobody asked. */
const char *wasm_validity_text(struct arena *, const struct wasm_info *);

/* "none", "names", "source map: URL", "external: URL", "dwarf". */
const char *wasm_debug_text(struct arena *, const struct wasm_info *);

const struct wasm_export *wasm_find_export(const struct wasm_info *, const char *name);
const char *wasm_export_name(struct arena *, const struct wasm_export *);
bool wasm_uses(const struct wasm_info *, enum wasm_feature);

/* A copy of the core module `in` without the custom sections for which `drop` says true. */
int wasm_strip(struct arena *, struct bytes in, bool (*drop)(const char *name), struct bytes *out,
               struct error *) MUST_CHECK;
bool wasm_is_debug_section(const char *name); /* name, .debug_*, sourceMappingURL, producers,
                                                 target_features, linking leftovers */
bool wasm_is_target_features(const char *name);
bool wasm_is_source_map_url(const char *name);

/* Where the content of the code section begins; 0: there is none, or it can't be read. */
size_t wasm_code_offset(struct bytes);

/* What the sourceMappingURL section holds, made safe; NULL: there is none. */
const char *wasm_source_map_url(struct arena *, struct bytes);

/* libwabt's verdict (wabt.cc, the only C++). May abort the process on some modules: call it in a
   child. 0 valid; 1 invalid, with libwabt's message in `message`; 2 the module uses what this
   libwabt cannot read, so it was not judged. */
int wasm_wabt_validate(const uint8_t *data, size_t size, uint64_t features, char *message,
                       size_t message_size);

#endif
