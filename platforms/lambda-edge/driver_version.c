/* The versions of the function: which there are, and which of them is live. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

enum { PAGE = 50, MOST_PAGES = 400 }; /* more than the storage for code holds of most functions */

struct list {
    const struct job *job;
    struct listed *items;
    size_t count, room;
};

static int read_page(const struct job *job, const char *marker, struct answer *answer,
                     struct error *error)
{
    const char *before =
        marker ? arena_printf(job->arena, "Marker=%s&", http_escape(job->arena, marker)) : "";
    struct ask ask = {
        .service = SERVICE_LAMBDA,
        .method = "GET",
        .path = lambda_edge_function_path(
            job, arena_printf(job->arena, "/versions?%sMaxItems=%d", before, PAGE)),
        .what = arena_printf(job->arena, "list the versions of '%s'", job_text(job, "function")),
        .right = "lambda:ListVersionsByFunction",
        .may_lack = true};
    if (lambda_edge_call(job, &ask, answer, error) != 0)
        return -1;
    if (answer->absent || json_is_array(json_object_get(answer->json, "Versions")))
        return 0;
    return error_set(error, FAULT_REMOTE, "cannot %s: the answer has no list of them", ask.what);
}

static void take(struct list *list, const json_t *version)
{
    struct arena *arena = list->job->arena;
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : PAGE;
        struct listed *items = arena_alloc(arena, room, sizeof *items);
        if (list->count)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] =
        (struct listed){arena_strdup(arena, json_find_string(version, "Version", "")),
                        arena_strdup(arena, json_find_string(version, "Description", "")),
                        arena_strdup(arena, json_find_string(version, "CodeSha256", ""))};
}

/* A page is read in an arena of its own: of all that it says we keep three texts. */
static int take_page(struct list *list, char **marker, struct error *error)
{
    struct arena scratch = {0};
    struct job job = *list->job;
    struct answer answer;
    job.arena = &scratch;
    int status = read_page(&job, *marker, &answer, error);
    const json_t *versions = status == 0 ? json_object_get(answer.json, "Versions") : NULL;
    for (size_t i = 0; status == 0 && i < json_array_size(versions); i++) {
        const json_t *version = json_array_get(versions, i);
        status = lambda_edge_check_shape(version, "list the versions", error);
        if (status == 0 && lambda_edge_is_version(json_find_string(version, "Version", "")))
            take(list, version);
    }
    const char *next = status == 0 ? json_find_string(answer.json, "NextMarker", "") : "";
    *marker = next[0] ? arena_strdup(list->job->arena, next) : NULL;
    arena_free(&scratch);
    return status == 0 ? world_stopped(list->job->world, error) : -1;
}

static int newest_first(const void *a, const void *b)
{
    long left = strtol(((const struct listed *)a)->number, NULL, 10);
    long right = strtol(((const struct listed *)b)->number, NULL, 10);
    return (right > left) - (right < left);
}

int lambda_edge_list(const struct job *job, struct listed **out, size_t *count, struct error *error)
{
    struct list list = {.job = job};
    char *marker = NULL;
    for (unsigned page = 0; page < MOST_PAGES; page++) {
        if (take_page(&list, &marker, error) != 0)
            return -1;
        if (marker)
            continue;
        if (list.count)
            qsort(list.items, list.count, sizeof *list.items, newest_first);
        *out = list.items;
        *count = list.count;
        return 0;
    }
    error_set(error, FAULT_REMOTE, "the function '%s' has more than %d versions",
              job_text(job, "function"), MOST_PAGES * PAGE);
    return error_hint(error, "delete old versions of it");
}

static struct deployment describe(const struct job *job, const struct listed *version)
{
    struct deployment out = {
        .version = version->number, .resource = job_text(job, "function"), .lived = LIVED_UNKNOWN};
    out.drifted =
        !lambda_edge_read_description(job->arena, version->description, version->code_sha256, &out);
    return out;
}

/* What live has just seen need not be asked again. */
static int see_live(const struct job *job, const char **version, const char **url,
                    struct error *error)
{
    const struct memory *memory = lambda_edge_memory(job);
    struct distribution distribution;
    *version = memory->live;
    *url = memory->url;
    if (memory->url)
        return 0;
    if (lambda_edge_look(job, &distribution, error) != 0)
        return -1;
    *version = lambda_edge_version_of(job, distribution.current);
    *url = distribution.url;
    return 0;
}

/* CloudFront remembers only what is associated: of the others it is not known whether they ever
   were. Another function's version that is live can be made live again too. */
int lambda_edge_versions(const struct job *job, struct deployment **out, size_t *count,
                         struct error *error)
{
    const char *live, *url;
    struct listed *versions;
    size_t listed;
    if (see_live(job, &live, &url, error) != 0 ||
        lambda_edge_list(job, &versions, &listed, error) != 0)
        return -1;
    *out = arena_alloc(job->arena, listed + 1, sizeof **out);
    *count = 0;
    if (live)
        (*out)[(*count)++] = (struct deployment){.version = live, .drifted = true};
    for (size_t i = 0; i < listed; i++) {
        bool is_live = live && strcmp(versions[i].number, live) == 0;
        (*out)[is_live ? 0 : (*count)++] = describe(job, &versions[i]);
    }
    if (!live)
        return 0;
    (*out)[0].lived = LIVED_YES;
    (*out)[0].percent = 100;
    (*out)[0].url = url;
    return 0;
}
