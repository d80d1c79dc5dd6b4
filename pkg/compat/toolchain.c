#include "pkg/compat/toolchain.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/companions.h"

enum { LONGEST_VERSION = 32 };

/* Names in producers, as patterns: "Debian clang" is clang too. */
static const struct {
    const char *name, *id;
} producers[] = {
    {"rustc", "rustc"},
    {"clang", "clang"},
    {"*clang", "clang"},
    {"Emscripten", "emscripten"},
    {"emscripten", "emscripten"},
    {"TinyGo", "tinygo"},
    {"Go cmd/compile", "go"},
    {"wasm-bindgen", "wasm-bindgen"},
    {"wit-component", "wit-component"},
    {"AssemblyScript", "assemblyscript"},
    {"zig", "zig"},
    {"Kotlin*", "kotlin"},
    {"dart*", "dart"},
};

/* What is only ever there when that toolchain made it. Imports: MODULE NAME. */
static const struct {
    enum { BY_COMPANION, BY_SECTION, BY_EXPORT, BY_IMPORT } kind;
    const char *sign, *name, *id;
} signs[] = {
    {BY_COMPANION, "wasm-bindgen", NULL, "wasm-bindgen"},
    {BY_COMPANION, "wasm-bindgen-unprocessed", NULL, "wasm-bindgen"},
    {BY_COMPANION, "wasm-bindgen", NULL, "rustc"},
    {BY_COMPANION, "wasm-bindgen-unprocessed", NULL, "rustc"},
    {BY_COMPANION, "emscripten", NULL, "emscripten"},
    {BY_COMPANION, "emscripten-minified", NULL, "emscripten"},
    {BY_COMPANION, "tinygo", NULL, "tinygo"},
    {BY_COMPANION, "go", NULL, "go"},
    {BY_COMPANION, "assemblyscript", NULL, "assemblyscript"},
    {BY_SECTION, "go:buildid", NULL, "go"},
    {BY_EXPORT, "__rtti_base", NULL, "assemblyscript"},
    {BY_IMPORT, "js_code", "kotlin.*", "kotlin"},
    {BY_IMPORT, "dart2wasm", "*", "dart"},
    {BY_EXPORT, "$invokeMain", NULL, "dart"},
};

struct found {
    struct arena *arena;
    struct toolchain *items;
    size_t count;
};

static void add(struct found *found, const char *id, const char *version)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->items[i].id, id) == 0) {
            if (!found->items[i].version)
                found->items[i].version = version;
            return;
        }
    if (found->count < TOOLCHAINS_MOST)
        found->items[found->count++] = (struct toolchain){id, version};
}

/* "go1.26.8" is 1.26.8, "1.82.0 (f6e511eec 2024-10-15)" is 1.82.0. */
static const char *plain_version(struct arena *arena, const char *version)
{
    const char *start = version ? version + strcspn(version, "0123456789") : "";
    size_t size = strcspn(start, " ,()");
    return size && size <= LONGEST_VERSION ? arena_copy(arena, start, size) : NULL;
}

static void add_producers(struct found *found, const struct wasm_info *info)
{
    for (size_t i = 0; i < info->producer_count; i++)
        for (size_t k = 0; k < sizeof producers / sizeof *producers; k++)
            if (strcmp(info->producers[i].field, "language") != 0 &&
                text_matches(producers[k].name, info->producers[i].name)) {
                add(found, producers[k].id,
                    plain_version(found->arena, info->producers[i].version));
                break;
            }
}

static bool has_section(const struct wasm_info *info, const char *name)
{
    for (size_t i = 0; i < info->section_count; i++)
        if (info->sections[i].custom && strcmp(info->sections[i].name, name) == 0)
            return true;
    return false;
}

static bool has_import(const struct wasm_info *info, const char *module, const char *name)
{
    for (size_t i = 0; i < info->import_count; i++)
        if (strcmp(info->imports[i].module, module) == 0 &&
            text_matches(name, info->imports[i].name))
            return true;
    return false;
}

static void add_signs(struct found *found, const struct wasm_info *info)
{
    struct companion *companions;
    size_t count = compat_companions(found->arena, info, &companions);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        const char *sign = signs[i].sign;
        bool holds = false;
        for (size_t c = 0; signs[i].kind == BY_COMPANION && c < count; c++)
            holds = holds || strcmp(companions[c].id, sign) == 0;
        if (holds || (signs[i].kind == BY_SECTION && has_section(info, sign)) ||
            (signs[i].kind == BY_EXPORT && wasm_find_export(info, sign)) ||
            (signs[i].kind == BY_IMPORT && has_import(info, sign, signs[i].name)))
            add(found, signs[i].id, NULL);
    }
}

size_t compat_toolchains(struct arena *arena, const struct wasm_info *info,
                         struct toolchain out[TOOLCHAINS_MOST])
{
    struct found found = {arena, out, 0};
    add_producers(&found, info);
    if (!info->component) {
        add_signs(&found, info);
        return found.count;
    }
    for (size_t i = 0; i < info->component->module_count; i++) {
        add_producers(&found, &info->component->modules[i]);
        add_signs(&found, &info->component->modules[i]);
    }
    return found.count;
}

const char *compat_toolchain_text(struct arena *arena, const struct wasm_info *info)
{
    struct toolchain found[TOOLCHAINS_MOST];
    size_t count = compat_toolchains(arena, info, found);
    const char *text = NULL;
    for (size_t i = 0; i < count; i++)
        if (found[i].version)
            text = arena_printf(arena, "%s%s%s %s", text ? text : "", text ? ", " : "", found[i].id,
                                found[i].version);
    return text;
}

int compat_version_order(const char *a, const char *b)
{
    for (;;) {
        char *after_a, *after_b;
        unsigned long left = strtoul(a, &after_a, 10), right = strtoul(b, &after_b, 10);
        if (left != right)
            return left < right ? -1 : 1;
        if (*after_a != '.' && *after_b != '.')
            return 0;
        a = after_a + (*after_a == '.');
        b = after_b + (*after_b == '.');
    }
}
