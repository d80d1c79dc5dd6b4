/* How to build without a feature. The data is cures.def. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/rules.h"
#include "pkg/compat/toolchain.h"
#include "pkg/wasm/lowering.h"

struct cure_row {
    enum wasm_feature feature;
    const char *toolchain, *from, *until, *words, *note, *source, *tried;
};

struct default_row {
    enum wasm_feature feature;
    const char *toolchain, *version, *source;
};

struct crate_row {
    const char *crate;
    enum wasm_feature feature;
    const char *text, *source;
};

/* Each table takes its rows from the one file. */
#define DEFAULT(feature, toolchain, version, source)
#define CRATE(crate, feature, text, source)
#define CURE(feature, toolchain, from, until, words, note, source, tried)                          \
    {WASM_FEATURE_##feature, toolchain, from, until, words, note, source, tried},
static const struct cure_row cures[] = {
#include "pkg/compat/cures.def"
};
#undef CURE
#define CURE(feature, toolchain, from, until, words, note, source, tried)
#undef DEFAULT
#define DEFAULT(feature, toolchain, version, source)                                               \
    {WASM_FEATURE_##feature, toolchain, version, source},
static const struct default_row defaults[] = {
#include "pkg/compat/cures.def"
};
#undef DEFAULT
#define DEFAULT(feature, toolchain, version, source)
#undef CRATE
#define CRATE(crate, feature, text, source) {crate, WASM_FEATURE_##feature, text, source},
static const struct crate_row crates[] = {
#include "pkg/compat/cures.def"
};
#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* What a tool does away with on the way, no pass needed. */
static const struct other_row {
    enum wasm_feature feature;
    bool javascript; /* only where JavaScript is at hand */
    const char *other;
} other_rows[] = {
    {WASM_FEATURE_CALL_INDIRECT_OVERLONG, false,
     "any run of wasm-opt encodes it anew, unless a second "
     "table is called through"},
    {WASM_FEATURE_COMPACT_IMPORTS, false,
     "run wasm-opt without --enable-compact-imports, never with "
     "--all-features"},
    {WASM_FEATURE_JS_STRING_BUILTINS, true, "supply 'wasm:js-string' as an import object"},
};

/* --- toolchains --- */

/* Those that run clang and give it switches of their own. */
static bool drives_clang(const char *id)
{
    return strcmp(id, "emscripten") == 0 || strcmp(id, "tinygo") == 0;
}

/* The toolchains whose switches count; those of LLVM when the module does not say. */
static size_t find_toolchains(struct arena *arena, const struct wasm_info *info,
                              struct toolchain out[TOOLCHAINS_MOST])
{
    size_t count = compat_toolchains(arena, info, out), kept = 0;
    bool driven = false;
    for (size_t i = 0; i < count; i++)
        driven = driven || drives_clang(out[i].id);
    for (size_t i = 0; i < count; i++)
        if (!driven || strcmp(out[i].id, "clang") != 0)
            out[kept++] = out[i];
    if (kept)
        return kept;
    out[0] = (struct toolchain){"rustc", NULL};
    out[1] = (struct toolchain){"clang", NULL};
    return 2;
}

/* The row for that version; for an unknown one that of the newest. */
static const struct cure_row *find_cure(enum wasm_feature feature, const struct toolchain *tool)
{
    for (size_t i = 0; i < COUNT(cures); i++) {
        const struct cure_row *row = &cures[i];
        if (row->feature != feature || strcmp(row->toolchain, tool->id) != 0)
            continue;
        if (!tool->version
                ? row->until == NULL
                : !((row->from && compat_version_order(tool->version, row->from) < 0) ||
                    (row->until && compat_version_order(tool->version, row->until) >= 0)))
            return row;
    }
    return NULL;
}

static const char *join(struct arena *arena, const char *before, const char *text)
{
    return before ? arena_printf(arena, "%s; %s", before, text) : text;
}

static const char *row_text(struct arena *arena, const struct cure_row *row)
{
    const char *words = row->words ? row->words : "", *note = row->note ? row->note : "";
    return arena_printf(arena, "%s: %s%s%s", row->toolchain, words, *words && *note ? " " : "",
                        note);
}

static const char *row_source(struct arena *arena, const struct cure_row *row)
{
    if (!row->tried)
        return row->source;
    return arena_printf(arena, "%s (tried on " CURES_TRIED ": %s %s)", row->source, row->toolchain,
                        row->tried);
}

static void add_compilers(struct arena *arena, const struct wasm_info *info,
                          enum wasm_feature feature, struct cure *out)
{
    struct toolchain tools[TOOLCHAINS_MOST];
    size_t count = find_toolchains(arena, info, tools);
    for (size_t i = 0; i < count; i++) {
        const struct cure_row *row = find_cure(feature, &tools[i]);
        if (!row)
            continue;
        out->compiler = join(arena, out->compiler, row_text(arena, row));
        out->source = join(arena, out->source, row_source(arena, row));
    }
}

const char *cure_default(struct arena *arena, const struct wasm_info *info,
                         enum wasm_feature feature)
{
    struct toolchain tools[TOOLCHAINS_MOST];
    size_t count = compat_toolchains(arena, info, tools);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < COUNT(defaults); k++)
            if (defaults[k].feature == feature && strcmp(defaults[k].toolchain, tools[i].id) == 0 &&
                tools[i].version &&
                compat_version_order(tools[i].version, defaults[k].version) >= 0)
                return arena_printf(arena, "%s %s and later turn it on by default", tools[i].id,
                                    defaults[k].version);
    return NULL;
}

const char *cure_became_default(struct arena *arena, const char *tool, const char *before,
                                const char *now, const char *feature)
{
    enum wasm_feature wanted = wasm_feature_find(feature);
    for (size_t k = 0; k < COUNT(defaults); k++)
        if (defaults[k].feature == wanted && strcmp(defaults[k].toolchain, tool) == 0 &&
            compat_version_order(before, defaults[k].version) < 0 &&
            compat_version_order(now, defaults[k].version) >= 0)
            return arena_printf(arena, "%s %s turns it on by default", tool, defaults[k].version);
    return NULL;
}

/* --- crates --- */

/* A part of Rust itself: std is compiled with what its target has. */
static bool is_own_of_rust(const char *crate)
{
    static const char *const names[] = {"core", "alloc", "std", "compiler_builtins"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(crate, names[i]) == 0)
            return true;
    return false;
}

/* That the compiler was told to is known; else it is the function's own doing. */
static void add_crate(struct arena *arena, const struct wasm_info *info, const char *crate,
                      enum wasm_feature feature, struct cure *out)
{
    const char *id = wasm_features[feature].id;
    if (!crate || is_own_of_rust(crate))
        return;
    for (size_t i = 0; i < COUNT(crates); i++)
        if (crates[i].feature == feature && strcmp(crates[i].crate, crate) == 0) {
            out->other = join(arena, out->other, crates[i].text);
            out->source = join(arena, out->source, crates[i].source);
            return;
        }
    enum cure_declaration declared = cure_declared(info, id);
    if (declared == CURE_DECLARED || cure_default(arena, info, feature))
        return;
    out->other =
        join(arena, out->other,
             arena_printf(arena,
                          "%scrate '%s' uses #[target_feature(enable = \"%s\")]: see its "
                          "Cargo features",
                          declared == CURE_SAYS_NOTHING ? "if the compiler was not told, " : "",
                          crate, id));
}

struct cure cure_feature(struct arena *arena, const struct profile *profile,
                         const struct wasm_info *info, enum wasm_feature feature, const char *crate)
{
    struct cure cure = {.lowering = wasm_lowering_pass(feature)};
    add_compilers(arena, info, feature, &cure);
    for (size_t i = 0; i < COUNT(other_rows); i++)
        if (other_rows[i].feature == feature &&
            (!other_rows[i].javascript || profile->entry_count > 0))
            cure.other = other_rows[i].other;
    add_crate(arena, info, crate, feature, &cure);
    return cure;
}
