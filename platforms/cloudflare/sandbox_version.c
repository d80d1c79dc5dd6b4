/* Versions and deployments (contract sections 2.2, 2.3 and 4). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "platforms/cloudflare/sandbox_call.h"

enum { LONGEST_MESSAGE = 1000, MOST_LIVE = 2, PER_PAGE = 10, MOST_DEPLOYMENTS = 100 };

#define AUTHOR    "sandbox@example.com"
#define AUTHOR_ID "5a4db0c5a4db0c5a4db0c5a4db0c0002"

static char *version_key(struct call *call, const char *id)
{
    return arena_printf(call->arena, "cloudflare/versions/%s", id);
}

json_t *workers_load_version(struct call *call, const char *id)
{
    return sandbox_load(call->sandbox, call->arena, version_key(call, id));
}

json_t *workers_live_version(struct call *call)
{
    const char *id = json_find_string(call->script, "deployments[0].versions[0].version_id", NULL);
    return id ? workers_load_version(call, id) : NULL;
}

json_t *workers_newest_version(struct call *call)
{
    const char *id = json_find_string(call->script, "versions[0]", NULL);
    return id ? workers_load_version(call, id) : NULL;
}

json_t *workers_own_version(struct call *call, const char *id)
{
    json_t *version = workers_load_version(call, id);
    bool own = strcmp(json_find_string(version, "script", ""), call->name) == 0;
    return own ? version : NULL;
}

static bool is_public(const char *key, bool with_resources)
{
    static const char *const keys[] = {"id", "number", "metadata", "annotations"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return with_resources && strcmp(key, "resources") == 0;
}

json_t *workers_public_version(const json_t *version, bool with_resources)
{
    const char *key;
    json_t *value, *shown = json_object();
    json_object_foreach((json_t *)(uintptr_t)version, key, value)
    {
        if (is_public(key, with_resources))
            json_object_set(shown, key, value);
    }
    return shown;
}

/* At most `limit` bytes of text, not cut within a character. */
static json_t *cut(const char *text, size_t limit)
{
    size_t size = strlen(text);
    if (size > limit)
        for (size = limit; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80;)
            size--;
    return json_text(text, size);
}

static json_t *make_annotations(const json_t *sent, const char *trigger)
{
    const char *message = json_string_value(json_object_get(sent, "workers/message"));
    json_t *annotations = sent ? json_deep_copy(sent) : json_object();
    if (message)
        json_object_set_new(annotations, "workers/message", cut(message, LONGEST_MESSAGE));
    json_object_set_new(annotations, "workers/triggered_by", json_string(trigger));
    return annotations;
}

/* Saves the bodies and describes them. NULL after a failure. */
static json_t *save_parts(struct call *call, const struct upload *upload, const char *id)
{
    json_t *parts = json_own(call->arena, json_array());
    for (size_t i = 0; i < upload->count; i++) {
        const struct sandbox_part *part = &upload->parts[i];
        char *key = arena_printf(call->arena, "%s/parts/%zu", version_key(call, id), i);
        char digest[65];
        digest_sha256(part->body, digest);
        json_array_append_new(
            parts, json_pack("{s:s, s:s?, s:s, s:I, s:s, s:s}", "name", part->name, "filename",
                             part->filename, "media_type", part->media_type, "bytes",
                             (json_int_t)part->body.size, "sha256", digest, "blob", key));
        if (sandbox_save_blob(call->sandbox, key, part->body) != 0) {
            workers_fail(call, 500, 10002, "the sandbox cannot write its state");
            return NULL;
        }
    }
    return parts;
}

/* Of the content alone: settings do not count, and the same parts have the same. */
static char *etag_of(struct call *call, json_t *parts)
{
    size_t index;
    json_t *part;
    char digest[65];
    const char *all = "";
    json_array_foreach(parts, index, part)
    {
        all = arena_printf(call->arena, "%s%s %s %s\n", all, json_find_string(part, "name", ""),
                           json_find_string(part, "media_type", ""),
                           json_find_string(part, "sha256", ""));
    }
    digest_sha256(bytes_of(all), digest);
    return arena_strdup(call->arena, digest);
}

