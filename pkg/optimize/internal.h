/* The steps of optimize(). Private to pkg/optimize. */
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

/* A module with its facts. */
struct candidate {
    struct bytes module;
    struct wasm_info info;
};

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
