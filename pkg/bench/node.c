/* Node.js: a fresh process a cold start, and one that calls the handler ten at a time. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/file.h"
#include "pkg/bench/internal.h"
#include "pkg/json/json.h"

static const struct runtime_limits limits = {30000, 60, UINT64_C(4) << 30};

enum { EMPTY = BENCH_SUBJECTS, PLACES };

struct node {
    struct bencher *bencher;
    struct runtime_place places[PLACES]; /* by subject, and that of the empty one */
    const char *token;
    const char *main, *member; /* of the handler */
    bool unloadable;           /* no use to ask it ten times at once */
};

/* "index.handler": the file "index.mjs", "index.js" or "index.cjs", and the function. */
static int find_handler(struct node *node)
{
    static const char *const endings[] = {".mjs", ".js", ".cjs"};
    struct bencher *bencher = node->bencher;
    const struct bench_subject *subject = &bencher->job->subjects[BENCH_ORIGINAL];
    const char *handler = bencher->job->handler, *dot = handler ? strrchr(handler, '.') : NULL;
    if (!dot)
        return -1;
    node->member = dot + 1;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        node->main =
            arena_printf(bencher->own, "%.*s%s", (int)(dot - handler), handler, endings[i]);
        for (size_t f = 0; f < subject->file_count; f++)
            if (strcmp(subject->files[f].name, node->main) == 0)
                return 0;
    }
    return -1;
}

static const char *describe(const struct node *node, const char *kind, bool load)
{
    const struct bench_job *job = node->bencher->job;
    struct arena *arena = node->bencher->own;
    struct error ignored = {0};
    json_t *settings = NULL, *out = json_own(arena, json_object());
    if (job->settings && json_read(arena, bytes_of(job->settings), "settings", FAULT_INPUT,
                                   &settings, &ignored) != 0)
        settings = NULL;
    json_object_set_new(out, "kind", json_string(kind));
    json_object_set_new(out, "main", node->main ? json_string(node->main) : json_null());
    json_object_set_new(out, "member", node->member ? json_string(node->member) : json_null());
    json_object_set_new(out, "method", json_string(job->request.method));
    json_object_set_new(out, "path", json_string(job->request.path));
    json_object_set_new(out, "body", json_boolean(job->request.body.size > 0));
    json_object_set(out, "settings", settings ? settings : json_null());
    json_object_set_new(out, "load", json_integer(load ? LOAD_MS : 0));
    json_object_set_new(out, "warm", json_integer(LOAD_MS / 2));
    json_object_set_new(out, "lanes", json_integer(LANES));
    return json_print(arena, out);
}

static int write_main(const struct node *node, const struct runtime_place *place, const char *name,
                      const char *kind, bool load, struct error *error)
{
    const struct bench_job *job = node->bencher->job;
    const char *types = bench_types(node->bencher->own, job->subjects[BENCH_ORIGINAL].info);
    const char *text = arena_printf(
        node->bencher->own, "const TOKEN = \"%s\", MODE = \"stubs\";\n%sconst JOB = %s;\n%s%s\n%s",
        node->token, types ? types : "const TYPES = [];\n", describe(node, kind, load),
        bench_script("host.mjs"), job->call ? job->call : "", bench_script("node.mjs"));
    return runtime_place_write(place, name, bytes_of(text), error);
}

static int write_files(const struct runtime_place *place, const struct bench_job *job,
                       const struct bench_subject *subject, struct error *error)
{
    if (job->form == BENCH_STUBS)
        return runtime_place_write(place, "files/module.wasm", subject->module, error);
    for (size_t i = 0; i < subject->file_count; i++) {
        const char *name = arena_printf(place->arena, "files/%s", subject->files[i].name);
        if (runtime_place_write(place, name, subject->files[i].body, error) != 0)
            return -1;
    }
    return 0;
}

