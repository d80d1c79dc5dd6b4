/* Why a module has a feature: how often and where it is used, what brought it in, who turned it
   on. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/rules.h"
#include "pkg/compat/toolchain.h"

enum cure_declaration cure_declared(const struct wasm_info *info, const char *id)
{
    for (size_t i = 0; i < info->declared_feature_count; i++) {
        const char *declared = info->declared_features[i];
        if (declared[0] == '+' && strcmp(declared + 1, id) == 0)
            return CURE_DECLARED;
    }
    return info->declared_feature_count ? CURE_NOT_DECLARED : CURE_SAYS_NOTHING;
}

const struct wasm_import *cure_import(const struct wasm_info *info, const struct wasm_use *use)
{
    const struct wasm_import *found = NULL;
    size_t end = 0;
    if (use->reason == WASM_BY_INSTRUCTION || info->kind != WASM_CORE)
        return NULL;
    for (size_t i = 0; i < info->section_count; i++)
        if (!info->sections[i].custom && strcmp(info->sections[i].name, "import") == 0 &&
            use->offset >= info->sections[i].offset)
            end = info->sections[i].offset + info->sections[i].size;
    for (size_t i = 0; use->offset < end && i < info->import_count; i++)
        if (info->imports[i].offset <= use->offset)
            found = &info->imports[i];
    return found;
}

/* 14336 as "14 KB", 900 as "900 bytes". */
static const char *weight(struct arena *arena, uint64_t bytes)
{
    if (bytes < 10000)
        return arena_printf(arena, "%llu bytes", (unsigned long long)bytes);
    return arena_printf(arena, "%llu KB", (unsigned long long)(bytes + 500) / 1000);
}

/* " in 9 functions (14 KB of code)"; of a single one, whose name is known, " in find (200 bytes of
   code)". */
static const char *describe_functions(struct arena *arena, const struct wasm_use *use,
                                      const char *function)
{
    const char *size = arena_printf(arena, " (%s of code)", weight(arena, use->function_bytes));
    if (use->functions == 0)
        return "";
    if (use->functions == 1)
        return arena_printf(arena, " in %s%s", function ? function : "1 function", size);
    return arena_printf(arena, " in %llu functions%s%s%s", (unsigned long long)use->functions, size,
                        function ? ", first in " : "", function ? function : "");
}

/* "used 112 times in 9 functions (14 KB of code), first in memchr::find: v128.load" */
static const char *describe_use(struct arena *arena, const struct wasm_info *info,
                                const struct wasm_use *use, const char *function)
{
    const char *what = use->instruction ? use->instruction : wasm_reason_name(use->reason);
    const struct wasm_import *import = cure_import(info, use);
    const char *functions = describe_functions(arena, use, function);
    const char *often =
        use->count > 1 ? arena_printf(arena, "%llu times", (unsigned long long)use->count) : "once";
    if (import)
        what = arena_printf(arena, "%s, import '%s.%s'", what, import->module, import->name);
    /* What shows first may stand outside of code, and the functions say nothing of it. */
    if (use->function == WASM_NO_FUNCTION && use->functions > 0)
        return arena_printf(arena, "used %s, first: %s; also%s", often, what, functions);
    if (!*functions && use->count > 1)
        functions = ", first";
    return arena_printf(arena, "used %s%s: %s", often, functions, what);
}

/* rustc always writes the section: where it is not, it was taken away. */
static bool is_stripped_rust(struct arena *arena, const struct wasm_info *info)
{
    struct toolchain tools[TOOLCHAINS_MOST];
    size_t count = compat_toolchains(arena, info, tools);
    for (size_t i = 0; i < info->section_count; i++)
        if (info->sections[i].custom && strcmp(info->sections[i].name, "target_features") == 0)
            return false;
    for (size_t i = 0; info->kind == WASM_CORE && i < count; i++)
        if (strcmp(tools[i].id, "rustc") == 0)
            return true;
    return false;
}

const char *cure_cause(struct arena *arena, const struct wasm_info *info,
                       const struct wasm_use *use, const char *function)
{
    const char *id = wasm_features[use->feature].id;
    const char *used = describe_use(arena, info, use, function);
    const char *by_default = cure_default(arena, info, use->feature);
    if (by_default)
        return arena_printf(arena, "%s; %s", used, by_default);
    if (cure_declared(info, id) == CURE_DECLARED)
        return arena_printf(arena, "%s; the compiler was told to use it (+%s)", used, id);
    if (use->reason == WASM_BY_INSTRUCTION && info->kind == WASM_CORE &&
        cure_declared(info, id) == CURE_NOT_DECLARED)
        return arena_printf(arena, "%s; the compiler was not told to: a function enables it", used);
    if (is_stripped_rust(arena, info))
        return arena_printf(arena,
                            "%s; no target_features section says whether the compiler was told to "
                            "(Cargo's strip = true takes it away)",
                            used);
    return used;
}
