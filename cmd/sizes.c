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
    struct archive_sizes packed = {.gzip_bytes = module->gzip_bytes, .gzip_level = 9};
    archive_count(module->bytes, !run->options.sizes, &packed);
    module->gzip_bytes = packed.gzip_bytes;
    module->gzip_level = packed.gzip_level;
    module->brotli_bytes = packed.brotli_bytes;
    module->brotli_quality = packed.brotli_quality;
}