static int prepare(struct node *node, struct error *error)
{
    struct bencher *bencher = node->bencher;
    const struct bench_job *job = bencher->job;
    const char *kind = job->form == BENCH_STUBS ? "stubs" : "handler";
    for (size_t i = 0; i < PLACES; i++) {
        struct runtime_place *place = &node->places[i];
        if (runtime_place_open(bencher->own, bencher->world, bencher->runtime, place, error) != 0 ||
            write_main(node, place, "cold.mjs", i == EMPTY ? "empty" : kind, false, error) != 0)
            return -1;
        if (job->request.body.size &&
            runtime_place_write(place, "body", job->request.body, error) != 0)
            return -1;
        if (i == EMPTY &&
            runtime_place_write(place, "reference.wasm", bencher->reference_module, error) != 0)
            return -1;
        if (i != EMPTY && (write_files(place, job, &job->subjects[i], error) != 0 ||
                           write_main(node, place, "load.mjs", kind, true, error) != 0))
            return -1;
    }
    return 0;
}

/* --- one process --- */

static json_t *find_answer(struct arena *arena, const char *token, struct bytes output)
{
    const char *line = (const char *)output.data;
    size_t size = strlen(token);
    json_t *json;
    struct error ignored = {0};
    for (; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, token, size) != 0)
            continue;
        struct bytes text = {(const uint8_t *)line + size, strcspn(line + size, "\n")};
        return json_read(arena, text, "answer", FAULT_INPUT, &json, &ignored) == 0 ? json : NULL;
    }
    return NULL;
}

/* The permission model is there since 20, and named so since 22.13 and 23.5. */
static const char *permission(const char *version)
{
    char *rest;
    long major = strtol(version, &rest, 10), minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
    bool is_final = major >= 24 || (major == 23 && minor >= 5) || (major == 22 && minor >= 13);
    return major < 20 ? NULL : is_final ? "--permission" : "--experimental-permission";
}

/* NULL in *out with the reason in *why: no answer. */
static int run(struct node *node, size_t place, const char *script, struct arena *arena,
               json_t **out, const char **why, struct error *error)
{
    const struct bencher *bencher = node->bencher;
    const char *argv[8] = {bencher->runtime->path, "--no-warnings", "--no-addons"};
    const char *folder = node->places[place].folder, *flag = permission(bencher->runtime->version);
    struct process *process;
    struct process_result result;
    size_t count = 3;
    if (flag) {
        argv[count++] = flag;
        argv[count++] = arena_printf(arena, "--allow-fs-read=%s/*", folder);
    }
    argv[count++] = path_join(arena, folder, script);
    if (runtime_place_start(&node->places[place], arena, argv, &limits, &process, error) != 0 ||
        process_wait(process, &result, error) != 0)
        return -1;
    *out = find_answer(arena, node->token, result.output);
    const char *words = runtime_words(arena, result.errors.size ? result.errors : result.output);
    if (result.timed_out)
        *why = "it did not answer within 30 s";
    else if (!*out)
        *why = arena_printf(bencher->arena, "it ends with exit code %d and no answer%s%s",
                            result.status, *words ? ": " : "", words);
    else if (json_find_string(*out, "failure", NULL))
        *why = runtime_words(bencher->arena, bytes_of(json_find_string(*out, "failure", "")));
    return 0;
}

/* --- cold starts --- */

static double number(const json_t *answer, const char *key)
{
    return json_number_value(json_object_get(answer, key));
}

static void take_empty(struct bencher *bencher, const json_t *answer)
{
    samples_add(bencher->arena, &bencher->base[BENCH_COLD_START], number(answer, "ready"));
    samples_add(bencher->arena, &bencher->base[BENCH_COLD_START_CPU], number(answer, "cpu"));
    samples_add(bencher->arena, &bencher->reference, number(answer, "reference"));
}

static void take_cold(struct bencher *bencher, size_t subject, const json_t *answer)
{
    double instantiate = number(answer, "instantiate");
    bench_sample(bencher, BENCH_COMPILE, subject, number(answer, "compile"));
    if (instantiate > 0)
        bench_sample(bencher, BENCH_INSTANTIATE, subject, instantiate);
    bench_sample(bencher, BENCH_COLD_START, subject, number(answer, "ready"));
    bench_sample(bencher, BENCH_COLD_START_CPU, subject, number(answer, "cpu"));
    if (json_object_get(answer, "first"))
        bench_sample(bencher, BENCH_FIRST_CALL, subject, number(answer, "first"));
}

