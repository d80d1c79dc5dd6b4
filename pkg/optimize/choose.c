/* Which of the optimizers reads the module: the newest that writes it again without a pass. What it
   writes is a candidate, because linkers leave numbers longer than they need be. */
#include <stdlib.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/optimize/internal.h"

/* The oldest version that is known to read all of a feature, where it is not OLDEST: of 108, 111,
   114, 116 to 125 and 132 each was tried with modules of the feature, 2026-11-23 (of bulk memory
   table.init, of reference types table.fill is what came last). UNKNOWN: not tried. */
enum { OLDEST = 108, UNKNOWN = 0 };

static const struct {
    enum wasm_feature feature;
    unsigned version;
} first_readers[] = {
    {WASM_FEATURE_BULK_MEMORY, 124},
    {WASM_FEATURE_REFERENCE_TYPES, 117},
    {WASM_FEATURE_RELAXED_SIMD, 111},
    {WASM_FEATURE_EXNREF, 117},
    {WASM_FEATURE_MULTIMEMORY, 116},
    {WASM_FEATURE_TYPED_FUNCTION_REFERENCES, 116},
    {WASM_FEATURE_GC, 116},
    {WASM_FEATURE_WIDE_ARITHMETIC, 132},
    {WASM_FEATURE_TABLE64, UNKNOWN},
    {WASM_FEATURE_CUSTOM_PAGE_SIZES, UNKNOWN},
    {WASM_FEATURE_CUSTOM_DESCRIPTORS, UNKNOWN},
    {WASM_FEATURE_STACK_SWITCHING, UNKNOWN},
    {WASM_FEATURE_SHARED_EVERYTHING_THREADS, UNKNOWN},
    {WASM_FEATURE_MEMORY_CONTROL, UNKNOWN},
    {WASM_FEATURE_FP16, UNKNOWN},
    {WASM_FEATURE_STRINGS, UNKNOWN},
    {WASM_FEATURE_COMPACT_IMPORTS, UNKNOWN},
    {WASM_FEATURE_BRANCH_HINTING, UNKNOWN},
};

static unsigned first_reader(uint64_t features)
{
    unsigned version = OLDEST;
    for (size_t i = 0; i < sizeof first_readers / sizeof *first_readers; i++) {
        if (!(features & wasm_feature_bit(first_readers[i].feature)))
            continue;
        if (first_readers[i].version == UNKNOWN)
            return UNKNOWN;
        if (first_readers[i].version > version)
            version = first_readers[i].version;
    }
    return version;
}

static const char *describe_need(struct work *work, uint64_t features)
{
    const char *newest = work->optimizer->version;
    unsigned version = first_reader(features);
    if (version > strtoul(newest, NULL, 10))
        return arena_printf(
            work->arena, "wasm-opt %s cannot read the module, %u or newer can: it ships stripped",
            newest, version);
    return arena_printf(work->arena,
                        "wasm-opt %s cannot read the module, a newer one may: it ships stripped",
                        newest);
}

static const char unreachable[] = "--remove-unused-module-elements";

static int rewrite(struct work *work, const struct candidate *module, struct attempt *out)
{
    *out = (struct attempt){
        .name = arena_printf(work->arena, "wasm-opt %s without passes", work->optimizer->version),
        .flags = {.arena = work->arena},
        .arena = work->arena};
    out->problem = features_add(work->optimizer, module->info.features, &out->flags);
    out->unread = out->problem != NULL;
    if (out->problem)
        return 0;
    if (work->request->keep_exports && optimizer_has_pass(work->optimizer, unreachable))
        arguments_add(&out->flags, unreachable);
    work_add_strip(work, &out->flags);
    return attempts_run(work, module, module->info.features, out, 1);
}

int choose(struct work *work, const struct candidate *module, struct attempt *out)
{
    const struct optimizer *newest = work->optimizer;
    const char *first = NULL;
    bool unread = false;
    for (; work->optimizer; work->optimizer = work->optimizer->older) {
        if (rewrite(work, module, out) != 0)
            return -1;
        if (!out->problem) {
            if (first)
                world_say(work->world, "optimize", "%s: %s: wasm-opt %s is used instead",
                          work->request->name ? work->request->name : "module", first,
                          work->optimizer->version);
            return 0;
        }
        if (!first)
            unread = out->unread;
        if (!first)
            first = newest->older ? arena_printf(work->arena, "wasm-opt %s: %s", newest->version,
                                                 out->problem)
                                  : out->problem;
    }
    work->optimizer = newest;
    work->why_not = first;
    if (unread)
        work->needs = describe_need(work, module->info.features);
    return 0;
}
