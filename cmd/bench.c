/* bench: what is shipped, and what it was made from, in the runtimes found here. */
#include "cmd/bench.h"

#include <string.h>

#include "cmd/choose.h"
#include "cmd/proofs.h"
#include "cmd/reports.h"
#include "pkg/archive/archive.h"
#include "pkg/base/embedded.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"

enum { BODY_MOST = 8 << 20 };

/* --- the two forms --- */

static bool is_archive(const struct artifact *artifact)
{
    const char *name = artifact->part_count == 1 ? artifact->parts[0].filename : NULL;
    return name && (text_matches("*.zip", name) || text_matches("*.tar.gz", name));
}

static int take_files(struct run *run, const struct artifact *artifact, struct bench_subject *out,
                      struct error *error)
{
    struct archive_item *items = NULL;
    size_t count = artifact->part_count;
    bool packed = is_archive(artifact);
    if (packed && archive_read(run->arena, artifact->parts[0].body, LIMIT_ARTIFACT,
                               artifact->parts[0].filename, &items, &count, error) != 0)
        return -1;
    out->files = arena_alloc(run->arena, count, sizeof *out->files);
    for (size_t i = 0; i < count; i++) {
        const struct part *part = packed ? NULL : &artifact->parts[i];
        size_t path_size = packed ? strlen(items[i].path) : 0;
        if (packed && items[i].path[path_size - 1] == '/')
            continue;
        out->files[out->file_count++] =
            packed ? (struct bench_file){items[i].path, NULL, items[i].body}
                   : (struct bench_file){part->name, part->media_type, part->body};
    }
    return 0;
}

/* The same payload with the modules as they were built. */
static struct payload original_payload(struct run *run, const struct prepared *target)
{
    struct payload out = target->payload;
    out.parts = arena_copy(run->arena, out.parts, out.part_count * sizeof *out.parts);
    for (size_t i = 0; i < target->module_count && out.form != PAYLOAD_PACKAGE; i++)
        out.parts[target->modules[i].part].body = target->modules[i].original;
    return out;
}

static int fill_subjects(struct run *run, const struct prepared *target, struct bench_job *out,
                         struct error *error)
{
    const struct prepared_module *module = &target->modules[0];
    struct payload payload = original_payload(run, target);
    struct artifact artifact;
    out->subjects[BENCH_ORIGINAL] =
        (struct bench_subject){.module = module->original, .info = &module->original_info};
    out->subjects[BENCH_SHIPPED] =
        (struct bench_subject){.module = module->optimized.module, .info = &module->optimized.info};
    if (out->form != BENCH_SCRIPT)
        return 0;
    if (target->job.entry->platform->pack(&target->job, &payload, &artifact, error) != 0 ||
        take_files(run, &artifact, &out->subjects[BENCH_ORIGINAL], error) != 0 ||
        take_files(run, &target->artifact, &out->subjects[BENCH_SHIPPED], error) != 0)
        return error_prefix(error, "%s", target->target->name);
    return 0;
}

static enum bench_form form_of(const struct prepared *target)
{
    if (target->payload.form == PAYLOAD_MAIN)
        return BENCH_SCRIPT;
    if (!target->job.entry->glue[0])
        return BENCH_MODULE;
    return target->payload.entry == ENTRY_NONE ? BENCH_STUBS : BENCH_SCRIPT;
}

/* --- what is asked --- */

static int fill_request(struct run *run, const struct target *target, struct bench_request *out,
                        struct error *error)
{
    const struct manifest_bench *asked = &target->bench;
    const char *path = asked->path ? asked->path : target->verify.path;
    const char *method = asked->method ? asked->method : target->verify.method;
    char *resolved;
    *out = (struct bench_request){method ? method : "GET", path ? path : "/", {NULL, 0}};
    if (!asked->body)
        return 0;
    if (path_within(run->arena, run->manifest.root,
                    path_join(run->arena, run->manifest.folder, asked->body), &resolved,
                    error) != 0 ||
        file_read(run->arena, resolved, BODY_MOST, &out->body, error) != 0)
        return error_prefix(error, "%s: bench.body", target->name);
    return 0;
}

static const char *call_of(const char *platform)
{
    for (const struct embedded_file *file = platform_calls; file->path; file++)
        if (text_is(file->path, platform))
            return file->text;
    return NULL;
}

