/* What is sent: the parts in a fixed order, and the settings that go with them. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

#define GLUE_NAME   "worker.mjs"
#define MODULE_NAME "module.wasm" /* what the glue imports as "./module.wasm" */

/* Section 3: the types that are legal, by what a file's name ends in. What is not listed comes into
   JavaScript as an ArrayBuffer. */
static const struct {
    const char *ending, *media_type;
} types[] = {
    {".js", "application/javascript+module"},
    {".mjs", "application/javascript+module"},
    {".cjs", "application/javascript"},
    {".wasm", "application/wasm"},
    {".py", "text/x-python"},
    {".map", "application/source-map"},
    {".txt", "text/plain"},
    {".html", "text/plain"},
    {".css", "text/plain"},
    {".csv", "text/plain"},
    {".json", "text/plain"},
    {".md", "text/plain"},
    {".sql", "text/plain"},
    {".svg", "text/plain"},
    {".xml", "text/plain"},
};

static bool ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name), ending_size = strlen(ending);
    return size > ending_size && strcmp(name + size - ending_size, ending) == 0;
}

static const char *media_type(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (ends_in(name, types[i].ending))
            return types[i].media_type;
    return "application/octet-stream";
}

/* Types of bindings to carry over from the version before (section 3), so that what was set in the
   dashboard, by wrangler or by Terraform stays: a tool that only brings code takes nothing away.
   wrangler sends secret_text and secret_key, and with keep_vars plain_text and json. */
static const char *const kept_bindings[] = {
    "secret_text",
    "secret_key",
    "plain_text",
    "json",
    "kv_namespace",
    "durable_object_namespace",
    "r2_bucket",
    "d1",
    "queue",
    "service",
    "analytics_engine",
    "ai",
    "vectorize",
    "hyperdrive",
    "browser",
    "mtls_certificate",
    "dispatch_namespace",
    "send_email",
    "version_metadata",
    "workflow",
    "pipelines",
    "secrets_store_secret",
    "ratelimit",
};

/* One line, keys in this order: it is part of the artifact's digest. */
static char *settings_of(const struct job *job, const char *main)
{
    json_t *flags = json_object_get(job->settings, "compatibility_flags");
    json_t *routes = json_object_get(job->settings, "routes");
    json_t *kept = json_array();
    for (size_t i = 0; i < sizeof kept_bindings / sizeof *kept_bindings; i++)
        json_array_append_new(kept, json_string(kept_bindings[i]));
    json_t *out = json_own(job->arena, json_object());
    json_object_set_new(out, "main_module", json_string(main));
    json_object_set_new(out, "compatibility_date",
                        json_string(job_text(job, "compatibility_date")));
    json_object_set_new(out, "compatibility_flags", flags ? json_deep_copy(flags) : json_array());
    json_object_set_new(out, "keep_bindings", kept);
    json_object_set_new(out, "workers_dev", json_boolean(job_flag(job, "workers_dev", true)));
    json_object_set_new(out, "routes", routes ? json_deep_copy(routes) : json_array());
    return json_print(job->arena, out);
}

static int check_name(const struct artifact *artifact, size_t index, struct error *error)
{
    const char *name = artifact->parts[index].name;
    if (strcmp(name, "metadata") == 0)
        return error_set(error, FAULT_INPUT, "a file cannot be named 'metadata' here");
    for (size_t i = 0; i < index; i++)
        if (strcmp(artifact->parts[i].name, name) == 0)
            return error_set(error, FAULT_INPUT, "two files are named '%s'", name);
    return 0;
}

/* Source maps do not count towards the Worker's size (section 6). */
static int finish(const struct job *job, struct artifact *artifact, bool is_bare,
                  struct error *error)
{
    for (size_t i = 0; i < artifact->part_count; i++) {
        struct part *part = &artifact->parts[i];
        if (check_name(artifact, i, error) != 0)
            return -1;
        part->filename = part->name;
        part->media_type = media_type(part->name);
    }
    artifact->settings = settings_of(job, artifact->parts[0].name);
    artifact_seal(artifact);
    if (is_bare)
        artifact->parts[0].body = artifact_glue(job, artifact->sha256);
    for (size_t i = 0; i < artifact->part_count; i++) {
        const struct part *part = &artifact->parts[i];
        artifact->unpacked_bytes += part->body.size;
        if (!ends_in(part->name, ".map"))
            artifact->counted_bytes += part->body.size;
    }
    return 0;
}