/* The platform runs the script to find them; here their words are looked for. */
static json_t *find_handlers(const struct upload *upload)
{
    static const char *const words[] = {"fetch", "scheduled", "queue", "email", "tail"};
    json_t *handlers = json_array();
    const char *text = (const char *)upload->main->body.data;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]), at = 0;
        while (at + size < upload->main->body.size && strncmp(text + at, words[i], size) != 0)
            at++;
        if (at + size < upload->main->body.size)
            json_array_append_new(handlers, json_string(words[i]));
    }
    return handlers;
}

static json_t *make_runtime(const json_t *metadata)
{
    json_t *flags = json_object_get(metadata, "compatibility_flags");
    json_t *runtime = json_pack("{s:s, s:o, s:s}", "compatibility_date",
                                json_find_string(metadata, "compatibility_date", "2021-11-02"),
                                "compatibility_flags", flags ? json_incref(flags) : json_array(),
                                "usage_model", "standard");
    if (json_object_get(metadata, "limits"))
        json_object_set(runtime, "limits", json_object_get(metadata, "limits"));
    return runtime;
}

/* Gives the version its number, id and times, puts it first in the script, and saves it. */
static json_t *register_version(struct call *call, const char *id, json_t *version)
{
    json_int_t number = json_find_integer(call->script, "last_number", 0) + 1;
    json_object_set_new(call->script, "last_number", json_integer(number));
    json_object_set_new(version, "id", json_string(id));
    json_object_set_new(version, "number", json_integer(number));
    json_object_set_new(version, "script", json_string(call->name));
    json_object_set_new(
        version, "metadata",
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "created_on", workers_now(call), "modified_on",
                  workers_now(call), "source", workers_source(call), "author_id", AUTHOR_ID,
                  "author_email", AUTHOR, "hasPreview",
                  json_find_bool(call->script, "subdomain.previews_enabled", false)));
    if (workers_save(call, version_key(call, id), version) != 0)
        return NULL;
    json_array_insert_new(json_object_get(call->script, "versions"), 0, json_string(id));
    return version;
}

json_t *workers_add_version(struct call *call, const struct upload *upload, json_t *bindings,
                            const char *trigger)
{
    const char *id = sandbox_uuid(call->sandbox, call->arena);
    json_t *parts = save_parts(call, upload, id);
    if (!parts)
        return NULL;
    json_t *script = json_pack("{s:s, s:o, s:s}", "etag", etag_of(call, parts), "handlers",
                               find_handlers(upload), "last_deployed_from", workers_source(call));
    json_t *placement = json_object_get(upload->metadata, "placement");
    const char *mode = json_find_string(placement, "mode", NULL);
    if (mode) { /* cloudflare/workers-sdk pull request 13843 quotes a reply with both */
        json_object_set(script, "placement", placement);
        json_object_set_new(script, "placement_mode", json_string(mode));
    }
    json_t *version = json_own(
        call->arena,
        json_pack("{s:o, s:{s:o, s:o, s:O}, s:s, s:s, s:O, s:O}", "annotations",
                  make_annotations(json_object_get(upload->metadata, "annotations"), trigger),
                  "resources", "script", script, "script_runtime", make_runtime(upload->metadata),
                  "bindings", bindings, "main", upload->main->name, "format",
                  upload->modules ? "modules" : "service-worker", "sent", upload->metadata, "parts",
                  parts));
    return register_version(call, id, version);
}

