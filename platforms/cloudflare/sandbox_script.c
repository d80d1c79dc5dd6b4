/* Scripts: the upload that goes live at once, what is live, settings, workers.dev, deletion
   (contract sections 2.1, 2.2 and 4). */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/sandbox_call.h"

enum { MOST_SCRIPTS = 500 }; /* contract section 6, Paid plan */

static void list_scripts(struct call *call)
{
    size_t count;
    json_t *scripts = json_array();
    const char **names = sandbox_list(call->sandbox, call->arena, "cloudflare/scripts", &count);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(scripts, json_pack("{s:s, s:b}", "id", names[i], "has_modules", 1));
    workers_answer(call, scripts);
}

/* A script that has nothing yet; -1 when the account has too many. */
static int create_script(struct call *call)
{
    size_t count;
    sandbox_list(call->sandbox, call->arena, "cloudflare/scripts", &count);
    if (count >= MOST_SCRIPTS) {
        workers_fail(call, 403, 10037, "You have reached the limit of %d Workers", MOST_SCRIPTS);
        return -1;
    }
    call->script = json_own(
        call->arena,
        json_pack("{s:s, s:s, s:s, s:i, s:{s:b, s:b}, s:{s:b, s:n, s:[], s:[]}, s:[], s:[], s:[]}",
                  "id", call->name, "tag",
                  sandbox_random(call->sandbox, call->arena, 32, "0123456789abcdef"), "created_on",
                  workers_now(call), "last_number", 0, "subdomain", "enabled", 0,
                  "previews_enabled", 0, "settings", "logpush", 0, "observability", "tags",
                  "tail_consumers", "schedules", "versions", "deployments"));
    return 0;
}

/* If-Match guards against somebody else's upload in between (10018). */
static int check_etag(struct call *call)
{
    const char *wanted = sandbox_header(call->request, "If-Match");
    const char *etag = json_find_string(call->script ? workers_live_version(call) : NULL,
                                        "resources.script.etag", "");
    if (!wanted || strcmp(wanted, "*") == 0)
        return 0;
    size_t size = strlen(etag);
    bool quoted = wanted[0] == '"' && strncmp(wanted + 1, etag, size) == 0 &&
                  strcmp(wanted + 1 + size, "\"") == 0;
    if (quoted || strcmp(wanted, etag) == 0)
        return 0;
    workers_fail(call, 412, 10018, "workers.api.error.etag_mismatch");
    return -1;
}

/* PUT keeps message and tag only (contract section 3, "annotations"). */
static void drop_annotations(json_t *metadata)
{
    const char *key;
    void *next;
    json_t *value;
    json_object_foreach_safe(json_object_get(metadata, "annotations"), next, key, value)
    {
        (void)value;
        if (strcmp(key, "workers/message") != 0 && strcmp(key, "workers/tag") != 0)
            json_object_del(json_object_get(metadata, "annotations"), key);
    }
}

/* An id without its hyphens: the client puts them back (contract section 4). */
static json_t *plain_id(const json_t *version)
{
    char plain[33] = "";
    size_t size = 0;
    for (const char *id = json_find_string(version, "id", ""); *id && size < 32; id++)
        if (*id != '-')
            plain[size++] = *id;
    return json_string(plain);
}

static json_t *upload_result(struct call *call, const json_t *version)
{
    return json_pack(
        "{s:s, s:O, s:O, s:n, s:O, s:O, s:s, s:b, s:b, s:O, s:n, s:O, s:s, s:O, s:i, s:o}", "id",
        call->name, "etag", json_find(version, "resources.script.etag"), "tag",
        json_object_get(call->script, "tag"), "tags", "created_on",
        json_object_get(call->script, "created_on"), "modified_on",
        json_object_get(call->script, "modified_on"), "usage_model", "standard", "has_assets", 0,
        "has_modules", strcmp(json_find_string(version, "format", ""), "modules") == 0, "handlers",
        json_find(version, "resources.script.handlers"), "named_handlers", "logpush",
        json_find(call->script, "settings.logpush"), "last_deployed_from", workers_source(call),
        "compatibility_date", json_find(version, "resources.script_runtime.compatibility_date"),
        "startup_time_ms", 1, "deployment_id", plain_id(version));
}

/* Settings that are not a version's come with the metadata too (contract section 3). */
static void take_settings(struct call *call, const json_t *from)
{
    static const char *const keys[] = {"logpush", "observability", "tags", "tail_consumers"};
    json_t *settings = json_object_get(call->script, "settings");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (json_object_get(from, keys[i]))
            json_object_set(settings, keys[i], json_object_get(from, keys[i]));
}

