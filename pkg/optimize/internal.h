/* The steps of optimize(), in their order: strip, prune, lower, shrink. Private to pkg/optimize. */
#ifndef PKG_OPTIMIZE_INTERNAL_H
#define PKG_OPTIMIZE_INTERNAL_H

#include "pkg/optimize/optimize.h"

/* A list of words that grows; for argv. */
struct arguments {
    struct arena *arena;
    const char **items;
    size_t count, capacity;
};
void arguments_add(struct arguments *, const char *);

/* A module with its facts, and what was done to make it: "stripped", "wasm-opt 108 -Oz". */
struct candidate {
    struct bytes module;
    struct wasm_info info;
    const char *how; /* NULL: nothing */
};

/* What all steps of one call share. A step that cannot do its work sets why_not and leaves the
   module as it was; -1 is for what ends the run. */
struct work {
    struct arena *arena;
    const struct world *world;
    const struct optimizer *optimizer;
    const struct optimize_request *request;
    const char *why_not;
    struct error *error;
};

/* prune.c: what only the exports reach that are not kept. */
int prune(struct work *, struct candidate *) MUST_CHECK;

/* lower.c: what the target does not run, by the passes that are sound. */
int lower(struct work *, struct candidate *) MUST_CHECK;

/* shrink.c: the best candidate by each measure. */
int shrink(struct work *, const struct candidate *,
           struct candidate out[OPTIMIZE_MEASURES]) MUST_CHECK;

/* Runs the optimizer over `before` with `flags`, scans what it wrote and compares it with what it
   was given: more features than `features` it may not have. */
int work_run(struct work *, const struct arguments *flags, const struct candidate *before,
             uint64_t features, struct candidate *after) MUST_CHECK;

/* NULL, or why `after`, once scanned, may not stand for `before`. */
const char *work_judge(const struct work *, const struct candidate *before, uint64_t features,
                       struct candidate *after);

/* "a, b": what was done to the candidate, and then `word`; that it was stripped goes without
   saying then. */
const char *work_how(const struct work *, const struct candidate *, const char *word);

/* Whether --help lists `flag` ("--enable-simd"). */
bool optimizer_knows(const struct optimizer *, const char *flag);

/* Adds --mvp-features and --enable-X for each of `features`. NULL, or why it can't be done. */
const char *features_add(const struct optimizer *, uint64_t features, struct arguments *);

/* Runs the optimizer over `module` with `flags`. `why_not` says what went wrong, and `out` is then
   not to be used; -1 when the world fails. */
int optimizer_run(struct arena *, const struct world *, const struct optimizer *,
                  struct bytes module, const struct arguments *flags, uint64_t limit_ms,
                  struct bytes *out, const char **why_not, struct error *) MUST_CHECK;

/* NULL when `after` may stand for `before`, else how its interface differs. */
const char *interface_difference(struct arena *, const struct wasm_info *before,
                                 const struct wasm_info *after);

#endif
