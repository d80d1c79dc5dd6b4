#include "pkg/optimize/optimize.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/reports.h"
#include "cmd/table.h"
#include "pkg/archive/archive.h"
#include "pkg/base/file.h"
#include "pkg/json/json.h"

/* What is to be done, and for whom. */
struct order_form {
    const char *path;
    struct report_module module;
    struct manifest_optimize settings;
    uint64_t allowed; /* features that all targets run; everything without a target */
    uint64_t perhaps; /* those, and what nobody knows that it does not run */
    enum optimize_measure measure;
    struct kept kept;             /* exports that any target needs */
    const struct source_map *map; /* keep_debug: the module's; or NULL */
};

static bool is_same_file(const char *a, const char *b)
{
    char *real_a = realpath(a, NULL), *real_b = realpath(b, NULL);
    bool same = real_a && real_b && strcmp(real_a, real_b) == 0;
    free(real_a);
    free(real_b);
    return same;
}

/* With a file, only the targets that ship it have a say; those of -t have in any case. */
static void keep_those_of(struct run *run, const char *path)
{
    size_t kept = 0;
    for (size_t i = 0; i < run->target_count; i++) {
        const char *module = run->targets[i]->module;
        if (module && is_same_file(path_join(run->arena, run->manifest.folder, module), path))
            run->targets[kept++] = run->targets[i];
    }
    run->target_count = kept;
}

/* With a file there need be no manifest. */
static int read_manifest(struct run *run, struct error *error)
{
    struct error missing = {0};
    char *found;
    bool asked = run->options.config || run->options.targets.count;
    if (!run->options.operand_count || asked)
        return run_read_manifest(run, error);
    if (manifest_find(run->arena, ".", "edge-deploy.json", &found, &missing) != 0)
        return 0;
    if (run_read_manifest(run, error) != 0)
        return -1;
    keep_those_of(run, run->options.operands[0]);
    return 0;
}

/* The module named, or the manifest's (one target's, when several differ). */
static int choose_module(struct run *run, const char **out, struct error *error)
{
    if (run->options.operand_count) {
        *out = run->options.operands[0];
        return 0;
    }
    const char *module = run->target_count ? run->targets[0]->module : NULL;
    for (size_t i = 1; module && i < run->target_count; i++)
        if (!run->targets[i]->module || strcmp(run->targets[i]->module, module) != 0)
            module = NULL;
    if (!module) {
        error_set(error, FAULT_INPUT, "no single module to optimize");
        return error_hint(error, "name it: edge-deploy optimize FILE -o OUT, or choose with -t");
    }
    *out = path_join(run->arena, run->manifest.folder, module);
    return 0;
}

static struct kept either(struct arena *arena, const struct kept *a, const struct kept *b)
{
    struct kept both = {NULL, 0};
    if (!a->names || !b->names)
        return both;
    both.names = arena_alloc(arena, a->count + b->count + 1, sizeof *both.names);
    for (size_t i = 0; i < a->count + b->count; i++)
        both.names[both.count++] = i < a->count ? a->names[i] : b->names[i - a->count];
    return both;
}

static int add_target(struct run *run, size_t index, struct order_form *form, struct error *error)
{
    const struct target *target = run->targets[index];
    struct job job;
    struct kept kept;
    if (job_prepare(run->arena, run->world, &run->manifest, target, run->options.profile, &job,
                    error) != 0 ||
        publish_kept(run->arena, &run->manifest, &job, form->path, form->module.info, &kept,
                     error) != 0)
        return -1;
    form->kept = index == 0 ? kept : either(run->arena, &form->kept, &kept);
    enum optimize_measure measure = publish_measure(job.profile);
    uint64_t runs = profile_runs(job.profile, form->module.info);
    form->allowed &= runs;
    form->perhaps &= runs | profile_unknown(job.profile, form->module.info);
    form->measure = index == 0 || measure == form->measure ? measure : OPTIMIZE_FOR_COMPRESSED;
    if (index == 0)
        form->settings = target->optimize;
    if (publish_same_settings(&form->settings, &target->optimize))
        return 0;
    error_set(error, FAULT_INPUT, "targets '%s' and '%s' optimize it in different ways",
              run->targets[0]->name, target->name);
    return error_hint(error, "choose one with -t");
}

