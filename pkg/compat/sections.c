/* Limits, settings, options, credentials and endpoints. */
#include "pkg/compat/sections.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/metric.h"
#include "pkg/json/json.h"

static bool is(const char *word, const char *other)
{
    return strcmp(word, other) == 0;
}

/* --- options --- */

struct option_words {
    struct profile_option out; /* first: its name is the member's */
    json_t *fields;
};

static const char *const option_types[] = {"string",  "integer", "boolean", "object",
                                           "strings", "objects", "enum",    NULL};

#define AT(member) offsetof(struct option_words, out.member)
static const struct key option_keys[] = {
    {"type", KEY_CHOICE, true, AT(type), 0, option_types},
    {"help", KEY_TEXT, true, AT(help), 0, NULL},
    {"required", KEY_FLAG, false, AT(required), 0, NULL},
    {"environment", KEY_TEXT, false, AT(environment), 0, NULL},
    {"default", KEY_TEXT, false, AT(fallback), 0, NULL},
    {"pattern", KEY_TEXT, false, AT(pattern), 0, NULL},
    {"values", KEY_WORDS, false, AT(values), AT(value_count), NULL},
    {"minimum", KEY_NUMBER, false, AT(minimum), 0, NULL},
    {"maximum", KEY_NUMBER, false, AT(maximum), 0, NULL},
    {"fields", KEY_OBJECT, false, offsetof(struct option_words, fields), 0, NULL},
};
#undef AT

static bool is_number_between(const char *text, double minimum, double maximum)
{
    size_t size = strlen(text);
    double value = (double)atol(size < 10 ? text : "0");
    return size < 10 && strspn(text, "0123456789") == size &&
           (minimum > maximum || (value >= minimum && value <= maximum));
}

static bool is_among(const char *word, const char **words, size_t count)
{
    size_t i = 0;
    while (i < count && !is(words[i], word))
        i++;
    return i < count;
}

static bool fallback_fits(const struct profile_option *option)
{
    const char *text = option->fallback;
    if (!text || is(option->type, "string"))
        return true;
    if (is(option->type, "boolean"))
        return is(text, "true") || is(text, "false");
    if (is(option->type, "integer"))
        return is_number_between(text, option->minimum, option->maximum);
    return is(option->type, "enum") && is_among(text, option->values, option->value_count);
}

/* Neither bound written: minimum > maximum, as the header says. */
static int set_bounds(struct reader *reader, const char *path, struct profile_option *option)
{
    bool none = option->minimum <= 0 && option->maximum <= 0;
    if (none)
        option->minimum = 1;
    return none || option->minimum <= option->maximum
               ? 0
               : reader_fault(reader, path, "'maximum' is missing or less than 'minimum'");
}

static int read_fields(struct reader *, const char *path, const json_t *,
                       struct profile_option *) MUST_CHECK;

static int read_options(struct reader *reader, const char *path, const json_t *json, bool nested,
                        struct profile_option **out, size_t *count)
{
    struct option_words *words;
    if (reader_members(reader, path, json, KEY_TABLE(option_keys), sizeof *words, &words, count) !=
        0)
        return -1;
    *out = arena_alloc(reader->arena, *count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        const char *where = json_path(reader->arena, path, words[i].out.name);
        struct profile_option *option = &(*out)[i];
        *option = words[i].out;
        if (is(option->type, "enum") != (option->value_count > 0))
            return reader_fault(reader, where, "an enum has 'values', and only an enum");
        if (set_bounds(reader, where, option) != 0)
            return -1;
        if (!fallback_fits(option))
            return reader_fault(reader, where, "the default '%s' does not fit", option->fallback);
        if (words[i].fields && nested)
            return reader_fault(reader, where, "'fields' cannot be nested");
        if (words[i].fields && read_fields(reader, where, words[i].fields, option) != 0)
            return -1;
    }
    return 0;
}

static int read_fields(struct reader *reader, const char *path, const json_t *json,
                       struct profile_option *option)
{
    if (!is(option->type, "object") && !is(option->type, "objects"))
        return reader_fault(reader, path, "'fields' belong to an object or to objects");
    return read_options(reader, json_path(reader->arena, path, "fields"), json, true,
                        &option->fields, &option->field_count);
}

