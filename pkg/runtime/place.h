/* A temporary folder in which a runtime is run as a trial is: an empty environment, limits, nothing
   of ours but the files written there. Knows nothing of what is run. */
#ifndef PKG_RUNTIME_PLACE_H
#define PKG_RUNTIME_PLACE_H

#include "pkg/runtime/runtime.h"

struct process;

struct runtime_place {
    struct arena *arena;
    const struct world *world;
    const struct runtime *runtime;
    const char *folder; /* resolved; removed with the arena, with all that is in it by then */
};

int runtime_place_open(struct arena *, const struct world *, const struct runtime *,
                       struct runtime_place *out, struct error *) MUST_CHECK;

/* `name` may have folders; one that would lie outside is FAULT_INPUT. */
int runtime_place_write(const struct runtime_place *, const char *name, struct bytes,
                        struct error *) MUST_CHECK;

/* `arena` owns the process: it is killed with it. */
int runtime_place_start(const struct runtime_place *, struct arena *arena, const char *const *argv,
                        const struct runtime_limits *, struct process **out,
                        struct error *) MUST_CHECK;

/* What a program said, in one line, bounded and safe to print. */
const char *runtime_words(struct arena *, struct bytes);

#endif
