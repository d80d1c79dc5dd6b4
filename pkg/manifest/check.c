/* The part of JSON Schema that schema.json uses, with messages for people. Regular expressions are
   POSIX extended ones, so patterns keep to what means the same there and in JSON Schema. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/manifest/manifest.h"

struct check {
    struct arena *arena; /* for paths; freed after the check */
    const struct manifest *manifest;
    const json_t *root;
    struct error *error;
};

static int check_value(const struct check *, const json_t *schema, const json_t *value,
                       const char *path);

static struct words keys_of(struct arena *arena, const json_t *object)
{
    struct words words = {0};
    const char *key;
    json_t *value;
    words.items = arena_alloc(arena, json_object_size(object) + 1, sizeof *words.items);
    json_object_foreach((json_t *)object, key, value) words.items[words.count++] =
        arena_strdup(arena, key);
    return words;
}

static const char *list_of(struct arena *arena, const struct words *words)
{
    const char *list = "";
    for (size_t i = 0; i < words->count; i++)
        list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", words->items[i]);
    return list;
}

static int hint_nearest(const struct check *check, const char *word, const struct words *known)
{
    const char *nearest = text_nearest(word, known->items, known->count);
    if (nearest)
        return error_hint(check->error, "did you mean '%s'?", nearest);
    return error_hint(check->error, "use one of: %s", list_of(check->arena, known));
}

int manifest_unknown_key(const struct manifest *manifest, const char *path, const char *key,
                         const struct words *known, struct error *error)
{
    struct arena arena = {0};
    struct check check = {&arena, manifest, NULL, error};
    manifest_fault(manifest, error, json_path(&arena, path, key), "unknown key");
    hint_nearest(&check, key, known);
    arena_free(&arena);
    return -1;
}

struct words manifest_target_keys(struct arena *arena)
{
    struct words words = {0};
    struct error error;
    json_t *schema;
    if (json_read(arena, bytes_of(manifest_schema), "schema.json", FAULT_INPUT, &schema, &error))
        return words;
    return keys_of(arena, json_find(schema, "$defs.target.properties"));
}

static const char *type_title(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return json_is_true(value) ? "true" : "false";
    case JSON_NULL:
        break;
    }
    return "null";
}

static int check_type(const struct check *check, const char *type, const json_t *value,
                      const char *path)
{
    static const struct {
        const char *type, *title;
    } rows[] = {
        {"object", "an object"}, {"array", "a list"},           {"string", "a string"},
        {"number", "a number"},  {"integer", "a whole number"}, {"boolean", "true or false"},
    };
    const char *title = "something else";
    bool right[] = {
        json_is_object(value), json_is_array(value),   json_is_string(value),
        json_is_number(value), json_is_integer(value), json_is_boolean(value),
    };
    for (size_t i = 0; type && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].type, type) == 0) {
            if (right[i])
                return 0;
            title = rows[i].title;
        }
    if (!type)
        return 0;
    if (json_is_real(value))
        return manifest_fault(check->manifest, check->error, path, "must be %s, not %.15g", title,
                              json_real_value(value));
    return manifest_fault(check->manifest, check->error, path, "must be %s, not %s", title,
                          type_title(value));
}

static int check_enum(const struct check *check, const json_t *choices, const json_t *value,
                      const char *path)
{
    struct words known = {0};
    size_t i;
    json_t *choice;
    known.items = arena_alloc(check->arena, json_array_size(choices) + 1, sizeof *known.items);
    json_array_foreach(choices, i, choice)
    {
        if (json_equal(choice, value))
            return 0;
        if (json_is_string(choice))
            known.items[known.count++] = json_string_value(choice);
    }
    if (!json_is_string(value))
        return manifest_fault(check->manifest, check->error, path, "must be one of: %s",
                              list_of(check->arena, &known));
    manifest_fault(check->manifest, check->error, path, "'%.60s' is none of: %s",
                   json_string_value(value), list_of(check->arena, &known));
    const char *nearest = text_nearest(json_string_value(value), known.items, known.count);
    return nearest ? error_hint(check->error, "did you mean '%s'?", nearest) : -1;
}

static int check_range(const struct check *check, const json_t *schema, const json_t *value,
                       const char *path)
{
    const json_t *minimum = json_object_get(schema, "minimum");
    const json_t *maximum = json_object_get(schema, "maximum");
    double number = json_number_value(value);
    if (minimum && number < json_number_value(minimum))
        return manifest_fault(check->manifest, check->error, path, "must be at least %.15g",
                              json_number_value(minimum));
    if (maximum && number > json_number_value(maximum))
        return manifest_fault(check->manifest, check->error, path, "must be at most %.15g",
                              json_number_value(maximum));
    return 0;
}

