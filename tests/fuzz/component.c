/* Components: none may crash, hang or grow without bound; what is decoded is the same whether or
   not it is judged; types can be printed; and a component always fits the world that it is itself.
 */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/companions.h"
#include "pkg/compat/worlds.h"
#include "pkg/wasm/component_type.h"
#include "pkg/wasm/wasm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what)
{
    if (!what)
        abort();
}

static void check_text(const char *text)
{
    for (; *text; text++)
        require((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_list(struct arena *arena, const struct component_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct component_extern *found = component_find(list, list->items[i].name);
        require(found && strcmp(found->name, list->items[i].name) == 0);
        check_text(component_type_text(arena, list->items[i].type));
        check_text(list->items[i].name);
    }
}

/* What breaks a rule (and is only refused when it is judged) may differ from itself. */
static void check_itself(struct arena *arena, const struct wasm_info *info)
{
    const struct wasm_component *component = info->component;
    struct component_world world = {component->type, component->file};
    struct component_comparison comparison;
    if (!component->type)
        return;
    check_list(arena, &component->type->imports);
    check_list(arena, &component->type->exports);
    for (unsigned i = 0; i < 2; i++) { /* what the first leaves behind may not matter */
        component_compare(arena, component, &world, &comparison);
        require(info->validity == WASM_NOT_ASKED || comparison.count == 0 || comparison.given_up);
        for (size_t k = 0; k < comparison.count; k++)
            check_text(comparison.items[k].item);
    }
}

static void check_worlds(struct arena *arena, const struct wasm_info *info)
{
    struct world_fit *worlds;
    struct companion *companions;
    size_t count = compat_worlds(arena, info->component, NULL, 0, &worlds);
    for (size_t i = 0; i < count; i++)
        require(worlds[i].beyond_count <= info->component->import_count);
    require(compat_companions(arena, info, &companions) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error error = {0}, judged = {0}, none = {0};
    struct wasm_info facts, info;
    struct component_world world;
    struct bytes file = {data, size};
    bool decoded = wasm_scan(&arena, file, WASM_FACTS, &facts, &error) == 0;
    bool valid = wasm_scan(&arena, file, WASM_VALIDATION, &info, &judged) == 0;
    require(decoded || !valid);
    require(decoded || strncmp(error.message, "malformed ", 10) == 0);
    require(valid || judged.fault == FAULT_INPUT);
    if (decoded && facts.component) {
        check_itself(&arena, &facts);
        check_worlds(&arena, &facts);
    }
    if (valid && info.component) {
        require(info.validity == WASM_NOT_JUDGED && info.not_judged);
        require(info.features == facts.features);
        check_itself(&arena, &info);
    }
    if (decoded && component_read_world(&arena, file, &world, &none) == 0)
        require(world.type->form == WIT_COMPONENT);
    arena_free(&arena);
    return 0;
}
