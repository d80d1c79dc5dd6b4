#include "pkg/manifest/target.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/json/json.h"

/* What all targets share while they are filled. */
struct reader {
    struct arena *arena;
    const struct manifest *manifest;
    const json_t *document;
    struct words common; /* keys of a target that are no settings */
    int depth;           /* folders that the manifest lies below the root: so far may paths climb */
    struct error *error;
};

static struct words words_of(struct arena *arena, const json_t *list, struct words fallback)
{
    struct words words = {0};
    size_t i;
    json_t *item;
    if (!list)
        return fallback;
    words.items = arena_alloc(arena, json_array_size(list) + 1, sizeof *words.items);
    json_array_foreach(list, i, item) words.items[words.count++] = json_string_value(item);
    return words;
}

static enum optimize_level level_of(const char *word, enum optimize_level fallback)
{
    static const char *const words[] = {"none", "strip", "size", "speed"};
    for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return (enum optimize_level)i;
    return fallback;
}

/* Each fill_ leaves alone what `from` does not say: called with the document, then with the
   target. */
static void fill_optimize(struct arena *arena, const json_t *from, const char *path,
                          struct manifest_optimize *out)
{
    const char *lower = json_find_string(from, "lower", NULL);
    out->level = level_of(json_find_string(from, "level", NULL), out->level);
    out->lower = lower ? strcmp(lower, "auto") == 0 : out->lower;
    out->keep_names = json_find_bool(from, "keep_names", out->keep_names);
    out->keep_debug = json_find_bool(from, "keep_debug", out->keep_debug);
    if (json_find(from, "keep_exports"))
        out->keep_path = json_path(arena, path, "optimize");
    out->keep_exports = words_of(arena, json_find(from, "keep_exports"), out->keep_exports);
    out->passes = words_of(arena, json_find(from, "passes"), out->passes);
}

static uint64_t bytes_at(const json_t *from, const char *key, uint64_t fallback)
{
    return (uint64_t)json_find_integer(from, key, (json_int_t)fallback);
}

static void fill_budget(const json_t *from, struct budget *out)
{
    const json_t *growth = json_find(from, "growth_percent");
    out->module_bytes = bytes_at(from, "module_bytes", out->module_bytes);
    out->gzip_bytes = bytes_at(from, "gzip_bytes", out->gzip_bytes);
    out->memory_bytes = bytes_at(from, "memory_bytes", out->memory_bytes);
    if (json_find(from, "cold_start_ms"))
        out->cold_start_ms = json_number_value(json_find(from, "cold_start_ms"));
    if (json_find(from, "compile_ms"))
        out->compile_ms = json_number_value(json_find(from, "compile_ms"));
    if (growth) {
        out->growth_percent = json_number_value(growth);
        out->has_growth = true;
    }
}

static void fill_verify(const json_t *from, struct manifest_verify *out)
{
    const char *on_failure = json_find_string(from, "on_failure", NULL);
    out->path = json_find_string(from, "path", out->path);
    out->method = json_find_string(from, "method", out->method);
    out->status = (long)json_find_integer(from, "status", out->status);
    out->contains = json_find_string(from, "contains", out->contains);
    out->timeout_s = (unsigned)json_find_integer(from, "timeout_s", out->timeout_s);
    out->rollback = on_failure ? strcmp(on_failure, "rollback") == 0 : out->rollback;
}

static void fill_bench(const json_t *from, struct manifest_bench *out)
{
    out->path = json_find_string(from, "path", out->path);
    out->method = json_find_string(from, "method", out->method);
    out->body = json_find_string(from, "body", out->body);
}

static void fill_common(struct arena *arena, const json_t *from, const char *path,
                        struct target *out)
{
    fill_optimize(arena, json_find(from, "optimize"), path, &out->optimize);
    fill_budget(json_find(from, "budget"), &out->budget);
    fill_verify(json_find(from, "verify"), &out->verify);
    fill_bench(json_find(from, "bench"), &out->bench);
    out->build_command = json_find_string(from, "build.command", out->build_command);
}

static int depth_below(const struct manifest *manifest)
{
    int depth = 0;
    char *folder = realpath(manifest->folder, NULL);
    size_t size = strlen(manifest->root);
    if (folder && strncmp(folder, manifest->root, size) == 0)
        for (const char *c = folder + size; *c; c++)
            depth += c[0] == '/' && c[1] != '\0';
    free(folder);
    return depth;
}

