#include "pkg/bench/load.h"

#include <pthread.h>
#include <stdatomic.h>

#include "pkg/base/file.h"

enum { START_MS = 20000, SETTLE_MS = 4, WARM_MS = LOAD_MS / 2, PUMP_MS = 10 };

static const struct runtime_limits limits = {120000, 120, UINT64_C(4) << 30};

int bench_server_open(struct bencher *bencher, struct server *out, struct error *error)
{
    *out = (struct server){.bencher = bencher};
    if (runtime_place_open(&out->arena, bencher->world, bencher->runtime, &out->place, error) != 0)
        return -1;
    out->socket = path_join(&out->arena, out->place.folder, "s");
    out->url = "http://127.0.0.1";
    return http_open(&out->arena, bencher->world, &out->http, error);
}

void bench_server_close(struct server *server)
{
    arena_free(&server->arena);
}

struct http_request bench_server_request(const struct server *server, const char *path)
{
    const struct bench_request *asked = &server->bencher->job->request;
    return (struct http_request){
        .method = asked->method,
        .url = arena_printf(server->bencher->own, "%s%s", server->url, path ? path : asked->path),
        .body = asked->body,
        .repeat = HTTP_REPEAT_BY_CALLER,
        .reply_limit = ANSWER_BYTES,
        .timeout_ms = ANSWER_MS,
        .total_ms = ANSWER_MS,
        .socket = server->socket};
}

/* What it said as it ended, or why it is silent. */
static const char *complaint(struct server *server)
{
    struct arena *arena = server->bencher->arena;
    struct process_result result;
    process_stop(server->process, &result);
    const char *words = runtime_words(arena, result.errors.size ? result.errors : result.output);
    return arena_printf(arena, "it does not serve%s%s", *words ? ": " : "", words);
}

int bench_server_start(struct server *server, const char *const *argv,
                       const struct http_request *first, const char **why, struct error *error)
{
    double deadline = monotonic() + START_MS;
    if (runtime_place_start(&server->place, &server->arena, argv, &limits, &server->process,
                            error) != 0)
        return -1;
    for (;;) {
        struct arena arena = {0};
        struct http_reply reply;
        struct error failure = {0};
        int status = http_send(server->http, &arena, first, &reply, &failure);
        arena_free(&arena);
        if (status == 0 && !process_ended(server->process))
            break;
        if (status == 0) { /* it was another program's port */
            *why = complaint(server);
            return 1;
        }
        if (failure.fault != FAULT_REMOTE) {
            *error = failure;
            return -1;
        }
        bool ended = process_ended(server->process);
        if (ended || monotonic() >= deadline || http_timed_out(server->http)) {
            *why =
                http_timed_out(server->http) ? "it did not answer within 15 s" : complaint(server);
            return 1;
        }
        process_pump(server->process, 2);
    }
    meter_open(&server->meter, process_id(server->process));
    return 0;
}

int bench_server_ask(struct server *server, const struct http_request *request, struct reply *out,
                     struct error *error)
{
    struct arena arena = {0};
    struct http_reply reply = {0};
    struct error failure = {0};
    double used = meter_cpu(&server->meter), began = monotonic();
    int status = http_send(server->http, &arena, request, &reply, &failure);
    *out = (struct reply){.wall_ms = monotonic() - began, .cpu_ms = -1};
    process_pump(server->process, 0);
    if (status == 0) {
        out->status = reply.status;
        process_pump(server->process, SETTLE_MS);
        double now = meter_cpu(&server->meter);
        out->cpu_ms = used < 0 || now < 0 ? -1 : now - used;
    } else if (failure.fault == FAULT_REMOTE) {
        out->why = http_timed_out(server->http)
                       ? "it did not answer within 15 s"
                       : arena_strdup(server->bencher->arena, failure.message);
        status = 0;
    } else {
        *error = failure;
    }
    arena_free(&arena);
    return status;
}

/* --- ten at a time --- */

struct lanes {
    struct server *server;
    struct http_request request;
    atomic_int phase; /* 0: warming, 1: counting, 2: over */
    atomic_uint count, bad, failures;
};

