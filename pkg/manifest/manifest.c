#include "pkg/manifest/manifest.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/manifest/target.h"

int manifest_find(struct arena *arena, const char *folder, const char *name, char **out,
                  struct error *error)
{
    if (strchr(name, '/')) {
        *out = arena_strdup(arena, name);
        return 0;
    }
    char *here = realpath(folder, NULL), *up = "";
    if (!here)
        return error_set(error, FAULT_INPUT, "cannot find folder '%s'", folder);
    arena_defer(arena, free, here);
    for (char *at = here;; at = path_folder(arena, at)) {
        *out = path_join(arena, folder, arena_printf(arena, "%s%s", up, name));
        if (file_exists(*out))
            return 0;
        if (strcmp(at, "/") == 0)
            break;
        up = arena_printf(arena, "../%s", up);
    }
    error_set(error, FAULT_INPUT, "found no '%s' in '%s' or above", name, folder);
    return error_hint(error, "run 'edge-deploy init' to make one");
}

/* Where a value came from: the environment's patch, or the document. An object that both hold is
   the document's. */
static const char *source_path(struct arena *arena, const struct manifest *manifest,
                               const char *path)
{
    if (!manifest->environment || !path[0])
        return path;
    const char *prefix = json_path(arena, "environments", manifest->environment);
    const char *there = arena_printf(arena, "%s%s%s", prefix, path[0] == '[' ? "" : ".", path);
    const char *changed = json_locate(manifest->text, there);
    const char *original = json_locate(manifest->text, path);
    bool both_objects = changed && original && *changed == '{' && *original == '{';
    return changed && !both_objects ? there : path;
}

int manifest_fault(const struct manifest *manifest, struct error *error, const char *path,
                   const char *format, ...)
{
    struct arena scratch = {0};
    char what[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    bool in_text = manifest && manifest->text;
    const char *place = in_text ? source_path(&scratch, manifest, path) : path;
    error_set(error, FAULT_INPUT, "%.240s%s%s", place, place[0] ? ": " : "", what);
    if (in_text)
        error_prefix(error, "%s:%zu", manifest->path, json_line(manifest->text, place));
    arena_free(&scratch);
    return -1;
}

size_t manifest_line(const struct manifest *manifest, const char *path)
{
    struct arena scratch = {0};
    size_t line = json_line(manifest->text, source_path(&scratch, manifest, path));
    arena_free(&scratch);
    return line;
}

/* The nearest folder that holds .git (a folder, or a file in a linked work tree). */
static const char *find_root(struct arena *arena, const char *folder)
{
    char *real = realpath(folder, NULL);
    if (!real)
        return folder;
    arena_defer(arena, free, real);
    for (char *at = real;; at = path_folder(arena, at)) {
        if (file_exists(path_join(arena, at, ".git")))
            return at;
        if (strcmp(at, "/") == 0)
            return real;
    }
}

static int unknown_environment(const struct manifest *manifest, const json_t *environments,
                               struct error *error)
{
    struct arena scratch = {0};
    const char **names = arena_alloc(&scratch, json_object_size(environments) + 1, sizeof *names);
    size_t count = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)environments, name, value) names[count++] = name;
    const char *nearest = text_nearest(manifest->environment, names, count);
    /* Not yet merged: the place is the document's. */
    error_set(error, FAULT_INPUT, "%s:%zu: environments: has no '%.60s'", manifest->path,
              json_line(manifest->text, "environments"), manifest->environment);
    if (nearest)
        error_hint(error, "did you mean '%s'?", nearest);
    else
        error_hint(error, "add it, or leave out --env");
    arena_free(&scratch);
    return -1;
}

static int choose_environment(struct arena *arena, const struct manifest *manifest,
                              json_t **document, struct error *error)
{
    const json_t *environments = json_object_get(*document, "environments");
    const json_t *patch =
        manifest->environment ? json_object_get(environments, manifest->environment) : NULL;
    if (!manifest->environment)
        return 0;
    if (!patch)
        return unknown_environment(manifest, environments, error);
    if (!json_is_object(patch))
        return manifest_fault(manifest, error,
                              json_path(arena, "environments", manifest->environment),
                              "must be an object");
    *document = json_merge_patch(arena, *document, patch);
    return 0;
}

int manifest_parse(struct arena *arena, struct bytes text, const char *path,
                   const char *environment, struct manifest *out, struct error *error)
{
    json_t *document, *schema;
    const char *folder = path_folder(arena, path);
    *out = (struct manifest){
        .path = arena_strdup(arena, path),
        .folder = folder,
        .root = find_root(arena, folder),
        .text = arena_copy(arena, text.data, text.size),
        .environment = arena_strdup(arena, environment),
    };
    if (json_read(arena, text, out->path, FAULT_INPUT, &document, error) != 0 ||
        json_read(arena, bytes_of(manifest_schema), "schema.json", FAULT_INPUT, &schema, error) !=
            0 ||
        choose_environment(arena, out, &document, error) != 0 ||
        manifest_check(out, schema, schema, document, "", error) != 0)
        return -1;
    out->name = json_find_string(document, "name", NULL);
    out->record_push = json_find_bool(document, "record.push", false);
    out->record_remote = json_find_string(document, "record.remote", "origin");
    return targets_fill(arena, out, document, error);
}

int manifest_read(struct arena *arena, const char *path, const char *environment,
                  struct manifest *out, struct error *error)
{
    struct bytes text;
    if (file_read(arena, path, LIMIT_MANIFEST, &text, error) != 0)
        return -1;
    return manifest_parse(arena, text, path, environment, out, error);
}
