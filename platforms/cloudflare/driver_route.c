/* Where the Worker answers: workers.dev, and routes on zones. Only adds; what others use stays
   theirs. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

enum { MOST_LABELS = 8, MOST_IN_LABEL = 63 };

/* Asked once a run. */
int cloudflare_subdomain(const struct job *job, const char **out, struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    struct answer answer;
    struct ask ask = {.method = "GET",
                      .path = cloudflare_account_path(job, "/workers/subdomain"),
                      .what = "read the account's workers.dev subdomain",
                      .right = RIGHT_SCRIPTS,
                      .may_lack = true,
                      .holds = HOLDS_STRING,
                      .key = "subdomain"};
    *out = NULL;
    if (!memory->has_subdomain) {
        if (cloudflare_call(job, &ask, &answer, error) != 0)
            return -1;
        memory->subdomain = json_find_string(answer.result, "subdomain", NULL);
        memory->has_subdomain = true;
    }
    *out = memory->subdomain;
    return 0;
}

static int read_workers_dev(const struct job *job, struct answer *out, struct error *error)
{
    struct ask ask = {.method = "GET",
                      .path = cloudflare_script_path(job, "/subdomain"),
                      .what = "read whether workers.dev is on",
                      .right = RIGHT_SCRIPTS,
                      .holds = HOLDS_BOOLEAN,
                      .key = "enabled"};
    return cloudflare_call(job, &ask, out, error);
}

static int switch_workers_dev(const struct job *job, struct error *error)
{
    bool wanted = job_flag(job, "workers_dev", true);
    struct answer answer, now;
    struct error ignored = {0};
    struct ask ask = {.method = "POST",
                      .path = cloudflare_script_path(job, "/subdomain"),
                      .what = wanted ? "switch workers.dev on" : "switch workers.dev off",
                      .right = RIGHT_SCRIPTS,
                      .json = json_own(job->arena, json_pack("{s:b}", "enabled", wanted))};
    if (cloudflare_call(job, &ask, &answer, error) == 0)
        return 0;
    bool is_done = answer.unclear && read_workers_dev(job, &now, &ignored) == 0 &&
                   json_find_bool(now.result, "enabled", !wanted) == wanted;
    return is_done ? 0 : -1;
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
                      .right = RIGHT_ZONE,
                      .holds = HOLDS_ARRAY};
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