/* By its words alone; links are resolved when the file is read. */
static int check_path(const struct reader *reader, const char *text, const char *path)
{
    int depth = reader->depth;
    if (text[0] == '/') {
        manifest_fault(reader->manifest, reader->error, path, "'%.60s' is absolute", text);
        return error_hint(reader->error, "write it relative to the folder of %s",
                          path_base(reader->manifest->path));
    }
    for (const char *part = text; *part;) {
        size_t size = strcspn(part, "/");
        if (size == 2 && part[0] == '.' && part[1] == '.')
            depth--;
        else if (size > 0 && !(size == 1 && part[0] == '.'))
            depth++;
        if (depth < 0) {
            manifest_fault(reader->manifest, reader->error, path, "'%.60s' leaves the work tree",
                           text);
            return error_hint(reader->error, "keep what is deployed in the repository");
        }
        part += size + (part[size] == '/');
    }
    return 0;
}

static int check_paths(const struct reader *reader, const json_t *object, const char *path)
{
    static const char *const keys[] = {"module", "main", "package", "modules", "files"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const json_t *value = json_object_get(object, keys[k]);
        const char *full = json_path(reader->arena, path, keys[k]);
        size_t i;
        json_t *item;
        if (json_is_string(value) && check_path(reader, json_string_value(value), full) != 0)
            return -1;
        json_array_foreach(value, i, item)
        {
            if (check_path(reader, json_string_value(item),
                           arena_printf(reader->arena, "%s[%zu]", full, i)) != 0)
                return -1;
        }
    }
    return 0;
}

static int fault_at(const struct reader *reader, const struct target *target, const char *key,
                    const char *what)
{
    const char *path = key ? json_path(reader->arena, target->path, key) : target->path;
    return manifest_fault(reader->manifest, reader->error, path, "%s", what);
}

/* What is shipped is named in exactly one way. */
static int fill_source(const struct reader *reader, const json_t *from, struct target *out)
{
    static const char *const keys[] = {"module", "main", "package"};
    const char *first = NULL;
    for (size_t i = 0; i < 3; i++) {
        if (!json_object_get(from, keys[i]))
            continue;
        if (first) {
            fault_at(reader, out, keys[i],
                     arena_printf(reader->arena, "excludes '%s', which is named too", first));
            return error_hint(reader->error, "remove one of '%s' and '%s'", first, keys[i]);
        }
        first = keys[i];
    }
    out->module = json_find_string(first ? from : reader->document, "module", NULL);
    out->main = json_find_string(from, "main", NULL);
    out->package = json_find_string(from, "package", NULL);
    out->source_path = first ? json_path(reader->arena, out->path, first) : "module";
    if (first || out->module)
        return 0;
    fault_at(reader, out, NULL, "names nothing to ship");
    return error_hint(reader->error, "add \"module\" with the path of a .wasm file");
}

static int fill_lists(const struct reader *reader, const json_t *from, struct target *out)
{
    static const char *const keys[] = {"modules", "files"};
    static const struct words nothing;
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(from, keys[i]) && !out->main) {
            fault_at(reader, out, keys[i], "has no meaning without 'main'");
            return error_hint(reader->error, "add \"main\", or remove '%s'", keys[i]);
        }
    out->modules = words_of(reader->arena, json_object_get(from, "modules"), nothing);
    out->files = words_of(reader->arena, json_object_get(from, "files"), nothing);
    return 0;
}

static json_t *settings_of(const struct reader *reader, const json_t *target)
{
    json_t *settings = json_own(reader->arena, json_copy((json_t *)target));
    for (size_t i = 0; i < reader->common.count; i++)
        json_object_del(settings, reader->common.items[i]);
    return settings;
}

static int fill_target(const struct reader *reader, const char *name, const json_t *from,
                       struct target *out)
{
    *out = (struct target){
        .name = name,
        .platform = json_find_string(from, "platform", NULL),
        .path = json_path(reader->arena, "targets", name),
        .optimize = {.level = OPTIMIZE_SIZE, .lower = true},
        .verify = {.method = "GET", .status = 200, .timeout_s = 120},
        .settings = settings_of(reader, from),
    };
    fill_common(reader->arena, reader->document, "", out);
    fill_common(reader->arena, from, out->path, out);
    if (fill_source(reader, from, out) != 0 || fill_lists(reader, from, out) != 0)
        return -1;
    return check_paths(reader, from, out->path);
}

int targets_fill(struct arena *arena, struct manifest *manifest, const json_t *document,
                 struct error *error)
{
    struct reader reader = {
        arena, manifest, document, manifest_target_keys(arena), depth_below(manifest), error};
    const char *name;
    json_t *from, *all = json_object_get(document, "targets");
    manifest->targets = arena_alloc(arena, json_object_size(all), sizeof *manifest->targets);
    if (check_paths(&reader, document, "") != 0)
        return -1;
    json_object_foreach(all, name, from)
    {
        if (fill_target(&reader, name, from, &manifest->targets[manifest->target_count]) != 0)
            return -1;
        manifest->target_count++;
    }
    return 0;
}
