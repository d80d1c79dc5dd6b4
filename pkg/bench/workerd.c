/* workerd: cold starts through a worker that loads a fresh one for each request; throughput of the
   worker as it is deployed. */
#include <string.h>

#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/bench/load.h"
#include "pkg/json/json.h"

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

static const struct kind {
    const char *media_type, *loader, *config;
} kinds[] = {
    {"application/javascript+module", "js", "esModule"},
    {"application/javascript", "cjs", "commonJsModule"},
    {"application/wasm", "wasm", "wasm"},
    {"text/plain", "text", "text"},
    {"application/octet-stream", "data", "data"},
};

/* NULL: it is no module for a worker (a source map). */
static const struct kind *kind_of(const char *media_type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_is(media_type, kinds[i].media_type))
            return &kinds[i];
    return NULL;
}

static const char *quoted(struct arena *arena, const char *text)
{
    return json_print(arena, json_own(arena, json_text(text, strlen(text))));
}

/* --- what the loader makes --- */

/* The file beside the loader's script, which imports it as bytes; its number. -1: error set. */
static int add_file(struct workerd *workerd, struct bytes body, struct error *error)
{
    size_t number = workerd->file_count++;
    const char *name = arena_printf(workerd->bencher->own, "f%zu", number);
    if (buffer_printf(workerd->imports, "import f%zu from \"./f%zu\";\n", number, number) != 0 ||
        buffer_printf(workerd->modules, ",\n    (name = \"f%zu\", data = embed \"f%zu\")", number,
                      number) != 0)
        return error_set(error, FAULT_INPUT, "too many files");
    return runtime_place_write(&workerd->server.place, name, body, error) == 0 ? (int)number : -1;
}

static void add_module(json_t *worker, const char *name, const char *kind, int file)
{
    json_t *module = json_object();
    json_object_set_new(module, "name", json_text(name, strlen(name)));
    json_object_set_new(module, "kind", json_string(kind));
    json_object_set_new(module, "file", json_integer(file));
    json_array_append_new(json_object_get(worker, "modules"), module);
}

static const char *date_of(const struct bencher *bencher)
{
    return bencher->job->date ? bencher->job->date : bencher->runtime->version;
}

static json_t *add_worker(struct workerd *workerd, const char *main)
{
    const struct bench_job *job = workerd->bencher->job;
    json_t *worker = json_object(), *flags = json_array();
    for (size_t i = 0; i < job->flag_count; i++)
        json_array_append_new(flags, json_text(job->flags[i], strlen(job->flags[i])));
    json_object_set_new(worker, "date", json_string(date_of(workerd->bencher)));
    json_object_set_new(worker, "flags", flags);
    json_object_set_new(worker, "main", json_text(main, strlen(main)));
    json_object_set_new(worker, "modules", json_array());
    json_array_append_new(workerd->workers, worker);
    return worker;
}

/* A script of ours, and beside it a module, where there is one. */
static int add_ours(struct workerd *workerd, const char *script, int module, struct error *error)
{
    json_t *worker = add_worker(workerd, "main.mjs");
    int file = add_file(workerd, bytes_of(script), error);
    if (file < 0)
        return -1;
    add_module(worker, "main.mjs", "js", file);
    if (module >= 0)
        add_module(worker, "module.wasm", "wasm", module);
    return 0;
}

#define ANSWERS  "export default { fetch() { return new Response(\"ok\"); } };\n"
#define COMPILES "import module from \"./module.wasm\";\nexport const kept = module;\n" ANSWERS

static int add_stubs(struct workerd *workerd, const struct bench_subject *subject, int module,
                     struct error *error)
{
    struct bencher *bencher = workerd->bencher;
    const char *types = bench_types(bencher->own, subject->info);
    const char *text = arena_printf(bencher->own, "const MODE = \"stubs\";\n%s%s\n%s",
                                    types ? types : "const TYPES = [];\n", bench_script("host.mjs"),
                                    bench_script("workerd_stubs.mjs"));
    return add_ours(workerd, text, module, error);
}

static int add_deployed(struct workerd *workerd, const struct bench_subject *subject,
                        struct error *error)
{
    json_t *worker = add_worker(workerd, subject->files[0].name);
    for (size_t i = 0; i < subject->file_count; i++) {
        const struct kind *kind = kind_of(subject->files[i].media_type);
        int file = kind ? add_file(workerd, subject->files[i].body, error) : 0;
        if (file < 0)
            return -1;
        if (kind)
            add_module(worker, subject->files[i].name, kind->loader, file);
    }
    return 0;
}

static int add_workers(struct workerd *workerd, struct error *error)
{
    const struct bencher *bencher = workerd->bencher;
    int reference;
    if (add_ours(workerd, ANSWERS, -1, error) != 0 ||
        (reference = add_file(workerd, bencher->reference_module, error)) < 0 ||
        add_ours(workerd, COMPILES, reference, error) != 0)
        return -1;
    for (size_t i = 0; i < bencher->subject_count; i++) {
        const struct bench_subject *subject = &bencher->job->subjects[i];
        int module = add_file(workerd, subject->module, error);
        if (module < 0 || add_ours(workerd, COMPILES, module, error) != 0 ||
            (bencher->job->form == BENCH_STUBS ? add_stubs(workerd, subject, module, error)
                                               : add_deployed(workerd, subject, error)) != 0)
            return -1;
    }
    return 0;
}