static int fill_settings(struct run *run, const struct prepared *target, struct bench_job *out,
                         struct error *error)
{
    json_t *settings, *flags;
    out->call = call_of(target->target->platform);
    out->settings = target->artifact.settings;
    if (!out->settings)
        return 0;
    if (json_read(run->arena, bytes_of(out->settings), "settings", FAULT_INPUT, &settings, error) !=
        0)
        return -1;
    out->handler = json_find_string(settings, "handler", NULL);
    out->date = json_find_string(settings, "compatibility_date", NULL);
    flags = json_object_get(settings, "compatibility_flags");
    out->flag_count = json_array_size(flags);
    out->flags = arena_alloc(run->arena, out->flag_count + 1, sizeof *out->flags);
    for (size_t i = 0; i < out->flag_count; i++)
        out->flags[i] = json_string_value(json_array_get(flags, i));
    return 0;
}

/* --- one target --- */

static void fill_sizes(struct run *run, const struct prepared *target, bool shipped,
                       struct bench_sizes *out)
{
    *out = (struct bench_sizes){0};
    for (size_t i = 0; i < target->module_count; i++) {
        const struct prepared_module *module = &target->modules[i];
        struct archive_item item = {"module.wasm", 0644,
                                    shipped ? module->optimized.module : module->original};
        const struct wasm_info *info = shipped ? &module->optimized.info : &module->original_info;
        struct error ignored = {0};
        struct bytes zip = {NULL, 0};
        out->raw += item.body.size;
        out->gzip += archive_gzip_size(item.body);
        out->zip += archive_zip(run->arena, &item, 1, 0, &zip, &ignored) == 0 ? zip.size : 0;
        out->simd = out->simd || (info->features >> WASM_FEATURE_SIMD128 & 1);
    }
}

static bool stands_for(struct run *run, const struct profile *profile,
                       const struct profile_runtime *known, const char *version,
                       const char **variant)
{
    *variant = profile->variant;
    if (profile_stands_for(known, version, profile->variant))
        return true;
    /* Nobody has chosen a variant: whatever is found here. */
    for (size_t i = 0;
         !run->manifest.path && run->options.platforms.count == 0 && i < profile->variant_count;
         i++)
        if (profile_stands_for(known, version, *variant = profile->variants[i]))
            return true;
    return known->dated && !run->manifest.path && run->options.platforms.count == 0;
}

static struct bench_runtime *add_runtime(struct run *run, struct bench_target *out,
                                         size_t *capacity)
{
    out->runtimes =
        arena_grow(run->arena, out->runtimes, out->runtime_count, capacity, sizeof *out->runtimes);
    return &out->runtimes[out->runtime_count++];
}

static void add_problem(struct run *run, struct bench_target *out, size_t *capacity,
                        const char *runtime, const char *problem)
{
    struct bench_runtime *added = add_runtime(run, out, capacity);
    *added = (struct bench_runtime){.name = runtime, .problem = problem};
}

