#include "pkg/publish/publish.h"

#include <string.h>

#include "cmd/cmd.h"
#include "pkg/json/json.h"

/* True once a target has come as far as the network, or the dry run to its end. */
static bool has_news(const struct publish_result *result)
{
    for (size_t i = 0; i < result->target_count; i++)
        if (result->targets[i].state != STATE_NONE)
            return true;
    return result->mutation_attempted;
}

/* Why a target does not run it, in full; the error names only the first. */
static void print_verdicts(struct run *run, const struct publish_result *result)
{
    struct verdict *verdicts = arena_alloc(run->arena, result->target_count, sizeof *verdicts);
    size_t count = 0;
    for (size_t i = 0; i < result->target_count; i++)
        if (result->targets[i].verdict.target)
            verdicts[count++] = result->targets[i].verdict;
    struct report report = {.command = "check", .verdicts = verdicts, .verdict_count = count};
    report_text(run->arena, &report, &run->style, stdout);
}

static int run_publish(struct run *run, struct error *error)
{
    struct publish_result result = {0};
    struct publish_options options = run_publish_options(run);
    int status = publish(run->arena, run->world, &run->manifest, &options, &result, error);
    if (run->json)
        run_print_json(run, deployments_json(run, &result, status == 0 ? NULL : error));
    else if (status != 0 && error->fault == FAULT_INCOMPATIBLE)
        print_verdicts(run, &result);
    else if (status == 0 || has_news(&result))
        deployments_text(run, &result);
    return status;
}

const struct command command_publish = {
    .name = "publish",
    .operands = "",
    .summary = "build, check, optimize, package, upload, activate, record, verify",
    .needs_manifest = true,
    .needs_records = true,
    .needs_validator = true,
    .needs_platforms = true,
    .deploys = true,
    .options = OPTION_FOR_BUILD | OPTION_FOR_PUBLISH,
    .run = run_publish,
};
