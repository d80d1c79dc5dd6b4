#include "pkg/compat/companions.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"

enum { SIGNS_MOST = 6 };

struct sign {
    enum { NO_SIGN, IMPORT, EXPORT, SECTION } kind;
    const char *module, *name; /* patterns; `module` of an import only */
    const char *type;          /* of an import; NULL: any */
};
#define TYPED(module, name, type)                                                                  \
    {                                                                                              \
        IMPORT, module, name, type                                                                 \
    }
#define IMPORTED(module, name)                                                                     \
    {                                                                                              \
        IMPORT, module, name, NULL                                                                 \
    }
#define EXPORTED(name)                                                                             \
    {                                                                                              \
        EXPORT, NULL, name, NULL                                                                   \
    }
#define SECTION_NAMED(name)                                                                        \
    {                                                                                              \
        SECTION, NULL, name, NULL                                                                  \
    }

/* The first row of a family that fits is it. */
static const struct companion_row {
    const char *family, *id, *needs, *hint, *source;
    struct sign signs[SIGNS_MOST]; /* one is enough */
} rows[] = {
    {"link",
     "object-file",
     "it is an object file: its parts are not linked yet",
     "link it: 'wasm-ld' or the compiler's own driver makes a module of it",
     "WebAssembly tool-conventions, Linking.md",
     {SECTION_NAMED("linking")}},
    {"link",
     "shared-library",
     "it is a shared library, which a main module loads and places in its memory",
     "link it statically into one module, or ship the main module's JavaScript as 'main' with all "
     "parts as 'modules'",
     "WebAssembly tool-conventions, DynamicLinking.md",
     {SECTION_NAMED("dylink.0"), SECTION_NAMED("dylink")}},
    {"bindgen",
     "wasm-bindgen-unprocessed",
     "it is what the compiler made for wasm-bindgen, which has not been run over it",
     "run 'wasm-bindgen --target bundler' over it ('wasm-pack build' and 'worker-build' do), and "
     "ship the JavaScript it writes as 'main' with the _bg.wasm as 'modules'",
     "wasm-bindgen guide, Internal Design",
     {SECTION_NAMED("__wasm_bindgen_unstable"), EXPORTED("__wbindgen_describe_*")}},
    {"bindgen",
     "wasm-bindgen",
     "it calls the JavaScript that wasm-bindgen wrote beside it",
     "ship that JavaScript as 'main' (or import it there), and this file as 'modules'",
     "wasm-bindgen guide, Deploying",
     {IMPORTED("wbg", "*"), IMPORTED("./*_bg.js", "*"), IMPORTED("__wbindgen_placeholder__", "*"),
      IMPORTED("__wbindgen_externref_xform__", "*")}},
    {"component",
     "component-core",
     "it is the core of a component that has not been made yet",
     "run 'wasm-tools component new' or 'jco new' over it (with '--adapt' when it also imports "
     "wasi_snapshot_preview1); a component then runs where components do",
     "component-model, design/mvp/CanonicalABI.md; wit-component",
     {SECTION_NAMED("component-type*"), IMPORTED("cm32p2*", "*"), EXPORTED("cm32p2*"),
      IMPORTED("*:*/*", "*"), EXPORTED("*:*/*#*")}},
    {"go",
     "tinygo",
     "it is TinyGo's for a JavaScript host, and calls TinyGo's own wasm_exec.js",
     "build with 'tinygo build -target=wasip1', or ship the wasm_exec.js of the same TinyGo with a "
     "'main' that calls it",
     "tinygo.org, WebAssembly; targets/wasm_exec.js",
     {IMPORTED("gojs", "runtime.sleepTicks"), IMPORTED("env", "runtime.sleepTicks"),
      IMPORTED("gojs", "runtime.ticks"), IMPORTED("env", "runtime.ticks")}},
    {"go",
     "go",
     "it is Go's for a JavaScript host, and calls wasm_exec.js",
     "build with 'GOOS=wasip1 GOARCH=wasm go build', or ship the wasm_exec.js of the same Go with "
     "a "
     "'main' that calls it",
     "Go, misc/wasm and lib/wasm/wasm_exec.js",
     {IMPORTED("gojs", "*"), IMPORTED("go", "*")}},
    {"emscripten",
     "emscripten-minified",
     "it is Emscripten's with its names shortened, and only the JavaScript written with it knows "
     "them",
     "build with '-sSTANDALONE_WASM' for a module of its own, or ship Emscripten's JavaScript as "
     "'main' and this file as 'modules'",
     "Emscripten, docs: WebAssembly Standalone",
     {IMPORTED("a", "a")}},
    {"emscripten",
     "emscripten",
     "it is Emscripten's, and calls the JavaScript written with it",
     "build with '-sSTANDALONE_WASM' for a module of its own, or ship Emscripten's JavaScript as "
     "'main' and this file as 'modules'",
     "Emscripten, docs: WebAssembly Standalone",
     {IMPORTED("env", "emscripten_*"), IMPORTED("env", "_emscripten_*"),
      IMPORTED("env", "__syscall_*"), IMPORTED("env", "invoke_*"), IMPORTED("env", "_embind_*"),
      IMPORTED("env", "__cxa_*")}},
    {"assemblyscript",
     "assemblyscript",
     "it is AssemblyScript's, and calls functions of its host: abort, trace, seed",
     "compile with '--use abort=FILE/FUNCTION' (and '--use seed=', '--use trace=') to supply them "
     "in the module, or ship the JavaScript of 'asc --bindings' as 'main'",
     "assemblyscript.org, Using the compiler and Concepts",
     {TYPED("env", "abort", "(i32,i32,i32,i32)->()"), TYPED("env", "seed", "()->(f64)"),
      TYPED("env", "trace", "(i32,i32,f64,f64,f64,f64,f64)->()")}},
    {"wasi",
     "wasi-unstable",
     "it is for 'wasi_unstable', the WASI of 2019 that no platform offers any more",
     "build it again with a newer toolchain: Rust's wasm32-wasip1, wasi-sdk 8 or newer",
     "WASI, legacy/preview0",
     {IMPORTED("wasi_unstable", "*")}},
    {"wasi",
     "wasix",
     "it is for WASIX, which Wasmer offers and WASI does not have",
     "build for wasm32-wasip1",
     "wasix.org",
     {IMPORTED("wasix_*", "*")}},
    {"threads",
     "wasi-threads",
     "it starts threads of wasi-threads, which share one memory",
     "build without threads: wasm32-wasip1 instead of wasm32-wasip1-threads",
     "WASI, wasi-threads",
     {IMPORTED("wasi", "thread-spawn")}},
};

