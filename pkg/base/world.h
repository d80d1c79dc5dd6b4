/* The world as the program may touch it: clock, sleep, randomness, environment, signals. `cmd/`
   hands in the real one; tests and the sandbox hand in a virtual one, whose sleep only moves
   its clock. Knows nothing of what they are used for. */
#ifndef PKG_BASE_WORLD_H
#define PKG_BASE_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "pkg/base/error.h"

struct world {
    void *context;
    int64_t (*now)(void *context);                      /* milliseconds since 1970, UTC */
    void (*sleep)(void *context, int64_t milliseconds); /* returns early when interrupted */
    void (*random)(void *context, void *out, size_t size);
    const char *(*environment)(void *context, const char *name); /* NULL when unset */
    int (*interrupted)(void *context); /* 0, or the signal that asked us to stop */
    /* One plain line for a person: what is being done, retried, waited for. May be NULL. May be
       called from several threads. */
    void (*say)(void *context, const char *subject, const char *line);
};

int64_t world_now(const struct world *);

/* Seconds since 1970 for what we write down (records, today): SOURCE_DATE_EPOCH when that is set,
   else the clock. */
int64_t world_stamp(const struct world *);

void world_sleep(const struct world *, int64_t milliseconds);
const char *world_environment(const struct world *, const char *name); /* NULL also when empty */
int world_interrupted(const struct world *);
/* -1 with FAULT_INTERRUPTED or FAULT_TERMINATED when we were asked to stop, else 0. */
int world_stopped(const struct world *, struct error *) MUST_CHECK;

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void world_say(const struct world *, const char *subject, const char *format, ...);

#endif
