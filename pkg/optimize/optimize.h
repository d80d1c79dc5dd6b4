/* Makes a module smaller with Binaryen's wasm-opt as a process, capped to the features that the
   module uses and the target runs; the result is scanned again and its interface compared.
   Knows nothing of platforms beyond the set of features they run. */
#ifndef PKG_OPTIMIZE_OPTIMIZE_H
#define PKG_OPTIMIZE_OPTIMIZE_H

#include "pkg/wasm/wasm.h"

struct arena;
struct cache;
struct world;

struct optimizer {
    const char *path;              /* NULL: none found */
    const char *version;           /* "108" */
    const char *help;              /* what it prints for --help: which flags and passes it has */
    const char *problem;           /* path NULL: why, for why_not */
    const struct optimizer *older; /* for modules that this one cannot read; NULL: there is none */
    const char *passed_over; /* a sentence: which one in PATH is not used, and why; NULL: none */
};

struct optimizer_search {
    const char *named;   /* --optimizer's word, or NULL */
    const char *project; /* the work tree, whose own programs are not run; NULL: there is none */
    const struct cache *cache; /* of answers; NULL: none */
};

/* The one named by --optimizer or else EDGE_DEPLOY_WASM_OPT, or else all in PATH: the newest comes
   out, the others behind ->older. A named one that can't be run is FAULT_INPUT; none in PATH is not
   a failure. */
int optimizer_find(struct arena *, const struct world *, const struct optimizer_search *,
                   struct optimizer *out, struct error *) MUST_CHECK;

/* Whether that optimizer, which was found, has the pass: "--signext-lowering". */
bool optimizer_has_pass(const struct optimizer *, const char *pass);

/* What counts: bytes of code, which a cold start decodes and compiles, or bytes compressed, which a
   package may have. Nothing is ever larger than it came by either. */
enum optimize_measure { OPTIMIZE_FOR_CODE, OPTIMIZE_FOR_COMPRESSED, OPTIMIZE_MEASURES };

/* A source map's "mappings" (ECMA-426), but for columns that count from the code section's content:
   so they hold whatever stands before it. */
struct optimize_map {
    struct bytes mappings; /* as mappings_rewrite() writes them */
    size_t sources;        /* how many the map names */
};

struct optimize_request {
    struct bytes module;
    const struct wasm_info *info;
    uint64_t allowed; /* features that the target runs, a bit each */
    uint64_t unknown; /* of which nobody knows whether it does */
    bool run, speed;  /* run: call the optimizer (level size or speed); else strip only */
    bool keep_names, keep_debug; /* debug: a twin with names and debug information */
    bool strip;                  /* level none: false, the bytes stay as they are */
    const char *const *passes;   /* further ones, without dashes, behind ours; may be NULL */
    size_t pass_count;
    /* Exports that stay, by name; the others go, and with an optimizer what only they reach. Only
       where it is run, or would be. NULL: all stay. */
    const struct bytes *keep_exports;
    size_t keep_export_count;
    const struct optimize_map *map; /* keep_debug: to be rewritten with the code; or NULL */
    const struct cache *cache;      /* of results; NULL: none */
    /* What changes no result: */
    const char *name;  /* of the module, for messages; may be NULL */
    uint64_t limit_ms; /* wall time of a run, a tenth of it on processors; 0: by the size */
    /* Once a second while the optimizer runs, with a limit of 0 when it has ended. May be NULL. */
    void (*wait)(void *context, const char *subject, unsigned seconds, unsigned limit);
    void *wait_context;
};

/* One of those that were compared. */
struct optimize_candidate {
    const char *name; /* "stripped", "wasm-opt 108 -Oz, functions ordered" */
    size_t bytes, code_bytes, gzip_bytes;
    const char *problem; /* why it is out of the question; NULL: it is not, nor if it lost */
};

struct optimize_result {
    struct bytes module;   /* what is to be shipped; may be the original's bytes */
    struct bytes debug;    /* keep_debug: the same with names and debug information; else size 0 */
    struct bytes mappings; /* of `debug`, like those of the request; size 0: none */
    struct wasm_info info; /* of the module */
    const char *how;       /* "unchanged", or what was done, in its order: "wasm-opt 132
                              --signext-lowering, wasm-opt 132 -Oz, functions ordered" */
    const char *why_not;   /* when the optimizer's work is not used: why; else NULL */
    const char *optimizer; /* the version that was chosen; NULL: none */
    const char *needs; /* a sentence: the module is too new for all optimizers that there are, and
                          which one would do; NULL: it is not */
    size_t gzip_bytes; /* of the module; 0: not counted */
    bool cached;
    const struct optimize_candidate *candidates; /* the same for all measures */
    size_t candidate_count;
    const char *const *removed_exports; /* by name, safe to print; in the module's order */
    size_t removed_export_count;
};

/* Never ships a larger module, as it is or compressed, or a different interface: exports with their
   types must be the same, imports a subset with the same types, features a subset of what the
   module used. For size what is merely stripped is the measure, for speed what came. What the
   target does not run is lowered first where there is a sound pass for it; a lowered module may be
   larger. Failures of the optimizer are told in why_not; -1 only when the world fails (no temporary
   file, interrupted) or the module can't be read. There is a best by each measure; all are made
   in one go, and often they are the same bytes. */
int optimize(struct arena *, const struct world *, const struct optimizer *,
             const struct optimize_request *, struct optimize_result out[OPTIMIZE_MEASURES],
             struct error *) MUST_CHECK;

#endif
