/* Where the Worker answers: workers.dev, and routes on zones. Only adds; what others use stays
   theirs. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

enum { MOST_LABELS = 8 };

int cloudflare_subdomain(const struct job *job, const char **out, struct error *error)
{
    struct answer answer;
    struct ask ask = {.method = "GET",
                      .path = cloudflare_account_path(job, "/workers/subdomain"),
                      .what = "read the account's workers.dev subdomain",
                      .right = RIGHT_SCRIPTS,
                      .may_lack = true};
    *out = NULL;
    if (cloudflare_call(job, &ask, &answer, error) != 0)
        return -1;
    *out = json_find_string(answer.result, "subdomain", NULL);
    return 0;
}

/* Switches workers.dev on or off, when it is not so already. */
static int set_workers_dev(const struct job *job, struct error *error)
{
    bool wanted = job_flag(job, "workers_dev", true);
    struct answer answer;
    struct ask read = {.method = "GET",
                       .path = cloudflare_script_path(job, "/subdomain"),
                       .what = "read whether workers.dev is on",
                       .right = RIGHT_SCRIPTS};
    if (cloudflare_call(job, &read, &answer, error) != 0)
        return -1;
    if (json_find_bool(answer.result, "enabled", !wanted) == wanted)
        return 0;
    struct ask write = {.method = "POST",
                        .path = read.path,
                        .what = wanted ? "switch workers.dev on" : "switch workers.dev off",
                        .right = RIGHT_SCRIPTS,
                        .json = json_own(job->arena, json_pack("{s:b}", "enabled", wanted))};
    return cloudflare_call(job, &write, &answer, error);
}

/* The zone of that name in this account, NULL when there is none. */
static int find_zone(const struct job *job, const char *name, const char **out, struct error *error)
{
    struct answer answer;
    struct ask ask = {.method = "GET",
                      .path = arena_printf(job->arena, "/zones?name=%s&account.id=%s",
                                           http_escape(job->arena, name),
                                           http_escape(job->arena, job_text(job, "account_id"))),
                      .what = arena_printf(job->arena, "find the zone '%s'", name),
                      .right = RIGHT_ZONE};
    *out = NULL;
    if (cloudflare_call(job, &ask, &answer, error) != 0)
        return -1;
    *out = json_find_string(json_array_get(answer.result, 0), "id", NULL);
    return 0;
}

/* The zone of a route: as it is said, else the nearest one above the pattern's host. */
static int zone_of(const struct job *job, json_t *route, const char **out, struct error *error)
{
    const char *pattern = json_find_string(route, "pattern", "");
    const char *name = json_find_string(route, "zone_name", NULL);
    *out = json_find_string(route, "zone_id", NULL);
    if (*out)
        return 0;
    const char *start = strstr(pattern, "://");
    start = start ? start + 3 : pattern;
    start += strncmp(start, "*.", 2) == 0 ? 2 : *start == '*';
    char *host = arena_copy(job->arena, start, strcspn(start, "/:"));
    const char *tried = name ? name : host;
    for (unsigned i = 0; i < MOST_LABELS && strchr(tried, '.'); i++) {
        if (find_zone(job, tried, out, error) != 0)
            return -1;
        if (*out || name)
            break;
        tried = strchr(tried, '.') + 1;
    }
    if (*out)
        return 0;
    error_set(error, FAULT_REMOTE, "route '%s': the account has no zone for it", pattern);
    return error_hint(error, "set the route's 'zone_id', or give the token '" RIGHT_ZONE "'");
}

enum holder { HELD_BY_NONE, HELD_BY_US, HELD_BY_OTHER };

static int find_holder(const struct job *job, const char *path, const char *pattern,
                       enum holder *out, const char **other, struct error *error)
{
    struct answer answer;
    size_t i;
    json_t *row;
    struct ask ask = {
        .method = "GET", .path = path, .what = "list the zone's routes", .right = RIGHT_ROUTES};
    *out = HELD_BY_NONE;
    if (cloudflare_call(job, &ask, &answer, error) != 0)
        return -1;
    json_array_foreach(answer.result, i, row)
    {
        if (strcmp(json_find_string(row, "pattern", ""), pattern) != 0)
            continue;
        *other = json_find_string(row, "script", "");
        *out = strcmp(*other, job_text(job, "script")) == 0 ? HELD_BY_US : HELD_BY_OTHER;
    }
    return 0;
}

static int refuse_held(const char *pattern, const char *other, struct error *error)
{
    if (*other)
        error_set(error, FAULT_REMOTE, "route '%s' belongs to the Worker '%s'", pattern, other);
    else
        error_set(error, FAULT_REMOTE, "route '%s' is set to run no Worker", pattern);
    return error_hint(error, "remove that route in the dashboard first, or choose another pattern");
}

/* Looked at, added, and after a failure that leaves it open (or says that it exists) looked at
   again. */
static int add_route(const struct job *job, json_t *route, struct error *error)
{
    const char *pattern = json_find_string(route, "pattern", ""), *zone, *other;
    enum holder holder;
    struct answer answer;
    if (zone_of(job, route, &zone, error) != 0)
        return -1;
    char *path =
        arena_printf(job->arena, "/zones/%s/workers/routes", http_escape(job->arena, zone));
    if (find_holder(job, path, pattern, &holder, &other, error) != 0)
        return -1;
    if (holder != HELD_BY_NONE)
        return holder == HELD_BY_US ? 0 : refuse_held(pattern, other, error);
    struct ask ask = {.method = "POST",
                      .path = path,
                      .what = arena_printf(job->arena, "add the route '%s'", pattern),
                      .right = RIGHT_ROUTES,
                      .json = json_own(job->arena, json_pack("{s:s, s:s}", "pattern", pattern,
                                                             "script", job_text(job, "script"))),
                      .once = true};
    if (cloudflare_call(job, &ask, &answer, error) == 0)
        return 0;
    struct error unknown;
    bool is_ours = (answer.unclear || answer.code == CODE_ROUTE_EXISTS) &&
                   find_holder(job, path, pattern, &holder, &other, &unknown) == 0 &&
                   holder == HELD_BY_US;
    return is_ours ? 0 : -1;
}

int cloudflare_reach(const struct job *job, struct error *error)
{
    size_t i;
    json_t *route;
    if (set_workers_dev(job, error) != 0)
        return -1;
    json_array_foreach(json_object_get(job->settings, "routes"), i, route)
    {
        if (add_route(job, route, error) != 0)
            return -1;
    }
    return 0;
}

/* A route's pattern as an address: without wildcards there is one. */
static const char *route_url(const struct job *job)
{
    size_t i;
    json_t *route;
    json_array_foreach(json_object_get(job->settings, "routes"), i, route)
    {
        const char *pattern = json_find_string(route, "pattern", "");
        const char *start = strstr(pattern, "://");
        start = start ? start + 3 : pattern;
        size_t size = strcspn(start, "*");
        if (size > 0 && memchr(start, '/', size))
            return arena_printf(job->arena, "https://%.*s", (int)size, start);
    }
    return NULL;
}

int cloudflare_url(const struct job *job, const char **out, struct error *error)
{
    const char *subdomain = NULL;
    if (job_flag(job, "workers_dev", true) && cloudflare_subdomain(job, &subdomain, error) != 0)
        return -1;
    *out = subdomain ? arena_printf(job->arena, "https://%s.%s.workers.dev",
                                    job_text(job, "script"), subdomain)
                     : route_url(job);
    return 0;
}
