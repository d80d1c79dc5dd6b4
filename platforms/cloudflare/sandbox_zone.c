/* Zones, routes and custom domains: what stands around a script. Three zones exist:
   example.com, example.net and example.org. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/sandbox_call.h"

static const struct zone {
    const char *id, *name;
} zones[] = {
    {"5a4db0c5a4db0c5a4db0c5a4db0ca001", "example.com"},
    {"5a4db0c5a4db0c5a4db0c5a4db0ca002", "example.net"},
    {"5a4db0c5a4db0c5a4db0c5a4db0ca003", "example.org"},
};

enum { ZONE_COUNT = sizeof zones / sizeof *zones };

/* By id or name, of which one may be NULL. */
static const struct zone *find_zone(const char *id, const char *name)
{
    for (size_t i = 0; i < ZONE_COUNT; i++)
        if ((id && strcmp(zones[i].id, id) == 0) || (name && strcmp(zones[i].name, name) == 0))
            return &zones[i];
    return NULL;
}

static const struct zone *zone_of(const json_t *item)
{
    return find_zone(json_find_string(item, "zone_id", NULL),
                     json_find_string(item, "zone_name", NULL));
}

/* The zone that holds the host, by the longest name. */
static const struct zone *zone_of_host(const char *host)
{
    size_t size = strlen(host);
    for (size_t i = 0; i < ZONE_COUNT; i++) {
        size_t zone_size = strlen(zones[i].name);
        if (size < zone_size || strcmp(host + size - zone_size, zones[i].name) != 0)
            continue;
        if (size == zone_size || host[size - zone_size - 1] == '.')
            return &zones[i];
    }
    return NULL;
}

static void list_zones(struct call *call)
{
    const char *name = sandbox_query(call->request, "name");
    json_t *found = json_array();
    for (size_t i = 0; i < ZONE_COUNT; i++)
        if (!name || strcmp(name, zones[i].name) == 0)
            json_array_append_new(found,
                                  json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "id", zones[i].id,
                                            "name", zones[i].name, "status", "active", "account",
                                            "id", WORKERS_ACCOUNT, "name", "edge-deploy sandbox"));
    workers_answer_page(call, found, json_array_size(found), 1, 20);
}

static void no_such_zone(struct call *call)
{
    workers_fail(call, 404, 7003,
                 "Could not route to the zone, perhaps your object identifier is "
                 "invalid?");
}

static char *route_key(struct call *call, const char *zone, const char *id)
{
    return arena_printf(call->arena, "cloudflare/zones/%s/routes/%s", zone, id);
}

/* All routes of a zone. */
static json_t *load_routes(struct call *call, const char *zone)
{
    size_t count;
    json_t *routes = json_own(call->arena, json_array());
    const char **ids =
        sandbox_list(call->sandbox, call->arena,
                     arena_printf(call->arena, "cloudflare/zones/%s/routes", zone), &count);
    for (size_t i = 0; i < count; i++) {
        json_t *route = sandbox_load(call->sandbox, call->arena, route_key(call, zone, ids[i]));
        if (route)
            json_array_append(routes, route);
    }
    return routes;
}

static json_t *route_with(json_t *routes, const char *pattern)
{
    size_t index;
    json_t *route;
    json_array_foreach(routes, index, route)
    {
        if (strcmp(json_find_string(route, "pattern", ""), pattern) == 0)
            return route;
    }
    return NULL;
}

static bool script_exists(struct call *call, const char *name)
{
    return sandbox_load(call->sandbox, call->arena,
                        arena_printf(call->arena, "cloudflare/scripts/%s", name)) != NULL;
}

/* Adds a route; NULL after the failure has been answered. 10020: a route with that pattern is
   another script's. The code is widely seen, but not in the contract. */
static json_t *add_route(struct call *call, const struct zone *zone, const char *pattern,
                         const char *script)
{
    json_t *before = route_with(load_routes(call, zone->id), pattern);
    if (pattern[0] == '\0') {
        workers_fail(call, 400, 10022, "workers.api.error.invalid_route_pattern");
        return NULL;
    }
    if (before && strcmp(json_find_string(before, "script", ""), script) != 0) {
        workers_fail(call, 409, 10020, "A route with the same pattern already exists.");
        return NULL;
    }
    const char *id = before ? json_find_string(before, "id", "")
                            : sandbox_random(call->sandbox, call->arena, 32, "0123456789abcdef");
    json_t *route = json_own(
        call->arena, json_pack("{s:s, s:s, s:s}", "id", id, "pattern", pattern, "script", script));
    return workers_save(call, route_key(call, zone->id, id), route) == 0 ? route : NULL;
}

