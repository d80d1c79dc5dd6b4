/* What was live before: the way back that rollbacks go, out of the records, else out of what the
   platform remembers. */
#include <string.h>

#include "pkg/base/text.h"
#include "pkg/publish/pipeline.h"

/* One version on the way, and what it replaced when it was published. */
struct step {
    const char *version, *before;
};

/* The versions that were live one after the other, newest last; a rollback takes off those that it
   goes back from, so that a further one goes further back. */
struct way {
    struct step *steps;
    size_t count;
    const char **left; /* those that were rolled back from */
    size_t left_count;
};

static bool was_left(const struct way *way, const char *version)
{
    for (size_t i = 0; i < way->left_count; i++)
        if (text_is(way->left[i], version))
            return true;
    return false;
}

static void leave(struct way *way)
{
    way->left[way->left_count++] = way->steps[--way->count].version;
}

/* A larger share of the same version is no further step. */
static void add(struct way *way, const char *version, const char *before)
{
    if (way->count && text_is(way->steps[way->count - 1].version, version))
        return;
    way->steps[way->count++] = (struct step){version, text_is(before, version) ? NULL : before};
}

/* Back to one on the way; else on to one that was left, or to one older than all records. From
   where the first record goes back nothing else tells. */
static void go_back(struct way *way, const char *version, const char *from)
{
    if (way->count == 0 && from)
        way->left[way->left_count++] = from;
    for (size_t at = way->count; at > 0; at--)
        if (text_is(way->steps[at - 1].version, version)) {
            while (way->count > at)
                leave(way);
            return;
        }
    while (way->count && !was_left(way, version))
        leave(way);
    add(way, version, NULL);
}

static void read_records(const struct pipeline *pipeline, const struct target *target,
                         struct way *way)
{
    way->steps = arena_alloc(pipeline->arena, pipeline->record_count + 1, sizeof *way->steps);
    way->left = arena_alloc(pipeline->arena, 2 * pipeline->record_count + 1, sizeof *way->left);
    for (size_t i = pipeline->record_count; i > 0; i--) {
        const struct record *record = &pipeline->records[i - 1];
        if (!pipeline_is_of(pipeline, record, target))
            continue;
        if (strcmp(record->event, "rollback") == 0)
            go_back(way, record->version, record->previous_version);
        else
            add(way, record->version, record->previous_version);
    }
}

/* What last took traffic of those that come after what is live. */
static const char *by_platform_alone(const struct prepared *target, const struct way *way)
{
    for (size_t i = 0; i < target->version_count; i++) {
        const struct deployment *version = &target->versions[i];
        if (version->lived == LIVED_YES && !text_is(version->version, target->live.version) &&
            !was_left(way, version->version))
            return version->version;
    }
    return NULL;
}

/* Where on the way back to go to: NULL when it does not go that far. Live may already be what the
   last step leads to (a rollback that was cut off), or what no record knows. */
static const char *by_records(const struct prepared *target, const struct way *way)
{
    const struct step *last = &way->steps[way->count - 1];
    const char *live = target->live.same_as ? target->live.same_as : target->live.version;
    size_t at = way->count;
    while (at > 0 && !text_is(way->steps[at - 1].version, live))
        at--;
    if (live && at == 0 && !text_is(last->before, live))
        return last->version;
    if (at == 0 || at + 1 >= way->count)
        at = way->count;
    return at >= 2 ? way->steps[at - 2].version : way->steps[0].before;
}

const char *past_previous(const struct pipeline *pipeline, const struct prepared *target)
{
    struct way way = {0};
    read_records(pipeline, target->target, &way);
    const char *version = way.count ? by_records(target, &way) : NULL;
    return version ? version : by_platform_alone(target, &way);
}
