/* What a version is configured with besides its package: backends, linked resources, and what
   all its lists have in common. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/fastly/sandbox_parts.h"

json_t *fastly_find_named(json_t *list, const char *key, const char *name, size_t *index)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (strcmp(json_find_string(item, key, ""), name) == 0) {
            *index = i;
            return item;
        }
    }
    return NULL;
}

json_t *fastly_list_of(struct call *call, const char *kind)
{
    return json_object_get(call->version, kind);
}

/* An entry as it is answered: with its service and version. */
json_t *fastly_with_place(struct call *call, json_t *item)
{
    json_t *out = json_copy(item);
    json_object_set_new(out, "service_id", json_string(call->id));
    json_object_set_new(out, "version", json_integer(call->number));
    return out;
}

void fastly_answer_list(struct call *call, const char *kind)
{
    size_t i;
    json_t *item, *out = json_array();
    json_array_foreach(fastly_list_of(call, kind), i, item)
    {
        json_array_append_new(out, fastly_with_place(call, item));
    }
    fastly_answer(call, 200, out);
}

/* The entry that the path names by its last word; NULL after a 404. */
static json_t *entry_at(struct call *call, const char *kind, const char *key, size_t *index)
{
    json_t *item = fastly_find_named(fastly_list_of(call, kind), key,
                                     call->words[call->word_count - 1], index);
    if (!item)
        fastly_fail(call, 404, "Record not found", NULL);
    return item;
}

json_t *fastly_entry(struct call *call, const char *kind, const char *key)
{
    size_t index;
    return entry_at(call, kind, key, &index);
}

void fastly_answer_entry(struct call *call, const char *kind, const char *key)
{
    size_t index;
    json_t *item = entry_at(call, kind, key, &index);
    if (item)
        fastly_answer(call, 200, fastly_with_place(call, item));
}

bool fastly_remove_entry(struct call *call, const char *kind, const char *key)
{
    size_t index;
    if (!entry_at(call, kind, key, &index))
        return false;
    json_array_remove(fastly_list_of(call, kind), index);
    return fastly_save_version(call, call->number, call->version) == 0;
}

/* A new entry under a name that must be given and free; NULL after a refusal. */
json_t *fastly_add_entry(struct call *call, const char *kind, const char *word)
{
    size_t index;
    const char *name = sandbox_form(call->request, "name");
    if (!name || !*name) {
        fastly_fail(call, 400, "Bad request", "Name can't be blank");
        return NULL;
    }
    if (fastly_find_named(fastly_list_of(call, kind), "name", name, &index)) {
        /* Inference: the words; the status is the one of contract section 4. */
        fastly_fail(call, 409, "Duplicate record",
                    arena_printf(call->arena, "Duplicate %s: '%s'", word, name));
        return NULL;
    }
    json_t *now = json_own(call->arena, fastly_now(call));
    json_t *item = json_pack("{s:o, s:O, s:O}", "name", fastly_form(call, "name"), "created_at",
                             now, "updated_at", now);
    json_array_append_new(fastly_list_of(call, kind), item);
    return item;
}

/* Fields of a backend, by the type in which they are listed. */
static const struct {
    const char *name;
    enum { TEXT, NUMBER, TRUTH } type;
} fields[] = {{"address", TEXT},
              {"override_host", TEXT},
              {"ssl_cert_hostname", TEXT},
              {"ssl_sni_hostname", TEXT},
              {"ssl_hostname", TEXT},
              {"ssl_ca_cert", TEXT},
              {"ssl_ciphers", TEXT},
              {"min_tls_version", TEXT},
              {"max_tls_version", TEXT},
              {"shield", TEXT},
              {"healthcheck", TEXT},
              {"request_condition", TEXT},
              {"comment", TEXT},
              {"port", NUMBER},
              {"weight", NUMBER},
              {"connect_timeout", NUMBER},
              {"first_byte_timeout", NUMBER},
              {"between_bytes_timeout", NUMBER},
              {"max_conn", NUMBER},
              {"keepalive_time", NUMBER},
              {"use_ssl", TRUTH},
              {"ssl_check_cert", TRUTH},
              {"auto_loadbalance", TRUTH}};

/* Takes the form's fields over; -1 after a refusal. */
static int read_backend(struct call *call, json_t *backend)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *value = sandbox_form(call->request, fields[i].name);
        if (!value)
            continue;
        if (fields[i].type == NUMBER && (!*value || value[strspn(value, "0123456789")])) {
            fastly_fail(call, 400, "Bad request",
                        arena_printf(call->arena, "'%s' must be a number", fields[i].name));
            return -1;
        }
        bool truth = strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
        json_object_set_new(backend, fields[i].name,
                            fields[i].type == NUMBER  ? json_integer(strtoll(value, NULL, 10))
                            : fields[i].type == TRUTH ? json_boolean(truth)
                                                      : fastly_form(call, fields[i].name));
    }
    json_int_t port = json_find_integer(backend, "port", 0);
    const char *address = json_find_string(backend, "address", "");
    if (!*address || port < 1 || port > 65535) {
        fastly_fail(call, 400, "Bad request",
                    *address ? "Port must be between 1 and 65535" : "Address can't be blank");
        return -1;
    }
    return 0;
}