/* --- configurations --- */

static int write_config(const struct server *server, const char *settings, const char *modules,
                        struct error *error)
{
    const char *text = arena_printf(
        server->bencher->own,
        "using Workerd = import \"/workerd/workerd.capnp\";\n"
        "const config :Workerd.Config = (services = [\n"
        "  (name = \"main\", worker = (%s, globalOutbound = \"none\", modules = [%s])),\n"
        "  (name = \"none\", network = (allow = []))],\n"
        "  sockets = [(name = \"http\", address = \"unix:%s\", http = (), service = \"main\")]);\n",
        settings, modules, server->socket);
    return runtime_place_write(&server->place, "config.capnp", bytes_of(text), error);
}

static int write_loader(struct workerd *workerd, struct error *error)
{
    struct bencher *bencher = workerd->bencher;
    struct buffer *files = buffer_new(bencher->own, 1 << 20);
    int status = buffer_printf(files, "const FILES = [");
    for (size_t i = 0; i < workerd->file_count && status == 0; i++)
        status = buffer_printf(files, "f%zu, ", i);
    const char *script =
        arena_printf(bencher->own, "%s%s];\nconst WORKERS = %s;\n%s", buffer_text(workerd->imports),
                     buffer_text(files), json_print(bencher->own, workerd->workers),
                     bench_script("workerd_loader.mjs"));
    const char *settings = arena_printf(
        bencher->own,
        "compatibilityDate = \"%s\", compatibilityFlags = [\"experimental\"], bindings = [(name = "
        "\"LOADER\", workerLoader = (id = \"bench\"))]",
        bencher->runtime->version);
    if (status != 0)
        return error_set(error, FAULT_INPUT, "too many files");
    return runtime_place_write(&workerd->server.place, "loader.mjs", bytes_of(script), error) !=
                       0 ||
                   write_config(&workerd->server, settings, buffer_text(workerd->modules), error) !=
                       0
               ? -1
               : 0;
}

/* As it is deployed. */
static int write_deployed(struct server *server, const struct bench_subject *subject,
                          struct error *error)
{
    struct bencher *bencher = server->bencher;
    const struct bench_job *job = bencher->job;
    struct buffer *modules = buffer_new(bencher->own, 1 << 20);
    struct buffer *flags = buffer_new(bencher->own, 1 << 16);
    int status = 0;
    for (size_t i = 0; i < job->flag_count && status == 0; i++)
        status = buffer_printf(flags, "%s%s", i ? ", " : "", quoted(bencher->own, job->flags[i]));
    for (size_t i = 0; i < subject->file_count && status == 0; i++) {
        const struct kind *kind = kind_of(subject->files[i].media_type);
        const char *name = arena_printf(bencher->own, "f%zu", i);
        if (!kind)
            continue;
        if (runtime_place_write(&server->place, name, subject->files[i].body, error) != 0)
            return -1;
        status = buffer_printf(modules, "%s\n    (name = %s, %s = embed \"%s\")", i ? "," : "",
                               quoted(bencher->own, subject->files[i].name), kind->config, name);
    }
    if (status != 0)
        return error_set(error, FAULT_INPUT, "too many files");
    const char *settings =
        arena_printf(bencher->own, "compatibilityDate = \"%s\", compatibilityFlags = [%s]",
                     date_of(bencher), buffer_text(flags));
    return write_config(server, settings, buffer_text(modules), error);
}

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
    if (bench_server_open(bencher, server, error) != 0 || add_workers(workerd, error) != 0 ||
        write_loader(workerd, error) != 0)
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

static int load_once(struct bencher *bencher, size_t subject, const char **why, struct error *error)
{
    const char *const argv[] = {bencher->runtime->path, "serve", "config.capnp", NULL};
    struct server server;
    int status = bench_server_open(bencher, &server, error);
    if (status == 0)
        status = write_deployed(&server, &bencher->job->subjects[subject], error);
    struct http_request first;
    if (status == 0) {
        first = bench_server_request(&server, NULL);
        status = bench_server_start(&server, argv, &first, why, error);
    }
    if (status == 0)
        status = bench_load(&server, subject, why, error);
    bench_server_close(&server);
    return status;
}

static int load_all(struct bencher *bencher, struct error *error)
{
    size_t order[BENCH_SUBJECTS];
    for (size_t round = 0; round < LOAD_ROUNDS; round++) {
        bench_shuffle(bencher, order, bencher->subject_count);
        for (size_t i = 0; i < bencher->subject_count; i++) {
            const char *why = NULL;
            int status = bencher->failed[order[i]] ? 0 : load_once(bencher, order[i], &why, error);
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
    return load_all(bencher, error);
}
