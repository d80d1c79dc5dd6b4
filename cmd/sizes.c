#include "cmd/cmd.h"
#include "cmd/reports.h"
#include "pkg/archive/archive.h"

void module_sizes(struct run *run, struct report_module *module)
{
    if (!run->options.sizes && !reports_need_sizes(run))
        return;
    struct wasm_sizes *sizes = arena_alloc(run->arena, 1, sizeof *sizes);
    wasm_sizes(run->arena, module->bytes, module->info, sizes);
    module->sizes = sizes;
    if (module->gzip_bytes == 0)
        module->gzip_bytes = archive_gzip_size(module->bytes);
}
