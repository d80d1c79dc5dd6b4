/* Why a module has a feature, and how to build it without: data. Sources: rustc release notes
   (1.70, 1.82, 1.87), its list of target features as of 1.95, the -m options of LLVM 20 for
   WebAssembly (2025). */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/rules.h"

enum { RUSTC = 1, CLANG = 2, STD_HAS_IT = 4 /* rustc's precompiled std was built with it */ };

static const struct compiler_row {
    enum wasm_feature feature;
    unsigned knows;         /* which compilers have a switch of the feature's own name */
    unsigned default_minor; /* rustc 1.N and later use it unless told otherwise; 0: never */
    const char *special;    /* instead of switches */
} compiler_rows[] = {
    {WASM_FEATURE_SIGN_EXT, RUSTC | CLANG | STD_HAS_IT, 70, NULL},
    {WASM_FEATURE_NONTRAPPING_FPTOINT, RUSTC | CLANG | STD_HAS_IT, 87, NULL},
    {WASM_FEATURE_MULTIVALUE, RUSTC | CLANG | STD_HAS_IT, 82, NULL},
    {WASM_FEATURE_BULK_MEMORY_OPT, CLANG, 87, NULL},
    {WASM_FEATURE_BULK_MEMORY, RUSTC | CLANG | STD_HAS_IT, 87, NULL},
    {WASM_FEATURE_CALL_INDIRECT_OVERLONG, CLANG, 82, NULL},
    {WASM_FEATURE_REFERENCE_TYPES, RUSTC | CLANG | STD_HAS_IT, 82, NULL},
    {WASM_FEATURE_SIMD128, RUSTC | CLANG, 0, NULL},
    {WASM_FEATURE_RELAXED_SIMD, RUSTC | CLANG, 0, NULL},
    {WASM_FEATURE_TAIL_CALL, RUSTC | CLANG, 0, NULL},
    {WASM_FEATURE_EXTENDED_CONST, RUSTC | CLANG, 0, NULL},
    {WASM_FEATURE_ATOMICS, RUSTC | CLANG, 0, "build without threads (-pthread)"},
    {WASM_FEATURE_MULTIMEMORY, CLANG, 0, NULL},
    {WASM_FEATURE_MEMORY64, 0, 0, "build for wasm32 instead of wasm64"},
    {WASM_FEATURE_TABLE64, 0, 0, "build for wasm32 instead of wasm64"},
    {WASM_FEATURE_EXCEPTION_HANDLING, 0, 0,
     "build without exceptions (-fno-exceptions; rustc: -C panic=abort)"},
    {WASM_FEATURE_EXCEPTION_HANDLING_LEGACY, 0, 0,
     "build with the standard encoding (clang: -mllvm -wasm-use-legacy-eh=false; emcc: "
     "-sWASM_LEGACY_EXCEPTIONS=0), or without exceptions"},
    {WASM_FEATURE_EXNREF, 0, 0,
     "build with the legacy encoding (clang: -mllvm -wasm-use-legacy-eh; emcc: "
     "-sWASM_LEGACY_EXCEPTIONS=1), or without exceptions"},
    {WASM_FEATURE_WIDE_ARITHMETIC, RUSTC | CLANG, 0, NULL},
    {WASM_FEATURE_FP16, CLANG, 0, NULL},
};

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

/* A pass brings another feature in: it helps only where that one runs. */
static const struct {
    enum wasm_feature from, to;
} lowered[] = {
    {WASM_FEATURE_EXCEPTION_HANDLING_LEGACY, WASM_FEATURE_EXNREF},
    {WASM_FEATURE_MULTIMEMORY, WASM_FEATURE_BULK_MEMORY_OPT},
};

static const struct compiler_row *find_row(enum wasm_feature feature)
{
    for (size_t i = 0; i < sizeof compiler_rows / sizeof *compiler_rows; i++)
        if (compiler_rows[i].feature == feature)
            return &compiler_rows[i];
    return NULL;
}

