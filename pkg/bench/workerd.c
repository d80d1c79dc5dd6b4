/* workerd: cold starts through a worker that loads a fresh one for each request; throughput of the
   worker as it is deployed. */
#include "pkg/bench/workerd.h"

#include "pkg/json/json.h"

/* --- cold starts --- */

static int ask(struct workerd *workerd, size_t worker, struct reply *out, struct error *error)
{
    struct arena *arena = &workerd->server.arena;
    struct http_request request = bench_server_request(&workerd->server, NULL);
    struct http_header header = {"edge-deploy-bench",
                                 arena_printf(arena, "%zu w%u", worker, workerd->asked++)};
    request.headers = &header;
    request.header_count = 1;
    return bench_server_ask(&workerd->server, &request, out, error);
}

static void take(struct bencher *bencher, size_t worker, const struct reply *reply)
{
    struct arena *arena = bencher->arena;
    if (worker == EMPTY) {
        samples_add(arena, &bencher->base[BENCH_COLD_START], reply->wall_ms);
        if (reply->cpu_ms >= 0)
            samples_add(arena, &bencher->base[BENCH_COLD_START_CPU], reply->cpu_ms);
        /* Compiling is what a worker that only imports its module takes over an empty one. */
        samples_add(arena, &bencher->base[BENCH_COMPILE],
                    reply->cpu_ms >= 0 ? reply->cpu_ms : reply->wall_ms);
        return;
    }
    size_t subject = (worker - FIRST) / 2;
    double used = reply->cpu_ms >= 0 ? reply->cpu_ms : reply->wall_ms;
    if (worker == REFERENCE) {
        samples_add(arena, &bencher->reference, used);
    } else if ((worker - FIRST) % 2 == 0) {
        bench_sample(bencher, BENCH_COMPILE, subject, used);
    } else {
        bench_sample(bencher, BENCH_COLD_START, subject, reply->wall_ms);
        if (reply->cpu_ms >= 0)
            bench_sample(bencher, BENCH_COLD_START_CPU, subject, reply->cpu_ms);
    }
}

/* What is wrong with an answer; NULL: nothing. */
static const char *complaint(struct bencher *bencher, const struct reply *reply)
{
    if (reply->why)
        return reply->why;
    if (reply->status == 598)
        return "with stubs it stops as it is instantiated";
    if (reply->status == 599)
        return "it does not start";
    return reply->status >= 500 ? arena_printf(bencher->arena, "it answers %ld", reply->status)
                                : NULL;
}

/* Asks each once before anything counts: what does not run is left out. */
static int try_all(struct workerd *workerd, struct error *error)
{
    struct bencher *bencher = workerd->bencher;
    for (size_t i = 0; i < FIRST + 2 * bencher->subject_count; i++) {
        struct reply reply;
        if (ask(workerd, i, &reply, error) != 0)
            return -1;
        const char *why = complaint(bencher, &reply);
        if (why && i < FIRST)
            return bench_give_up(bencher, "the empty worker: %s", why);
        if (reply.status == 0) /* it hangs, and all that it serves with it */
            return bench_give_up(bencher, "%s", why);
        if (why)
            bench_fail(bencher, (i - FIRST) / 2, why);
    }
    return 0;
}

static int start_all(struct workerd *workerd, struct error *error)
{
    struct bencher *bencher = workerd->bencher;
    size_t order[WORKERS], count = FIRST + 2 * bencher->subject_count;
    for (size_t round = 0; bench_goes_on(bencher, round); round++) {
        bench_shuffle(bencher, order, count);
        for (size_t i = 0; i < count && !bencher->out->problem; i++) {
            struct reply reply;
            if (order[i] >= FIRST && bencher->failed[(order[i] - FIRST) / 2])
                continue;
            if (ask(workerd, order[i], &reply, error) != 0)
                return -1;
            const char *why = complaint(bencher, &reply);
            if (why)
                return bench_give_up(bencher, "%s", why);
            take(bencher, order[i], &reply);
        }
    }
    return 0;
}

/* The loader's own work is in the reference too: only what is over an empty worker counts. */
static void settle_reference(struct bencher *bencher)
{
    double base = samples_quantile(bencher->own, &bencher->base[BENCH_COMPILE], 0.25);
    for (size_t i = 0; i < bencher->reference.count; i++)
        bencher->reference.items[i] -= base;
}

static int measure_cold(struct workerd *workerd, struct error *error)
{
    struct bencher *bencher = workerd->bencher;
    struct server *server = &workerd->server;
    const char *const argv[] = {bencher->runtime->path, "serve", "--experimental", "config.capnp",
                                NULL};
    const char *why = NULL;
    if (bench_server_open(bencher, server, error) != 0 ||
        workerd_add_workers(workerd, error) != 0 || workerd_write_loader(workerd, error) != 0)
        return -1;
    struct http_request first = bench_server_request(server, NULL);
    struct http_header header = {"edge-deploy-bench", "0 first"};
    first.headers = &header;
    first.header_count = 1;
    int status = bench_server_start(server, argv, &first, &why, error);
    if (status > 0)
        return bench_give_up(bencher, "%s", why);
    if (status < 0 || try_all(workerd, error) != 0)
        return -1;
    if (!bencher->out->problem && start_all(workerd, error) != 0)
        return -1;
    settle_reference(bencher);
    return 0;
}

/* --- throughput --- */

static int open_deployed(struct bencher *bencher, size_t subject, struct server *server,
                         const char **why, struct error *error)
{
    const char *const argv[] = {bencher->runtime->path, "serve", "config.capnp", NULL};
    if (bench_server_open(bencher, server, error) != 0 ||
        workerd_write_deployed(server, &bencher->job->subjects[subject], error) != 0)
        return -1;
    struct http_request first = bench_server_request(server, NULL);
    return bench_server_start(server, argv, &first, why, error);
}

#define STANDS_STILL "a part of the cold start: its clock stands still while code runs"

int workerd_bench(struct bencher *bencher, struct error *error)
{
    struct workerd workerd = {.bencher = bencher,
                              .workers = json_own(bencher->own, json_array()),
                              .imports = buffer_new(bencher->own, 1 << 20),
                              .modules = buffer_new(bencher->own, 1 << 20)};
    if (bencher->job->form == BENCH_MODULE)
        return bench_give_up(bencher, "it runs no module without JavaScript");
    if (buffer_printf(workerd.modules, "\n    (name = \"loader.mjs\", esModule = embed "
                                       "\"loader.mjs\")") != 0)
        return error_set(error, FAULT_INPUT, "too many files");
    bench_note(bencher, BENCH_INSTANTIATE, STANDS_STILL);
    bench_note(bencher, BENCH_FIRST_CALL, STANDS_STILL);
    if (bencher->job->form == BENCH_STUBS)
        bench_note_all(bencher, BENCH_THROUGHPUT, BENCH_MEMORY,
                       "the module has no entry that our glue knows: nothing is called");
    int status = measure_cold(&workerd, error);
    bench_server_close(&workerd.server);
    if (status != 0 || bencher->out->problem || bencher->job->form == BENCH_STUBS)
        return status;
    return bench_load_all(bencher, open_deployed, error);
}
