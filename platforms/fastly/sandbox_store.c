/* Config, KV and secret stores, as far as the CLI's set-up of a new service goes. Values of
   secrets are taken and never kept. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "platforms/fastly/sandbox_parts.h"

static char *store_key(struct call *call, const char *id)
{
    return arena_printf(call->arena, "fastly/stores/%s/%s", call->words[2], id);
}

/* The store that the path names; NULL after a 404. */
static json_t *find_store(struct call *call)
{
    const char *id = call->words[3];
    bool is_key = *id && !id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                        "0123456789")];
    json_t *store = is_key ? sandbox_load(call->sandbox, call->arena, store_key(call, id)) : NULL;
    if (!store)
        fastly_fail(call, 404, "Record not found", "Cannot find store");
    call->id = id;
    return store;
}

static json_t *all_below(struct call *call, const char *key)
{
    size_t count;
    json_t *out = json_array();
    const char **names = sandbox_list(call->sandbox, call->arena, key, &count);
    for (size_t i = 0; i < count; i++) {
        json_t *item = sandbox_load(call->sandbox, call->arena,
                                    arena_printf(call->arena, "%s/%s", key, names[i]));
        if (item)
            json_array_append(out, item);
    }
    return out;
}

static json_t *stores_of(struct call *call)
{
    return all_below(call, arena_printf(call->arena, "fastly/stores/%s", call->words[2]));
}

static void list_config(struct call *call)
{
    fastly_answer(call, 200, stores_of(call));
}

static void list_paged(struct call *call)
{
    fastly_answer(call, 200,
                  json_pack("{s:o, s:{s:i}}", "data", stores_of(call), "meta", "limit", 100));
}

static void create(struct call *call, const char *name, unsigned status)
{
    size_t i;
    json_t *other, *stores = json_own(call->arena, stores_of(call));
    if (!name || !*name) {
        fastly_fail(call, 400, "Bad request", "Name can't be blank");
        return;
    }
    json_array_foreach(stores, i, other)
    {
        if (strcmp(json_find_string(other, "name", ""), name) == 0) {
            fastly_fail(call, 409, "Duplicate record", "A store of that name exists");
            return;
        }
    }
    json_t *now = json_own(call->arena, fastly_now(call));
    const char *id = fastly_new_id(call);
    json_t *store = json_own(call->arena, json_pack("{s:s, s:o, s:O, s:O}", "id", id, "name",
                                                    json_text(name, strlen(name)), "created_at",
                                                    now, "updated_at", now));
    if (fastly_save(call, store_key(call, id), store) == 0)
        fastly_answer(call, status, json_incref(store));
}

static void create_config(struct call *call)
{
    create(call, sandbox_form(call->request, "name"), 200);
}

/* The name out of a JSON body; NULL when it is none. */
static const char *name_in_body(struct call *call)
{
    json_t *body;
    struct error error;
    if (json_read(call->arena, call->request->body, "body", FAULT_INPUT, &body, &error) != 0)
        return NULL;
    return json_find_string(body, "name", NULL);
}

/* 201 as captured for KV stores. */
static void create_kv(struct call *call)
{
    create(call, name_in_body(call), 201);
}

static void create_secret(struct call *call)
{
    create(call, name_in_body(call), 200);
}

static void get_store(struct call *call)
{
    json_t *store = find_store(call);
    if (store)
        fastly_answer(call, 200, json_incref(store));
}

static void rename_config(struct call *call)
{
    json_t *store = find_store(call);
    if (!store)
        return;
    if (sandbox_form(call->request, "name"))
        json_object_set_new(store, "name", fastly_form(call, "name"));
    json_object_set_new(store, "updated_at", fastly_now(call));
    if (fastly_save(call, store_key(call, call->id), store) == 0)
        fastly_answer(call, 200, json_incref(store));
}

/* True when a version of the service has a link to the store. */
static bool is_linked(struct call *call, json_t *service, const char *store)
{
    const char *id = json_find_string(service, "id", "");
    for (json_int_t number = json_find_integer(service, "last", 0); number > 0; number--) {
        size_t i;
        json_t *link, *version = fastly_load_version(call, id, number);
        json_array_foreach(json_object_get(version, "resources"), i, link)
        {
            if (strcmp(json_find_string(link, "resource_id", ""), store) == 0)
                return true;
        }
    }
    return false;
}

