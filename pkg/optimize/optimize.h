/* Makes a module smaller with Binaryen's wasm-opt as a process, capped to the features that the
   module uses and the target runs; the result is scanned again and its interface compared.
   Knows nothing of platforms beyond the set of features they run. */
#ifndef PKG_OPTIMIZE_OPTIMIZE_H
#define PKG_OPTIMIZE_OPTIMIZE_H

#include "pkg/wasm/wasm.h"

struct arena;
struct world;

struct optimizer {
    const char *path;    /* NULL: none found */
    const char *version; /* "108" */
    const char *help;    /* what it prints for --help: which flags and passes it has */
    const char *problem; /* path NULL: why, for why_not */
};

/* `named` is --optimizer's word or NULL; then EDGE_DEPLOY_WASM_OPT, then PATH. A named one that
   can't be run is FAULT_INPUT; none in PATH is not a failure. */
int optimizer_find(struct arena *, const struct world *, const char *named, struct optimizer *out,
                   struct error *) MUST_CHECK;

/* Whether that optimizer, which was found, has the pass: "--signext-lowering". */
bool optimizer_has_pass(const struct optimizer *, const char *pass);

/* What counts: bytes of code, which a cold start decodes and compiles, or bytes compressed, which a
   package may have. Nothing is ever larger than it came by either. */
enum optimize_measure { OPTIMIZE_FOR_CODE, OPTIMIZE_FOR_COMPRESSED, OPTIMIZE_MEASURES };

struct optimize_request {
    struct bytes module;
    const struct wasm_info *info;
    uint64_t allowed; /* features that the target runs, a bit each */
    bool run, speed;  /* run: call the optimizer (level size or speed); else strip only */
    bool keep_names, keep_debug; /* debug: names too */
    bool strip;                  /* level none: false, the bytes stay as they are */
    const char *const *passes;   /* further ones, without dashes, behind ours; may be NULL */
    size_t pass_count;
    /* Exports that stay, by name; what only the others reach is removed. NULL: all stay. */
    const char *const *keep_exports;
    size_t keep_export_count;
    uint64_t limit_ms; /* wall and processor time of a run; 0: 10 s and 30 s a MB */
};

struct optimize_result {
    struct bytes module;   /* what is to be shipped; may be the original's bytes */
    struct wasm_info info; /* of that */
    const char *how;       /* "unchanged", or what was done, in its order: "wasm-opt 132
                              --signext-lowering, wasm-opt 132 -Oz, functions ordered" */
    const char *why_not;   /* when the optimizer's work is not used: why; else NULL */
};

/* Never ships a larger or a different interface: exports with their types must be the same,
   imports a subset with the same types, features a subset of what the module used. What the
   target does not run is lowered first where there is a sound pass for it; a lowered module may be
   larger. Failures of the optimizer are told in why_not; -1 only when the world fails (no temporary
   file, interrupted) or the module can't be read. There is a best by each measure; all are made
   in one go, and often they are the same bytes. */
int optimize(struct arena *, const struct world *, const struct optimizer *,
             const struct optimize_request *, struct optimize_result out[OPTIMIZE_MEASURES],
             struct error *) MUST_CHECK;

#endif
