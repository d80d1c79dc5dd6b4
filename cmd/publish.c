#include "pkg/publish/publish.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/github.h"
#include "cmd/reports.h"
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
static void print_verdicts(struct run *run, struct report *report)
{
    size_t modules = report->module_count;
    report->module_count = 0; /* said by the rows already */
    report_text(run->arena, report, &run->style, stdout);
    report->module_count = modules;
}

/* A report that could not be written takes nothing back: what is live is live. */
static int end(struct run *run, int status, const struct error *unwritten, struct error *error)
{
    if (!unwritten)
        return status;
    if (status != 0) {
        output_error(run, unwritten);
        return status;
    }
    *error = *unwritten;
    error->fault = FAULT_PARTIAL;
    return error_prefix(error, "done, but");
}

static int run_publish(struct run *run, struct error *error)
{
    struct publish_result result = {0};
    struct publish_options options = run_publish_options(run);
    struct report report;
    struct report_module *modules;
    int status = publish(run->arena, run->world, &run->manifest, &options, &result, error);
    github_outputs(run, &result);
    reports_fill(run, &result, &report, &modules);
    report.failure = error;
    struct error unwritten = {0};
    bool lost = reports_write_files(run, &report, &unwritten) != 0;
    if (run->json)
        run_print_json(run, deployments_json(run, &result, status == 0 ? NULL : error));
    else if (status != 0 && error->fault == FAULT_INCOMPATIBLE)
        print_verdicts(run, &report);
    else if (status == 0 || has_news(&result))
        deployments_text(run, &result);
    return end(run, status, lost ? &unwritten : NULL, error);
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
