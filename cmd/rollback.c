#include "cmd/cmd.h"
#include "cmd/github.h"
#include "pkg/json/json.h"

static int run_rollback(struct run *run, struct error *error)
{
    struct publish_result result = {0};
    struct publish_options options = run_publish_options(run);
    int status =
        rollback(run->arena, run->world, &run->manifest, &options, run->options.to, &result, error);
    github_outputs(run, &result);
    if (run->json)
        run_print_json(run, deployments_json(run, &result, status == 0 ? NULL : error));
    else if (status == 0 || result.mutation_attempted)
        deployments_text(run, &result);
    return status;
}

const struct command command_rollback = {
    .name = "rollback",
    .operands = "",
    .summary = "make an earlier recorded deployment live again",
    .needs_manifest = true,
    .needs_records = true,
    .needs_platforms = true,
    .deploys = true,
    .options = OPTION_FOR_ROLLBACK,
    .run = run_rollback,
};
