/* One pass over a component. Internal to pkg/wasm. Source of the encodings: component-model,
   design/mvp/Binary.md (2026-08-21). */
#ifndef PKG_WASM_COMPONENT_H
#define PKG_WASM_COMPONENT_H

#include "pkg/wasm/scan.h"

struct component_scan {
    struct scan scan;              /* reader, uses, lists; its `out` is the component's info */
    struct component_scan *parent; /* NULL for the outermost */
    struct component_scan *root;   /* the outermost: has the list of modules */
    size_t import_capacity, export_capacity, module_capacity, component_count;
};

/* component_types.c: look through a section for what only async components have. What is unknown
   ends the look: the encodings still change, and what is listed does not depend on them. */
void component_types(struct component_scan *);
void component_canons(struct component_scan *);

/* component_names.c: a name with its attributes, safe to print, its version complete; what kind
   of thing an import is. */
const char *component_name(struct component_scan *);
void component_extern_type(struct reader *);

#endif
