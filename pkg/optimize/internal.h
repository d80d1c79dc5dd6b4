/* The steps of optimize(), in their order: strip, prune, choose, lower, shrink. Private to
   pkg/optimize. */
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
    struct bytes debug;    /* the same before names and debug information were taken out; size 0: it
                              is not wanted */
    struct bytes mappings; /* of `debug`'s code; size 0: none */
    struct wasm_info info; /* of the module */
    const char *how;       /* NULL: nothing */
    const char *why_not;   /* of what shrink() gives: why it is none of the optimizer's */
    size_t gzip_bytes;     /* 0: not counted */
};

struct attempt;

/* What all steps of one call share. A step that cannot do its work sets why_not and leaves the
   module as it was; -1 is for what ends the run. */
struct work {
    struct arena *arena;
    const struct world *world;
    const struct optimizer *optimizer;
    const struct optimize_request *request;
    const char *why_not;
    bool fleeting;     /* another time it may come out otherwise: a limit was met, a signal came */
    bool unread;       /* the optimizer ended with an exit code, or has no flag for what is used */
    const char *needs; /* what is missing, for a warning; or NULL */
    const struct optimize_candidate *table; /* shrink()'s */
    size_t table_count;
    struct error *error;
};

/* prune.c: the exports that are not kept; and which of `before` a result has not. */
int prune(struct work *, struct candidate *) MUST_CHECK;
void result_removed(struct arena *, const struct wasm_info *before, struct optimize_result *);

/* lower.c: what the target does not run, by the passes that are sound. */
int lower(struct work *, struct candidate *) MUST_CHECK;

/* What lowering `foreign` puts in its place, where the target runs that. */
uint64_t lower_adds(uint64_t foreign, uint64_t allowed);

/* choose.c: the newest optimizer that reads the module becomes work->optimizer, and `out` what it
   makes of it without a pass (no module: none could). */
int choose(struct work *, const struct candidate *, struct attempt *out) MUST_CHECK;

/* shrink.c: the best candidate by each measure. `rewritten` is choose()'s. */
int shrink(struct work *, const struct candidate *, const struct attempt *rewritten,
           struct candidate out[OPTIMIZE_MEASURES]) MUST_CHECK;

/* Keeps names and debug information as the request says. */
void work_add_strip(const struct work *, struct arguments *);

/* attempt.c: one candidate in the making. */
struct attempt {
    const char *name; /* "wasm-opt 108 -Oz" */
    struct arguments flags;
    struct arena *arena; /* its own where several are made at a time */
    struct candidate candidate;
    size_t code_bytes;   /* gzip_bytes: the candidate's */
    const char *problem; /* why there is none */
    bool fleeting, unread, written,
        fast;   /* written: by the optimizer; fast: by its passes for speed */
    int status; /* -1: what ends the run, in `error` */
    struct error error;
};

/* Runs them side by side over `before`; as work_run() then. -1: one of them ends the run. */
int attempts_run(struct work *, const struct candidate *before, uint64_t features, struct attempt *,
                 size_t count) MUST_CHECK;

/* Runs the optimizer over `before` with `flags`, scans what it wrote and compares it with what it
   was given: more features than `features` it may not have. */
int work_run(struct work *, const struct arguments *flags, const struct candidate *before,
             uint64_t features, struct candidate *after) MUST_CHECK;

/* Fills `module` from `debug`. */
int work_strip(struct arena *, const struct optimize_request *, struct candidate *,
               struct error *) MUST_CHECK;

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

/* Wall time that a run over that much may take; of it only a WALL-th on the processors. */
enum { WALL = 10 };
uint64_t optimizer_limit_ms(const struct optimize_request *, size_t module_size);

/* What the optimizer may add, because its flag for one of `features` is a wider one, and the target
   runs that. */
uint64_t features_widened(const struct optimizer *, uint64_t features, uint64_t allowed);

/* Runs the optimizer over the candidate with `flags`: from debug to debug with its mappings where
   it has that, else from module to module. work->why_not says what went wrong, and `after` is then
   not to be used; -1 when the world fails. Mappings that can't be used are left out. */
int optimizer_run(struct work *, const struct candidate *before, const struct arguments *flags,
                  struct candidate *after) MUST_CHECK;

/* NULL when `after` may stand for `before`, else how its interface differs. */
const char *interface_difference(struct arena *, const struct wasm_info *before,
                                 const struct wasm_info *after);

#endif