static int bench_in(struct run *run, struct prover *prover, const struct prepared *target,
                    const struct profile_runtime *known, const struct bench_job *job,
                    struct bench_target *out, size_t *capacity, struct error *error)
{
    const struct profile *profile = target->job.profile;
    const struct runtime *found;
    size_t count;
    bool is_there = false;
    if (prove_find(prover, known, &found, &count, error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *variant;
        struct bench_job here = *job;
        if (!found[i].version) {
            add_problem(run, out, capacity, known->name, runtime_complaint(run->arena, &found[i]));
            continue;
        }
        if (!stands_for(run, profile, known, found[i].version, &variant))
            continue;
        is_there = true;
        if (known->dated && !here.date)
            here.date = variant;
        if (known->dated && strcmp(here.date, found[i].version) > 0)
            here.date = found[i].version;
        world_say(run->world, target->target->name, "benching in %s %s", found[i].name,
                  found[i].version);
        if (bench_run(run->arena, run->world, &found[i], &here, add_runtime(run, out, capacity),
                      error) != 0)
            return -1;
    }
    if (!is_there)
        add_problem(run, out, capacity, known->name,
                    arena_printf(run->arena, "none was found%s%s: %s",
                                 profile->variant[0] ? " for " : "", profile->variant, known->get));
    return 0;
}

static int bench_target(struct run *run, struct prover *prover, const struct prepared *target,
                        struct bench_target *out, struct error *error)
{
    const struct profile *profile = target->job.profile;
    const char *ships = target->target->main ? target->target->main : target->target->package;
    struct bench_job job = {.form = form_of(target)};
    size_t capacity = 0;
    *out = (struct bench_target){.target = target->target->name,
                                 .platform = target->target->platform,
                                 .variant = profile->variant,
                                 .how = "unchanged",
                                 .module = ships ? ships : "",
                                 .same = true};
    if (target->module_count == 0) {
        out->problem = "not measured: it ships no module";
        return 0;
    }
    out->how = target->modules[0].optimized.how;
    out->module = target->modules[0].path;
    for (size_t i = 0; i < target->module_count; i++)
        out->same = out->same &&
                    bytes_equal(target->modules[i].original, target->modules[i].optimized.module);
    job.same = out->same;
    fill_sizes(run, target, false, &out->sizes[BENCH_ORIGINAL]);
    fill_sizes(run, target, true, &out->sizes[BENCH_SHIPPED]);
    /* With stubs it does not matter what it imports: the engine says whether it takes it. */
    if (target->verdict.answer == ANSWER_NO && job.form != BENCH_STUBS) {
        out->problem = "not measured: it is not compatible (edge-deploy check says why)";
        return 0;
    }
    if (fill_request(run, target->target, &job.request, error) != 0 ||
        fill_settings(run, target, &job, error) != 0 ||
        fill_subjects(run, target, &job, error) != 0)
        return -1;
    for (size_t i = 0; i < profile->runtime_count; i++)
        if (bench_in(run, prover, target, &profile->runtimes[i], &job, out, &capacity, error) != 0)
            return -1;
    return 0;
}

/* --- the command --- */

static int bench_all(struct run *run, const struct publish_result *result, struct bench *out,
                     struct error *error)
{
    struct prover *prover = proofs_open(run);
    out->targets = arena_alloc(run->arena, result->target_count, sizeof *out->targets);
    for (size_t i = 0; i < result->target_count; i++) {
        if (bench_target(run, prover, &result->targets[i], &out->targets[i], error) != 0)
            return -1;
        bench_judge(run->arena, &result->targets[i].target->budget, run->options.strict,
                    &out->targets[i]);
        out->target_count++;
    }
    return 0;
}

/* What `check` judges too, and the budgets of time. */
static int judge(struct run *run, const struct publish_result *result, const struct bench *bench,
                 struct error *error)
{
    bool deploys = run->manifest.path && run->options.operand_count == 0;
    if (deploys && publish_judge(result, &run->manifest, run->options.strict, error) != 0)
        return -1;
    for (size_t i = 0; i < bench->target_count; i++) {
        const struct bench_target *target = &bench->targets[i];
        for (size_t f = 0; f < target->finding_count; f++) {
            if (target->findings[f].level != LEVEL_ERROR)
                continue;
            error_set(error, FAULT_INCOMPATIBLE, "%s: %s", target->target,
                      target->findings[f].message);
            return target->findings[f].cure.other
                       ? error_hint(error, "%s", target->findings[f].cure.other)
                       : -1;
        }
    }
    return 0;
}

static void print(struct run *run, const struct bench *bench, const struct error *error)
{
    if (run->json)
        run_print_json(run, bench_json(run, bench, error));
    else
        bench_text(run, bench);
}

/* A target that the command line makes is optimized as a manifest's is by default. */
static void set_defaults(struct run *run)
{
    for (size_t i = 0; !run->manifest.path && i < run->manifest.target_count; i++) {
        run->manifest.targets[i].optimize.level = OPTIMIZE_SIZE;
        run->manifest.targets[i].optimize.lower = true;
    }
}

static int run_bench(struct run *run, struct error *error)
{
    struct publish_result result = {0};
    struct bench bench = {0};
    if (choose_targets(run, error) != 0)
        return -1;
    set_defaults(run);
    struct publish_options options = run_publish_options(run);
    options.module_file = run->options.operand_count ? run->options.operands[0] : NULL;
    options.build = !options.module_file;
    if (publish_prepare(run->arena, run->world, &run->manifest, &options, &result, error) != 0 ||
        bench_all(run, &result, &bench, error) != 0)
        return -1;
    struct report report;
    struct report_module *modules;
    int verdict = judge(run, &result, &bench, error);
    reports_fill(run, &result, &report, &modules);
    report.failure = error;
    report.bench = &bench;
    print(run, &bench, verdict == 0 ? NULL : error);
    struct error unwritten = {0};
    if (reports_write_files(run, &report, &unwritten) != 0) {
        *error = unwritten;
        return -1;
    }
    return verdict;
}

const struct command command_bench = {
    .name = "bench",
    .operands = "[FILE]",
    .summary = "size, compile, cold start, throughput, memory on the runtimes found here",
    .needs_validator = true,
    .options = OPTION_FOR_BENCH | OPTION_FOR_BUILD,
    .operand_limit = 1,
    .run = run_bench,
};
