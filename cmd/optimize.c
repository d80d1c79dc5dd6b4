#include "pkg/optimize/optimize.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/reports.h"
#include "pkg/base/file.h"
#include "pkg/json/json.h"

/* What all chosen targets run of it; everything when there is no manifest to say. */
static int allowed_features(struct run *run, const struct wasm_info *info, uint64_t *out,
                            struct error *error)
{
    *out = UINT64_MAX;
    for (size_t i = 0; i < run->target_count; i++) {
        struct job job;
        if (job_prepare(run->arena, run->world, &run->manifest, run->targets[i],
                        run->options.profile, &job, error) != 0)
            return -1;
        *out &= profile_runs(job.profile, info);
    }
    return 0;
}

static int print_result(struct run *run, const struct report_module *before,
                        const struct optimize_result *result)
{
    if (run->json) {
        struct report_module after = {
            .path = run->options.output, .bytes = result->module, .info = &result->info};
        json_t *document = run_document(run, NULL);
        json_object_set(document, "module", report_module_json(run->arena, &after));
        json_object_set_new(document, "original_bytes",
                            json_integer((json_int_t)before->bytes.size));
        json_object_set_new(document, "how", json_string(result->how));
        json_object_set_new(document, "why_not",
                            result->why_not ? json_string(result->why_not) : json_null());
        run_print_json(run, document);
        return 0;
    }
    printf("%s: %zu -> %zu bytes (%s)\n", run->options.output, before->bytes.size,
           result->module.size, result->how);
    if (result->why_not)
        printf("the optimizer's work is not used: %s\n", result->why_not);
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

/* With a file the manifest only caps the features, so it may be missing. */
static int read_optional_manifest(struct run *run, struct error *error)
{
    if (!run->options.operand_count || run->options.config || run->options.targets.count)
        return run_read_manifest(run, error);
    return 0;
}

static int run_optimize(struct run *run, struct error *error)
{
    struct optimizer optimizer;
    struct report_module module;
    struct optimize_result results[OPTIMIZE_MEASURES];
    struct optimize_request request = {.run = true, .strip = true};
    const char *path = NULL;
    const struct optimizer_search search = {.named = run->options.optimizer,
                                            .project = run_project(run)};
    if (!run->options.output) {
        error_set(error, FAULT_INPUT, "no output named");
        return error_hint(error, "write: edge-deploy optimize FILE -o OUT.wasm");
    }
    if (read_optional_manifest(run, error) != 0 || choose_module(run, &path, error) != 0 ||
        optimizer_find(run->arena, run->world, &search, &optimizer, error) != 0 ||
        read_module(run, path, &module, error) != 0 ||
        allowed_features(run, module.info, &request.allowed, error) != 0)
        return -1;
    request.module = module.bytes;
    request.info = module.info;
    if (optimize(run->arena, run->world, &optimizer, &request, results, error) != 0 ||
        file_write(run->options.output, results[OPTIMIZE_FOR_COMPRESSED].module, 0644, error) != 0)
        return -1;
    return print_result(run, &module, &results[OPTIMIZE_FOR_COMPRESSED]);
}

const struct command command_optimize = {
    .name = "optimize",
    .operands = "[FILE]",
    .summary = "make a module smaller, capped to what the targets run",
    .options = OPTION_FOR_BUILD | OPTION_FOR_OUTPUT,
    .operand_limit = 1,
    .run = run_optimize,
};