static int check_option(struct reader *reader, const char *path, const struct profile *profile,
                        const char *name)
{
    if (!name || profile_option(profile, name))
        return 0;
    const char **names = arena_alloc(reader->arena, profile->option_count + 1, sizeof *names);
    for (size_t i = 0; i < profile->option_count; i++)
        names[i] = profile->options[i].name;
    reader_fault(reader, path, "'%s' is none of the options", name);
    return reader_suggest(reader, name, names, profile->option_count);
}

int section_options(struct reader *reader, const json_t *json, struct profile *out)
{
    if (read_options(reader, "options", json, false, &out->options, &out->option_count) != 0)
        return -1;
    return check_option(reader, "variants.option", out, out->variant_option);
}

/* --- limits --- */

static const char *const limit_severities[] = {"error", "warning", NULL};

#define AT(member) offsetof(struct profile_limit, member)
static const struct key limit_keys[] = {
    {"of", KEY_TEXT, false, AT(metric), 0, NULL},
    {"value", KEY_NUMBER, true, AT(value), 0, NULL},
    {"unit", KEY_TEXT, true, AT(unit), 0, NULL},
    {"option", KEY_TEXT, false, AT(value_option), 0, NULL},
    {"scale", KEY_NUMBER, false, AT(value_scale), 0, NULL},
    {"when", KEY_PAIR, false, AT(when_option), AT(when_value), NULL},
    {"severity", KEY_CHOICE, true, AT(severity), 0, limit_severities},
    {"source", KEY_TEXT, true, AT(source), 0, NULL},
    {"as_of", KEY_DATE, true, AT(as_of), 0, NULL},
    {"text", KEY_TEXT, false, AT(text), 0, NULL},
    {"cure", KEY_TEXT, false, AT(cure), 0, NULL},
};
#undef AT

static int check_metric(struct reader *reader, const char *path, const struct profile *profile,
                        const char *name)
{
    const char *names[METRIC_NAMES];
    if (!name || metric_find(name))
        return 0;
    if (metric_option(name))
        return check_option(reader, path, profile, metric_option(name));
    reader_fault(reader, path, "'%s' is nothing that can be measured", name);
    return reader_suggest(reader, name, names, metric_names(names));
}

int section_limits(struct reader *reader, const json_t *json, struct profile *out)
{
    if (reader_members(reader, "limits", json, KEY_TABLE(limit_keys), sizeof *out->limits,
                       &out->limits, &out->limit_count) != 0)
        return -1;
    for (size_t i = 0; i < out->limit_count; i++) {
        struct profile_limit *limit = &out->limits[i];
        const char *path = json_path(reader->arena, "limits", limit->name);
        if (limit->value_scale <= 0)
            limit->value_scale = 1;
        limit->is_warning = is(limit->severity, "warning");
        if (check_metric(reader, path, out, limit->metric) != 0 ||
            check_option(reader, path, out, limit->value_option) != 0 ||
            check_option(reader, path, out, limit->when_option) != 0)
            return -1;
    }
    return 0;
}

/* --- settings --- */

static const char *const setting_severities[] = {"error", "warning", "note", NULL};

#define AT(member) offsetof(struct profile_setting, member)
static const struct key setting_keys[] = {
    {"option", KEY_TEXT, true, AT(option), 0, NULL},
    {"is", KEY_TEXT, false, AT(is), 0, NULL},
    {"is_not", KEY_TEXT, false, AT(is_not), 0, NULL},
    {"not_after_today", KEY_FLAG, false, AT(not_after_today), 0, NULL},
    {"when", KEY_PAIR, false, AT(when_option), AT(when_value), NULL},
    {"severity", KEY_CHOICE, true, AT(severity), 0, setting_severities},
    {"text", KEY_TEXT, true, AT(text), 0, NULL},
    {"cure", KEY_TEXT, false, AT(cure), 0, NULL},
    {"source", KEY_TEXT, true, AT(source), 0, NULL},
    {"as_of", KEY_DATE, true, AT(as_of), 0, NULL},
};
#undef AT

