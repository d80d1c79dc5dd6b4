/* Bindings: what a version gets from its metadata, from the version before and from secrets.
   Contract sections 2.4, 3 and 5 (10052 to 10057), section 6 (vars). */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/sandbox_call.h"

enum { MOST_VARIABLES = 128, LARGEST_VARIABLE = 5 * 1024 };

static bool is_secret(const char *type)
{
    return strcmp(type, "secret_text") == 0 || strcmp(type, "secret_key") == 0;
}

static json_t *find_binding(json_t *bindings, const char *name)
{
    size_t index;
    json_t *binding;
    json_array_foreach(bindings, index, binding)
    {
        if (strcmp(json_find_string(binding, "name", ""), name) == 0)
            return binding;
    }
    return NULL;
}

/* The binding as it is kept and shown: a secret without its text. */
static void add_binding(json_t *bindings, const json_t *binding)
{
    json_t *copy = json_deep_copy(binding);
    if (is_secret(json_find_string(copy, "type", "")))
        json_object_del(copy, "text");
    json_array_append_new(bindings, copy);
}

static bool has_part(const struct upload *upload, const char *name)
{
    for (size_t i = 0; i < upload->count; i++)
        if (strcmp(upload->parts[i].name, name) == 0)
            return true;
    return false;
}

static bool is_too_large(struct call *call, const json_t *binding)
{
    const char *type = json_find_string(binding, "type", "");
    if (strcmp(type, "json") == 0)
        return strlen(json_print(call->arena, json_object_get(binding, "json"))) > LARGEST_VARIABLE;
    bool text = strcmp(type, "plain_text") == 0 || strcmp(type, "secret_text") == 0;
    return text && json_string_length(json_object_get(binding, "text")) > LARGEST_VARIABLE;
}

/* -1 after the failure has been answered. */
static int check_binding(struct call *call, const struct upload *upload, const json_t *binding)
{
    const char *name = json_find_string(binding, "name", "");
    const char *type = json_find_string(binding, "type", "");
    bool wasm = strcmp(type, "wasm_module") == 0;
    if (name[0] == '\0')
        workers_fail(call, 400, 10052, "a binding has no name");
    else if (type[0] == '\0')
        workers_fail(call, 400, 10021, "binding '%s' has no type", name);
    else if (strcmp(type, "json") == 0 && !json_object_get(binding, "json"))
        workers_fail(call, 400, 10021, "binding '%s' has no json", name);
    else if (is_too_large(call, binding))
        workers_fail(call, 400, 10054, "binding '%s' is larger than 5 KB", name);
    else if (wasm && upload->modules)
        workers_fail(call, 400, 10021, "binding '%s': modules import wasm, they do not bind it",
                     name);
    else if (wasm && !has_part(upload, json_find_string(binding, "part", "")))
        workers_fail(call, 400, 10056, "binding '%s' names a part that is missing", name);
    else
        return 0;
    return -1;
}

/* {"type":"inherit"}: the binding of that name (or old_name) in the newest version, or in the one
   that version_id names; strict fails where there is none, else it is dropped (contract section 3;
   what is inherited from: the vendor's SDK 7.3.0, "by default, inherits the binding from the latest
   version"). */
static int inherit(struct call *call, json_t *before, const json_t *binding, json_t *bindings)
{
    const char *name = json_find_string(binding, "name", ""), *mode;
    const char *from = json_find_string(binding, "version_id", "latest");
    if (call->script && strcmp(from, "latest") != 0)
        before = json_find(workers_own_version(call, from), "resources.bindings");
    const json_t *found = find_binding(before, json_find_string(binding, "old_name", name));
    if (found) {
        add_binding(bindings, found);
        json_object_set_new(json_array_get(bindings, json_array_size(bindings) - 1), "name",
                            json_string(name));
        return 0;
    }
    mode = sandbox_query(call->request, "bindings_inherit");
    if (!mode || strcmp(mode, "strict") != 0)
        return 0;
    workers_fail(call, 400, 10057, "binding '%s' cannot be inherited: there is none", name);
    return -1;
}

/* keep_bindings names types that are carried over when the metadata does not set them anew. */
static void keep(json_t *before, const json_t *metadata, json_t *bindings)
{
    size_t index, type_index;
    json_t *binding, *type;
    json_array_foreach(before, index, binding)
    {
        if (find_binding(bindings, json_find_string(binding, "name", "")))
            continue;
        json_array_foreach(json_object_get(metadata, "keep_bindings"), type_index, type)
        {
            const char *kept = json_string_value(type);
            if (kept && strcmp(kept, json_find_string(binding, "type", "")) == 0)
                add_binding(bindings, binding);
        }
    }
}

