/* Rules `setting` and `runtime`: settings that the platform refuses or ignores, the shape of
   objects among them, and the runtime's own dates. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/rules.h"

/* --- values --- */

static bool setting_applies(const struct check *check, const struct profile_setting *setting)
{
    const char *value = check_setting(check, setting->option);
    const char *today = check->shipment->today;
    if (!*value || !check_when(check, setting->when_option, setting->when_value))
        return false;
    if (setting->not_after_today)
        return today && strcmp(value, today) > 0;
    return setting->is ? text_matches(setting->is, value) : !text_matches(setting->is_not, value);
}

static void check_values(struct check *check)
{
    for (size_t i = 0; i < check->profile->setting_count; i++) {
        const struct profile_setting *setting = &check->profile->settings[i];
        if (!setting_applies(check, setting))
            continue;
        struct finding *finding = check_add(check, check_level(setting->severity), "setting",
                                            setting->option, "'%s' is '%s': %s", setting->option,
                                            check_setting(check, setting->option), setting->text);
        finding->cure.other = setting->cure;
        finding->source = check_source(check, setting->source, setting->as_of);
    }
}

/* --- the shape of objects --- */

static const char *type_problem(const struct profile_option *field, const json_t *value)
{
    bool is_text = strcmp(field->type, "string") == 0 || strcmp(field->type, "enum") == 0;
    if (is_text && !json_is_string(value))
        return "must be a text";
    if (strcmp(field->type, "integer") == 0 && !json_is_integer(value))
        return "must be a whole number";
    if (strcmp(field->type, "boolean") == 0 && !json_is_boolean(value))
        return "must be true or false";
    if (strcmp(field->type, "strings") == 0 && !json_is_array(value))
        return "must be an array of texts";
    return NULL;
}

static bool matches(const char *pattern, const char *text)
{
    regex_t regex;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return true;
    bool found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static const char *value_problem(struct check *check, const struct profile_option *field,
                                 const json_t *value)
{
    const char *problem = type_problem(field, value);
    double number = (double)json_integer_value(value);
    if (problem)
        return problem;
    if (json_is_integer(value) && field->minimum <= field->maximum &&
        (number < field->minimum || number > field->maximum))
        return arena_printf(check->arena, "must be %.0f to %.0f", field->minimum, field->maximum);
    if (json_is_string(value) && field->pattern &&
        !matches(field->pattern, json_string_value(value)))
        return arena_printf(check->arena, "does not match %s", field->pattern);
    return NULL;
}

static void add_shape(struct check *check, const char *path, const char *problem, const char *cure)
{
    struct finding *finding =
        check_add(check, LEVEL_ERROR, "setting", path, "'%s' %s", path, problem);
    finding->cure.other = cure;
    finding->source = check_source(check, "the platform's options", check->profile->as_of);
}

static const struct profile_option *find_field(const struct profile_option *option,
                                               const char *name)
{
    for (size_t i = 0; i < option->field_count; i++)
        if (strcmp(option->fields[i].name, name) == 0)
            return &option->fields[i];
    return NULL;
}

static void unknown_field(struct check *check, const struct profile_option *option,
                          const char *path, const char *name)
{
    const char **names = arena_alloc(check->arena, option->field_count + 1, sizeof *names);
    for (size_t i = 0; i < option->field_count; i++)
        names[i] = option->fields[i].name;
    const char *nearest = text_nearest(name, names, option->field_count);
    add_shape(check, arena_printf(check->arena, "%s.%s", path, name), "is an unknown key",
              nearest ? arena_printf(check->arena, "write '%s'", nearest) : NULL);
}

static void check_object(struct check *check, const struct profile_option *option, const char *path,
                         const json_t *object)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object)) {
        add_shape(check, path, "must be an object", NULL);
        return;
    }
    json_object_foreach((json_t *)object, name, value)
    {
        const struct profile_option *field = find_field(option, name);
        const char *problem = field ? value_problem(check, field, value) : NULL;
        if (!field)
            unknown_field(check, option, path, name);
        if (problem)
            add_shape(check, arena_printf(check->arena, "%s.%s", path, name), problem, NULL);
    }
    for (size_t i = 0; i < option->field_count; i++)
        if (option->fields[i].required && !json_object_get(object, option->fields[i].name))
            add_shape(check, arena_printf(check->arena, "%s.%s", path, option->fields[i].name),
                      "is missing", option->fields[i].help);
}

static void check_shapes(struct check *check)
{
    for (size_t i = 0; i < check->profile->option_count; i++) {
        const struct profile_option *option = &check->profile->options[i];
        const json_t *value = json_object_get(check->shipment->settings, option->name);
        if (option->field_count == 0 || !value)
            continue;
        if (json_is_object(value))
            check_object(check, option, option->name, value);
        for (size_t e = 0; e < json_array_size(value); e++)
            check_object(check, option, arena_printf(check->arena, "%s[%zu]", option->name, e),
                         json_array_get(value, e));
    }
}

void check_settings(struct check *check)
{
    check_values(check);
    check_shapes(check);
}

/* --- the runtime's dates --- */

enum { SOON_DAYS = 180 };

/* Days since an arbitrary day, of a date YYYY-MM-DD. */
static long day_number(const char *date)
{
    long year = strtol(date, NULL, 10), month = strtol(date + 5, NULL, 10),
         day = strtol(date + 8, NULL, 10);
    long shifted = month > 2 ? month - 3 : month + 9; /* March first: leap days come last */
    year -= month <= 2;
    return year * 365 + year / 4 - year / 100 + year / 400 + (shifted * 153 + 2) / 5 + day;
}

static void finish_fact(const struct check *check, struct finding *finding, const char *source)
{
    const struct profile *profile = check->profile;
    if (profile->variant_count && strcmp(profile->variant, profile->variants[0]) != 0)
        finding->cure.other = arena_printf(check->arena, "set '%s' to %s", profile->variant_option,
                                           profile->variants[0]);
    finding->source = check_source(check, source, profile->as_of);
}

static void add_fact(struct check *check, const struct profile_runtime_fact *fact)
{
    const char *word = strcmp(fact->name, "preview") == 0 ? "a preview" : fact->name;
    struct finding *finding = check_add(check, check_level(fact->severity), "runtime", fact->name,
                                        "runtime '%s' is %s since %s: %s", check->profile->variant,
                                        word, fact->date, fact->text);
    finish_fact(check, finding, fact->source);
}

/* What comes soon is one note, whatever it will be then. */
static void add_soon(struct check *check, const char *list, const char *source)
{
    struct finding *finding =
        check_add(check, LEVEL_NOTE, "runtime", "soon", "runtime '%s' is near its end: %s",
                  check->profile->variant, list);
    finish_fact(check, finding, source);
}

void check_runtime(struct check *check)
{
    const char *today = check->shipment->today, *soon = "", *source = NULL;
    if (!today || !text_is_date(today))
        return;
    for (size_t i = 0; i < check->profile->fact_count; i++) {
        const struct profile_runtime_fact *fact = &check->profile->facts[i];
        if (!fact->severity)
            continue;
        if (strcmp(fact->date, today) <= 0) {
            add_fact(check, fact);
        } else if (day_number(fact->date) - day_number(today) <= SOON_DAYS) {
            soon = arena_printf(check->arena, "%s%s%s from %s on", soon, *soon ? "; " : "",
                                fact->text, fact->date);
            source = fact->source;
        }
    }
    if (source)
        add_soon(check, soon, source);
}