static void list_routes(struct call *call)
{
    if (!find_zone(call->args[0], NULL))
        no_such_zone(call);
    else
        workers_answer(call, json_incref(load_routes(call, call->args[0])));
}

static void post_route(struct call *call)
{
    const struct zone *zone = find_zone(call->args[0], NULL);
    const char *script = json_find_string(call->body, "script", "");
    if (!zone) {
        no_such_zone(call);
        return;
    }
    if (!script_exists(call, script)) {
        workers_fail(call, 404, 10007, "This Worker does not exist on your account.");
        return;
    }
    json_t *route = add_route(call, zone, json_find_string(call->body, "pattern", ""), script);
    if (route)
        workers_answer(call, json_incref(route));
}

/* The route that the path names; NULL after the failure has been answered. */
static json_t *find_route(struct call *call)
{
    char *key = route_key(call, call->args[0], call->args[1]);
    json_t *route =
        find_zone(call->args[0], NULL) ? sandbox_load(call->sandbox, call->arena, key) : NULL;
    if (!route) /* the code is widely seen, but not in the contract */
        workers_fail(call, 404, 10009, "workers.api.error.route_not_found");
    return route;
}

static void get_route(struct call *call)
{
    json_t *route = find_route(call);
    if (route)
        workers_answer(call, json_incref(route));
}

static void put_route(struct call *call)
{
    json_t *route = find_route(call);
    const char *script = json_find_string(call->body, "script", "");
    const char *pattern = json_find_string(call->body, "pattern", "");
    if (!route)
        return;
    if (pattern[0] == '\0') {
        workers_fail(call, 400, 10022, "workers.api.error.invalid_route_pattern");
        return;
    }
    if (script[0] && !script_exists(call, script)) {
        workers_fail(call, 404, 10007, "This Worker does not exist on your account.");
        return;
    }
    json_object_set_new(route, "pattern", json_string(pattern));
    json_object_set_new(route, "script", json_string(script));
    if (workers_save(call, route_key(call, call->args[0], call->args[1]), route) == 0)
        workers_answer(call, json_incref(route));
}

static void delete_route(struct call *call)
{
    if (!find_route(call))
        return;
    sandbox_delete(call->sandbox, route_key(call, call->args[0], call->args[1]));
    workers_answer(call, json_pack("{s:s}", "id", call->args[1]));
}

static void drop_routes(struct call *call, const char *script)
{
    for (size_t i = 0; i < ZONE_COUNT; i++) {
        size_t index;
        json_t *route, *routes = load_routes(call, zones[i].id);
        json_array_foreach(routes, index, route)
        {
            if (strcmp(json_find_string(route, "script", ""), script) == 0)
                sandbox_delete(call->sandbox,
                               route_key(call, zones[i].id, json_find_string(route, "id", "")));
        }
    }
}

/* Replaces all routes of the script (contract section 2.1, step 7). */
static void put_script_routes(struct call *call)
{
    size_t index;
    json_t *item, *added = json_own(call->arena, json_array());
    json_array_foreach(call->body, index, item)
    {
        if (zone_of(item))
            continue;
        workers_fail(call, 404, 7003, "Could not find zone for '%s'",
                     json_find_string(item, "zone_name", ""));
        return;
    }
    drop_routes(call, call->name);
    json_array_foreach(call->body, index, item)
    {
        json_t *route =
            add_route(call, zone_of(item), json_find_string(item, "pattern", ""), call->name);
        if (!route)
            return;
        json_array_append(added, route);
    }
    workers_answer(call, json_incref(added));
}

static char *domain_key(struct call *call, const char *id)
{
    return arena_printf(call->arena, "cloudflare/domains/%s", id);
}

static json_t *load_domains(struct call *call)
{
    size_t count;
    json_t *domains = json_own(call->arena, json_array());
    const char **ids = sandbox_list(call->sandbox, call->arena, "cloudflare/domains", &count);
    for (size_t i = 0; i < count; i++) {
        json_t *domain = sandbox_load(call->sandbox, call->arena, domain_key(call, ids[i]));
        if (domain)
            json_array_append(domains, domain);
    }
    return domains;
}

