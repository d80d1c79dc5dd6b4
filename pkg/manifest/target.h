/* From a document that fits the schema to struct target. Private to pkg/manifest. */
#ifndef PKG_MANIFEST_TARGET_H
#define PKG_MANIFEST_TARGET_H

#include "pkg/manifest/manifest.h"

/* Fills targets of `manifest` (path, folder, root and text are set) from `document`; top-level keys
   are each target's defaults. FAULT_INPUT for what a schema can't say: keys that exclude each
   other, paths that leave the work tree. */
int targets_fill(struct arena *, struct manifest *, const json_t *document,
                 struct error *) MUST_CHECK;

#endif
