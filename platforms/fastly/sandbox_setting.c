/* What a version is configured with besides its package: domains, backends, linked resources. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/digest/digest.h"
#include "platforms/fastly/sandbox_parts.h"

static json_t *find_named(json_t *list, const char *key, const char *name, size_t *index)
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

static json_t *list_of(struct call *call, const char *kind)
{
    return json_object_get(call->version, kind);
}

/* An entry as it is answered: with its service and version. */
static json_t *with_place(struct call *call, json_t *item)
{
    json_t *out = json_copy(item);
    json_object_set_new(out, "service_id", json_string(call->id));
    json_object_set_new(out, "version", json_integer(call->number));
    return out;
}

static void answer_list(struct call *call, const char *kind)
{
    size_t i;
    json_t *item, *out = json_array();
    json_array_foreach(list_of(call, kind), i, item)
    {
        json_array_append_new(out, with_place(call, item));
    }
    fastly_answer(call, 200, out);
}

/* The entry that the path names by its last word; NULL after a 404. */
static json_t *entry(struct call *call, const char *kind, const char *key, size_t *index)
{
    json_t *item = find_named(list_of(call, kind), key, call->words[call->word_count - 1], index);
    if (!item)
        fastly_fail(call, 404, "Record not found", NULL);
    return item;
}

static void answer_entry(struct call *call, const char *kind, const char *key)
{
    size_t index;
    json_t *item = entry(call, kind, key, &index);
    if (item)
        fastly_answer(call, 200, with_place(call, item));
}

static bool remove_entry(struct call *call, const char *kind, const char *key)
{
    size_t index;
    if (!entry(call, kind, key, &index))
        return false;
    json_array_remove(list_of(call, kind), index);
    return fastly_save_version(call, call->number, call->version) == 0;
}

/* A new entry under a name that must be given and free; NULL after a refusal. */
static json_t *add_entry(struct call *call, const char *kind, const char *word)
{
    size_t index;
    const char *name = sandbox_form(call->request, "name");
    if (!name || !*name) {
        fastly_fail(call, 400, "Bad request", "Name can't be blank");
        return NULL;
    }
    if (find_named(list_of(call, kind), "name", name, &index)) {
        /* Inference: the words; the status is the one of contract section 4. */
        fastly_fail(call, 409, "Duplicate record",
                    arena_printf(call->arena, "Duplicate %s: '%s'", word, name));
        return NULL;
    }
    json_t *now = json_own(call->arena, fastly_now(call));
    json_t *item = json_pack("{s:o, s:O, s:O}", "name", fastly_form(call, "name"), "created_at",
                             now, "updated_at", now);
    json_array_append_new(list_of(call, kind), item);
    return item;
}

static char *domain_key(struct call *call, const char *name)
{
    char sha1[41];
    digest_sha1(bytes_of(name), sha1);
    return arena_printf(call->arena, "fastly/domains/%s", sha1);
}