static int fill_form(struct run *run, struct order_form *form, struct error *error)
{
    *form = (struct order_form){.settings = {.level = OPTIMIZE_SIZE, .lower = true},
                                .allowed = UINT64_MAX,
                                .perhaps = UINT64_MAX,
                                .measure = OPTIMIZE_FOR_COMPRESSED};
    if (read_manifest(run, error) != 0 || choose_module(run, &form->path, error) != 0 ||
        read_module(run, form->path, &form->module, error) != 0)
        return -1;
    for (size_t i = 0; i < run->target_count; i++)
        if (add_target(run, i, form, error) != 0)
            return -1;
    if (form->settings.keep_debug && form->settings.level != OPTIMIZE_NONE)
        form->map = publish_source_map(run->arena, run->world, run_project(run), form->path,
                                       form->module.bytes);
    return 0;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_text(text, strlen(text)) : json_null();
}

static json_t *candidates_json(const struct optimize_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->candidate_count; i++) {
        const struct optimize_candidate *candidate = &result->candidates[i];
        json_t *json = json_object();
        json_object_set_new(json, "name", text_or_null(candidate->name));
        json_object_set_new(json, "bytes", json_integer((json_int_t)candidate->bytes));
        json_object_set_new(json, "code_bytes", json_integer((json_int_t)candidate->code_bytes));
        json_object_set_new(json, "gzip_bytes", json_integer((json_int_t)candidate->gzip_bytes));
        json_object_set_new(json, "problem", text_or_null(candidate->problem));
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *removed_json(const struct optimize_result *result)
{
    json_t *list = json_array();
    for (size_t i = 0; i < result->removed_export_count; i++)
        json_array_append_new(list, json_string(result->removed_exports[i]));
    return list;
}

static void print_document(struct run *run, const struct order_form *form, size_t gzip_bytes,
                           const struct optimize_result *result)
{
    struct report_module after = {.path = run->options.output,
                                  .bytes = result->module,
                                  .info = &result->info,
                                  .gzip_bytes = result->gzip_bytes};
    json_t *document = run_document(run, NULL);
    json_object_set(document, "module", report_module_json(run->arena, &after));
    json_object_set_new(document, "original_bytes",
                        json_integer((json_int_t)form->module.bytes.size));
    json_object_set_new(document, "original_gzip_bytes", json_integer((json_int_t)gzip_bytes));
    json_object_set_new(document, "measure",
                        json_string(form->measure == OPTIMIZE_FOR_CODE ? "code" : "compressed"));
    json_object_set_new(document, "how", text_or_null(result->how));
    json_object_set_new(document, "cached", json_boolean(result->cached));
    json_object_set_new(document, "why_not", text_or_null(result->why_not));
    json_object_set_new(document, "optimizer", text_or_null(result->optimizer));
    json_object_set_new(document, "needs", text_or_null(result->needs));
    json_object_set_new(document, "removed_exports", removed_json(result));
    json_object_set_new(document, "candidates", candidates_json(result));
    run_print_json(run, document);
}

static void print_candidates(struct run *run, const struct optimize_result *result)
{
    static const char *const heads[] = {"candidate", "bytes", "code", "gzip", "note", NULL};
    struct table table;
    table_open(&table, run, heads);
    for (size_t i = 0; i < result->candidate_count; i++) {
        const struct optimize_candidate *candidate = &result->candidates[i];
        bool counted = candidate->gzip_bytes > 0;
        const char *const cells[] = {
            candidate->name, counted ? arena_printf(run->arena, "%zu", candidate->bytes) : NULL,
            counted ? arena_printf(run->arena, "%zu", candidate->code_bytes) : NULL,
            counted ? arena_printf(run->arena, "%zu", candidate->gzip_bytes) : NULL,
            candidate->problem};
        table_add(&table, cells, 4, TINT_NONE);
    }
    puts("");
    table_print(&table);
}

static void print_text(struct run *run, const struct order_form *form, size_t gzip_bytes,
                       const struct optimize_result *result)
{
    const char *why_not = result->why_not;
    printf("%s: %zu -> %zu bytes, %zu -> %zu compressed (%s%s)\n", run->options.output,
           form->module.bytes.size, result->module.size, gzip_bytes, result->gzip_bytes,
           result->how, result->cached ? "; cached" : "");
    if (why_not)
        printf("the optimizer's work is not used: %s\n", why_not);
    if (run->options.verbose && result->candidate_count)
        print_candidates(run, result);
}

static void say_passed_over(const struct run *run, const struct optimizer *optimizer)
{
    if (optimizer->passed_over)
        world_say(run->world, "optimize", "%s", optimizer->passed_over);
}

static int work(struct run *run, const struct order_form *form, struct optimize_result *out,
                struct error *error)
{
    struct optimizer optimizer = {.problem = "it was not asked for"};
    struct optimize_result results[OPTIMIZE_MEASURES];
    const struct optimizer_search search = {
        .named = run->options.optimizer, .project = run_project(run), .cache = run_cache(run)};
    struct optimize_request request = publish_optimizing(&form->settings, form->allowed);
    request.unknown = form->perhaps & ~form->allowed;
    request.module = form->module.bytes;
    request.info = form->module.info;
    request.keep_exports = form->kept.names;
    request.keep_export_count = form->kept.count;
    request.cache = search.cache;
    request.map = publish_optimize_map(form->map);
    request.name = form->path;
    request.wait = progress_wait;
    request.wait_context = run;
    if (request.run && optimizer_find(run->arena, run->world, &search, &optimizer, error) != 0)
        return -1;
    say_passed_over(run, &optimizer);
    if (optimize(run->arena, run->world, &optimizer, &request, results, error) != 0)
        return -1;
    *out = results[form->measure];
    if (out->gzip_bytes == 0)
        out->gzip_bytes = archive_gzip_size(out->module);
    if (out->needs)
        world_say(run->world, "optimize", "%s: warning: %s", form->path, out->needs);
    return 0;
}

/* OUT.wasm has its twin in OUT.debug.wasm. */
static int write_twin(struct run *run, const struct order_form *form,
                      const struct optimize_result *result, struct error *error)
{
    char sha256[65];
    if (result->debug.size == 0)
        return 0;
    const char *path = publish_twin_path(run->arena, run->options.output, NULL);
    if (publish_twin_write(path, result, form->map, sha256, error) != 0)
        return -1;
    world_say(run->world, "optimize", "debug information in %s", path);
    return 0;
}

static int run_optimize(struct run *run, struct error *error)
{
    struct order_form form;
    struct optimize_result result;
    if (!run->options.output) {
        error_set(error, FAULT_INPUT, "no output named");
        return error_hint(error, "write: edge-deploy optimize FILE -o OUT.wasm");
    }
    if (fill_form(run, &form, error) != 0 || work(run, &form, &result, error) != 0 ||
        file_write(run->options.output, result.module, 0644, error) != 0)
        return -1;
    if (write_twin(run, &form, &result, error) != 0)
        return -1;
    size_t gzip_bytes = archive_gzip_size(form.module.bytes);
    if (run->json)
        print_document(run, &form, gzip_bytes, &result);
    else
        print_text(run, &form, gzip_bytes, &result);
    return 0;
}

const struct command command_optimize = {
    .name = "optimize",
    .operands = "[FILE]",
    .summary = "make a module smaller, capped to what the targets run",
    .options = OPTION_FOR_BUILD | OPTION_FOR_OUTPUT,
    .operand_limit = 1,
    .run = run_optimize,
};
