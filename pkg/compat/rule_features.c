/* Rules `feature` and `component`: what the module needs, and what the host runs. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/rules.h"

static const struct wasm_use *find_use(const struct wasm_info *info, enum wasm_feature feature)
{
    for (size_t i = 0; i < info->use_count; i++)
        if (info->uses[i].feature == feature)
            return &info->uses[i];
    return NULL;
}

static void set_place(struct place *out, const char *path, const struct wasm_use *use)
{
    *out = (struct place){.path = path, .function = WASM_NO_FUNCTION};
    if (use)
        *out = (struct place){.path = path,
                              .function_name = use->function_name,
                              .instruction = use->instruction,
                              .function = use->function,
                              .offset = use->offset,
                              .has_offset = true,
                              .crate = use->crate,
                              .source_file = use->source.file,
                              .source_line = use->source.line};
}

static void set_weight(struct finding *out, const struct wasm_use *use)
{
    if (!use)
        return;
    out->count = use->count;
    out->functions = use->functions;
    out->function_bytes = use->function_bytes;
}

/* Umbrellas, and what another rule judges, are not said twice. */
static bool is_said_elsewhere(const struct wasm_info *info, enum wasm_feature feature)
{
    uint64_t either = wasm_feature_bit(WASM_FEATURE_EXCEPTION_HANDLING_LEGACY) |
                      wasm_feature_bit(WASM_FEATURE_EXNREF);
    if (feature == WASM_FEATURE_EXCEPTION_HANDLING)
        return (info->features & either) != 0;
    return feature == WASM_FEATURE_COMPONENT_MODEL;
}

/* One way of using it, or two features together, is what the host does not run. */
static struct finding *add_case(struct check *check, enum wasm_feature feature,
                                const struct profile_case *each)
{
    const char *const verbs[] = {[SUPPORT_UNKNOWN] = "and nobody knows whether %s runs that",
                                 [SUPPORT_NO] = "which %s does not run",
                                 [SUPPORT_PARTIAL] = "which %s runs in part",
                                 [SUPPORT_YES] = "which %s runs"};
    enum support support = each->instead.support;
    bool error = support == SUPPORT_NO || (support == SUPPORT_UNKNOWN && check->shipment->strict);
    const char *id = wasm_features[feature].id;
    const char *what = each->use ? arena_printf(check->arena, "needs '%s' (%s)", id, each->use)
                                 : arena_printf(check->arena, "mixes '%s' and '%s'", id,
                                                wasm_features[each->with].id);
    return check_add(check, error ? LEVEL_ERROR : LEVEL_WARNING, "feature", id, "module %s, %s: %s",
                     what, arena_printf(check->arena, verbs[support], check->host),
                     each->instead.note);
}

static struct finding *add_feature(struct check *check, enum wasm_feature feature,
                                   const struct profile_feature *known)
{
    const struct wasm_feature_row *row = &wasm_features[feature];
    bool strict = check->shipment->strict;
    switch (known->support) {
    case SUPPORT_NO:
        return check_add(check, LEVEL_ERROR, "feature", row->id,
                         "module needs '%s' (%s), which %s does not run", row->id, row->title,
                         check->host);
    case SUPPORT_PARTIAL:
        return check_add(check, LEVEL_WARNING, "feature", row->id,
                         "module needs '%s' (%s), which %s runs in part: %s", row->id, row->title,
                         check->host, known->note);
    case SUPPORT_UNKNOWN:
        return check_add(check, strict ? LEVEL_ERROR : LEVEL_WARNING, "feature", row->id,
                         "module needs '%s' (%s), and nobody knows whether %s runs it", row->id,
                         row->title, check->host);
    case SUPPORT_YES:
        break;
    }
    return NULL;
}

void check_features(struct check *check, const struct shipped_module *module)
{
    const struct wasm_info *info = module->info;
    for (enum wasm_feature feature = 0; feature < WASM_FEATURE_COUNT; feature++) {
        if (!(info->features & wasm_feature_bit(feature)) || is_said_elsewhere(info, feature))
            continue;
        const struct profile_case *special;
        const struct profile_feature *known =
            profile_judge(&check->profile->features[feature], info, feature, &special);
        struct finding *finding =
            special ? add_case(check, feature, special) : add_feature(check, feature, known);
        const struct wasm_use *use = find_use(info, feature);
        if (!finding)
            continue;
        finding->is_unknown = known->support == SUPPORT_UNKNOWN;
        finding->source = check_source(check, known->evidence, known->as_of);
        set_place(&finding->where, module->path, use);
        if (special && special->use && use &&
            (!use->instruction || strcmp(use->instruction, special->use) != 0))
            finding->where = (struct place){
                .path = module->path, .function = WASM_NO_FUNCTION, .instruction = special->use};
        set_weight(finding, use);
        finding->cause =
            use ? cure_cause(check->arena, info, use, finding->where.function_name) : NULL;
        finding->cure =
            cure_feature(check->arena, check->profile, info, feature, finding->where.crate);
    }
}

static bool matches_one(const char *name, const char *const *patterns, size_t count)
{
    size_t i = 0;
    while (i < count && !text_matches(patterns[i], name))
        i++;
    return i < count;
}

static void add_interface(struct check *check, const struct shipped_module *module,
                          const char *rule, const char *name, const char *what)
{
    const struct profile_component *component = &check->profile->component;
    struct finding *finding = check_add(check, LEVEL_ERROR, rule, name, "component %s '%s'%s%s",
                                        what, name, strcmp(rule, "import") == 0 ? ", which " : "",
                                        strcmp(rule, "import") == 0 ? check->host : "");
    if (strcmp(rule, "import") == 0)
        finding->message = arena_printf(check->arena, "%s does not provide", finding->message);
    finding->where.path = module->path;
    finding->source = check_source(check, component->evidence, component->as_of);
}

static void check_interfaces(struct check *check, const struct shipped_module *module)
{
    const struct profile_component *known = &check->profile->component;
    const struct wasm_component *component = module->info->component;
    for (size_t i = 0; known->import_count && i < component->import_count; i++)
        if (!matches_one(component->imports[i], known->imports, known->import_count))
            add_interface(check, module, "import", component->imports[i], "imports");
    for (size_t i = 0; i < known->export_count; i++) {
        bool found = false;
        for (size_t e = 0; e < component->export_count; e++)
            found = found || text_matches(known->exports[i], component->exports[e]);
        if (!found)
            add_interface(check, module, "export", known->exports[i], "does not export");
    }
}

void check_component(struct check *check, const struct shipped_module *module)
{
    const struct profile_component *known = &check->profile->component;
    const char *note = known->note ? known->note : "no evidence";
    bool refused = known->support == SUPPORT_NO;
    bool unknown = known->support == SUPPORT_UNKNOWN;
    if (module->info->kind != WASM_COMPONENT)
        return;
    if (known->support != SUPPORT_YES) {
        bool error = refused || (unknown && check->shipment->strict);
        struct finding *finding = check_add(
            check, error ? LEVEL_ERROR : LEVEL_WARNING, "component", module->path,
            refused ? "a component does not run on %s: %s" : "a component may run on %s: %s",
            check->host, note);
        finding->is_unknown = unknown;
        finding->where.path = module->path;
        finding->cure.other = known->needs;
        finding->source = check_source(check, known->evidence, known->as_of);
    }
    if (!refused && module->info->component)
        check_interfaces(check, module);
}