int section_settings(struct reader *reader, const json_t *json, struct profile *out)
{
    if (reader_elements(reader, "settings", json, KEY_TABLE(setting_keys), sizeof *out->settings,
                        &out->settings, &out->setting_count) != 0)
        return -1;
    for (size_t i = 0; i < out->setting_count; i++) {
        const struct profile_setting *setting = &out->settings[i];
        const char *path = arena_printf(reader->arena, "settings[%zu]", i);
        if ((setting->is != NULL) + (setting->is_not != NULL) + setting->not_after_today != 1)
            return reader_fault(reader, path, "needs one of 'is', 'is_not', 'not_after_today'");
        if (check_option(reader, path, out, setting->option) != 0 ||
            check_option(reader, path, out, setting->when_option) != 0)
            return -1;
    }
    return 0;
}

/* --- credentials and endpoints --- */

static const struct key credential_keys[] = {
    {"environment", KEY_TEXT, true, offsetof(struct profile_credential, environment), 0, NULL},
    {"required", KEY_FLAG, true, offsetof(struct profile_credential, required), 0, NULL},
    {"rights", KEY_TEXT, true, offsetof(struct profile_credential, rights), 0, NULL},
    {"file_key", KEY_TEXT, false, offsetof(struct profile_credential, file_key), 0, NULL},
    {"instead_of", KEY_TEXT, false, offsetof(struct profile_credential, instead_of), 0, NULL},
};

static const struct key file_keys[] = {
    {"environment", KEY_TEXT, true, offsetof(struct profile_file, environment), 0, NULL},
    {"path", KEY_TEXT, true, offsetof(struct profile_file, path), 0, NULL},
    {"section_environment", KEY_TEXT, true, offsetof(struct profile_file, section_environment), 0,
     NULL},
    {"section", KEY_TEXT, true, offsetof(struct profile_file, section), 0, NULL},
};

int section_credentials(struct reader *reader, const json_t *json, const json_t *file,
                        struct profile *out)
{
    if (file && reader_object(reader, "credential_file", file, KEY_TABLE(file_keys),
                              &out->credential_file) != 0)
        return -1;
    return reader_members(reader, "credentials", json, KEY_TABLE(credential_keys),
                          sizeof *out->credentials, &out->credentials, &out->credential_count);
}

struct endpoint_words {
    const char *name, *url, **variables;
    size_t variable_count;
};

static const struct key endpoint_keys[] = {
    {"url", KEY_TEXT, true, offsetof(struct endpoint_words, url), 0, NULL},
    {"environment", KEY_WORDS, true, offsetof(struct endpoint_words, variables),
     offsetof(struct endpoint_words, variable_count), NULL},
};

int section_endpoints(struct reader *reader, const json_t *json, struct profile *out)
{
    struct endpoint_words *words;
    if (reader_members(reader, "endpoints", json, KEY_TABLE(endpoint_keys), sizeof *words, &words,
                       &out->endpoint_count) != 0)
        return -1;
    out->endpoints = arena_alloc(reader->arena, out->endpoint_count + 1, sizeof *out->endpoints);
    for (size_t i = 0; i < out->endpoint_count; i++) {
        const char *list = "";
        if (words[i].variable_count > 8)
            return reader_fault(reader, json_path(reader->arena, "endpoints", words[i].name),
                                "more than 8 variables");
        for (size_t v = 0; v < words[i].variable_count; v++)
            list = arena_printf(reader->arena, "%s%s%s", list, v ? " " : "", words[i].variables[v]);
        out->endpoints[i] = (struct profile_endpoint){words[i].name, words[i].url, list};
    }
    return 0;
}

static const struct key rollout_keys[] = {
    {"stage", KEY_FLAG, true, offsetof(struct profile_rollout, stage), 0, NULL},
    {"traffic", KEY_FLAG, true, offsetof(struct profile_rollout, traffic), 0, NULL},
    {"note", KEY_TEXT, false, offsetof(struct profile_rollout, note), 0, NULL},
};

int section_rollout(struct reader *reader, const json_t *json, struct profile *out)
{
    if (json && reader_object(reader, "rollout", json, KEY_TABLE(rollout_keys), &out->rollout) != 0)
        return -1;
    if (!json || (out->rollout.stage && out->rollout.traffic) || out->rollout.note)
        return 0;
    return reader_fault(reader, "rollout", "has no 'note' that says why not");
}