static void list_backends(struct call *call)
{
    fastly_answer_list(call, "backends");
}

static void get_backend(struct call *call)
{
    fastly_answer_entry(call, "backends", "name");
}

static void add_backend(struct call *call)
{
    json_t *item = fastly_add_entry(call, "backends", "backend");
    if (!item)
        return;
    json_object_set_new(item, "port", json_integer(80));
    if (read_backend(call, item) != 0 ||
        fastly_save_version(call, call->number, call->version) != 0)
        return;
    json_t *out = fastly_with_place(call, item);
    /* As text in the answer to a POST [cap]. */
    json_object_set_new(out, "port",
                        json_string(arena_printf(call->arena, "%lld",
                                                 (long long)json_find_integer(item, "port", 0))));
    fastly_answer(call, 200, out);
}

static void update_backend(struct call *call)
{
    size_t index;
    json_t *item = entry_at(call, "backends", "name", &index);
    if (!item || read_backend(call, item) != 0 ||
        fastly_save_version(call, call->number, call->version) != 0)
        return;
    fastly_answer(call, 200, fastly_with_place(call, item));
}

static void remove_backend(struct call *call)
{
    if (fastly_remove_entry(call, "backends", "name"))
        fastly_answer_ok(call);
}

/* What kind of store it is; NULL when there is none of that id. */
static const char *resource_type(struct call *call, const char *id)
{
    static const char *const kinds[][2] = {
        {"config", "config"}, {"kv", "kv-store"}, {"secret", "secret-store"}};
    if (!*id || id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")])
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (sandbox_load(call->sandbox, call->arena,
                         arena_printf(call->arena, "fastly/stores/%s/%s", kinds[i][0], id)))
            return kinds[i][1];
    return NULL;
}

static void list_resources(struct call *call)
{
    fastly_answer_list(call, "resources");
}

static void get_resource(struct call *call)
{
    fastly_answer_entry(call, "resources", "id");
}

static void add_resource(struct call *call)
{
    const char *id = sandbox_form(call->request, "resource_id");
    const char *type = id ? resource_type(call, id) : NULL;
    if (!type) {
        fastly_fail(call, 400, "Bad request", "Resource does not exist");
        return;
    }
    json_t *item = fastly_add_entry(call, "resources", "resource");
    if (!item)
        return;
    json_object_set_new(item, "id", json_string(fastly_new_id(call)));
    json_object_set_new(item, "resource_id", json_string(id));
    json_object_set_new(item, "resource_type", json_string(type));
    if (fastly_save_version(call, call->number, call->version) == 0)
        fastly_answer(call, 200, fastly_with_place(call, item));
}

/* A link's name is what code opens it by. */
static void update_resource(struct call *call)
{
    json_t *item = fastly_entry(call, "resources", "id");
    if (!item)
        return;
    if (sandbox_form(call->request, "name"))
        json_object_set_new(item, "name", fastly_form(call, "name"));
    if (fastly_save_version(call, call->number, call->version) == 0)
        fastly_answer(call, 200, fastly_with_place(call, item));
}

static void remove_resource(struct call *call)
{
    if (fastly_remove_entry(call, "resources", "id"))
        fastly_answer_ok(call);
}

const struct route fastly_setting_routes[] = {
    {"GET", "service/*/version/*/backend", NEEDS_VERSION, list_backends},
    {"POST", "service/*/version/*/backend", NEEDS_DRAFT | NEEDS_FORM, add_backend},
    {"GET", "service/*/version/*/backend/*", NEEDS_VERSION, get_backend},
    {"PUT", "service/*/version/*/backend/*", NEEDS_DRAFT | NEEDS_FORM, update_backend},
    {"DELETE", "service/*/version/*/backend/*", NEEDS_DRAFT, remove_backend},
    {"GET", "service/*/version/*/resource", NEEDS_VERSION, list_resources},
    {"POST", "service/*/version/*/resource", NEEDS_DRAFT | NEEDS_FORM, add_resource},
    {"GET", "service/*/version/*/resource/*", NEEDS_VERSION, get_resource},
    {"PUT", "service/*/version/*/resource/*", NEEDS_DRAFT | NEEDS_FORM, update_resource},
    {"DELETE", "service/*/version/*/resource/*", NEEDS_DRAFT, remove_resource},
    {0}};
