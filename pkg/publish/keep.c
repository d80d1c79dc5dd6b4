/* Which of a module's exports stay: those that the platform or our glue use, where that is known,
   and those that the manifest lists. Never by guess. */
#include <string.h>

#include "pkg/base/text.h"
#include "pkg/publish/pipeline.h"

enum { MOST_NEAREST = 10000 }; /* names that are looked through for the nearest one */

static bool matches_any(const struct words *patterns, struct bytes name)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (text_matches_bytes(patterns->items[i], name))
            return true;
    return false;
}

static bool exports_any(const struct wasm_info *info, const struct words *patterns)
{
    for (size_t i = 0; i < info->export_count; i++)
        if (matches_any(patterns, info->exports[i].name))
            return true;
    return false;
}

static const char *nearest_export(struct arena *arena, const struct wasm_info *info,
                                  const char *word)
{
    size_t count = info->export_count < MOST_NEAREST ? info->export_count : MOST_NEAREST;
    const char **names = arena_alloc(arena, count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = wasm_export_name(arena, &info->exports[i]);
    return text_nearest(word, names, count);
}

static int unknown_export(const struct pipeline *pipeline, const struct prepared *target, size_t at,
                          struct error *error)
{
    struct arena *arena = pipeline->arena;
    const struct target *wanted = target->target;
    const char *word = wanted->optimize.keep_exports.items[at], *nearest = NULL;
    for (size_t i = 0; i < target->module_count && !nearest; i++)
        nearest = nearest_export(arena, &target->modules[i].original_info, word);
    manifest_fault(pipeline->manifest, error,
                   arena_printf(arena, "%s.keep_exports[%zu]", wanted->optimize.keep_path, at),
                   target->module_count == 1 ? "module '%.120s' has no export '%.120s'"
                                             : "none of the modules has an export '%.120s'",
                   target->module_count == 1 ? target->modules[0].path : word, word);
    if (nearest)
        return error_hint(error, "did you mean '%s'?", nearest);
    return error_hint(error, "write the name of an export, as inspect lists them; * stands for "
                             "anything");
}

int keep_check(const struct pipeline *pipeline, const struct prepared *target, struct error *error)
{
    const struct words *list = &target->target->optimize.keep_exports;
    for (size_t i = 0; i < target->module_count; i++)
        if (target->modules[i].original_info.kind != WASM_CORE)
            return 0;
    for (size_t w = 0; w < list->count; w++) {
        struct words word = {list->items + w, 1};
        size_t i = 0;
        while (i < target->module_count && !exports_any(&target->modules[i].original_info, &word))
            i++;
        if (i == target->module_count)
            return unknown_export(pipeline, target, w, error);
    }
    return 0;
}

/* A module of several that has none of the listed ones is another's business. */
static bool is_known(const struct prepared *target, const struct wasm_info *info)
{
    const struct words *list = &target->target->optimize.keep_exports;
    if (target->payload.form == PAYLOAD_BARE && profile_knows_exports(target->job.profile, info))
        return true;
    return list->count > 0 && exports_any(info, list);
}

struct kept keep_exports(struct arena *arena, const struct prepared *target,
                         const struct wasm_info *info)
{
    const struct words *list = &target->target->optimize.keep_exports;
    bool bare = target->payload.form == PAYLOAD_BARE;
    struct kept kept = {NULL, 0};
    if (info->kind != WASM_CORE || !is_known(target, info))
        return kept;
    kept.names = arena_alloc(arena, info->export_count + 1, sizeof *kept.names);
    for (size_t i = 0; i < info->export_count; i++) {
        struct bytes name = info->exports[i].name;
        if (matches_any(list, name) || (bare && profile_uses_export(target->job.profile, name)))
            kept.names[kept.count++] = name;
    }
    return kept.count == info->export_count ? (struct kept){NULL, 0} : kept;
}

bool kept_equal(const struct kept *a, const struct kept *b)
{
    bool same = a->count == b->count && !a->names == !b->names;
    for (size_t i = 0; same && i < a->count; i++)
        same = bytes_equal(a->names[i], b->names[i]);
    return same;
}

int publish_kept(struct arena *arena, const struct manifest *manifest, const struct job *job,
                 const char *path, const struct wasm_info *info, struct kept *out,
                 struct error *error)
{
    struct prepared_module module = {.path = path, .original_info = *info};
    struct prepared target = {
        .target = job->target, .job = *job, .modules = &module, .module_count = 1};
    struct pipeline pipeline = {.arena = arena, .manifest = manifest};
    target.payload.form = job->target->main ? PAYLOAD_MAIN : PAYLOAD_BARE;
    if (keep_check(&pipeline, &target, error) != 0)
        return -1;
    *out = keep_exports(arena, &target, info);
    return 0;
}
