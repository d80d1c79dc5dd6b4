#include "pkg/report/json_context.h"

#include "pkg/json/json.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static void set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, text_or_null(text));
}

static void set_size(json_t *object, const char *key, size_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *companions_json(const struct report_context *context)
{
    json_t *array = json_array();
    for (size_t i = 0; i < context->companion_count; i++) {
        const struct companion *companion = &context->companions[i];
        json_t *item = json_object();
        set_text(item, "name", companion->id);
        set_text(item, "sign", companion->sign);
        set_text(item, "needs", companion->needs);
        set_text(item, "hint", companion->hint);
        set_text(item, "source", companion->source);
        json_array_append_new(array, item);
    }
    return array;
}

static json_t *worlds_json(const struct report_context *context)
{
    json_t *array = json_array();
    for (size_t i = 0; i < context->world_count; i++) {
        const struct world_fit *world = &context->worlds[i];
        json_t *item = json_object(), *beyond = json_array();
        set_text(item, "name", world->name);
        json_object_set_new(item, "fits", json_boolean(world->beyond_count == 0));
        for (size_t b = 0; b < world->beyond_count; b++)
            json_array_append_new(beyond, json_string(world->beyond[b]));
        json_object_set_new(item, "beyond", beyond);
        set_text(item, "source", world->source);
        json_array_append_new(array, item);
    }
    return array;
}

static json_t *hosts_json(const struct report_context *context)
{
    json_t *array = json_array();
    for (size_t i = 0; i < context->host_count; i++) {
        const struct report_host *host = &context->hosts[i];
        json_t *item = json_object();
        set_text(item, "platform", host->platform);
        set_text(item, "runs", support_name(host->known->support));
        set_text(item, "note", host->known->note);
        set_text(item, "needs", host->known->needs);
        set_text(item, "source", host->known->evidence);
        json_array_append_new(array, item);
    }
    return array;
}

static json_t *difference_json(const struct component_difference *difference)
{
    json_t *item = json_object();
    set_text(item, "kind", component_difference_name(difference->kind));
    set_text(item, "item", difference->item);
    set_text(item, "found", difference->found);
    set_text(item, "wanted", difference->wanted);
    set_text(item, "near", difference->near);
    return item;
}

static json_t *wit_json(const struct report_wit *wit)
{
    const struct component_comparison *comparison = &wit->comparison;
    json_t *object = json_object(), *differences = json_array();
    set_text(object, "folder", wit->folder);
    set_text(object, "world", wit->world);
    set_text(object, "tool", wit->tool);
    json_object_set_new(object, "fits",
                        json_boolean(comparison->count == 0 && !comparison->given_up));
    set_size(object, "imports", comparison->matched_imports);
    set_size(object, "exports", comparison->matched_exports);
    set_size(object, "other_versions", comparison->other_versions);
    for (size_t i = 0; i < comparison->count; i++)
        json_array_append_new(differences, difference_json(&comparison->items[i]));
    json_object_set_new(object, "differences", differences);
    set_text(object, "not_compared", comparison->given_up);
    return object;
}

int report_wit_verdict(const struct report_module *module, struct error *error)
{
    const struct report_wit *wit = module->context ? module->context->wit : NULL;
    if (!wit)
        return 0;
    const struct component_comparison *comparison = &wit->comparison;
    if (comparison->given_up)
        return error_set(error, FAULT_INCOMPATIBLE, "%s cannot be compared with world '%s': %s",
                         module->path, wit->world, comparison->given_up);
    if (comparison->count == 0)
        return 0;
    return error_set(error, FAULT_INCOMPATIBLE, "%s does not fit world '%s': %zu difference%s",
                     module->path, wit->world, comparison->count,
                     comparison->count == 1 ? "" : "s");
}

void json_add_context(json_t *module, const struct report_context *context)
{
    json_t *component = json_object_get(module, "component");
    json_object_set_new(module, "companions", companions_json(context));
    if (!json_is_object(component))
        return;
    json_object_set_new(component, "worlds", worlds_json(context));
    json_object_set_new(component, "platforms", hosts_json(context));
    json_object_set_new(component, "wit", context->wit ? wit_json(context->wit) : json_null());
}