static const char *find_import(struct arena *arena, const struct wasm_info *info,
                               const struct sign *sign)
{
    for (size_t i = 0; i < info->import_count; i++) {
        const struct wasm_import *import = &info->imports[i];
        if (text_matches(sign->module, import->module) && text_matches(sign->name, import->name) &&
            (!sign->type || strcmp(sign->type, import->type) == 0))
            return arena_printf(arena, "imports '%s' '%s'", import->module, import->name);
    }
    return NULL;
}

static const char *find_export(struct arena *arena, const struct wasm_info *info,
                               const struct sign *sign)
{
    for (size_t i = 0; i < info->export_count; i++)
        if (text_matches_bytes(sign->name, info->exports[i].name))
            return arena_printf(arena, "exports '%s'", wasm_export_name(arena, &info->exports[i]));
    return NULL;
}

static const char *find_section(struct arena *arena, const struct wasm_info *info,
                                const struct sign *sign)
{
    for (size_t i = 0; i < info->section_count; i++)
        if (info->sections[i].custom && text_matches(sign->name, info->sections[i].name))
            return arena_printf(arena, "has a custom section '%s'", info->sections[i].name);
    return NULL;
}

static const char *find_sign(struct arena *arena, const struct wasm_info *info,
                             const struct companion_row *row)
{
    const char *found = NULL;
    for (size_t i = 0; i < SIGNS_MOST && row->signs[i].kind != NO_SIGN && !found; i++) {
        const struct sign *sign = &row->signs[i];
        if (sign->kind == IMPORT)
            found = find_import(arena, info, sign);
        else if (sign->kind == EXPORT)
            found = find_export(arena, info, sign);
        else
            found = find_section(arena, info, sign);
    }
    return found;
}

size_t compat_companions(struct arena *arena, const struct wasm_info *info, struct companion **out)
{
    size_t row_count = sizeof rows / sizeof *rows, count = 0;
    const char *family = "";
    *out = arena_alloc(arena, row_count, sizeof **out);
    if (info->kind != WASM_CORE)
        return 0;
    for (size_t i = 0; i < row_count; i++) {
        const struct companion_row *row = &rows[i];
        if (strcmp(row->family, family) == 0)
            continue;
        const char *sign = find_sign(arena, info, row);
        if (!sign)
            continue;
        family = row->family;
        (*out)[count++] = (struct companion){row->id, row->needs, row->hint, sign, row->source};
    }
    return count;
}
