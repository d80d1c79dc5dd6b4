#include "cmd/context.h"

#include "pkg/wit/wit.h"

int context_profiles(struct run *run, struct profile **out, size_t *count, struct error *error)
{
    size_t limit = 0;
    while (platforms[limit].platform)
        limit++;
    *out = arena_alloc(run->arena, limit, sizeof **out);
    for (*count = 0; *count < limit; ++*count) {
        const struct platform_entry *entry = &platforms[*count];
        if (profile_parse(run->arena, entry->profile_json, entry->platform->name, NULL,
                          &(*out)[*count], error) != 0)
            return -1;
    }
    return 0;
}

static int add_component(struct run *run, const struct wasm_component *component,
                         struct report_context *out, struct error *error)
{
    struct profile *profiles;
    size_t count;
    if (context_profiles(run, &profiles, &count, error) != 0)
        return -1;
    out->world_count = compat_worlds(run->arena, component, profiles, count, &out->worlds);
    out->hosts = arena_alloc(run->arena, count, sizeof *out->hosts);
    out->host_count = count;
    for (size_t i = 0; i < count; i++)
        out->hosts[i] =
            (struct report_host){profiles[i].name, profiles[i].title, &profiles[i].component};
    return 0;
}

static int add_wit(struct run *run, const struct report_module *module, struct report_context *out,
                   struct error *error)
{
    const char *folder = run->options.wit, *name = run->options.wit_world;
    struct report_wit *wit = arena_alloc(run->arena, 1, sizeof *wit);
    struct component_world world;
    if (!folder && !name)
        return 0;
    if (!folder || !name) {
        error_set(error, FAULT_INPUT, "--wit and --world belong together");
        return error_hint(error, "write: --wit DIR --world NAME");
    }
    if (!module->info->component) {
        error_set(error, FAULT_INPUT, "%s is a core module, which has no world", module->path);
        return error_hint(error, "make a component of it: 'wasm-tools component new' or 'jco new'");
    }
    *wit = (struct report_wit){.folder = folder, .world = name};
    if (wit_encode(run->arena, run->world, folder, name, &world, &wit->tool, error) != 0)
        return -1;
    component_compare(run->arena, module->info->component, &world, &wit->comparison);
    out->wit = wit;
    return 0;
}

int module_estimates(struct run *run, struct report_module *module, struct error *error)
{
    struct shipped_module shipped = {
        .path = module->path, .bytes = module->bytes, .info = module->info};
    struct profile *profiles;
    size_t count;
    if (!module->sizes)
        return 0;
    if (context_profiles(run, &profiles, &count, error) != 0)
        return -1;
    struct report_estimate *estimates = arena_alloc(run->arena, count, sizeof *estimates);
    for (size_t i = 0; i < count; i++) {
        struct estimate estimate = compat_estimate(run->arena, &profiles[i], &shipped, 1);
        if (estimate.over)
            estimates[module->estimate_count++] =
                (struct report_estimate){profiles[i].name, profiles[i].title, estimate};
    }
    module->estimates = estimates;
    return 0;
}

int module_context(struct run *run, struct report_module *module, struct error *error)
{
    struct report_context *context = arena_alloc(run->arena, 1, sizeof *context);
    context->companion_count = compat_companions(run->arena, module->info, &context->companions);
    if (module->info->component && add_component(run, module->info->component, context, error) != 0)
        return -1;
    module->context = context;
    return add_wit(run, module, context, error);
}