static json_t *domain_with(json_t *domains, const char *host)
{
    size_t index;
    json_t *domain;
    json_array_foreach(domains, index, domain)
    {
        if (strcmp(json_find_string(domain, "hostname", ""), host) == 0)
            return domain;
    }
    return NULL;
}

/* Attaches a host to a script; NULL after the failure has been answered. */
static json_t *attach(struct call *call, const char *host, const char *script)
{
    const struct zone *zone = zone_of_host(host);
    if (!zone) {
        workers_fail(call, 404, 7003, "Could not find zone for '%s'", host);
        return NULL;
    }
    json_t *before = domain_with(load_domains(call), host);
    const char *id = before ? json_find_string(before, "id", "")
                            : sandbox_random(call->sandbox, call->arena, 32, "0123456789abcdef");
    json_t *domain =
        json_own(call->arena, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "hostname",
                                        host, "service", script, "zone_id", zone->id, "zone_name",
                                        zone->name, "environment", "production"));
    return workers_save(call, domain_key(call, id), domain) == 0 ? domain : NULL;
}

static void list_domains(struct call *call)
{
    workers_answer(call, json_incref(load_domains(call)));
}

static void get_domain(struct call *call)
{
    json_t *domain = sandbox_load(call->sandbox, call->arena, domain_key(call, call->args[0]));
    if (domain)
        workers_answer(call, json_incref(domain));
    else
        workers_fail(call, 404, 7003,
                     "Could not route to the domain, perhaps your object identifier is invalid?");
}

static void put_domain(struct call *call)
{
    const char *script = json_find_string(call->body, "service", "");
    if (!script_exists(call, script)) {
        workers_fail(call, 404, 10007, "This Worker does not exist on your account.");
        return;
    }
    json_t *domain = attach(call, json_find_string(call->body, "hostname", ""), script);
    if (domain)
        workers_answer(call, json_incref(domain));
}

static void delete_domain(struct call *call)
{
    char *key = domain_key(call, call->args[0]);
    if (!sandbox_load(call->sandbox, call->arena, key)) {
        workers_fail(call, 404, 7003,
                     "Could not route to the domain, perhaps your object "
                     "identifier is invalid?");
        return;
    }
    sandbox_delete(call->sandbox, key);
    workers_answer(call, json_null());
}

void workers_detach(struct call *call)
{
    size_t index;
    json_t *domain;
    drop_routes(call, call->name);
    json_array_foreach(load_domains(call), index, domain)
    {
        if (strcmp(json_find_string(domain, "service", ""), call->name) == 0)
            sandbox_delete(call->sandbox, domain_key(call, json_find_string(domain, "id", "")));
    }
}

static void plan_domains(struct call *call)
{
    size_t index;
    json_t *item, *added = json_array(), *domains = load_domains(call);
    json_array_foreach(call->body, index, item)
    {
        if (!domain_with(domains, json_find_string(item, "hostname", "")))
            json_array_append(added, item);
    }
    workers_answer(call, json_pack("{s:o, s:[], s:[], s:[]}", "added", added, "removed", "updated",
                                   "conflicting"));
}

static void put_domain_records(struct call *call)
{
    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(call->body, "origins"), index, item)
    {
        if (!attach(call, json_find_string(item, "hostname", ""), call->name))
            return;
    }
    workers_answer(call, json_null());
}

const struct route workers_zone_routes[] = {
    {"GET", "zones", 0, list_zones},
    {"GET", "zones/?/workers/routes", 0, list_routes},
    {"POST", "zones/?/workers/routes", ROUTE_JSON, post_route},
    {"GET", "zones/?/workers/routes/?", 0, get_route},
    {"PUT", "zones/?/workers/routes/?", ROUTE_JSON, put_route},
    {"DELETE", "zones/?/workers/routes/?", 0, delete_route},
    {"PUT", "accounts/@/workers/scripts/?/routes", ROUTE_SCRIPT | ROUTE_JSON, put_script_routes},
    {"GET", "accounts/@/workers/domains", 0, list_domains},
    {"PUT", "accounts/@/workers/domains", ROUTE_JSON, put_domain},
    {"GET", "accounts/@/workers/domains/?", 0, get_domain},
    {"DELETE", "accounts/@/workers/domains/?", 0, delete_domain},
    {"POST", "accounts/@/workers/scripts/?/domains/changeset", ROUTE_SCRIPT | ROUTE_JSON,
     plan_domains},
    {"PUT", "accounts/@/workers/scripts/?/domains/records", ROUTE_SCRIPT | ROUTE_JSON,
     put_domain_records},
    {0},
};