static void put_script(struct call *call)
{
    struct upload upload;
    if (check_etag(call) != 0 || workers_read_upload(call, &upload) != 0)
        return;
    json_t *bindings = workers_bindings(call, &upload);
    if (!bindings || (!call->script && create_script(call) != 0))
        return;
    drop_annotations(upload.metadata);
    json_t *version = workers_add_version(call, &upload, bindings, "upload");
    if (!version)
        return;
    const json_t *annotations = json_object_get(version, "annotations");
    take_settings(call, upload.metadata);
    workers_deploy_whole(call, version, "upload",
                         json_string_value(json_object_get(annotations, "workers/message")));
    if (workers_save_script(call) == 0)
        workers_answer(call, upload_result(call, version));
}

static void append_part(struct call *call, struct buffer *body, const char *boundary,
                        const json_t *part)
{
    struct bytes blob;
    const char *name = json_find_string(part, "name", "");
    bool failed =
        sandbox_load_blob(call->sandbox, call->arena, json_find_string(part, "blob", ""), &blob) !=
            0 ||
        buffer_printf(body,
                      "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n"
                      "Content-Type: %s\r\n\r\n",
                      boundary, name, name, json_find_string(part, "media_type", "")) != 0 ||
        buffer_add(body, blob.data, blob.size) != 0 || buffer_add(body, "\r\n", 2) != 0;
    if (failed)
        workers_fail(call, 500, 10002, "the sandbox cannot read its state");
}

/* What is live: a form for modules, the script alone else. The entry's name is in a header. */
static void get_content(struct call *call)
{
    size_t index;
    json_t *part, *version = workers_live_version(call);
    const char *main = json_find_string(version, "main", "");
    char *boundary = sandbox_random(call->sandbox, call->arena, 32, "0123456789abcdef");
    struct buffer *body = buffer_new(call->arena, LIMIT_REQUEST);
    json_array_foreach(json_object_get(version, "parts"), index, part)
    {
        append_part(call, body, boundary, part);
    }
    if (call->reply->status != 0)
        return;
    if (buffer_printf(body, "--%s--\r\n", boundary) != 0)
        return;
    call->reply->status = 200;
    call->reply->body = buffer_bytes(body);
    sandbox_reply_header(call->reply, "Content-Type",
                         arena_printf(call->arena, "multipart/form-data; boundary=%s", boundary));
    sandbox_reply_header(call->reply, "cf-entrypoint", arena_strdup(call->arena, main));
}

static void erase(struct call *call)
{
    size_t index;
    json_t *id;
    json_array_foreach(json_object_get(call->script, "versions"), index, id)
    {
        sandbox_delete(call->sandbox,
                       arena_printf(call->arena, "cloudflare/versions/%s", json_string_value(id)));
    }
    workers_detach(call);
    sandbox_delete(call->sandbox, arena_printf(call->arena, "cloudflare/scripts/%s", call->name));
}

static void delete_script(struct call *call)
{
    erase(call);
    workers_answer(call, json_null());
}

static json_t *service(struct call *call)
{
    json_t *version = workers_live_version(call);
    json_t *created = json_object_get(call->script, "created_on");
    json_t *modified = json_object_get(call->script, "modified_on");
    json_t *script =
        json_pack("{s:s, s:O, s:n, s:O, s:O, s:O, s:O, s:O, s:s, s:O}", "id", call->name, "tag",
                  json_object_get(call->script, "tag"), "tags", "etag",
                  json_find(version, "resources.script.etag"), "handlers",
                  json_find(version, "resources.script.handlers"), "last_deployed_from",
                  json_find(version, "resources.script.last_deployed_from"), "modified_on",
                  modified, "created_on", created, "usage_model", "standard", "compatibility_date",
                  json_find(version, "resources.script_runtime.compatibility_date"));
    return json_pack("{s:s, s:{s:s, s:O, s:O, s:o}, s:O, s:O, s:[{s:s, s:O, s:O}]}", "id",
                     call->name, "default_environment", "environment", "production", "created_on",
                     created, "modified_on", modified, "script", script, "created_on", created,
                     "modified_on", modified, "environments", "environment", "production",
                     "created_on", created, "modified_on", modified);
}

static void get_service(struct call *call)
{
    workers_answer(call, service(call));
}

static void delete_service(struct call *call)
{
    json_t *before = service(call);
    erase(call);
    workers_answer(call, before);
}

static json_t *all_settings(struct call *call)
{
    json_t *version = workers_live_version(call);
    json_t *runtime = json_find(version, "resources.script_runtime");
    json_t *settings = json_deep_copy(json_object_get(call->script, "settings"));
    json_object_update(settings, runtime);
    json_object_set(settings, "bindings", json_find(version, "resources.bindings"));
    return settings;
}

void workers_answer_settings(struct call *call)
{
    workers_answer(call, all_settings(call));
}

