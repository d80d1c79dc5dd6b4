/* What a module costs in the runtimes found on this machine: original and shipped side by side, in
   one run, in random order. Knows nothing of manifests, platforms or how results are printed. */
#ifndef PKG_BENCH_BENCH_H
#define PKG_BENCH_BENCH_H

#include "pkg/runtime/runtime.h"

struct arena;
struct world;

/* Many measurements of one thing. What is compared is the 25th percentile of times and the median
   of what is better when it is more; low and high are the 90 % range of that
   (bootstrap), of fewer than 20 the whole range. */
struct bench_number {
    double p25, median, low, high;
    size_t count; /* 0: not measured */
};

/* --- what is measured --- */

struct bench_file {
    const char *name, *media_type; /* with '/' between folders; media type may be NULL */
    struct bytes body;
};

enum bench_form {
    BENCH_STUBS,  /* a module without a callable entry: stubs for its imports, nothing called */
    BENCH_SCRIPT, /* files with a main, as they are deployed */
    BENCH_MODULE, /* the module itself answers */
};

/* One form of a program: as it was built, or as it ships. */
struct bench_subject {
    struct bytes module;
    const struct wasm_info *info;
    struct bench_file *files; /* BENCH_SCRIPT: the first is the main module */
    size_t file_count;
};

enum { BENCH_ORIGINAL, BENCH_SHIPPED, BENCH_SUBJECTS };

struct bench_request {
    const char *method, *path;
    struct bytes body;
};

struct bench_job {
    enum bench_form form;
    struct bench_subject subjects[BENCH_SUBJECTS];
    bool same;            /* what ships is the original: measured once */
    const char *handler;  /* "index.handler": of a main whose function is called; or NULL */
    const char *call;     /* JavaScript: what makes the handler's argument (argumentOf); or NULL */
    const char *settings; /* JSON, for that; or NULL */
    const char *date;     /* compatibility date, or NULL */
    const char **flags;   /* compatibility flags */
    size_t flag_count;
    struct bench_request request;
};

/* --- what comes out --- */

enum bench_measure {
    BENCH_COMPILE,
    BENCH_INSTANTIATE,
    BENCH_COLD_START, /* fresh isolate or process to first byte, over the same without a module */
    BENCH_COLD_START_CPU, /* its processor time */
    BENCH_FIRST_CALL,
    BENCH_THROUGHPUT, /* ten requests at a time */
    BENCH_REQUEST_CPU,
    BENCH_MEMORY, /* most that was resident under them */
    BENCH_MEASURES
};

struct bench_row {
    enum bench_measure measure;
    struct bench_number numbers[BENCH_SUBJECTS]; /* by BENCH_ORIGINAL, BENCH_SHIPPED */
    struct bench_number base;                    /* of an empty worker; count 0: there is none */
    bool within_noise; /* the 90 % range of the difference holds 0; also when they are the same */
    const char *note;  /* why it was not measured, or what must be known of it; or NULL */
};

/* A measure's words: "cold start", "cold_start", "ms"; better: less, or more. */
struct bench_words {
    const char *label, *name, *unit, *meaning;
    bool more_is_better;
};
const struct bench_words *bench_words(enum bench_measure);

/* What counts of a number: p25, or the median where more is better. */
double bench_figure(enum bench_measure, const struct bench_number *);

struct bench_runtime {
    const char *name, *version; /* "workerd", "2026-11-17"; version NULL: none was found */
    struct bench_row rows[BENCH_MEASURES]; /* by enum bench_measure */
    struct bench_number reference;         /* ms to compile the reference module */
    const char *problem; /* why nothing was measured, or NULL; "none was found ...: get" */
};

struct bench_sizes {
    size_t raw, gzip, zip;
    bool simd;
};

/* Benches a job in one runtime: cold starts of both forms and of an empty worker, one after the
   other in random order, 40 rounds or for a minute; then requests, ten at a time. What cannot be
   measured is said in `out`; -1: interrupted. Children have the limits of a trial, and what a
   module prints is no answer. */
int bench_run(struct arena *, const struct world *, const struct runtime *,
              const struct bench_job *, struct bench_runtime *out, struct error *) MUST_CHECK;

/* One target, or one platform when there is no manifest. */
struct bench_target {
    const char *target, *platform, *variant; /* variant "": it has none */
    const char *module;                      /* path */
    struct bench_sizes sizes[BENCH_SUBJECTS];
    bool same;
    const char *how;     /* what was done: "wasm-opt 132 -Oz" */
    const char *problem; /* why nothing was measured but sizes, or NULL */
    struct bench_runtime *runtimes;
    size_t runtime_count;
    struct finding *findings; /* budgets */
    size_t finding_count;
};

/* Adds a finding for each budget of time that is passed in a runtime, and for one that could not be
   measured: a warning, with `strict` an error. A cold start counts as processor time over that of
   an empty worker; a compile time as it would be on a machine that compiles the reference module,
   265 KB, in 1 ms. */
struct budget;
void bench_judge(struct arena *, const struct budget *, bool strict, struct bench_target *);

struct bench {
    struct bench_target *targets;
    size_t target_count;
};

#endif
