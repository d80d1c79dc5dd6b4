#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/embedded.h"
#include "pkg/json/json.h"
#include "pkg/platform/internal.h"

static json_t *schema_of(struct arena *, const struct profile_option *);

static json_t *string_schema(struct arena *arena, const struct profile_option *option)
{
    json_t *schema = json_pack("{s:s,s:i}", "type", "string", "minLength", 1);
    if (option->pattern) {
        json_object_set_new(schema, "pattern", json_string(option->pattern));
        json_object_set_new(schema, "patternErrorMessage",
                            json_string(arena_printf(arena, "cannot be %s", option->help)));
    }
    return schema;
}

static json_t *integer_schema(const struct profile_option *option)
{
    json_t *schema = json_pack("{s:s}", "type", "integer");
    if (option->minimum <= option->maximum) {
        json_object_set_new(schema, "minimum", json_integer((json_int_t)option->minimum));
        json_object_set_new(schema, "maximum", json_integer((json_int_t)option->maximum));
    }
    return schema;
}

static json_t *enum_schema(const struct profile_option *option)
{
    json_t *values = json_array();
    for (size_t i = 0; i < option->value_count; i++)
        json_array_append_new(values, json_string(option->values[i]));
    return json_pack("{s:o}", "enum", values);
}

static json_t *properties_of(struct arena *arena, const struct profile_option *options,
                             size_t count)
{
    json_t *properties = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(properties, options[i].name, schema_of(arena, &options[i]));
    return properties;
}

/* Those that nothing but the manifest can supply. */
static json_t *required_of(const struct profile_option *options, size_t count)
{
    json_t *required = json_array();
    for (size_t i = 0; i < count; i++)
        if (options[i].required && !options[i].environment && !options[i].fallback)
            json_array_append_new(required, json_string(options[i].name));
    return required;
}

static json_t *object_schema(struct arena *arena, const struct profile_option *option)
{
    json_t *schema = json_pack("{s:s}", "type", "object");
    if (option->field_count) {
        json_object_set_new(schema, "required", required_of(option->fields, option->field_count));
        json_object_set_new(schema, "additionalProperties", json_false());
        json_object_set_new(schema, "properties",
                            properties_of(arena, option->fields, option->field_count));
    }
    return schema;
}

static json_t *list_schema(json_t *items)
{
    return json_pack("{s:s,s:o}", "type", "array", "items", items);
}

static json_t *typed_schema(struct arena *arena, const struct profile_option *option)
{
    if (strcmp(option->type, "integer") == 0)
        return integer_schema(option);
    if (strcmp(option->type, "boolean") == 0)
        return json_pack("{s:s}", "type", "boolean");
    if (strcmp(option->type, "enum") == 0)
        return enum_schema(option);
    if (strcmp(option->type, "object") == 0)
        return object_schema(arena, option);
    if (strcmp(option->type, "strings") == 0)
        return list_schema(string_schema(arena, option));
    if (strcmp(option->type, "objects") == 0)
        return list_schema(object_schema(arena, option));
    return string_schema(arena, option);
}

static json_t *schema_of(struct arena *arena, const struct profile_option *option)
{
    json_t *schema = typed_schema(arena, option);
    if (option->help)
        json_object_set_new(schema, "description", json_string(option->help));
    return schema;
}

json_t *option_schema(struct arena *arena, const struct profile_option *option)
{
    return json_own(arena, schema_of(arena, option));
}

/* {"if": {platform is NAME}, "then": {its options}} */
static json_t *platform_rule(struct arena *arena, const struct profile *profile)
{
    return json_pack("{s:{s:{s:{s:s}}},s:{s:o,s:o}}", "if", "properties", "platform", "const",
                     profile->name, "then", "required",
                     required_of(profile->options, profile->option_count), "properties",
                     properties_of(arena, profile->options, profile->option_count));
}

char *platform_schema(struct arena *arena)
{
    struct error error = {0};
    json_t *schema, *names = json_array(), *rules = json_array();
    if (json_read(arena, bytes_of(manifest_schema), "schema.json", FAULT_INPUT, &schema, &error))
        abort(); /* our own file */
    for (const struct platform_entry *entry = platforms; entry->platform; entry++) {
        struct profile profile;
        const char *name = entry->platform->name;
        json_array_append_new(names, json_string(name));
        if (profile_parse(arena, entry->profile_json, name, NULL, &profile, &error) == 0)
            json_array_append_new(rules, platform_rule(arena, &profile));
    }
    json_t *target = json_find(schema, "$defs.target");
    json_object_set_new(json_find(target, "properties.platform"), "enum", names);
    json_object_set_new(target, "allOf", rules);
    json_object_set_new(target, "unevaluatedProperties", json_false());
    return json_print_indented(arena, schema);
}
