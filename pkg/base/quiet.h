/* Writing to a pipe or socket that nobody reads any more must not end the program. */
#ifndef PKG_BASE_QUIET_H
#define PKG_BASE_QUIET_H

#include <signal.h>
#include <stdbool.h>

struct quiet {
    sigset_t before;
    bool was_pending;
};

/* Holds SIGPIPE back from this thread, until quiet_end takes away what came of it. errno stays. */
void quiet_begin(struct quiet *);
void quiet_end(const struct quiet *);

#endif
