/* One pass over a component: what is listed of it, its index spaces and its types. Internal to
   pkg/wasm. Source of the encodings: component-model, design/mvp/Binary.md (2026-08-21). */
#ifndef PKG_WASM_COMPONENT_H
#define PKG_WASM_COMPONENT_H

#include "pkg/wasm/component_type.h"
#include "pkg/wasm/scan.h"

/* The index spaces. What is in one is NULL when it is not known: that ends no pass, and what
   depends on it is not judged. */
enum space_name {
    CORE_FUNCTIONS, /* const char *: the type as text; likewise the next four */
    CORE_TABLES,
    CORE_MEMORIES,
    CORE_GLOBALS,
    CORE_TAGS,
    CORE_TYPES,     /* struct core_type */
    CORE_MODULES,   /* struct core_interface */
    CORE_INSTANCES, /* struct core_interface */
    FUNCTIONS,      /* struct component_type; likewise all that follow */
    VALUES,
    TYPES,
    COMPONENTS,
    INSTANCES,
    SPACE_COUNT
};

struct space {
    const void **items;
    size_t count, capacity;
};

/* A core module's type, or what a core instance exports. */
struct core_export {
    const char *name, *type;
    enum wasm_extern kind;
};
struct core_interface {
    const struct wasm_import *imports;
    const struct core_export *exports;
    size_t import_count, export_count;
    const struct name_table *table; /* of the exports */
};

struct core_type {
    const char *function; /* "(i32)->()"; NULL: of a module, or no function */
    const struct core_interface *module;
};

/* A component, or a type of one or of an instance: what definitions in it refer to. */
struct scope {
    struct scope *outer;
    bool is_type;
    struct space spaces[SPACE_COUNT];
    struct component_type *type; /* grows by its imports and exports */
};

/* What all components in one file share. */
struct component_file {
    struct scan *scan; /* of the outermost: its uses are the file's */
    struct wasm_component *out;
    size_t module_capacity, component_count;
    uint32_t resource_count, type_count;
    const char **resource_names;
    size_t resource_capacity;
    uint32_t epoch;
    uint64_t steps;         /* spent on copies and comparisons of types */
    const char *invalid;    /* the first rule that is broken: a whole sentence, or NULL */
    const char *not_judged; /* the first thing without rules here, or NULL */
};

struct component_scan {
    struct scan scan;              /* reader, lists; its `out` is the component's info */
    struct component_scan *parent; /* NULL for the outermost */
    struct component_file *file;
    struct scope *scope; /* the innermost, of a type while one is read */
    size_t import_capacity, export_capacity;
};

/* component_space.c */
void component_invalid(struct component_scan *, const uint8_t *where, const char *format, ...)
    PRINTF_LIKE(3, 4);
void component_not_judged(struct component_scan *, const char *why);
void component_push(struct component_scan *, enum space_name, const void *item);
/* Reads an index; NULL, with a rule broken, when it is out of bounds, or when it is not known. */
const void *component_item(struct component_scan *, enum space_name);
const void *component_item_at(struct component_scan *, struct scope *, enum space_name,
                              uint32_t index, const uint8_t *where);
/* Reads a sort: of a core item (after 0x00), or of any. */
enum space_name component_core_sort(struct component_scan *);
enum space_name component_sort(struct component_scan *);
const char *component_space_title(enum space_name); /* "core func" */
enum component_kind component_kind_of(enum space_name);
void component_enter_scope(struct component_scan *, struct scope *, bool is_type,
                           enum component_form);
const struct component_type *component_leave_scope(struct component_scan *);

/* component_table.c: duplicates end up in one row; returns the row of the first with that name,
   or SIZE_MAX. */
struct name_table *name_table_make(struct arena *, size_t room);
size_t name_table_find(const struct name_table *, const char *name);
/* False when the name is there already. */
bool name_table_add(struct arena *, struct name_table **, const char *name, size_t row);

/* component_types.c: the section of types, and a type's resources named and numbered. */
void component_types(struct component_scan *);
void component_type_entry(struct component_scan *);
const struct component_type *component_value_type(struct component_scan *);
const struct component_type *component_optional_type(struct component_scan *);
const struct component_type *component_finish_type(struct component_scan *,
                                                   struct component_type *);
uint32_t component_new_resources(struct component_scan *, uint32_t count, const char *name);

/* component_scopes.c: types of components and instances; core types. */
const struct component_type *component_scope_type(struct component_scan *, enum component_form);
void component_core_types(struct component_scan *);
void component_core_type(struct component_scan *);

/* component_names.c: a name with its attributes, safe to print, its version complete; what kind
   of thing an import or export is. */
const char *component_name(struct component_scan *);
bool component_extern_type(struct component_scan *, const char *name, struct component_extern *out);
void component_add_extern(struct component_scan *, struct component_list *,
                          const struct component_extern *, const uint8_t *where);
void component_push_extern(struct component_scan *, const struct component_extern *);
void component_imports(struct component_scan *);
void component_exports(struct component_scan *);

/* Whether the exported item has the type written at it. */
bool component_ascribe(struct component_scan *, const struct component_extern *item,
                       const struct component_extern *wanted);

/* component_alias.c, component_instance.c */
const struct core_interface *component_core_interface(struct arena *, const struct wasm_info *);
void component_alias(struct component_scan *);
void component_aliases(struct component_scan *);
void component_core_instances(struct component_scan *);
void component_instances(struct component_scan *);

/* component_canon.c, component_flat.c, component_value.c */
void component_canons(struct component_scan *);
/* The core type of a function lifted or lowered; NULL: not known. */
const char *component_flat_type(struct arena *, const struct component_type *, bool lower,
                                bool is_async, bool callback);
const char *component_flat_results(struct arena *, const struct component_type *result);
void component_start(struct component_scan *);
void component_values(struct component_scan *);

/* component_copy.c: types with other resources in them. */
#define NO_RESOURCE UINT32_MAX
struct renaming {
    uint32_t from, count; /* the resources that change, and to what; NO_RESOURCE: stays */
    const uint32_t *to;
    uint32_t epoch; /* of this renaming: ++file->epoch */
};
/* NULL for NULL, and when all the types of the file together are too much work. */
const struct component_type *component_copy(struct arena *, struct component_file *,
                                            const struct component_type *, const struct renaming *);
struct component_list component_copy_list(struct arena *, struct component_file *,
                                          const struct component_list *, const struct renaming *);
/* An instance's type with new resources in the place of those it binds. */
const struct component_type *component_fresh(struct component_scan *,
                                             const struct component_type *);
/* Fills `to` with what the resources of `wanted` from `from` on are in `given`. */
void component_bind(struct component_file *, const struct component_list *given,
                    const struct component_list *wanted, uint32_t from, uint32_t count,
                    uint32_t *to);
/* Counts work that is not bounded by the size of the file; false when it is too much. */
bool component_work(struct component_file *, size_t steps);

/* component_match.c: whether what is given can stand where something is wanted. What is not known
   matches. */
bool component_matches(struct arena *, struct component_file *,
                       const struct component_extern *given, const struct component_extern *wanted);
bool core_interface_matches(const struct core_interface *given,
                            const struct core_interface *wanted);

#endif
