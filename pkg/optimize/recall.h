/* What pkg/optimize keeps in the cache: results, and what optimizers answer about themselves. */
#ifndef PKG_OPTIMIZE_RECALL_H
#define PKG_OPTIMIZE_RECALL_H

#include "pkg/optimize/internal.h"

/* The best by each measure from the cache, for `module` as it is after pruning; each is judged like
   what an optimizer has just written. False when there is none. */
bool recall_result(struct work *, const struct candidate *module,
                   struct candidate out[OPTIMIZE_MEASURES]);

/* Keeps what came of it, unless that is fleeting. `all`: those that could have been chosen. */
void recall_keep(const struct work *, const struct optimizer *all, const struct candidate *module,
                 const struct candidate best[OPTIMIZE_MEASURES]);

/* What the optimizer at `path` says to --version and --help, from the cache, as long as the file is
   the same. A small one may be a script that starts who knows what: `*version`, which may be NULL
   otherwise, must then be its answer of now. */
bool recall_answers(const struct cache *, struct arena *, const char *path, const char **version,
                    const char **help);
void recall_keep_answers(const struct cache *, const char *path, const char *version,
                         const char *help);

/* Whether a program's file tells which version it is; false: it must be asked. */
bool recall_is_telling(const char *path);

#endif