static int check_count(struct call *call, json_t *bindings)
{
    size_t index, count = 0;
    json_t *binding;
    json_array_foreach(bindings, index, binding)
    {
        const char *type = json_find_string(binding, "type", "");
        count += strcmp(type, "plain_text") == 0 || strcmp(type, "json") == 0 || is_secret(type);
    }
    if (count <= MOST_VARIABLES)
        return 0;
    workers_fail(call, 400, 10055, "too many variables: %zu, at most %d", count, MOST_VARIABLES);
    return -1;
}

json_t *workers_bindings(struct call *call, const struct upload *upload)
{
    json_t *newest = call->script ? workers_newest_version(call) : NULL;
    json_t *before = json_find(newest, "resources.bindings"), *binding;
    json_t *bindings = json_own(call->arena, json_array());
    size_t index;
    json_array_foreach(json_object_get(upload->metadata, "bindings"), index, binding)
    {
        if (check_binding(call, upload, binding) != 0)
            return NULL;
        bool inherited = strcmp(json_find_string(binding, "type", ""), "inherit") == 0;
        if (!inherited)
            add_binding(bindings, binding);
        else if (inherit(call, before, binding, bindings) != 0)
            return NULL;
    }
    keep(before, upload->metadata, bindings);
    return check_count(call, bindings) == 0 ? bindings : NULL;
}

/* The newest version's bindings, to be changed. */
static json_t *newest_bindings(struct call *call)
{
    json_t *bindings = json_find(workers_newest_version(call), "resources.bindings");
    return json_own(call->arena, bindings ? json_deep_copy(bindings) : json_array());
}

static bool drop_binding(json_t *bindings, const char *name)
{
    for (size_t i = 0; i < json_array_size(bindings); i++)
        if (strcmp(json_find_string(json_array_get(bindings, i), "name", ""), name) == 0)
            return json_array_remove(bindings, i) == 0;
    return false;
}

/* Adds or replaces a secret; -1 after the failure has been answered. */
static int set_secret(struct call *call, json_t *bindings, const char *name, const json_t *secret)
{
    const json_t *text = json_object_get(secret, "text");
    const char *type = json_find_string(secret, "type", "secret_text");
    if (name[0] == '\0')
        workers_fail(call, 400, 10052, "a secret has no name");
    else if (!is_secret(type) || (strcmp(type, "secret_text") == 0 && !json_is_string(text)))
        workers_fail(call, 400, 10026, "secret '%s' has no text", name);
    else if (json_string_length(text) > LARGEST_VARIABLE)
        workers_fail(call, 400, 10054, "secret '%s' is larger than 5 KB", name);
    else {
        drop_binding(bindings, name);
        json_array_append_new(bindings, json_pack("{s:s, s:s}", "name", name, "type", type));
        return check_count(call, bindings);
    }
    return -1;
}

/* Deploying a changed newest version would take along what was uploaded but is not live: refused.
   Code: the captured client's source; its words, shortened. */
static int check_newest_is_live(struct call *call)
{
    const char *newest = json_find_string(call->script, "versions[0]", "");
    json_t *live = json_find(call->script, "deployments[0].versions");
    if (json_array_size(live) == 1 &&
        strcmp(json_find_string(json_array_get(live, 0), "version_id", ""), newest) == 0)
        return 0;
    workers_fail(call, 400, 10215,
                 "Secret edit failed. You attempted to modify a secret, but the latest version of "
                 "your Worker isn't currently deployed.");
    return -1;
}

/* A new version with these bindings, live at once (contract section 2.4). */
static int deploy_bindings(struct call *call, json_t *bindings)
{
    json_t *version = workers_copy_version(call, bindings, NULL, "secret");
    if (!version)
        return -1;
    workers_deploy_whole(call, version, "secret", NULL);
    return workers_save_script(call);
}

static void put_secret(struct call *call)
{
    const char *name = json_find_string(call->body, "name", "");
    json_t *bindings = newest_bindings(call);
    if (check_newest_is_live(call) != 0 || set_secret(call, bindings, name, call->body) != 0 ||
        deploy_bindings(call, bindings) != 0)
        return;
    workers_answer(call, json_pack("{s:s, s:s}", "name", name, "type",
                                   json_find_string(call->body, "type", "secret_text")));
}

static void list_secrets(struct call *call)
{
    size_t index;
    json_t *binding, *secrets = json_array();
    json_array_foreach(newest_bindings(call), index, binding)
    {
        if (is_secret(json_find_string(binding, "type", "")))
            json_array_append_new(secrets,
                                  json_pack("{s:O, s:O}", "name", json_object_get(binding, "name"),
                                            "type", json_object_get(binding, "type")));
    }
    workers_answer(call, secrets);
}

