#include <string.h>

#include "pkg/base/text.h"
#include "pkg/bench/workerd.h"
#include "pkg/json/json.h"

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

int workerd_add_workers(struct workerd *workerd, struct error *error)
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

int workerd_write_loader(struct workerd *workerd, struct error *error)
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

int workerd_write_deployed(struct server *server, const struct bench_subject *subject,
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