json_t *workers_copy_version(struct call *call, json_t *bindings, json_t *annotations,
                             const char *trigger)
{
    json_t *before = workers_newest_version(call);
    if (!before) {
        workers_fail(call, 404, 10007, "The Worker has no version.");
        return NULL;
    }
    json_t *version = json_own(call->arena, json_deep_copy(before));
    json_object_set(json_object_get(version, "resources"), "bindings", bindings);
    json_object_set_new(version, "annotations", make_annotations(annotations, trigger));
    return register_version(call, sandbox_uuid(call->sandbox, call->arena), version);
}

static void forget_oldest(json_t *deployments)
{
    while (json_array_size(deployments) > MOST_DEPLOYMENTS)
        json_array_remove(deployments, json_array_size(deployments) - 1);
}

json_t *workers_deploy(struct call *call, json_t *versions, const char *trigger,
                       const char *message)
{
    json_t *annotations = json_pack("{s:s}", "workers/triggered_by", trigger);
    if (message && message[0])
        json_object_set_new(annotations, "workers/message", cut(message, LONGEST_MESSAGE));
    json_t *deployment = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:s}", "id", sandbox_uuid(call->sandbox, call->arena),
        "source", workers_source(call), "strategy", "percentage", "author_email", AUTHOR,
        "annotations", annotations, "versions", versions, "created_on", workers_now(call));
    json_t *deployments = json_object_get(call->script, "deployments");
    json_array_insert_new(deployments, 0, deployment);
    forget_oldest(deployments);
    return deployment;
}

json_t *workers_deploy_whole(struct call *call, const json_t *version, const char *trigger,
                             const char *message)
{
    json_t *versions =
        json_pack("[{s:O, s:i}]", "version_id", json_object_get(version, "id"), "percentage", 100);
    return workers_deploy(call, versions, trigger, message);
}

static void post_version(struct call *call)
{
    struct upload upload;
    if (workers_read_upload(call, &upload) != 0)
        return;
    if (!upload.modules) {
        workers_fail(call, 400, 10026, "versions need ES modules: 'main_module' in the metadata");
        return;
    }
    json_t *bindings = workers_bindings(call, &upload);
    json_t *version =
        bindings ? workers_add_version(call, &upload, bindings, "version_upload") : NULL;
    if (!version || workers_save_script(call) != 0)
        return;
    json_t *shown = workers_public_version(version, true);
    json_t *metadata = json_deep_copy(json_object_get(version, "metadata"));
    json_object_set(metadata, "has_preview", json_object_get(metadata, "hasPreview"));
    json_object_set_new(shown, "metadata", metadata);
    json_object_set_new(shown, "startup_time_ms", json_integer(1));
    workers_answer(call, shown);
}

static json_int_t query_number(struct call *call, const char *name, json_int_t fallback)
{
    const char *text = sandbox_query(call->request, name);
    long value = text ? strtol(text, NULL, 10) : 0;
    return value > 0 && value <= 1000 ? value : fallback;
}

/* Newest first; deployable=true "ignores pagination" (OpenAPI schema, 2024-08-06). */
static void list_versions(struct call *call)
{
    const json_t *ids = json_object_get(call->script, "versions");
    const char *deployable = sandbox_query(call->request, "deployable");
    size_t total = json_array_size(ids), first = 0, last = total;
    json_int_t page = query_number(call, "page", 1);
    json_int_t per_page = query_number(call, "per_page", PER_PAGE);
    if (!deployable || strcmp(deployable, "true") != 0) {
        first = (size_t)((page - 1) * per_page);
        last = first + (size_t)per_page < total ? first + (size_t)per_page : total;
    }
    json_t *items = json_array();
    for (size_t i = first; i < last; i++) {
        const json_t *version =
            workers_load_version(call, json_string_value(json_array_get(ids, i)));
        if (version)
            json_array_append_new(items, workers_public_version(version, false));
    }
    workers_answer_page(call, json_pack("{s:o}", "items", items), total, page, per_page);
}

static void get_version(struct call *call)
{
    json_t *version = workers_own_version(call, call->args[1]);
    if (version)
        workers_answer(call, workers_public_version(version, true));
    else
        workers_fail(call, 404, 10007, "The version does not exist.");
}

