/* How runtimes are benched; inside pkg/bench only. */
#ifndef PKG_BENCH_INTERNAL_H
#define PKG_BENCH_INTERNAL_H

#include <jansson.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/bench/numbers.h"
#include "pkg/process/process.h"
#include "pkg/runtime/place.h"

enum {
    ROUNDS = 40,            /* of cold starts: fewer do not tell 5 ms from noise */
    ROUNDS_LEAST = 8,       /* although the time is over */
    ROUNDS_MS = 60000,      /* then no further one is begun */
    LOAD_ROUNDS = 5,        /* of throughput, for each subject */
    LOAD_MS = 600,          /* each of them */
    LANES = 10,             /* requests at a time */
    ANSWER_MS = 15000,      /* how long one answer may take */
    ANSWER_BYTES = 32 << 20 /* and how large it may be */
};

/* One runtime's bench on its way. */
struct bencher {
    struct arena *arena;
    struct arena *own; /* of this runtime's bench: processes and folders end with it */
    const struct world *world;
    const struct runtime *runtime;
    const struct bench_job *job;
    struct bench_runtime *out;
    size_t subject_count; /* 1 when both are the same */
    struct samples samples[BENCH_MEASURES][BENCH_SUBJECTS], base[BENCH_MEASURES], reference;
    struct bytes reference_module;
    const char *failed[BENCH_SUBJECTS]; /* why a subject is measured no further; or NULL */
    double began_ms;
    uint64_t random;
};

int node_bench(struct bencher *, struct error *) MUST_CHECK;
int workerd_bench(struct bencher *, struct error *) MUST_CHECK;
int viceroy_bench(struct bencher *, struct error *) MUST_CHECK;
int wasmtime_bench(struct bencher *, struct error *) MUST_CHECK;

/* Puts the numbers 0 to count-1 in random order. */
void bench_shuffle(struct bencher *, size_t *order, size_t count);

/* Whether round `round` of cold starts is to be made. */
bool bench_goes_on(const struct bencher *, size_t round);

/* Notes, where there is none yet, why something is not measured, or what must be known of it. */
void bench_note(struct bencher *, enum bench_measure, const char *note);
void bench_note_all(struct bencher *, enum bench_measure first, enum bench_measure last,
                    const char *note);

/* Why nothing could be measured; the first reason stays. Returns 0. */
int bench_give_up(struct bencher *, const char *format, ...) PRINTF_LIKE(2, 3);

/* One form does not run: it is measured no further; when it is what ships, nothing is. */
void bench_fail(struct bencher *, size_t subject, const char *why);

void bench_sample(struct bencher *, enum bench_measure, size_t subject, double value);

double monotonic(void); /* milliseconds */

/* The script of that name that the program carries. */
const char *bench_script(const char *name);

/* A line of "const TYPES = [...];" for stubs; NULL when there are too many imports. */
const char *bench_types(struct arena *, const struct wasm_info *);

/* 24 random digits: what an answer's line begins with, so that a module cannot know it. */
const char *bench_token(struct bencher *);

/* reference.c: the module that compile times are compared with, the same each time. */
struct bytes reference_module(struct arena *);

#endif
