#include "cmd/choose.h"
#include "cmd/cmd.h"
#include "cmd/context.h"
#include "cmd/github.h"
#include "cmd/proofs.h"
#include "cmd/reports.h"

static int run_check(struct run *run, struct error *error)
{
    struct publish_result result = {0};
    struct report report;
    struct report_module *modules;
    if (choose_targets(run, error) != 0)
        return -1;
    if (run->manifest.path && record_is_likely(run->arena, run->manifest.root))
        record_warm(run->arena);
    struct publish_options options = run_publish_options(run);
    options.build = options.optimize = false;
    options.module_file = run->options.operand_count ? run->options.operands[0] : NULL;
    int status = publish_prepare(run->arena, run->world, &run->manifest, &options, &result, error);
    if (status == 0)
        status = proofs_of_targets(run, &result, error);
    github_outputs(run, &result);
    if (status != 0)
        return -1;
    reports_fill(run, &result, &report, &modules);
    for (size_t i = 0; run->options.wit && i < report.module_count; i++)
        if (module_context(run, &modules[i], error) != 0)
            return -1;
    int verdict = publish_judge(&result, &run->manifest, run->options.strict, error);
    for (size_t i = 0; verdict == 0 && i < report.module_count; i++)
        verdict = report_wit_verdict(&modules[i], error);
    report.failure = error;
    struct error unwritten = {0};
    if (reports_write(run, &report, &unwritten) != 0) {
        *error = unwritten;
        return -1;
    }
    return verdict;
}

const struct command command_check = {
    .name = "check",
    .operands = "[FILE]",
    .summary = "compatibility report: module x targets; no network, no credentials",
    .needs_validator = true,
    .options = OPTION_FOR_CHECK,
    .operand_limit = 1,
    .run = run_check,
};
