#include "cmd/cmd.h"
#include "cmd/context.h"
#include "cmd/proofs.h"
#include "cmd/reports.h"
#include "pkg/base/file.h"

int read_module(struct run *run, const char *path, struct report_module *out, struct error *error)
{
    struct bytes bytes;
    struct wasm_info *info = arena_alloc(run->arena, 1, sizeof *info);
    if (file_read(run->arena, path, LIMIT_MODULE, &bytes, error) != 0)
        return -1;
    if (wasm_scan(run->arena, bytes, WASM_VALIDATION, info, error) != 0)
        return error_prefix(error, "%s", path);
    *out = (struct report_module){.path = path, .bytes = bytes, .info = info};
    module_sizes(run, out);
    return 0;
}

static int run_inspect(struct run *run, struct error *error)
{
    struct report_module module;
    if (run->options.operand_count == 0) {
        error_set(error, FAULT_INPUT, "no module named");
        return error_hint(error, "write: edge-deploy inspect FILE.wasm");
    }
    if (read_module(run, run->options.operands[0], &module, error) != 0)
        return -1;
    if (module_context(run, &module, error) != 0 || module_estimates(run, &module, error) != 0 ||
        proofs_of_module(run, &module, error) != 0)
        return -1;
    int verdict = report_wit_verdict(&module, error);
    struct report report = {.command = "inspect",
                            .version = EDGE_DEPLOY_VERSION,
                            .modules = &module,
                            .module_count = 1,
                            .with_sizes = run->options.sizes,
                            .failure = error,
                            .folder = ""};
    struct error unwritten = {0};
    if (reports_write(run, &report, &unwritten) != 0) {
        *error = unwritten;
        return -1;
    }
    return verdict;
}

const struct command command_inspect = {
    .name = "inspect",
    .operands = "FILE",
    .summary = "what a module is and uses; needs no manifest",
    .options = OPTION_FOR_INSPECT,
    .operand_limit = 1,
    .run = run_inspect,
};