static void list_deployments(struct call *call)
{
    workers_answer(call,
                   json_pack("{s:O}", "deployments", json_object_get(call->script, "deployments")));
}

static void get_deployment(struct call *call)
{
    size_t index;
    json_t *deployment;
    json_array_foreach(json_object_get(call->script, "deployments"), index, deployment)
    {
        if (strcmp(json_find_string(deployment, "id", ""), call->args[1]) != 0)
            continue;
        workers_answer(call, json_incref(deployment));
        return;
    }
    workers_fail(call, 404, 10007, "The deployment does not exist.");
}

/* One entry of a deployment; -1 after the failure has been answered. */
static int check_share(struct call *call, json_t *entries, size_t index, double *total)
{
    json_t *entry = json_array_get(entries, index);
    const char *id = json_find_string(entry, "version_id", "");
    double percentage = json_number_value(json_object_get(entry, "percentage"));
    if (percentage < 0.01 || percentage > 100) {
        workers_fail(call, 400, 10026, "percentage must be between 0.01 and 100");
        return -1;
    }
    if (!workers_own_version(call, id)) {
        workers_fail(call, 404, 10007, "The version '%s' does not exist.", id);
        return -1;
    }
    for (size_t i = 0; i < index; i++)
        if (strcmp(json_find_string(json_array_get(entries, i), "version_id", ""), id) == 0) {
            workers_fail(call, 400, 10026, "version '%s' is listed twice", id);
            return -1;
        }
    *total += percentage;
    return 0;
}

/* Percentages total 100, at most two versions (contract section 2.3). */
static json_t *read_shares(struct call *call)
{
    json_t *entries = json_object_get(call->body, "versions");
    double total = 0;
    if (strcmp(json_find_string(call->body, "strategy", ""), "percentage") != 0) {
        workers_fail(call, 400, 10026, "strategy must be 'percentage'");
        return NULL;
    }
    if (json_array_size(entries) < 1 || json_array_size(entries) > MOST_LIVE) {
        workers_fail(call, 400, 10026, "a deployment has one or two versions, not %zu",
                     json_array_size(entries));
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(entries); i++)
        if (check_share(call, entries, i, &total) != 0)
            return NULL;
    if (fabs(total - 100) > 1e-6) {
        workers_fail(call, 400, 10026, "the percentages of the versions must total 100");
        return NULL;
    }
    return entries;
}

static void post_deployment(struct call *call)
{
    size_t index;
    json_t *entry, *shares, *entries = read_shares(call);
    if (!entries)
        return;
    shares = json_array();
    json_array_foreach(entries, index, entry)
    {
        json_array_append_new(shares, json_pack("{s:O, s:O}", "version_id",
                                                json_object_get(entry, "version_id"), "percentage",
                                                json_object_get(entry, "percentage")));
    }
    const json_t *message =
        json_object_get(json_object_get(call->body, "annotations"), "workers/message");
    json_t *deployment = workers_deploy(call, shares, "deployment", json_string_value(message));
    if (workers_save_script(call) == 0)
        workers_answer(call, json_incref(deployment));
}

const struct route workers_version_routes[] = {
    {"GET", "accounts/@/workers/scripts/?/versions", ROUTE_SCRIPT, list_versions},
    {"POST", "accounts/@/workers/scripts/?/versions", ROUTE_SCRIPT, post_version},
    {"GET", "accounts/@/workers/scripts/?/versions/?", ROUTE_SCRIPT, get_version},
    {"GET", "accounts/@/workers/scripts/?/deployments", ROUTE_SCRIPT, list_deployments},
    {"POST", "accounts/@/workers/scripts/?/deployments", ROUTE_SCRIPT | ROUTE_JSON,
     post_deployment},
    {"GET", "accounts/@/workers/scripts/?/deployments/?", ROUTE_SCRIPT, get_deployment},
    {0},
};
