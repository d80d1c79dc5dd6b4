/* What the target does not run, said in other words: in a run of its own, because beside other
   passes they would put back what was lowered. */
#include "pkg/base/arena.h"
#include "pkg/optimize/internal.h"

/* The pass for each of `features`; NULL, or which one has none. */
static const char *add_lowering(const struct work *work, uint64_t features, struct arguments *flags)
{
    const struct optimizer *optimizer = work->optimizer;
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++) {
        const char *pass = wasm_features[i].lowering;
        if (!(features & wasm_feature_bit((enum wasm_feature)i)))
            continue;
        if (!pass)
            return arena_printf(work->arena, "the module needs '%s', which the target does not run",
                                wasm_features[i].id);
        if (!optimizer_has_pass(optimizer, pass))
            return arena_printf(work->arena,
                                "the module needs '%s', which the target does not run and "
                                "wasm-opt %s cannot lower",
                                wasm_features[i].id, optimizer->version);
        arguments_add(flags, pass);
    }
    return NULL;
}

/* The standard's exceptions for the legacy ones, memory.copy for what grew one of several
   memories. */
uint64_t lower_adds(uint64_t foreign, uint64_t allowed)
{
    uint64_t out = 0;
    if (foreign & wasm_feature_bit(WASM_FEATURE_EXCEPTION_HANDLING_LEGACY))
        out |= wasm_feature_bit(WASM_FEATURE_EXNREF);
    if (foreign & wasm_feature_bit(WASM_FEATURE_MULTIMEMORY))
        out |= wasm_feature_bit(WASM_FEATURE_BULK_MEMORY) |
               wasm_feature_bit(WASM_FEATURE_BULK_MEMORY_OPT);
    return out & allowed;
}

int lower(struct work *work, struct candidate *module)
{
    uint64_t allowed = work->request->allowed, foreign = module->info.features & ~allowed;
    uint64_t added = lower_adds(foreign, allowed);
    struct arguments flags = {.arena = work->arena};
    struct candidate after = {.how = NULL};
    if (!foreign)
        return 0;
    work->why_not = features_add(work->optimizer, module->info.features | added, &flags);
    size_t first = flags.count;
    if (!work->why_not)
        work->why_not = add_lowering(work, foreign, &flags);
    if (work->why_not)
        return 0;
    if (work_run(work, &flags, module, (module->info.features & allowed) | added, &after) != 0)
        return -1;
    if (work->why_not)
        return 0;
    const char *words = arena_printf(work->arena, "wasm-opt %s", work->optimizer->version);
    for (size_t i = first; i < flags.count; i++)
        words = arena_printf(work->arena, "%s %s", words, flags.items[i]);
    after.how = work_how(work, module, words);
    *module = after;
    return 0;
}
