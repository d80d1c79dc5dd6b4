/* A module's source map (ECMA-426), from the file that the module names to the one that its twin
   names. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/optimize/mappings.h"
#include "pkg/publish/pipeline.h"

struct source_map {
    struct optimize_map map;
    json_t *document;
    const char *folder; /* where it lies, resolved */
};

static bool has_scheme(const char *url)
{
    return url[strcspn(url, ":/")] == ':';
}

/* NULL, or what is wrong with it. */
static const char *parse(struct arena *arena, struct bytes file, struct bytes module,
                         struct source_map *out)
{
    struct error problem = {0};
    if (json_read(arena, file, "source map", FAULT_INPUT, &out->document, &problem) != 0)
        return arena_strdup(arena, problem.message);
    const json_t *sources = json_object_get(out->document, "sources");
    const json_t *mappings = json_object_get(out->document, "mappings");
    if (json_find_integer(out->document, "version", 0) != 3 || !json_is_array(sources) ||
        !json_is_string(mappings))
        return "it is no source map of version 3 with sources and mappings";
    size_t offset = wasm_code_offset(module);
    const struct mappings_change change = {.shift = -(int64_t)offset,
                                           .sources = json_array_size(sources)};
    const struct bytes text = {(const uint8_t *)json_string_value(mappings),
                               json_string_length(mappings)};
    out->map.sources = change.sources;
    if (mappings_rewrite(arena, text, &change, &out->map.mappings) != 0)
        return "its mappings are malformed";
    return out->map.mappings.size ? NULL : "it maps nothing of the code";
}

static const char *load(struct arena *arena, const char *root, const char *path,
                        struct bytes module, struct source_map *out)
{
    struct error problem = {0};
    struct bytes file;
    char *resolved;
    if (path_within(arena, root, path, &resolved, &problem) != 0 ||
        file_read(arena, resolved, LIMIT_SOURCE_MAP, &file, &problem) != 0)
        return arena_strdup(arena, problem.message);
    out->folder = path_folder(arena, resolved);
    return parse(arena, file, module, out);
}

const struct source_map *publish_source_map(struct arena *arena, const struct world *world,
                                            const char *root, const char *path, struct bytes module)
{
    struct source_map *map = arena_alloc(arena, 1, sizeof *map);
    const char *url = wasm_source_map_url(arena, module), *folder = path_folder(arena, path);
    if (!url)
        return NULL;
    if (url[0] == '/' || has_scheme(url)) {
        world_say(world, "optimize",
                  "%s: its source map is left alone, its twin names none: %.200s", path, url);
        return NULL;
    }
    const char *problem =
        load(arena, root ? root : folder, path_join(arena, folder, url), module, map);
    if (problem)
        world_say(world, "optimize",
                  "%s: warning: its source map is not used, its twin names none: %s", path,
                  problem);
    return problem ? NULL : map;
}

const struct optimize_map *publish_optimize_map(const struct source_map *map)
{
    return map ? &map->map : NULL;
}

static const struct source_map *find(const struct pipeline *pipeline, const uint8_t *original)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        for (size_t m = 0; m < pipeline->out->targets[i].module_count; m++) {
            const struct prepared_module *module = &pipeline->out->targets[i].modules[m];
            if (module->original.data == original && module->source_map)
                return module->source_map;
        }
    return NULL;
}

void source_maps_load(struct pipeline *pipeline)
{
    const struct manifest *manifest = pipeline->manifest;
    for (size_t i = 0; pipeline->options->optimize && i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        const struct manifest_optimize *settings = &target->target->optimize;
        bool wanted = settings->keep_debug && settings->level != OPTIMIZE_NONE &&
                      target->payload.form != PAYLOAD_PACKAGE;
        for (size_t m = 0; wanted && m < target->module_count; m++) {
            struct prepared_module *module = &target->modules[m];
            module->source_map = find(pipeline, module->original.data);
            if (!module->source_map)
                module->source_map = publish_source_map(
                    pipeline->arena, pipeline->world, manifest->root,
                    path_join(pipeline->arena, manifest->folder, module->path), module->original);
        }
    }
}

