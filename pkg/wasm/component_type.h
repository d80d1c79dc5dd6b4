/* The types of components, as read from a binary, and whether one component stands in for another.
   Types are shared and never changed once they are made; names are safe to print. */
#ifndef PKG_WASM_COMPONENT_TYPE_H
#define PKG_WASM_COMPONENT_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/base/bytes.h"

struct arena;
struct core_interface;
struct name_table;
struct component_file;
struct wasm_component;

enum component_form {
    WIT_PRIMITIVE,
    WIT_RECORD,
    WIT_VARIANT,
    WIT_LIST,
    WIT_FIXED_LIST,
    WIT_TUPLE,
    WIT_FLAGS,
    WIT_ENUM,
    WIT_OPTION,
    WIT_RESULT,
    WIT_OWN,
    WIT_BORROW,
    WIT_STREAM,
    WIT_FUTURE,
    WIT_MAP, /* the last form of a value */
    WIT_RESOURCE,
    WIT_FUNCTION,
    WIT_INSTANCE,
    WIT_COMPONENT
};

/* A record's field, a variant's case, a parameter, a flag. `type` NULL: none, as of a flag. */
struct component_field {
    const char *name; /* NULL in a tuple */
    const struct component_type *type;
};

/* What an import or export is. */
enum component_kind {
    COMPONENT_MODULE,
    COMPONENT_FUNC,
    COMPONENT_VALUE,
    COMPONENT_TYPE,
    COMPONENT_COMPONENT,
    COMPONENT_INSTANCE
};
const char *component_kind_name(enum component_kind); /* "core module", "func", ... */

struct component_extern {
    const char *name; /* with its version complete: "wasi:http/types@0.2.6" */
    enum component_kind kind;
    const struct component_type *type; /* NULL: not known, or a core module */
    const struct core_interface *module;
};

/* Names to places in a list, so that looking up takes no longer in a long one. */
struct component_list {
    struct component_extern *items;
    size_t count, capacity;
    struct name_table *table;
};
const struct component_extern *component_find(const struct component_list *, const char *name);

/* A resource is a number that is its own; what a type binds, each use of the type makes anew. */
struct component_type {
    enum component_form form;
    uint8_t primitive; /* the byte of it; of a RESOURCE defined here what represents it */
    bool is_async, uses_resources, uses_borrow;
    uint8_t depth;
    uint32_t size;     /* of the type written out */
    uint32_t length;   /* of a FIXED_LIST */
    uint32_t resource; /* of RESOURCE, OWN and BORROW */
    const char *name;  /* it was exported or imported by; NULL: none */
    struct component_field *fields;
    size_t field_count;
    const struct component_type *first, *second; /* an element; a result's two; a key and a value */
    struct component_list imports, exports;
    uint32_t bound, bound_end; /* resources of an INSTANCE or COMPONENT */
    uint32_t copy_epoch;       /* scratch of component_copy */
    const struct component_type *copy;
};

/* "func(a: u32) -> result<string>", cut where it gets too long to read. */
const char *component_type_text(struct arena *, const struct component_type *);

enum component_difference_kind {
    DIFFERENCE_EXTRA_IMPORT,   /* what the world does not offer */
    DIFFERENCE_IMPORT_TYPE,    /* offered with another type */
    DIFFERENCE_MISSING_EXPORT, /* what the world demands */
    DIFFERENCE_EXPORT_TYPE     /* there, with another type */
};
const char *component_difference_name(enum component_difference_kind); /* "extra-import", ... */

/* `item` is the import or export, with what is in it: "wasi:http/types@0.2.6#[method]fields.get".
   `found` and `wanted` are types as text, or NULL where there is none. */
struct component_difference {
    enum component_difference_kind kind;
    const char *item, *found, *wanted;
    const char *near; /* the same interface in another version that the other side has, or NULL */
};

struct component_comparison {
    struct component_difference *items;
    size_t count, capacity;
    size_t matched_imports, matched_exports;
    size_t other_versions;     /* matched in another version of the same track, */
    const char *other_version; /* the first: "wasi:io/poll@0.2.6 for wasi:io/poll@0.2.0" */
    const char *given_up;      /* why not all was compared, or NULL */
};

/* A world as an encoder wrote it. */
struct component_world {
    const struct component_type *type;
    struct component_file *file; /* inside pkg/wasm only */
};

/* The world in the custom section "component-type" of a core module. FAULT_INPUT when there is
   none, or when it can't be read. */
int component_read_world(struct arena *, struct bytes encoded, struct component_world *out,
                         struct error *) MUST_CHECK;

/* Whether `component` runs where `world` is offered, as 'wasm-tools component targets
   --semver-compatible' asks it: it imports no more than the world, exports no less, and every type
   is the same. No differences and nothing given up: it fits. */
void component_compare(struct arena *, const struct wasm_component *component,
                       const struct component_world *, struct component_comparison *out);

#endif