static void get_script_settings(struct call *call)
{
    workers_answer(call, json_deep_copy(json_object_get(call->script, "settings")));
}

static void patch_script_settings(struct call *call)
{
    take_settings(call, call->body);
    if (workers_save_script(call) == 0)
        get_script_settings(call);
}

static void get_script_subdomain(struct call *call)
{
    workers_answer(call, json_deep_copy(json_object_get(call->script, "subdomain")));
}

static void post_script_subdomain(struct call *call)
{
    const json_t *enabled = json_object_get(call->body, "enabled");
    const json_t *previews = json_object_get(call->body, "previews_enabled");
    json_t *subdomain = json_object_get(call->script, "subdomain");
    if (!json_is_boolean(enabled) || (previews && !json_is_boolean(previews))) {
        workers_fail(call, 400, 10026, "'enabled' must be true or false");
        return;
    }
    json_object_set_new(subdomain, "enabled", json_boolean(json_is_true(enabled)));
    /* Where nothing was ever said of previews, they are as the subdomain is. */
    bool decided = previews || json_find_bool(call->script, "previews_decided", false);
    json_object_set_new(call->script, "previews_decided", json_boolean(decided));
    if (previews || !decided)
        json_object_set_new(subdomain, "previews_enabled",
                            json_boolean(json_is_true(previews ? previews : enabled)));
    if (workers_save_script(call) == 0)
        get_script_subdomain(call);
}

static void get_worker(struct call *call)
{
    const json_t *script = call->script;
    json_t *created = json_object_get(script, "created_on");
    json_t *modified = json_object_get(script, "modified_on");
    json_t *observability = json_find(script, "settings.observability");
    json_t *tags = json_find(script, "settings.tags");
    workers_answer(call,
                   json_pack("{s:O, s:s, s:O, s:O, s:O, s:O, s:o, s:O, s:O, s:[], s:{}}", "id",
                             json_object_get(script, "tag"), "name", call->name, "created_on",
                             created, "updated_on", modified, "deployed_on", modified, "logpush",
                             json_find(script, "settings.logpush"), "observability",
                             json_is_object(observability) ? json_incref(observability)
                                                           : json_pack("{s:b}", "enabled", 0),
                             "subdomain", json_object_get(script, "subdomain"), "tags", tags,
                             "tail_consumers", "references"));
}

static void get_schedules(struct call *call)
{
    json_t *schedules = json_object_get(call->script, "schedules");
    workers_answer(call, json_pack("{s:O}", "schedules", schedules));
}

static void put_schedules(struct call *call)
{
    size_t index;
    json_t *item, *schedules = json_array();
    json_array_foreach(call->body, index, item)
    {
        json_array_append_new(schedules,
                              json_pack("{s:s, s:s, s:s}", "cron",
                                        json_find_string(item, "cron", ""), "created_on",
                                        workers_now(call), "modified_on", workers_now(call)));
    }
    json_object_set_new(call->script, "schedules", schedules);
    if (workers_save_script(call) == 0)
        get_schedules(call);
}

const struct route workers_script_routes[] = {
    {"GET", "accounts/@/workers/scripts", 0, list_scripts},
    {"PUT", "accounts/@/workers/scripts/?", ROUTE_SCRIPT_NAME, put_script},
    {"GET", "accounts/@/workers/scripts/?", ROUTE_SCRIPT, get_content},
    {"DELETE", "accounts/@/workers/scripts/?", ROUTE_SCRIPT, delete_script},
    {"GET", "accounts/@/workers/scripts/?/content/v2", ROUTE_SCRIPT, get_content},
    {"GET", "accounts/@/workers/services/?", ROUTE_SERVICE, get_service},
    {"DELETE", "accounts/@/workers/services/?", ROUTE_SERVICE, delete_service},
    {"GET", "accounts/@/workers/scripts/?/settings", ROUTE_SCRIPT, workers_answer_settings},
    {"GET", "accounts/@/workers/scripts/?/script-settings", ROUTE_SCRIPT, get_script_settings},
    {"PATCH", "accounts/@/workers/scripts/?/script-settings", ROUTE_SCRIPT | ROUTE_JSON,
     patch_script_settings},
    {"GET", "accounts/@/workers/scripts/?/subdomain", ROUTE_SCRIPT, get_script_subdomain},
    {"POST", "accounts/@/workers/scripts/?/subdomain", ROUTE_SCRIPT | ROUTE_JSON,
     post_script_subdomain},
    {"GET", "accounts/@/workers/scripts/?/schedules", ROUTE_SCRIPT, get_schedules},
    {"PUT", "accounts/@/workers/scripts/?/schedules", ROUTE_SCRIPT | ROUTE_JSON, put_schedules},
    {"GET", "accounts/@/workers/workers/?", ROUTE_SCRIPT, get_worker},
    {0},
};
