/* Modules and components: none may crash or hang; what the scan tells must lie within the file and
   be safe to print; stripping keeps the features, whatever the custom sections. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/wasm/wasm.h"
#include "tests/fuzz/shared/mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
MUTATE_MODULES

static void require(bool what)
{
    if (!what)
        abort();
}

static void check_text(const char *text)
{
    for (; text && *text; text++)
        require((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_uses(const struct wasm_info *info, size_t size)
{
    uint64_t features = 0;
    for (size_t i = 0; i < info->use_count; i++) {
        const struct wasm_use *use = &info->uses[i];
        require(use->count > 0 && use->offset < size && use->instruction);
        require((features >> use->feature) == 0);
        features |= wasm_feature_bit(use->feature);
        check_text(use->function_name);
        /* A component's uses are of its modules' functions. */
        require(use->function == WASM_NO_FUNCTION || info->kind == WASM_COMPONENT ||
                use->function < info->function_count);
    }
    require(features == info->features);
}

static void check_lists(const struct wasm_info *info, size_t size)
{
    for (size_t i = 0; i < info->import_count; i++) {
        check_text(info->imports[i].module);
        check_text(info->imports[i].name);
        check_text(info->imports[i].type);
        require(info->imports[i].type && info->imports[i].offset <= size);
    }
    for (size_t i = 0; i < info->export_count; i++) {
        require(info->exports[i].name.size <= size);
        check_text(info->exports[i].type);
        require(info->exports[i].type != NULL);
    }
    for (size_t i = 0; i < info->section_count; i++) {
        check_text(info->sections[i].name);
        require(info->sections[i].offset <= size &&
                info->sections[i].size <= size - info->sections[i].offset);
    }
    for (size_t i = 0; i < info->producer_count; i++)
        check_text(info->producers[i].version);
    for (size_t i = 0; i < info->declared_feature_count; i++)
        check_text(info->declared_features[i]);
}

static void check_component(const struct wasm_info *info, size_t size)
{
    const struct wasm_component *component = info->component;
    require((component != NULL) == (info->kind == WASM_COMPONENT));
    for (size_t i = 0; component && i < component->import_count; i++)
        check_text(component->imports[i]);
    for (size_t i = 0; component && i < component->export_count; i++)
        check_text(component->exports[i]);
    for (size_t i = 0; component && i < component->module_count; i++) {
        const struct wasm_info *module = &component->modules[i];
        require(module->kind == WASM_CORE && !module->component && module->size <= size);
        require((module->features & ~info->features) == 0);
        check_uses(module, size);
        check_lists(module, size);
    }
}

static bool drop_all(const char *name)
{
    return name != NULL;
}

static void check_strip(struct arena *arena, struct bytes file, const struct wasm_info *info)
{
    struct error error;
    struct bytes out;
    struct wasm_info again;
    if (info->kind == WASM_COMPONENT)
        return;
    require(wasm_strip(arena, file, drop_all, &out, &error) == 0);
    require(wasm_scan(arena, out, WASM_FACTS, &again, &error) == 0);
    uint64_t hints = wasm_feature_bit(WASM_FEATURE_BRANCH_HINTING);
    require((again.features & ~hints) == (info->features & ~hints));
    for (size_t i = 0; i < again.section_count; i++)
        require(!again.sections[i].custom);
}

/* Bodies are walked in two ways, which must see the same. */
static void check_same(const struct wasm_info *a, const struct wasm_info *b)
{
    require(a->features == b->features && a->use_count == b->use_count);
    for (size_t i = 0; i < a->use_count; i++) {
        const struct wasm_use *x = &a->uses[i], *y = &b->uses[i];
        require(x->feature == y->feature && x->count == y->count && x->offset == y->offset &&
                x->function == y->function && x->functions == y->functions &&
                x->function_bytes == y->function_bytes &&
                strcmp(x->instruction, y->instruction) == 0);
    }
    for (size_t i = 0; i < WASM_MEASURE_COUNT; i++)
        require(a->largest[i].value == b->largest[i].value &&
                a->largest[i].offset == b->largest[i].offset);
}

/* What is malformed is so for both depths, in the same words; what is not is judged or refused as
   invalid, at a cost that its size bounds. */
static void check_validation(struct arena *arena, struct bytes file, const char *malformed,
                             const struct wasm_info *facts)
{
    struct error error = {0};
    struct wasm_info info;
    if (wasm_scan(arena, file, WASM_VALIDATION, &info, &error) == 0) {
        require(!*malformed && (info.validity == WASM_VALID || info.not_judged));
        check_same(facts, &info);
        require(info.validation_steps < 100000 + 1000 * (uint64_t)file.size);
    } else if (file.size > 6 && file.data[6] == 1) {
        require(error.fault == FAULT_INPUT); /* a component ends at an invalid module in it */
    } else if (*malformed) {
        require(strcmp(error.message, malformed) == 0);
    } else {
        require(strncmp(error.message, "invalid ", 8) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error error = {0}, other = {0};
    struct wasm_info info;
    struct bytes file = {data, size}, out;
    if (wasm_scan(&arena, file, WASM_FACTS, &info, &error) == 0) {
        check_uses(&info, size);
        check_lists(&info, size);
        check_component(&info, size);
        check_strip(&arena, file, &info);
    } else {
        require(error.fault == FAULT_INPUT && strncmp(error.message, "malformed ", 10) == 0);
        if (wasm_strip(&arena, file, wasm_is_debug_section, &out, &other) == 0)
            require(out.size <= size);
    }
    check_validation(&arena, file, error.message, &info);
    arena_free(&arena);
    return 0;
}