/* With stubs a module may stop as it is instantiated: what came before is measured. */
static void judge(struct bencher *bencher, size_t subject, const json_t *answer, const char *why)
{
    json_int_t status = json_find_integer(answer, "status", 200);
    if (why && json_find_bool(answer, "compiled", false))
        bench_note(bencher, BENCH_INSTANTIATE,
                   arena_printf(bencher->arena, "with stubs it stops: %s", why));
    else if (why)
        bench_fail(bencher, subject, why);
    else if (status >= 500)
        bench_note_all(bencher, BENCH_COLD_START, BENCH_MEMORY,
                       arena_printf(bencher->arena, "it answers %lld", (long long)status));
}

static int start_cold(struct node *node, size_t place, struct error *error)
{
    struct bencher *bencher = node->bencher;
    struct arena arena = {0};
    json_t *answer = NULL;
    const char *why = NULL;
    int status = run(node, place, "cold.mjs", &arena, &answer, &why, error);
    if (status == 0 && place == EMPTY && answer && !why)
        take_empty(bencher, answer);
    else if (status == 0 && place == EMPTY)
        bench_give_up(bencher, "%s", why);
    else if (status == 0) {
        judge(bencher, place, answer, why);
        if (!bencher->failed[place])
            take_cold(bencher, place, answer);
    }
    arena_free(&arena);
    return status;
}

static int start_all(struct node *node, struct error *error)
{
    struct bencher *bencher = node->bencher;
    size_t order[PLACES];
    for (size_t round = 0; bench_goes_on(bencher, round); round++) {
        bench_shuffle(bencher, order, bencher->subject_count + 1);
        for (size_t i = 0; i <= bencher->subject_count && !bencher->out->problem; i++) {
            size_t place = order[i] == bencher->subject_count ? EMPTY : order[i];
            if ((place == EMPTY || !bencher->failed[place]) && start_cold(node, place, error) != 0)
                return -1;
        }
    }
    return 0;
}

/* --- ten at a time --- */

static int load_once(struct node *node, size_t subject, struct error *error)
{
    struct bencher *bencher = node->bencher;
    struct arena arena = {0};
    json_t *answer = NULL;
    const char *why = NULL;
    int status = run(node, subject, "load.mjs", &arena, &answer, &why, error);
    if (status == 0 && why) {
        node->unloadable = true;
        bench_note_all(bencher, BENCH_THROUGHPUT, BENCH_MEMORY, why);
    } else if (status == 0) {
        double count = number(answer, "count");
        if (number(answer, "bad") > 0)
            bench_note_all(bencher, BENCH_THROUGHPUT, BENCH_MEMORY,
                           arena_printf(bencher->arena, "it answers %.0f", number(answer, "bad")));
        bench_sample(bencher, BENCH_THROUGHPUT, subject, count / number(answer, "elapsed") * 1e3);
        bench_sample(bencher, BENCH_REQUEST_CPU, subject, number(answer, "cpu") / count);
        bench_sample(bencher, BENCH_MEMORY, subject, number(answer, "peak"));
    }
    arena_free(&arena);
    return status;
}

static int load_all(struct node *node, struct error *error)
{
    struct bencher *bencher = node->bencher;
    size_t order[BENCH_SUBJECTS];
    for (size_t round = 0; round < LOAD_ROUNDS; round++) {
        bench_shuffle(bencher, order, bencher->subject_count);
        for (size_t i = 0; i < bencher->subject_count; i++)
            if (!node->unloadable && !bencher->failed[order[i]] &&
                load_once(node, order[i], error) != 0)
                return -1;
    }
    return 0;
}

int node_bench(struct bencher *bencher, struct error *error)
{
    struct node node = {.bencher = bencher, .token = bench_token(bencher)};
    if (bencher->job->form == BENCH_MODULE)
        return bench_give_up(bencher, "it runs no module without JavaScript");
    if (bencher->job->form == BENCH_STUBS)
        bench_note_all(bencher, BENCH_FIRST_CALL, BENCH_MEMORY,
                       "the module has no entry that our glue knows: nothing is called");
    else if (find_handler(&node) != 0)
        return bench_give_up(bencher, "no handler was found in what ships");
    if (prepare(&node, error) != 0 || start_all(&node, error) != 0)
        return -1;
    if (bencher->out->problem || bencher->job->form == BENCH_STUBS)
        return 0;
    return load_all(&node, error);
}
