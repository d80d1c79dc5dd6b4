#include "cmd/cmd.h"
#include "pkg/json/json.h"

static int run_verify(struct run *run, struct error *error)
{
    struct publish_result result = {0};
    struct publish_options options = run_publish_options(run);
    int status = publish_verify(run->arena, run->world, &run->manifest, &options, &result, error);
    if (run->json)
        run_print_json(run, deployments_json(run, &result, status == 0 ? NULL : error));
    else if (status == 0 || error->fault == FAULT_UNVERIFIED)
        deployments_text(run, &result);
    return status;
}

const struct command command_verify = {
    .name = "verify",
    .operands = "",
    .summary = "is what is live what the record says, and does it answer",
    .needs_manifest = true,
    .needs_records = true,
    .needs_platforms = true,
    .deploys = true,
    .options = OPTION_FOR_VERIFY | OPTION_FOR_BUILD,
    .run = run_verify,
};
