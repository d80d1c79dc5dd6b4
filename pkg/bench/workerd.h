/* What workerd is given: workers for the loader, and the deployed one. Private to pkg/bench. */
#ifndef PKG_BENCH_WORKERD_H
#define PKG_BENCH_WORKERD_H

#include "pkg/bench/load.h"

/* A worker that the loader can make: an empty one, one that compiles the reference module, and of
   each subject one that only compiles its module and one that answers with it. */
enum { EMPTY, REFERENCE, FIRST, WORKERS = FIRST + 2 * BENCH_SUBJECTS };

struct workerd {
    struct bencher *bencher;
    struct server server;
    json_t *workers;        /* what the loader makes, by those numbers */
    struct buffer *imports; /* its script's first lines */
    struct buffer *modules; /* its configuration's list of them */
    size_t file_count;
    unsigned asked;
};

/* Fills ->workers: those of the enumeration, in its order. */
int workerd_add_workers(struct workerd *, struct error *) MUST_CHECK;

/* The loader and its configuration, with all files, in the server's folder. */
int workerd_write_loader(struct workerd *, struct error *) MUST_CHECK;

/* The worker as it is deployed. */
int workerd_write_deployed(struct server *, const struct bench_subject *,
                           struct error *) MUST_CHECK;

#endif
