/* What a publish would change, and the versions that there are. Reads only. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/fastly/driver_parts.h"

struct plan {
    const struct job *job;
    const char **items;
    size_t count;
};

static void add(struct plan *plan, const char *item)
{
    plan->items[plan->count++] = item;
}

static void add_switch(struct plan *plan, json_int_t number, bool staged)
{
    const char *version = number ? arena_printf(plan->job->arena, "version %lld", (long long)number)
                                 : "the new version";
    add(plan, staged ? arena_printf(plan->job->arena, "put %s on the staging network", version)
                     : arena_printf(plan->job->arena, "activate %s", version));
}

/* The draft that is used, or the version that is cloned, is what the manifest is compared with. */
static int plan_version(struct plan *plan, const struct service *service,
                        const struct artifact *artifact, bool staged, struct error *error)
{
    const struct job *job = plan->job;
    struct changes changes = {0};
    struct draft draft = {0};
    bool there = false;
    if (service->id && compute_find_draft(job, service, artifact, staged, &draft, error) != 0)
        return -1;
    json_int_t from = draft.number ? draft.number : compute_base(service);
    if (compute_changes(job, service, from, artifact, &changes, error) != 0 ||
        (draft.used &&
         compute_holds(job, service, draft.number, artifact, true, &there, error) != 0))
        return -1;
    plan->items = arena_alloc(job->arena, changes.count + 3, sizeof *plan->items);
    if (!service->id)
        add(plan, arena_printf(job->arena, "create service '%s'", compute_service_name(job)));
    else if (!draft.locked)
        add(plan, arena_printf(job->arena,
                               draft.number ? "fill draft version %lld" : "clone version %lld",
                               (long long)from));
    for (size_t i = 0; i < changes.count; i++)
        add(plan, changes.items[i].what);
    if (!there)
        add(plan, arena_printf(job->arena, "upload the package (%zu bytes)",
                               artifact->parts[0].body.size));
    add_switch(plan, service->id ? draft.number : 1, staged);
    return 0;
}

int compute_plan(const struct job *job, const struct artifact *artifact,
                 const struct deployment *wanted, const char ***out, size_t *count,
                 struct error *error)
{
    struct service service = compute_memory(job)->seen;
    struct plan plan = {.job = job};
    *out = NULL;
    *count = 0;
    if ((!service.id && compute_find(job, &service, error) != 0) ||
        (wanted->staged && compute_check_stage(job, &service, error) != 0))
        return -1;
    if (plan_version(&plan, &service, artifact, wanted->staged, error) != 0)
        return -1;
    *out = plan.items;
    *count = plan.count;
    return 0;
}

/* No time of activation is known. What was live when the live one was made comes after it; else a
   higher number was live later. */
static int compare(const void *left, const void *right)
{
    const struct deployment *a = left, *b = right;
    if (a->percent != b->percent)
        return a->percent > b->percent ? -1 : 1;
    long long x = strtoll(a->version, NULL, 10), y = strtoll(b->version, NULL, 10);
    return x > y ? -1 : x < y;
}

/* What was active is locked. Staging leaves a version open (the vendor's CLI stages only what is
   not locked), and nobody uses the API's call for locking alone. */
static enum lived lived(const struct service *service, json_int_t number, const json_t *version)
{
    if (compute_is_draft(version))
        return LIVED_NO;
    return number != service->active && compute_is_staged(service, number) ? LIVED_UNKNOWN
                                                                           : LIVED_YES;
}

static bool is_worth_it(const struct service *service, json_int_t number, const json_t *version,
                        const struct deployment *row)
{
    return lived(service, number, version) == LIVED_YES || !row->drifted ||
           compute_is_staged(service, number);
}

/* The one that was live when the live one was made, to the second place. */
static void move_before(struct deployment *rows, size_t count, const char *before)
{
    for (size_t i = 1; before && i < count; i++) {
        struct deployment row = rows[i];
        if (strcmp(row.version, before) != 0)
            continue;
        memmove(&rows[2], &rows[1], (i - 1) * sizeof *rows);
        rows[1] = row;
        return;
    }
}

static int describe(const struct job *job, const struct service *service, json_int_t number,
                    const json_t *version, struct deployment *out, struct error *error)
{
    const char *time = json_find_string(version, "updated_at", NULL);
    out->time = time ? text_safe(job->arena, time, strlen(time)) : NULL;
    out->lived = lived(service, number, version);
    out->percent = number == service->active ? 100 : 0;
    out->staged = number != service->active && compute_is_staged(service, number);
    return out->staged ? compute_staged_url(job, service, number, &out->url, &out->address, error)
                       : 0;
}

int compute_versions(const struct job *job, struct deployment **out, size_t *count,
                     struct error *error)
{
    struct service service;
    size_t index;
    json_t *version;
    json_int_t base = 0;
    *out = NULL;
    *count = 0;
    if (compute_find(job, &service, error) != 0)
        return -1;
    const json_t *versions = json_object_get(service.details, "versions");
    *out = arena_alloc(job->arena, json_array_size(versions) + 1, sizeof **out);
    json_array_foreach(versions, index, version)
    {
        struct deployment row = {0};
        json_int_t number = json_find_integer(version, "number", 0), made_from = 0;
        compute_describe(job, &service, number, &row, &made_from);
        if (number == service.active && !row.drifted)
            base = made_from;
        if (!is_worth_it(&service, number, version, &row))
            continue;
        if (describe(job, &service, number, version, &row, error) != 0)
            return -1;
        (*out)[(*count)++] = row;
    }
    qsort(*out, *count, sizeof **out, compare);
    if (*count > 1 && service.active)
        move_before(*out, *count, base > 0 ? compute_version_text(job, base) : NULL);
    return 0;
}
