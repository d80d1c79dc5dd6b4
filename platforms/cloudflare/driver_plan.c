/* What publish would change, in the order in which it would be sent. Reads only. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

struct sentences {
    struct arena *arena;
    const char **items;
    size_t count, capacity;
};

static void add(struct sentences *sentences, const char *sentence)
{
    sentences->items = arena_grow(sentences->arena, sentences->items, sentences->count,
                                  &sentences->capacity, sizeof *sentences->items);
    sentences->items[sentences->count++] = sentence;
}

static void add_reach(const struct job *job, const struct reach *reach, struct sentences *out)
{
    if (reach->to_switch)
        add(out, job_flag(job, "workers_dev", true) ? "switch workers.dev on"
                                                    : "switch workers.dev off");
    for (size_t i = 0; i < reach->route_count; i++)
        if (reach->routes[i].missing)
            add(out,
                arena_printf(job->arena, "add the route '%s' on zone %s", reach->routes[i].pattern,
                             cloudflare_safe(job->arena, reach->routes[i].zone)));
}

static char *named(const struct job *job, const char *version)
{
    return version ? arena_printf(job->arena, "version %s", cloudflare_safe(job->arena, version))
                   : arena_strdup(job->arena, "it");
}

/* `version` NULL: the one that is to be uploaded. */
static void add_switch(const struct job *job, const struct traffic *traffic,
                       const struct deployment *wanted, const char *version, struct sentences *out)
{
    struct arena *arena = job->arena;
    const char *what = named(job, version);
    const char *other = cloudflare_other(traffic, version ? version : "");
    size_t i;
    json_t *row;
    if (wanted->percent == 0 || wanted->percent >= 100 || !other) {
        add(out, arena_printf(arena, "give %s all of the traffic%s%s", what,
                              other ? ", instead of " : "", other ? named(job, other) : ""));
        return;
    }
    add(out, arena_printf(arena, "give %s %u %% of the traffic; %s keeps %u %%", what,
                          wanted->percent, named(job, other), 100 - wanted->percent));
    json_array_foreach(traffic->versions, i, row)
    {
        const char *third = json_find_string(row, "version_id", "");
        if (strcmp(third, other) != 0 && (!version || strcmp(third, version) != 0))
            add(out, arena_printf(arena, "take its %g %% of the traffic from %s",
                                  json_number_value(json_object_get(row, "percentage")),
                                  named(job, third)));
    }
}

/* Whether just this has the wanted share already. */
static bool is_live(const struct artifact *artifact, const struct deployment *wanted,
                    const struct deployment *live)
{
    unsigned percent = wanted->percent ? wanted->percent : 100;
    return live->version && !live->drifted && live->artifact_sha256 &&
           strcmp(live->artifact_sha256, artifact->sha256) == 0 && live->percent == percent;
}

int cloudflare_plan(const struct job *job, const struct artifact *artifact,
                    const struct deployment *wanted, const char ***out, size_t *count,
                    struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    struct sentences sentences = {.arena = job->arena};
    struct deployment live, left = {0};
    struct reach reach;
    *count = 0;
    /* live() has mostly just been asked. */
    if (!memory->has_live && cloudflare_live(job, &live, error) != 0)
        return -1;
    live = memory->live;
    reach = memory->reach;
    const struct traffic *traffic = &memory->traffic;
    bool is_done = is_live(artifact, wanted, &live);
    if (!traffic->absent && !is_done &&
        cloudflare_leftover(job, artifact, traffic, &left, error) != 0)
        return -1;
    if (traffic->absent)
        add(&sentences,
            arena_printf(job->arena, "create the Worker '%s' (%zu bytes), which is live with that",
                         job_text(job, "script"), artifact->counted_bytes));
    else if (!is_done && !left.version)
        add(&sentences,
            arena_printf(job->arena, "upload a version (%zu bytes)", artifact->counted_bytes));
    if (!wanted->staged) {
        if (!memory->has_reach && cloudflare_look(job, !traffic->absent, &reach, error) != 0)
            return -1;
        add_reach(job, &reach, &sentences);
        if (!traffic->absent && !is_done)
            add_switch(job, traffic, wanted, left.version, &sentences);
    }
    *out = sentences.items;
    *count = sentences.count;
    return 0;
}