static void delete_secret(struct call *call)
{
    json_t *bindings = newest_bindings(call);
    if (!drop_binding(bindings, call->args[1])) {
        workers_fail(call, 404, 10056, "Binding not found");
        return;
    }
    if (check_newest_is_live(call) == 0 && deploy_bindings(call, bindings) == 0)
        workers_answer(call, json_null());
}

/* {NAME: {"text", "type"} or null}; -1 after a failure. */
static int merge_secrets(struct call *call, json_t *bindings, json_t *changes)
{
    const char *name;
    json_t *secret;
    json_object_foreach(changes, name, secret)
    {
        if (json_is_null(secret))
            drop_binding(bindings, name);
        else if (set_secret(call, bindings, name, secret) != 0)
            return -1;
    }
    return 0;
}

static void patch_secrets(struct call *call)
{
    json_t *bindings = newest_bindings(call);
    json_t *changes = json_object_get(call->body, "secrets");
    if (check_newest_is_live(call) == 0 && merge_secrets(call, bindings, changes) == 0 &&
        deploy_bindings(call, bindings) == 0)
        list_secrets(call);
}

/* The bindings that a PATCH of the settings sends; a secret without its text is the one that is
   there. NULL after a failure. */
static json_t *read_settings_bindings(struct call *call, json_t *sent)
{
    const struct upload nothing = {.modules = true};
    json_t *before = newest_bindings(call), *binding;
    json_t *bindings = json_own(call->arena, json_array());
    size_t index;
    json_array_foreach(sent, index, binding)
    {
        const char *type = json_find_string(binding, "type", "");
        if (check_binding(call, &nothing, binding) != 0)
            return NULL;
        bool known = is_secret(type) && !json_object_get(binding, "text");
        if (!known && strcmp(type, "inherit") != 0)
            add_binding(bindings, binding);
        else if (inherit(call, before, binding, bindings) != 0)
            return NULL;
    }
    return check_count(call, bindings) == 0 ? bindings : NULL;
}

/* What the dashboard sends when a variable or a binding is changed there: a form with one part of
   JSON. A new version of the same code, live at once (inference: so do secrets). */
static void patch_settings(struct call *call)
{
    struct sandbox_part *parts;
    size_t count;
    struct error error;
    json_t *sent = NULL, *bindings = NULL;
    if (sandbox_multipart(call->request, &parts, &count) != 0 || count != 1 ||
        strcmp(parts[0].name, "settings") != 0 ||
        json_read(call->arena, parts[0].body, "settings", FAULT_INPUT, &sent, &error) != 0) {
        workers_fail(call, 400, 10026, "Could not parse request body as a form with 'settings'");
        return;
    }
    json_t *list = json_object_get(sent, "bindings");
    if (check_newest_is_live(call) != 0 ||
        !(bindings = list ? read_settings_bindings(call, list) : newest_bindings(call)))
        return;
    json_t *version = workers_copy_version(call, bindings, NULL, "settings");
    if (!version)
        return;
    workers_deploy_whole(call, version, "settings", NULL);
    if (workers_save_script(call) == 0)
        workers_answer_settings(call);
}

/* Only a version, not live (contract section 2.4, "version-only"). */
static void patch_latest(struct call *call)
{
    json_t *bindings = newest_bindings(call);
    if (strcmp(call->args[1], "latest") != 0) {
        workers_fail(call, 404, 10007, "The version does not exist.");
        return;
    }
    if (merge_secrets(call, bindings, json_object_get(call->body, "env")) != 0)
        return;
    json_t *version =
        workers_copy_version(call, bindings, json_object_get(call->body, "annotations"), "secret");
    if (!version || workers_save_script(call) != 0)
        return;
    workers_answer(call,
                   json_pack("{s:O, s:O, s:O, s:O, s:O}", "id", json_object_get(version, "id"),
                             "number", json_object_get(version, "number"), "created_on",
                             json_find(version, "metadata.created_on"), "annotations",
                             json_object_get(version, "annotations"), "source",
                             json_find(version, "metadata.source")));
}

const struct route workers_secret_routes[] = {
    {"GET", "accounts/@/workers/scripts/?/secrets", ROUTE_SCRIPT, list_secrets},
    {"PUT", "accounts/@/workers/scripts/?/secrets", ROUTE_SCRIPT | ROUTE_JSON, put_secret},
    {"DELETE", "accounts/@/workers/scripts/?/secrets/?", ROUTE_SCRIPT, delete_secret},
    {"PATCH", "accounts/@/workers/scripts/?/secrets-bulk", ROUTE_SCRIPT | ROUTE_JSON,
     patch_secrets},
    {"PATCH", "accounts/@/workers/scripts/?/settings", ROUTE_SCRIPT, patch_settings},
    {"PATCH", "accounts/@/workers/workers/?/versions/?", ROUTE_SCRIPT | ROUTE_JSON, patch_latest},
    {0},
};
