/* Work side by side: on as many threads as there are processors, whoever asks for it. Knows nothing
   of what the work is. */
#ifndef PKG_OPTIMIZE_POOL_H
#define PKG_OPTIMIZE_POOL_H

#include <stddef.h>

/* Called once a second, with the seconds since the start, in the thread that waits. */
struct pool_watch {
    void (*tick)(void *context, unsigned seconds);
    void *context;
};

/* Calls work(context, i) for each i below `count`, and returns when all are done. Of all pools of
   this process no more calls run at a time than there are processors: `work` may not use one.
   `watch` may be NULL. */
void pool_run(size_t count, void (*work)(void *context, size_t index), void *context,
              const struct pool_watch *watch);

#endif
