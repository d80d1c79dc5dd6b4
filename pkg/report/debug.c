/* Why places have no source lines: said once for a module. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/report/report.h"

/* How to have it. */
static const char *compiler_flag(const struct wasm_info *info)
{
    for (size_t i = 0; i < info->producer_count; i++)
        if (strcmp(info->producers[i].name, "rustc") == 0)
            return "debug = \"line-tables-only\"";
    return "-g";
}

const char *report_debug_note(struct arena *arena, const struct wasm_info *info)
{
    switch (info->debug) {
    case WASM_DEBUG_NONE:
    case WASM_DEBUG_NAMES:
        return arena_printf(
            arena, "no %ssource lines: built without %s, or stripped (optimize.keep_debug)",
            info->debug == WASM_DEBUG_NONE ? "names, no " : "", compiler_flag(info));
    case WASM_DEBUG_MAP:
        return arena_printf(arena, "no source lines: the source map is elsewhere (%s)",
                            info->debug_url);
    case WASM_DEBUG_EXTERNAL:
        return arena_printf(arena, "no source lines: the debug information is elsewhere (%s)",
                            info->debug_url);
    case WASM_DEBUG_DWARF:
        break;
    }
    return NULL;
}

static bool misses_use(const struct wasm_info *info)
{
    for (size_t i = 0; i < info->use_count; i++)
        if (info->uses[i].function != WASM_NO_FUNCTION && !info->uses[i].source.file)
            return true;
    return false;
}

bool report_misses_lines(const struct report *report, const struct report_module *module)
{
    if (strcmp(report->command, "inspect") == 0)
        return misses_use(module->info);
    for (size_t i = 0; i < report->verdict_count; i++) {
        const struct verdict *verdict = &report->verdicts[i];
        for (size_t f = 0; f < verdict->finding_count; f++) {
            const struct place *where = &verdict->findings[f].where;
            if (where->has_offset && where->function != WASM_NO_FUNCTION && !where->source_file &&
                where->path && strcmp(where->path, module->path) == 0)
                return true;
        }
    }
    return false;
}
