/* Requests to a runtime that serves on a Unix socket. */
#ifndef PKG_BENCH_LOAD_H
#define PKG_BENCH_LOAD_H

#include "pkg/bench/internal.h"
#include "pkg/bench/meter.h"
#include "pkg/http/http.h"

/* A runtime that serves, in a folder of its own. */
struct server {
    struct bencher *bencher;
    struct arena arena; /* the process and the folder: bench_server_close ends and removes them */
    struct runtime_place place;
    struct process *process;
    struct http *http;
    struct meter meter;
    const char *socket, *url; /* socket NULL: the url's own port */
};

/* Opens the folder; files are written there before it is started. */
int bench_server_open(struct bencher *, struct server *out, struct error *) MUST_CHECK;

/* Starts it and waits until it answers `first` with anything. 1: it does not serve, and *why says
   so (of the bencher's arena). */
int bench_server_start(struct server *, const char *const *argv, const struct http_request *first,
                       const char **why, struct error *) MUST_CHECK;
void bench_server_close(struct server *);

/* The job's request, to this server. */
struct http_request bench_server_request(const struct server *, const char *path);

struct reply {
    long status;            /* 0: none came */
    double wall_ms, cpu_ms; /* cpu below 0: not known */
    const char *why;        /* of the bencher's arena; or NULL */
};

/* One request, and what it took; the processor time a moment after the reply, when it has put away
   what it no longer needs. -1: interrupted. */
int bench_server_ask(struct server *, const struct http_request *, struct reply *out,
                     struct error *) MUST_CHECK;

/* Ten requests at a time, of each subject by turns: samples of throughput, processor time and
   memory. `open` opens and starts a server; 1 and *why: it does not serve. */
int bench_load_all(struct bencher *,
                   int (*open)(struct bencher *, size_t subject, struct server *out,
                               const char **why, struct error *),
                   struct error *) MUST_CHECK;

#endif
