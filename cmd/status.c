#include "cmd/cmd.h"
#include "pkg/json/json.h"

static int run_status(struct run *run, struct error *error)
{
    struct publish_result result = {0};
    struct publish_options options = run_publish_options(run);
    int status = publish_status(run->arena, run->world, &run->manifest, &options, &result, error);
    if (run->json)
        run_print_json(run, deployments_json(run, &result, status == 0 ? NULL : error));
    else if (status == 0 || error->fault == FAULT_REMOTE)
        deployments_text(run, &result);
    return status;
}

const struct command command_status = {
    .name = "status",
    .operands = "",
    .summary = "recorded and live, side by side, per target",
    .needs_manifest = true,
    .needs_records = true,
    .needs_platforms = true,
    .deploys = true,
    .run = run_status,
};