/* A zone's routes; NULL for the wrong ones. */
static int list_routes(const struct job *job, const char *zone, const json_t **out,
                       struct error *error)
{
    struct answer answer;
    struct ask ask = {
        .method = "GET",
        .path = arena_printf(job->arena, "/zones/%s/workers/routes", http_escape(job->arena, zone)),
        .what = "list the zone's routes",
        .right = RIGHT_ROUTES,
        .holds = HOLDS_ARRAY};
    if (cloudflare_call(job, &ask, &answer, error) != 0)
        return -1;
    *out = answer.result;
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

/* -1 when somebody else has the route. */
static int find_holder(const struct job *job, const json_t *rows, struct route_state *route,
                       struct error *error)
{
    size_t i;
    json_t *row;
    route->missing = true;
    json_array_foreach(rows, i, row)
    {
        if (strcmp(json_find_string(row, "pattern", ""), route->pattern) != 0)
            continue;
        const char *holder = json_find_string(row, "script", "");
        if (strcmp(holder, job_text(job, "script")) != 0)
            return refuse_held(route->pattern, holder, error);
        route->missing = false;
    }
    return 0;
}

static int look_at_routes(const struct job *job, struct reach *out, struct error *error)
{
    json_t *wanted = json_object_get(job->settings, "routes"), *route;
    const json_t *rows = NULL;
    const char *zone = NULL;
    size_t i;
    out->routes = arena_alloc(job->arena, json_array_size(wanted) + 1, sizeof *out->routes);
    json_array_foreach(wanted, i, route)
    {
        struct route_state *state = &out->routes[out->route_count++];
        state->pattern = json_find_string(route, "pattern", "");
        if (zone_of(job, route, &state->zone, error) != 0)
            return -1;
        if ((!zone || strcmp(zone, state->zone) != 0) &&
            list_routes(job, state->zone, &rows, error) != 0)
            return -1;
        zone = state->zone;
        if (find_holder(job, rows, state, error) != 0)
            return -1;
    }
    return 0;
}

int cloudflare_look(const struct job *job, bool exists, struct reach *out, struct error *error)
{
    struct answer answer;
    *out = (struct reach){.to_switch = true};
    if (exists) {
        bool wanted = job_flag(job, "workers_dev", true);
        if (read_workers_dev(job, &answer, error) != 0)
            return -1;
        out->to_switch = json_find_bool(answer.result, "enabled", !wanted) != wanted;
    }
    return look_at_routes(job, out, error);
}

/* After a failure that leaves it open (or says that it exists) it is looked at again. */
static int add_route(const struct job *job, struct route_state *route, struct error *error)
{
    struct answer answer;
    struct error ignored = {0};
    const json_t *rows;
    struct ask ask = {.method = "POST",
                      .path = arena_printf(job->arena, "/zones/%s/workers/routes",
                                           http_escape(job->arena, route->zone)),
                      .what = arena_printf(job->arena, "add the route '%s'", route->pattern),
                      .right = RIGHT_ROUTES,
                      .json =
                          json_own(job->arena, json_pack("{s:s, s:s}", "pattern", route->pattern,
                                                         "script", job_text(job, "script"))),
                      .once = true};
    if (cloudflare_call(job, &ask, &answer, error) == 0)
        return 0;
    bool is_ours = (answer.unclear || answer.code == CODE_ROUTE_EXISTS) &&
                   list_routes(job, route->zone, &rows, &ignored) == 0 &&
                   find_holder(job, rows, route, &ignored) == 0 && !route->missing;
    return is_ours ? 0 : -1;
}

int cloudflare_reach(const struct job *job, const struct reach *reach, struct error *error)
{
    if (reach->to_switch && switch_workers_dev(job, error) != 0)
        return -1;
    for (size_t i = 0; i < reach->route_count; i++)
        if (reach->routes[i].missing && add_route(job, &reach->routes[i], error) != 0)
            return -1;
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

/* The version's own address has the beginning of its id in front of the name (Version URLs, 2026);
   the account's subdomain and the Worker's settings say whether there is one. */
static const char *preview_url(const struct job *job, const char *version, const char **why,
                               struct error *error)
{
    struct answer answer;
    const char *subdomain, *script = job_text(job, "script");
    if (read_workers_dev(job, &answer, error) != 0 ||
        cloudflare_subdomain(job, &subdomain, error) != 0) {
        *why = error->message;
        return NULL;
    }
    if (!json_find_bool(answer.result, "previews_enabled", false))
        *why = "the Worker's version URLs are off: switch them on in the dashboard, under Domains "
               "& Routes";
    else if (!subdomain)
        *why = "the account has no workers.dev subdomain";
    else if (strlen(script) + 9 > MOST_IN_LABEL)
        *why = "the Worker's name is too long for one";
    else
        return arena_printf(job->arena, "https://%.8s-%s.%s.workers.dev", version, script,
                            subdomain);
    return NULL;
}

void cloudflare_preview(const struct job *job, const struct traffic *traffic,
                        struct deployment *out)
{
    const char *why = NULL;
    struct error ignored = {0};
    if (cloudflare_share(traffic, out->version) >= 0) {
        /* Part of what is deployed, perhaps with 0 %: asked for where all is. */
        cloudflare_pin(job, out);
        if (cloudflare_url(job, &out->url, &ignored) == 0)
            return;
    }
    out->url = preview_url(job, out->version, &why, &ignored);
    if (!out->url)
        world_say(job->world, job->target->name, "version %s has no address of its own: %s",
                  out->version, why);
}
