#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/platform/internal.h"

int fault_missing_option(const struct manifest *manifest, const struct target *target,
                         const struct profile_option *option, struct error *error)
{
    manifest_fault(manifest, error, target->path, "'%s' is missing", option->name);
    if (option->environment)
        return error_hint(error, "add \"%s\" (%s), or set %s", option->name, option->help,
                          option->environment);
    return error_hint(error, "add \"%s\": %s", option->name, option->help);
}

/* What is at hand while one target is prepared. */
struct preparation {
    struct arena *arena;
    const struct world *world;
    const struct manifest *manifest; /* may be NULL, or without a document (check of one file) */
    const struct target *target;
    const struct profile *profile;
    json_t *settings; /* growing */
    struct error *error;
};

static const char *path_of(const struct preparation *preparation, const char *key)
{
    return json_path(preparation->arena, preparation->target->path, key);
}

/* Only what a person wrote must be complete. */
static bool has_document(const struct preparation *preparation)
{
    return preparation->manifest && preparation->manifest->text;
}

static int unknown_platform(const struct preparation *preparation)
{
    const struct target *target = preparation->target;
    size_t count;
    const char **names = platform_names(preparation->arena, &count);
    const char *nearest = text_nearest(target->platform, names, count), *all = "";
    manifest_fault(preparation->manifest, preparation->error, path_of(preparation, "platform"),
                   "there is no platform '%.60s'", target->platform);
    if (nearest)
        return error_hint(preparation->error, "did you mean '%s'?", nearest);
    for (size_t i = 0; i < count; i++)
        all = arena_printf(preparation->arena, "%s%s%s", all, i ? ", " : "", names[i]);
    return error_hint(preparation->error, "use one of: %s", all);
}

static int check_keys(const struct preparation *preparation)
{
    const struct profile *profile = preparation->profile;
    struct words common = manifest_target_keys(preparation->arena), known = {0};
    const char *key;
    json_t *value;
    known.items = arena_alloc(preparation->arena, common.count + profile->option_count + 1,
                              sizeof *known.items);
    for (size_t i = 0; i < profile->option_count; i++)
        known.items[known.count++] = profile->options[i].name;
    for (size_t i = 0; i < common.count; i++)
        known.items[known.count++] = common.items[i];
    json_object_foreach(preparation->settings, key, value)
    {
        if (!profile_option(profile, key))
            return manifest_unknown_key(preparation->manifest, preparation->target->path, key,
                                        &known, preparation->error);
    }
    return 0;
}

/* A value that stands as text in the environment or in the profile, as the option's type; NULL
   when it does not fit: the text itself is then judged against the type and refused. */
static json_t *value_of(const struct profile_option *option, const char *text)
{
    char *end;
    errno = 0;
    if (strcmp(option->type, "integer") == 0) {
        long long number = strtoll(text, &end, 10);
        if (errno == 0 && end != text && *end == '\0')
            return json_integer(number);
    }
    if (strcmp(option->type, "boolean") == 0 && strcmp(text, "true") == 0)
        return json_true();
    if (strcmp(option->type, "boolean") == 0 && strcmp(text, "false") == 0)
        return json_false();
    return json_text(text, strlen(text));
}

/* The manifest's value, else the environment's, else the default. */
static int fill_option(const struct preparation *preparation, const struct profile_option *option)
{
    const struct manifest *manifest = preparation->manifest;
    const json_t *value = json_object_get(preparation->settings, option->name);
    const json_t *schema = option_schema(preparation->arena, option);
    const char *supplied = NULL, *fallback = option->fallback;
    if (value)
        return manifest_check(manifest, schema, schema, value, path_of(preparation, option->name),
                              preparation->error);
    if (option->environment)
        supplied = world_environment(preparation->world, option->environment);
    if (supplied) {
        json_t *made = value_of(option, supplied);
        json_object_set_new(preparation->settings, option->name, made);
        return manifest_check(NULL, schema, schema, made, option->environment, preparation->error);
    }
    if (fallback && strcmp(fallback, "$name") == 0)
        fallback = manifest ? manifest->name : NULL;
    if (fallback) {
        json_t *made = value_of(option, fallback);
        json_object_set_new(preparation->settings, option->name, made);
        return has_document(preparation)
                   ? manifest_check(manifest, schema, schema, made,
                                    path_of(preparation, option->name), preparation->error)
                   : 0;
    }
    if (option->required && !option->environment && has_document(preparation))
        return fault_missing_option(manifest, preparation->target, option, preparation->error);
    return 0;
}

static int fill_settings(const struct preparation *preparation)
{
    if (check_keys(preparation) != 0)
        return -1;
    for (size_t i = 0; i < preparation->profile->option_count; i++)
        if (fill_option(preparation, &preparation->profile->options[i]) != 0)
            return -1;
    return 0;
}

/* The profile of the variant that the settings name. A mistake in its name is the manifest's. */
static int choose_variant(const struct preparation *preparation, const char *text,
                          const char *origin, struct profile *profile)
{
    const char *option = profile->variant_option;
    const char *variant =
        option ? json_string_value(json_object_get(preparation->settings, option)) : NULL;
    struct error *error = preparation->error;
    struct error problem = {0};
    if (!variant)
        return 0;
    if (profile_parse(preparation->arena, text, origin, variant, profile, &problem) == 0)
        return 0;
    manifest_fault(preparation->manifest, error, path_of(preparation, option), "%s",
                   problem.message);
    memcpy(error->hint, problem.hint, sizeof error->hint);
    return -1;
}

static int read_profile(struct arena *arena, const struct platform_entry *entry, const char *file,
                        const char **text, struct error *error)
{
    struct bytes bytes = bytes_of(entry->profile_json);
    if (file && file_read(arena, file, LIMIT_MANIFEST, &bytes, error) != 0)
        return -1;
    *text = (const char *)bytes.data;
    return 0;
}

int job_prepare(struct arena *arena, const struct world *world, const struct manifest *manifest,
                const struct target *target, const char *profile_file, struct job *out,
                struct error *error)
{
    const struct platform_entry *entry = platform_find(target->platform);
    struct profile *profile = arena_alloc(arena, 1, sizeof *profile);
    json_t *settings = target->settings ? json_deep_copy(target->settings) : json_object();
    struct preparation preparation = {
        arena, world, manifest, target, profile, json_own(arena, settings), error};
    const char *text = NULL, *origin = profile_file ? profile_file : target->platform;
    if (!entry)
        return unknown_platform(&preparation);
    if (read_profile(arena, entry, profile_file, &text, error) != 0 ||
        profile_parse(arena, text, origin, NULL, profile, error) != 0)
        return -1;
    if (strcmp(profile->name, entry->platform->name) != 0) {
        error_set(error, FAULT_INPUT, "profile '%s' is of '%.60s', not of '%s'", origin,
                  profile->name, entry->platform->name);
        return error_hint(error, "name one platform with --platform or --target");
    }
    if (fill_settings(&preparation) != 0 ||
        choose_variant(&preparation, text, origin, profile) != 0)
        return -1;
    *out = (struct job){.arena = arena,
                        .world = world,
                        .entry = entry,
                        .profile = profile,
                        .target = target,
                        .settings = settings,
                        .manifest = manifest,
                        .kept = arena_alloc(arena, 1, sizeof(void *))};
    return 0;
}