/* The services that are linked with the store. */
static void list_services(struct call *call)
{
    size_t count;
    json_t *out;
    if (!find_store(call))
        return;
    out = json_array();
    const char **ids = sandbox_list(call->sandbox, call->arena, "fastly/services", &count);
    for (size_t i = 0; i < count; i++) {
        json_t *service = fastly_load_service(call, ids[i]);
        if (service && is_linked(call, service, call->id))
            json_array_append(out, service);
    }
    fastly_answer(call, 200, out);
}

static void delete_store(struct call *call)
{
    if (!find_store(call))
        return;
    sandbox_delete(call->sandbox, store_key(call, call->id));
    fastly_answer_ok(call);
}

/* Entries are named freely: their state goes by the digest of the name. */
static char *entry_key(struct call *call, const char *name)
{
    char sha256[65];
    digest_sha256(bytes_of(name), sha256);
    return arena_printf(call->arena, "%s/entries/%s", store_key(call, call->id), sha256);
}

static json_t *find_entry(struct call *call)
{
    if (!find_store(call))
        return NULL;
    json_t *item = sandbox_load(call->sandbox, call->arena,
                                entry_key(call, call->words[call->word_count - 1]));
    if (!item)
        fastly_fail(call, 404, "Record not found", "Cannot find entry");
    return item;
}

static json_t *entries_of(struct call *call)
{
    return all_below(call, arena_printf(call->arena, "%s/entries", store_key(call, call->id)));
}

static void list_items(struct call *call)
{
    if (find_store(call))
        fastly_answer(call, 200, entries_of(call));
}

static void save_item(struct call *call, const char *name)
{
    json_t *value = fastly_form(call, "item_value");
    if (!name || !*name || !value) {
        json_decref(value);
        fastly_fail(call, 400, "Bad request", "Item needs a key and a value");
        return;
    }
    json_t *now = json_own(call->arena, fastly_now(call));
    json_t *item =
        json_own(call->arena, json_pack("{s:s, s:o, s:o, s:O, s:O}", "store_id", call->id,
                                        "item_key", json_text(name, strlen(name)), "item_value",
                                        value, "created_at", now, "updated_at", now));
    if (fastly_save(call, entry_key(call, name), item) == 0)
        fastly_answer(call, 200, json_incref(item));
}

static void put_item(struct call *call)
{
    if (find_store(call))
        save_item(call, call->words[5]);
}

static void add_item(struct call *call)
{
    if (find_store(call))
        save_item(call, sandbox_form(call->request, "item_key"));
}

static void get_entry(struct call *call)
{
    json_t *item = find_entry(call);
    if (item)
        fastly_answer(call, 200, json_incref(item));
}

static void delete_entry(struct call *call)
{
    if (!find_entry(call))
        return;
    sandbox_delete(call->sandbox, entry_key(call, call->words[call->word_count - 1]));
    fastly_answer_ok(call);
}

static void list_keys(struct call *call)
{
    size_t i;
    json_t *item, *names = json_array();
    if (find_store(call)) {
        json_array_foreach(json_own(call->arena, entries_of(call)), i, item)
        {
            json_array_append(names, json_object_get(item, "key"));
        }
        fastly_answer(call, 200, json_pack("{s:O, s:{s:i}}", "data", names, "meta", "limit", 100));
    }
    json_decref(names);
}

static void put_key(struct call *call)
{
    if (!find_store(call))
        return;
    const char *name = call->words[5];
    json_t *item = json_own(call->arena, json_pack("{s:o}", "key", json_text(name, strlen(name))));
    char *key = entry_key(call, name);
    if (sandbox_save_blob(call->sandbox, arena_printf(call->arena, "%s/value", key),
                          call->request->body) != 0)
        fastly_fail(call, 500, "Internal Server Error", "The sandbox cannot keep the value");
    else if (fastly_save(call, key, item) == 0)
        fastly_answer(call, 200, json_object());
}