/* A Worker cannot be wasm alone: its main must be a script (section 8). */
static int check_main(const struct part *main, struct error *error)
{
    if (ends_in(main->name, ".js") || ends_in(main->name, ".mjs") || ends_in(main->name, ".py"))
        return 0;
    error_set(error, FAULT_INPUT, "main '%s' is no ES module", main->name);
    return error_hint(error,
                      "name a .js or .mjs file as 'main', or only a 'module' without 'main'");
}

int cloudflare_pack(const struct job *job, const struct payload *payload, struct artifact *out,
                    struct error *error)
{
    bool is_bare = payload->form == PAYLOAD_BARE;
    size_t extra = is_bare ? 1 : 0;
    *out = (struct artifact){0};
    if (payload->form == PAYLOAD_PACKAGE)
        return error_set(error, FAULT_INPUT, "a ready 'package' cannot be deployed to %s",
                         job->entry->platform->title);
    if (payload->part_count == 0)
        return error_set(error, FAULT_INPUT, "there is nothing to pack");
    if (!is_bare && check_main(&payload->parts[0], error) != 0)
        return -1;
    out->part_count = payload->part_count + extra;
    out->parts = arena_alloc(job->arena, out->part_count, sizeof *out->parts);
    memcpy(out->parts + extra, payload->parts, payload->part_count * sizeof *out->parts);
    if (is_bare) {
        out->parts[0] = (struct part){.name = GLUE_NAME, .body = bytes_of(job->entry->glue)};
        out->parts[1].name = MODULE_NAME;
    }
    return finish(job, out, is_bare, error);
}

/* Keys of the settings that are not the version's but the script's. */
static const char *const own_keys[] = {"workers_dev", "routes"};

/* Settings that belong to a version and are lost when an upload does not name them: the client
   sends them anew when it copies a version. What belongs to the script (observability, logpush,
   tails, tags, cron triggers) no upload of a version touches (section 2.2). */
static void keep_settings(const json_t *base, json_t *metadata)
{
    json_t *placement = json_find(base, "resources.script.placement");
    json_t *limits = json_find(base, "resources.script_runtime.limits");
    json_t *cache = json_find(base, "cache_options");
    const char *mode = json_find_string(base, "resources.script.placement_mode", NULL);
    if (json_is_object(placement) && json_object_size(placement) > 0) {
        placement = json_deep_copy(placement);
        json_object_del(placement, "status");
        json_object_del(placement, "last_analyzed_at");
        json_object_set_new(metadata, "placement", placement);
    } else if (mode) {
        json_object_set_new(metadata, "placement", json_pack("{s:s}", "mode", mode));
    }
    if (json_is_object(limits) && json_object_size(limits) > 0)
        json_object_set(metadata, "limits", limits);
    if (json_is_object(cache))
        json_object_set(metadata, "cache_options", cache);
    json_object_set_new(metadata, "keep_assets", json_true());
}

/* Each binding of what is live by its name, whatever its type: `keep_bindings` alone would keep
   those of the newest version, which need not be live, and of the types that it knows. */
static json_t *inherited(const json_t *base)
{
    json_t *out = json_array(), *binding;
    const char *version = json_find_string(base, "id", NULL);
    size_t i;
    json_array_foreach(json_find(base, "resources.bindings"), i, binding)
    {
        const char *name = json_find_string(binding, "name", NULL);
        if (name && version)
            json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "name", name, "type", "inherit",
                                                 "version_id", version));
    }
    return out;
}

char *cloudflare_metadata(const struct job *job, const struct artifact *artifact,
                          const json_t *base)
{
    json_t *settings = NULL;
    struct error error;
    if (json_read(job->arena, bytes_of(artifact->settings), "settings", FAULT_INPUT, &settings,
                  &error) != 0)
        return arena_strdup(job->arena, "{}");
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
        json_object_del(settings, own_keys[i]);
    json_object_set_new(settings, "bindings", inherited(base));
    json_t *annotations = json_pack("{s:s, s:s}", "workers/message",
                                    cloudflare_message(job->arena, artifact->sha256, job->commit),
                                    "workers/tag", job->tag);
    /* The call that makes a script is known to take message and tag only (section 3). */
    if (base && job->commit)
        json_object_set_new(annotations, "workers/commit_sha", json_string(job->commit));
    json_object_set_new(settings, "annotations", annotations);
    if (base)
        keep_settings(base, settings);
    return json_print(job->arena, settings);
}
