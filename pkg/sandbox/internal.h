/* What the files of pkg/sandbox share; not for others. */
#ifndef PKG_SANDBOX_INTERNAL_H
#define PKG_SANDBOX_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "pkg/sandbox/faults.h"
#include "pkg/sandbox/sandbox.h"

struct MHD_Daemon;
struct world;

struct sandbox {
    const struct world *world;
    const struct platform_entry *platforms;
    const char *state; /* folder */
    unsigned latency_ms, rate_scale, tick_ms, port;
    char base[32]; /* "http://127.0.0.1:PORT" */
    struct fault_rules faults;
    json_t *ready; /* the document of sandbox_ready() */
    FILE *journal;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock; /* one handler at a time; guards faults and journal too */
    atomic_bool stopping; /* ends all waits */
};

/* The platform whose prefix `target` begins with; NULL when none does. */
const struct sandbox_api *sandbox_route(const struct sandbox *, const char *target);

/* serve.c: starts the server on options' port; fills daemon, port and base. */
int sandbox_listen(struct sandbox *, unsigned port, struct error *) MUST_CHECK;

/* journal.c: one line for a request that was answered with `status` (0: not answered). */
void journal_write(struct sandbox *, const struct sandbox_request *, unsigned status,
                   const char *fault);

/* spoil.c: a JSON answer in which the values `depth` levels down have another type (numbers for
   texts, lists and objects, texts for numbers; booleans and null stay); an element of another name
   for what is no JSON. */
struct bytes spoil_types(struct arena *, struct bytes body, unsigned depth);

#endif
