/* What rewrites a module: exports dropped, functions in another order. None may crash, and a valid
   module stays one, of the same interface but for what was dropped. */
#include <stdlib.h>

#include "pkg/base/arena.h"
#include "pkg/optimize/order.h"
#include "pkg/wasm/prune.h"
#include "pkg/wasm/reorder.h"
#include "tests/fuzz/shared/mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
MUTATE_MODULES

static void require(bool what)
{
    if (!what)
        abort();
}

static bool is_valid(struct arena *arena, struct bytes file, struct wasm_info *out)
{
    struct error error = {0};
    return wasm_scan(arena, file, WASM_VALIDATION, out, &error) == 0 && out->kind == WASM_CORE &&
           out->validity == WASM_VALID;
}

static bool keeps_even(const void *context, struct bytes name)
{
    (void)context;
    return name.size % 2 == 0;
}

static void check_prune(struct arena *arena, struct bytes file, const struct wasm_info *valid)
{
    const struct wasm_keep keep = {keeps_even, NULL};
    struct error error = {0};
    struct wasm_info info;
    struct bytes out;
    size_t left = 0;
    int status = wasm_prune(arena, file, &keep, &out, &error);
    require(status == 0 ? out.size <= file.size : error.fault == FAULT_INPUT);
    if (!valid)
        return;
    for (size_t i = 0; i < valid->export_count; i++)
        left += keeps_even(NULL, valid->exports[i].name);
    require(status == 0);
    /* An export may be all that declares a function for ref.func: then it is no longer valid. */
    if (is_valid(arena, out, &info))
        require(info.export_count == left && info.import_count == valid->import_count);
}

static void check_order(struct arena *arena, struct bytes file, const struct wasm_info *valid)
{
    struct wasm_functions functions;
    struct error error = {0};
    struct wasm_info info;
    struct bytes out;
    if (wasm_functions(arena, file, &functions, &error) != 0) {
        require(!valid && error.fault == FAULT_INPUT);
        return;
    }
    for (enum order i = 0; i < ORDERS && !functions.fixed; i++) {
        const uint32_t *order = order_by_likeness(arena, i, 16, functions.bodies, functions.uses,
                                                  functions.count, functions.imported);
        if (wasm_reorder(arena, file, &functions, order, &out, &error) != 0)
            require(error.fault == FAULT_INPUT);
        else if (valid)
            require(is_valid(arena, out, &info) && info.features == valid->features &&
                    info.export_count == valid->export_count &&
                    info.function_count == valid->function_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct bytes file = {data, size};
    struct wasm_info info;
    const struct wasm_info *valid = is_valid(&arena, file, &info) ? &info : NULL;
    check_prune(&arena, file, valid);
    check_order(&arena, file, valid);
    arena_free(&arena);
    return 0;
}