/* From one resolved folder to the other: "../maps/"; "" when they are the same. */
static const char *way(struct arena *arena, const char *from, const char *to)
{
    size_t common = 0, i = 0;
    for (; from[i] && from[i] == to[i]; i++)
        if (from[i] == '/')
            common = i;
    if ((!from[i] || from[i] == '/') && (!to[i] || to[i] == '/'))
        common = i;
    const char *out = "", *rest = to + common + (to[common] == '/');
    for (const char *at = from + common; *at; at++)
        if (*at == '/' && at[1])
            out = arena_printf(arena, "%s../", out);
    return *rest ? arena_printf(arena, "%s%s/", out, rest) : out;
}

static json_t *behind(struct arena *arena, const char *prefix, const json_t *word)
{
    const char *text = json_string_value(word);
    const char *moved = arena_printf(arena, "%s%s", prefix, text);
    return json_text(moved, strlen(moved));
}

static bool is_relative(const json_t *word)
{
    const char *text = json_string_value(word);
    return text && text[0] && text[0] != '/' && !has_scheme(text);
}

/* The sources as they are named from another folder: by the root, where there is one. */
static void move_sources(struct arena *arena, json_t *document, const char *prefix)
{
    const json_t *root = json_object_get(document, "sourceRoot");
    const json_t *sources = json_object_get(document, "sources");
    json_t *moved = json_array();
    bool rooted = json_string_length(root) > 0;
    if (is_relative(root))
        json_object_set_new(document, "sourceRoot", behind(arena, prefix, root));
    for (size_t i = 0; i < json_array_size(sources); i++) {
        json_t *source = json_array_get(sources, i);
        if (!rooted && is_relative(source))
            json_array_append_new(moved, behind(arena, prefix, source));
        else
            json_array_append(moved, source);
    }
    json_object_set_new(document, "sources", moved);
}

static int check_place(struct arena *arena, const char *path, const char *twin, struct error *error)
{
    struct error ignored = {0};
    struct stat status;
    struct bytes file;
    json_t *document;
    if (lstat(path, &status) != 0)
        return 0;
    if (S_ISREG(status.st_mode) && file_read(arena, path, LIMIT_REQUEST, &file, &ignored) == 0 &&
        json_read(arena, file, "source map", FAULT_INPUT, &document, &ignored) == 0 &&
        text_is(json_string_value(json_object_get(document, "file")), path_base(twin)))
        return 0;
    error_set(error, FAULT_INPUT, "cannot write '%s': a file that is no twin's map stands there",
              path);
    return error_hint(error, "move it away, or leave out optimize.keep_debug");
}

/* As it came but for what is of the module: its other keys say more of the sources. */
static json_t *describe(struct arena *arena, const struct source_map *map, const char *twin,
                        struct bytes mappings)
{
    json_t *document = json_own(arena, json_copy(map->document));
    char *folder = realpath(path_folder(arena, twin), NULL);
    if (folder)
        move_sources(arena, document, way(arena, folder, map->folder));
    free(folder);
    json_object_set_new(document, "file", json_text(path_base(twin), strlen(path_base(twin))));
    json_object_set_new(document, "names", json_array());
    json_object_set_new(document, "mappings",
                        json_text((const char *)mappings.data, mappings.size));
    return document;
}

int source_map_write(const struct source_map *map, const char *path,
                     const struct optimize_result *result, struct error *error)
{
    struct arena scratch = {0};
    struct bytes mappings;
    const char *place = arena_printf(&scratch, "%s.map", path);
    const struct mappings_change change = {.shift = (int64_t)wasm_code_offset(result->debug),
                                           .sources = map->map.sources};
    int status = check_place(&scratch, place, path, error);
    if (status == 0 && mappings_rewrite(&scratch, result->mappings, &change, &mappings) != 0)
        status = error_set(error, FAULT_INPUT, "cannot write '%s': it is too large", place);
    if (status == 0)
        status = file_make_folder(path_folder(&scratch, path), error);
    if (status == 0)
        status = file_write(place,
                            bytes_of(json_print(&scratch, describe(&scratch, map, path, mappings))),
                            0644, error);
    arena_free(&scratch);
    return status;
}