static bool is_match(const char *pattern, const char *text)
{
    regex_t compiled;
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool matches = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return matches;
}

static int check_pattern(const struct check *check, const json_t *schema, const char *text,
                         const char *path)
{
    const char *pattern = json_find_string(schema, "pattern", NULL);
    const char *words = json_find_string(schema, "patternErrorMessage", NULL);
    if (!pattern || is_match(pattern, text))
        return 0;
    manifest_fault(check->manifest, check->error, path, "'%.60s' %s", text,
                   words ? words : "is not of the right form");
    return error_hint(check->error, "write what matches %s", pattern);
}

static int check_string(const struct check *check, const json_t *schema, const char *text,
                        const char *path)
{
    json_int_t most = json_find_integer(schema, "maxLength", 0);
    size_t size = strlen(text);
    if (size == 0 && json_find_integer(schema, "minLength", 0) > 0)
        return manifest_fault(check->manifest, check->error, path, "must not be empty");
    if (most > 0 && size > (size_t)most)
        return manifest_fault(check->manifest, check->error, path,
                              "must not be longer than %" JSON_INTEGER_FORMAT " bytes", most);
    return check_pattern(check, schema, text, path);
}

static int check_items(const struct check *check, const json_t *schema, const json_t *value,
                       const char *path)
{
    const json_t *items = json_object_get(schema, "items");
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item)
    {
        if (items &&
            check_value(check, items, item, arena_printf(check->arena, "%s[%zu]", path, i)) != 0)
            return -1;
    }
    return 0;
}

static int check_member(const struct check *check, const json_t *schema, const char *key,
                        const json_t *value, const char *path)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *others = json_object_get(schema, "additionalProperties");
    const json_t *known = json_object_get(properties, key);
    const json_t *names = json_object_get(schema, "propertyNames");
    const char *full = json_path(check->arena, path, key);
    if (known)
        return check_value(check, known, value, full);
    if (json_is_false(others)) {
        struct words words = keys_of(check->arena, properties);
        return manifest_unknown_key(check->manifest, path, key, &words, check->error);
    }
    if (names && check_string(check, names, key, full) != 0)
        return -1;
    return json_is_object(others) ? check_value(check, others, value, full) : 0;
}

static int missing_key(const struct check *check, const char *key, const json_t *object,
                       const char *path)
{
    struct words present = keys_of(check->arena, object);
    const char *nearest = text_nearest(key, present.items, present.count);
    manifest_fault(check->manifest, check->error, path, "'%s' is missing", key);
    if (nearest)
        return error_hint(check->error, "write '%s' where it says '%s'", key, nearest);
    return error_hint(check->error, "add \"%s\"", key);
}

static int check_object(const struct check *check, const json_t *schema, const json_t *value,
                        const char *path)
{
    const char *key;
    json_t *member;
    size_t i;
    json_object_foreach((json_t *)value, key, member)
    {
        if (check_member(check, schema, key, member, path) != 0)
            return -1;
    }
    json_array_foreach(json_object_get(schema, "required"), i, member)
    {
        if (!json_object_get(value, json_string_value(member)))
            return missing_key(check, json_string_value(member), value, path);
    }
    if (json_object_size(value) == 0 && json_find_integer(schema, "minProperties", 0) > 0) {
        manifest_fault(check->manifest, check->error, path, "must not be empty");
        return error_hint(check->error, "add at least one");
    }
    return 0;
}

static int check_value(const struct check *check, const json_t *schema, const json_t *value,
                       const char *path)
{
    const char *reference = json_find_string(schema, "$ref", NULL);
    const json_t *choices = json_object_get(schema, "enum");
    if (reference) /* "#/$defs/NAME" */
        return check_value(
            check, json_object_get(json_find(check->root, "$defs"), strrchr(reference, '/') + 1),
            value, path);
    if (check_type(check, json_find_string(schema, "type", NULL), value, path) != 0)
        return -1;
    if (choices && check_enum(check, choices, value, path) != 0)
        return -1;
    if (json_is_object(value))
        return check_object(check, schema, value, path);
    if (json_is_array(value))
        return check_items(check, schema, value, path);
    if (json_is_string(value))
        return check_string(check, schema, json_string_value(value), path);
    return json_is_number(value) ? check_range(check, schema, value, path) : 0;
}

int manifest_check(const struct manifest *manifest, const json_t *root, const json_t *schema,
                   const json_t *value, const char *path, struct error *error)
{
    struct arena arena = {0};
    struct check check = {&arena, manifest, root, error};
    int result = check_value(&check, schema, value, path);
    arena_free(&arena);
    return result;
}