/* Each has its own connection; nothing but the counters is shared. */
static void *run_lane(void *context)
{
    struct lanes *lanes = context;
    struct arena arena = {0};
    struct http *http;
    struct error ignored = {0};
    if (http_open(&arena, lanes->server->bencher->world, &http, &ignored) != 0) {
        atomic_fetch_add(&lanes->failures, 1);
        return NULL;
    }
    while (atomic_load(&lanes->phase) < 2 && atomic_load(&lanes->failures) < LANES) {
        struct arena one = {0};
        struct http_reply reply = {0};
        if (http_send(http, &one, &lanes->request, &reply, &ignored) != 0)
            atomic_fetch_add(&lanes->failures, 1);
        else if (reply.status >= 500)
            atomic_store(&lanes->bad, (unsigned)reply.status);
        if (atomic_load(&lanes->phase) == 1)
            atomic_fetch_add(&lanes->count, 1);
        arena_free(&one);
    }
    arena_free(&arena);
    return NULL;
}

/* Takes what it prints meanwhile, so that it does not wait for us. */
static void wait_for(struct lanes *lanes, double milliseconds)
{
    double until = monotonic() + milliseconds;
    while (monotonic() < until && !world_interrupted(lanes->server->bencher->world) &&
           atomic_load(&lanes->failures) < LANES)
        process_pump(lanes->server->process, PUMP_MS);
}

static void count_lanes(struct lanes *lanes, size_t subject)
{
    struct server *server = lanes->server;
    struct bencher *bencher = server->bencher;
    wait_for(lanes, WARM_MS);
    double used = meter_cpu(&server->meter), began = monotonic();
    atomic_store(&lanes->phase, 1);
    wait_for(lanes, LOAD_MS);
    double count = atomic_load(&lanes->count), elapsed = monotonic() - began;
    double now = meter_cpu(&server->meter), peak = meter_peak(&server->meter);
    atomic_store(&lanes->phase, 2);
    if (count == 0 || atomic_load(&lanes->failures))
        return;
    bench_sample(bencher, BENCH_THROUGHPUT, subject, count / elapsed * 1e3);
    if (used >= 0 && now >= 0)
        bench_sample(bencher, BENCH_REQUEST_CPU, subject, (now - used) / count);
    if (peak > 0)
        bench_sample(bencher, BENCH_MEMORY, subject, peak);
}

/* 1 and *why when it does not answer well. */
static int load_one(struct server *server, size_t subject, const char **why, struct error *error)
{
    struct lanes lanes = {.server = server, .request = bench_server_request(server, NULL)};
    pthread_t threads[LANES];
    size_t started = 0;
    while (started < LANES && pthread_create(&threads[started], NULL, run_lane, &lanes) == 0)
        started++;
    if (started == LANES)
        count_lanes(&lanes, subject);
    atomic_store(&lanes.phase, 2);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (world_stopped(server->bencher->world, error) != 0)
        return -1;
    if (started < LANES)
        *why = "no ten threads could be started";
    else if (atomic_load(&lanes.failures))
        *why = "requests got no answer";
    else if (atomic_load(&lanes.bad))
        *why = arena_printf(server->bencher->arena, "it answers %u", atomic_load(&lanes.bad));
    else
        return 0;
    return 1;
}

int bench_load_all(struct bencher *bencher,
                   int (*open)(struct bencher *, size_t subject, struct server *out,
                               const char **why, struct error *),
                   struct error *error)
{
    size_t order[BENCH_SUBJECTS];
    for (size_t round = 0; round < LOAD_ROUNDS; round++) {
        bench_shuffle(bencher, order, bencher->subject_count);
        for (size_t i = 0; i < bencher->subject_count; i++) {
            struct server server;
            const char *why = NULL;
            if (bencher->failed[order[i]])
                continue;
            int status = open(bencher, order[i], &server, &why, error);
            if (status == 0)
                status = load_one(&server, order[i], &why, error);
            bench_server_close(&server);
            if (status < 0)
                return -1;
            if (status > 0) {
                bench_note_all(bencher, BENCH_THROUGHPUT, BENCH_MEMORY, why);
                return 0;
            }
        }
    }
    return 0;
}