static const struct wasm_producer *find_producer(const struct wasm_info *info, const char *name)
{
    for (size_t i = 0; i < info->producer_count; i++)
        if (strcmp(info->producers[i].name, name) == 0)
            return &info->producers[i];
    return NULL;
}

/* N of "1.N.P (...)"; 0 when it is none. */
static unsigned long rustc_minor(const struct wasm_info *info)
{
    const struct wasm_producer *rustc = find_producer(info, "rustc");
    if (!rustc || !rustc->version || strncmp(rustc->version, "1.", 2) != 0)
        return 0;
    return strtoul(rustc->version + 2, NULL, 10);
}

static bool is_declared(const struct wasm_info *info, const char *id)
{
    for (size_t i = 0; i < info->declared_feature_count; i++) {
        const char *declared = info->declared_features[i];
        if (declared[0] == '+' && strcmp(declared + 1, id) == 0)
            return true;
    }
    return false;
}

static const char *describe_use(struct arena *arena, const struct wasm_use *use)
{
    const char *what = use->instruction ? use->instruction : wasm_reason_name(use->reason);
    if (use->count > 1)
        return arena_printf(arena, "used %llu times, the first: %s", (unsigned long long)use->count,
                            what);
    return arena_printf(arena, "used once: %s", what);
}

const char *cure_cause(struct arena *arena, const struct wasm_info *info,
                       const struct wasm_use *use)
{
    const struct compiler_row *row = find_row(use->feature);
    const char *id = wasm_features[use->feature].id;
    const char *used = describe_use(arena, use);
    if (row && row->default_minor && rustc_minor(info) >= row->default_minor)
        return arena_printf(arena, "%s; rustc 1.%u and later turn it on by default", used,
                            row->default_minor);
    if (is_declared(info, id))
        return arena_printf(arena, "%s; the compiler was told to use it (+%s)", used, id);
    return used;
}

/* The compilers that made the module; all when it does not say. */
static unsigned made_by(const struct wasm_info *info)
{
    unsigned found =
        (find_producer(info, "rustc") ? RUSTC : 0) | (find_producer(info, "clang") ? CLANG : 0);
    return found ? found : RUSTC | CLANG;
}

static const char *compiler_cure(struct arena *arena, const struct wasm_info *info,
                                 enum wasm_feature feature)
{
    const struct compiler_row *row = find_row(feature);
    const char *id = wasm_features[feature].id;
    if (!row || row->special)
        return row ? row->special : NULL;
    unsigned both = row->knows & made_by(info);
    const char *rustc = arena_printf(arena, "rustc: -C target-feature=-%s%s", id,
                                     row->knows & STD_HAS_IT ? " with -Z build-std" : "");
    const char *clang = arena_printf(arena, "clang: -mno-%s", id);
    if ((both & RUSTC) && (both & CLANG))
        return arena_printf(arena, "%s; %s", rustc, clang);
    return both & RUSTC ? rustc : both & CLANG ? clang : NULL;
}

static const char *lowering_cure(const struct profile *profile, enum wasm_feature feature)
{
    for (size_t i = 0; i < sizeof lowered / sizeof *lowered; i++)
        if (lowered[i].from == feature &&
            profile->features[lowered[i].to].support < SUPPORT_PARTIAL)
            return NULL;
    return wasm_features[feature].lowering;
}

struct cure cure_feature(struct arena *arena, const struct profile *profile,
                         const struct wasm_info *info, enum wasm_feature feature)
{
    struct cure cure = {.lowering = lowering_cure(profile, feature),
                        .compiler = compiler_cure(arena, info, feature)};
    for (size_t i = 0; i < sizeof other_rows / sizeof *other_rows; i++)
        if (other_rows[i].feature == feature &&
            (!other_rows[i].javascript || profile->entry_count > 0))
            cure.other = other_rows[i].other;
    return cure;
}