static void get_key(struct call *call)
{
    struct bytes value;
    json_t *item = find_entry(call);
    if (!item)
        return;
    char *key = arena_printf(call->arena, "%s/value", entry_key(call, call->words[5]));
    if (sandbox_load_blob(call->sandbox, call->arena, key, &value) != 0) {
        fastly_fail(call, 404, "Record not found", "Cannot find entry");
        return;
    }
    call->reply->status = 200;
    call->reply->body = value;
    sandbox_reply_header(call->reply, "Content-Type", "application/octet-stream");
}

/* {"name": ..., "secret": base64}; what is answered is the name and a digest. */
static void put_secret(struct call *call)
{
    json_t *body;
    struct error error;
    struct bytes value;
    if (!find_store(call))
        return;
    if (json_read(call->arena, call->request->body, "body", FAULT_INPUT, &body, &error) != 0 ||
        digest_base64_decode(call->arena, json_find_string(body, "secret", "!"), &value) != 0 ||
        !*json_find_string(body, "name", "")) {
        fastly_fail(call, 400, "Bad request", "A name and a base64 secret are expected");
        return;
    }
    char sha256[65];
    const char *name = json_find_string(body, "name", "");
    digest_sha256(value, sha256);
    json_t *item =
        json_own(call->arena, json_pack("{s:s, s:s, s:b, s:o}", "name", name, "digest", sha256,
                                        "recreated", 0, "created_at", fastly_now(call)));
    if (fastly_save(call, entry_key(call, name), item) == 0)
        fastly_answer(call, 200, json_incref(item));
}

static void list_secrets(struct call *call)
{
    if (find_store(call))
        fastly_answer(call, 200,
                      json_pack("{s:o, s:{s:i}}", "data", entries_of(call), "meta", "limit", 100));
}

const struct route fastly_store_routes[] = {
    {"GET", "resources/stores/config", NEEDS_NOTHING, list_config},
    {"POST", "resources/stores/config", NEEDS_FORM, create_config},
    {"GET", "resources/stores/config/*", NEEDS_NOTHING, get_store},
    {"PUT", "resources/stores/config/*", NEEDS_FORM, rename_config},
    {"DELETE", "resources/stores/config/*", NEEDS_NOTHING, delete_store},
    {"GET", "resources/stores/config/*/services", NEEDS_NOTHING, list_services},
    {"GET", "resources/stores/config/*/items", NEEDS_NOTHING, list_items},
    {"POST", "resources/stores/config/*/item", NEEDS_FORM, add_item},
    {"PUT", "resources/stores/config/*/item/*", NEEDS_FORM, put_item},
    {"GET", "resources/stores/config/*/item/*", NEEDS_NOTHING, get_entry},
    {"DELETE", "resources/stores/config/*/item/*", NEEDS_NOTHING, delete_entry},
    {"GET", "resources/stores/kv", NEEDS_NOTHING, list_paged},
    {"POST", "resources/stores/kv", NEEDS_NOTHING, create_kv},
    {"GET", "resources/stores/kv/*", NEEDS_NOTHING, get_store},
    {"DELETE", "resources/stores/kv/*", NEEDS_NOTHING, delete_store},
    {"GET", "resources/stores/kv/*/keys", NEEDS_NOTHING, list_keys},
    {"PUT", "resources/stores/kv/*/keys/*", NEEDS_NOTHING, put_key},
    {"GET", "resources/stores/kv/*/keys/*", NEEDS_NOTHING, get_key},
    {"DELETE", "resources/stores/kv/*/keys/*", NEEDS_NOTHING, delete_entry},
    {"GET", "resources/stores/secret", NEEDS_NOTHING, list_paged},
    {"POST", "resources/stores/secret", NEEDS_NOTHING, create_secret},
    {"GET", "resources/stores/secret/*", NEEDS_NOTHING, get_store},
    {"DELETE", "resources/stores/secret/*", NEEDS_NOTHING, delete_store},
    {"GET", "resources/stores/secret/*/secrets", NEEDS_NOTHING, list_secrets},
    {"POST", "resources/stores/secret/*/secrets", NEEDS_NOTHING, put_secret},
    {"PUT", "resources/stores/secret/*/secrets", NEEDS_NOTHING, put_secret},
    {"GET", "resources/stores/secret/*/secrets/*", NEEDS_NOTHING, get_entry},
    {"DELETE", "resources/stores/secret/*/secrets/*", NEEDS_NOTHING, delete_entry},
    {0}};