/* A host name, perhaps with a wildcard in front. */
static bool is_domain(const char *name)
{
    size_t size = strlen(name);
    if (strncmp(name, "*.", 2) == 0)
        name += 2;
    return size > 0 && size <= 253 && strchr(name, '.') && *name != '.' && *name != '-' &&
           name[strspn(
               name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")] == '\0';
}

/* This sandbox has one customer; domains whose first word is `taken` belong to another one, and a
   domain of another service here is refused in the same words (which are captured). */
static bool is_taken(struct call *call, const char *name)
{
    json_t *claim = sandbox_load(call->sandbox, call->arena, domain_key(call, name));
    const char *holder = json_find_string(claim, "service", call->id);
    return strncmp(name, "taken.", 6) == 0 || strncmp(name, "taken-", 6) == 0 ||
           strcmp(holder, call->id) != 0;
}

static bool service_names_domain(struct call *call, const char *name)
{
    size_t index;
    json_int_t last = json_find_integer(call->service, "last", 0);
    for (json_int_t number = 1; number <= last; number++) {
        json_t *version = fastly_load_version(call, call->id, number);
        if (version && find_named(json_object_get(version, "domains"), "name", name, &index))
            return true;
    }
    return false;
}

void fastly_release_domains(struct call *call, const char *name)
{
    size_t count;
    const char **keys = sandbox_list(call->sandbox, call->arena, "fastly/domains", &count);
    for (size_t i = 0; i < count; i++) {
        char *key = arena_printf(call->arena, "fastly/domains/%s", keys[i]);
        json_t *claim = sandbox_load(call->sandbox, call->arena, key);
        const char *domain = json_find_string(claim, "name", "");
        if (strcmp(json_find_string(claim, "service", ""), call->id) == 0 &&
            (!name || strcmp(name, domain) == 0) && !service_names_domain(call, domain))
            sandbox_delete(call->sandbox, key);
    }
}

static void list_domains(struct call *call)
{
    answer_list(call, "domains");
}

static void get_domain(struct call *call)
{
    answer_entry(call, "domains", "name");
}

static void add_domain(struct call *call)
{
    const char *name = sandbox_form(call->request, "name");
    if (name && *name && !is_domain(name)) {
        fastly_fail(call, 400, "Bad request",
                    arena_printf(call->arena, "Domain '%s' is not a valid domain", name));
        return;
    }
    if (name && is_taken(call, name)) {
        fastly_fail(call, 400, "Bad request",
                    arena_printf(call->arena, "Domain '%s' is taken by another customer", name));
        return;
    }
    json_t *item = add_entry(call, "domains", "domain");
    if (!item)
        return;
    json_t *comment = fastly_form(call, "comment");
    json_object_set_new(item, "comment", comment ? comment : json_string(""));
    json_t *claim =
        json_own(call->arena, json_pack("{s:s, s:s}", "name", name, "service", call->id));
    if (fastly_save(call, domain_key(call, name), claim) != 0 ||
        fastly_save_version(call, call->number, call->version) != 0)
        return;
    json_t *out = with_place(call, item);
    /* The answer to a POST has the version as text [cap]. */
    json_object_set_new(out, "version",
                        json_string(arena_printf(call->arena, "%lld", (long long)call->number)));
    json_object_set_new(out, "locked", json_false());
    fastly_answer(call, 200, out);
}

static void remove_domain(struct call *call)
{
    if (!remove_entry(call, "domains", "name"))
        return;
    fastly_release_domains(call, call->words[call->word_count - 1]);
    fastly_answer_ok(call);
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
    answer_list(call, "backends");
}

static void get_backend(struct call *call)
{
    answer_entry(call, "backends", "name");
}

static void add_backend(struct call *call)
{
    json_t *item = add_entry(call, "backends", "backend");
    if (!item)
        return;
    json_object_set_new(item, "port", json_integer(80));
    if (read_backend(call, item) != 0 ||
        fastly_save_version(call, call->number, call->version) != 0)
        return;
    json_t *out = with_place(call, item);
    /* As text in the answer to a POST [cap]. */
    json_object_set_new(out, "port",
                        json_string(arena_printf(call->arena, "%lld",
                                                 (long long)json_find_integer(item, "port", 0))));
    fastly_answer(call, 200, out);
}

static void update_backend(struct call *call)
{
    size_t index;
    json_t *item = entry(call, "backends", "name", &index);
    if (!item || read_backend(call, item) != 0 ||
        fastly_save_version(call, call->number, call->version) != 0)
        return;
    fastly_answer(call, 200, with_place(call, item));
}

static void remove_backend(struct call *call)
{
    if (remove_entry(call, "backends", "name"))
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
    answer_list(call, "resources");
}

static void get_resource(struct call *call)
{
    answer_entry(call, "resources", "id");
}

static void add_resource(struct call *call)
{
    const char *id = sandbox_form(call->request, "resource_id");
    const char *type = id ? resource_type(call, id) : NULL;
    if (!type) {
        fastly_fail(call, 400, "Bad request", "Resource does not exist");
        return;
    }
    json_t *item = add_entry(call, "resources", "resource");
    if (!item)
        return;
    json_object_set_new(item, "id", json_string(fastly_new_id(call)));
    json_object_set_new(item, "resource_id", json_string(id));
    json_object_set_new(item, "resource_type", json_string(type));
    if (fastly_save_version(call, call->number, call->version) == 0)
        fastly_answer(call, 200, with_place(call, item));
}

static void remove_resource(struct call *call)
{
    if (remove_entry(call, "resources", "id"))
        fastly_answer_ok(call);
}

const struct route fastly_setting_routes[] = {
    {"GET", "service/*/version/*/domain", NEEDS_VERSION, list_domains},
    {"POST", "service/*/version/*/domain", NEEDS_DRAFT | NEEDS_FORM, add_domain},
    {"GET", "service/*/version/*/domain/*", NEEDS_VERSION, get_domain},
    {"DELETE", "service/*/version/*/domain/*", NEEDS_DRAFT, remove_domain},
    {"GET", "service/*/version/*/backend", NEEDS_VERSION, list_backends},
    {"POST", "service/*/version/*/backend", NEEDS_DRAFT | NEEDS_FORM, add_backend},
    {"GET", "service/*/version/*/backend/*", NEEDS_VERSION, get_backend},
    {"PUT", "service/*/version/*/backend/*", NEEDS_DRAFT | NEEDS_FORM, update_backend},
    {"DELETE", "service/*/version/*/backend/*", NEEDS_DRAFT, remove_backend},
    {"GET", "service/*/version/*/resource", NEEDS_VERSION, list_resources},
    {"POST", "service/*/version/*/resource", NEEDS_DRAFT | NEEDS_FORM, add_resource},
    {"GET", "service/*/version/*/resource/*", NEEDS_VERSION, get_resource},
    {"DELETE", "service/*/version/*/resource/*", NEEDS_DRAFT, remove_resource},
    {0}};
