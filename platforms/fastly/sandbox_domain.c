/* Domains of a version, and which service holds which. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "platforms/fastly/sandbox_parts.h"

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
        if (version && fastly_find_named(json_object_get(version, "domains"), "name", name, &index))
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

/* include=staging_ips: the address at which staging answers for each domain (go-fastly 5141097). */
static void list_domains(struct call *call)
{
    size_t i;
    json_t *item, *out;
    const char *include = sandbox_query(call->request, "include");
    if (!include || strcmp(include, "staging_ips") != 0) {
        fastly_answer_list(call, "domains");
        return;
    }
    out = json_array();
    json_array_foreach(fastly_list_of(call, "domains"), i, item)
    {
        json_t *domain = fastly_with_place(call, item);
        json_object_set_new(domain, "staging_ip", json_string("151.101.2.10"));
        json_array_append_new(out, domain);
    }
    fastly_answer(call, 200, out);
}

static void get_domain(struct call *call)
{
    fastly_answer_entry(call, "domains", "name");
}

/* -1 after a refusal. */
static int check_domain(struct call *call, const char *name)
{
    const char *problem = !is_domain(name)       ? "is not a valid domain"
                          : is_taken(call, name) ? "is taken by another customer"
                                                 : NULL;
    if (!problem)
        return 0;
    fastly_fail(call, 400, "Bad request",
                arena_printf(call->arena, "Domain '%s' %s", name, problem));
    return -1;
}

static int claim_domain(struct call *call, const char *name)
{
    json_t *claim =
        json_own(call->arena, json_pack("{s:s, s:s}", "name", name, "service", call->id));
    return fastly_save(call, domain_key(call, name), claim);
}

/* [domain, CNAME, whether it points here]: no name points to a sandbox. */
static void check_dns(struct call *call)
{
    size_t index;
    json_t *item =
        fastly_find_named(fastly_list_of(call, "domains"), "name", call->words[5], &index);
    if (item)
        fastly_answer(call, 200, json_pack("[o, s, b]", fastly_with_place(call, item), "", 0));
    else
        fastly_fail(call, 404, "Record not found", NULL);
}

static void add_domain(struct call *call)
{
    const char *name = sandbox_form(call->request, "name");
    if (name && *name && check_domain(call, name) != 0)
        return;
    json_t *item = fastly_add_entry(call, "domains", "domain");
    if (!item)
        return;
    json_t *comment = fastly_form(call, "comment");
    json_object_set_new(item, "comment", comment ? comment : json_string(""));
    if (claim_domain(call, name) != 0 ||
        fastly_save_version(call, call->number, call->version) != 0)
        return;
    json_t *out = fastly_with_place(call, item);
    /* The answer to a POST has the version as text [cap]. */
    json_object_set_new(out, "version",
                        json_string(arena_printf(call->arena, "%lld", (long long)call->number)));
    json_object_set_new(out, "locked", json_false());
    fastly_answer(call, 200, out);
}

static void update_domain(struct call *call)
{
    const char *name = sandbox_form(call->request, "name");
    const char *before = call->words[call->word_count - 1];
    json_t *item = fastly_entry(call, "domains", "name");
    if (!item || (name && check_domain(call, name) != 0))
        return;
    if (sandbox_form(call->request, "comment"))
        json_object_set_new(item, "comment", fastly_form(call, "comment"));
    if (name) {
        json_object_set_new(item, "name", fastly_form(call, "name"));
        if (claim_domain(call, name) != 0)
            return;
    }
    if (fastly_save_version(call, call->number, call->version) != 0)
        return;
    fastly_release_domains(call, before);
    fastly_answer(call, 200, fastly_with_place(call, item));
}

static void remove_domain(struct call *call)
{
    if (!fastly_remove_entry(call, "domains", "name"))
        return;
    fastly_release_domains(call, call->words[call->word_count - 1]);
    fastly_answer_ok(call);
}

const struct route fastly_domain_routes[] = {
    {"GET", "service/*/version/*/domain/*/check", NEEDS_VERSION, check_dns},
    {"GET", "service/*/version/*/domain", NEEDS_VERSION, list_domains},
    {"POST", "service/*/version/*/domain", NEEDS_DRAFT | NEEDS_FORM, add_domain},
    {"GET", "service/*/version/*/domain/*", NEEDS_VERSION, get_domain},
    {"PUT", "service/*/version/*/domain/*", NEEDS_DRAFT | NEEDS_FORM, update_domain},
    {"DELETE", "service/*/version/*/domain/*", NEEDS_DRAFT, remove_domain},
    {0}};
