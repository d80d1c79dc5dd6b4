/* What status prints: recorded and live, side by side. */
#include <string.h>

#include "cmd/deployments.h"
#include "cmd/table.h"
#include "pkg/base/text.h"

enum { MOST_STAGED = 3 };

/* The recorded version has its share beside what is live. */
static bool is_sharing(const struct prepared *target)
{
    for (size_t i = 0; i < target->version_count; i++)
        if (strcmp(target->versions[i].version, target->deployment.version) == 0)
            return target->versions[i].percent == target->deployment.percent;
    return target->live.same_as && strcmp(target->live.same_as, target->deployment.version) == 0;
}

/* How the two sides of status compare. */
static const char *compare(const struct prepared *target, enum tint *tint)
{
    const char *live = target->live.version;
    const char *recorded = target->deployment.version;
    *tint = TINT_WARN;
    if (target->state == STATE_FAILED) {
        *tint = TINT_BAD;
        return "unknown";
    }
    if (!live)
        return recorded ? "nothing live" : "never deployed";
    if (!recorded)
        return "not recorded";
    if (strcmp(live, recorded) != 0 && !is_sharing(target))
        return "another version";
    if (target->live.drifted)
        return "changed by hand";
    *tint = TINT_GOOD;
    return "as recorded";
}

static const char *of_commit(struct run *run, const struct deployment *version)
{
    if (!version->commit)
        return "";
    return arena_printf(run->arena, " of commit %s",
                        deployments_safe(run, deployments_short(run, version->commit, 8)));
}

/* Who has which share, when one has not all. */
static void print_shares(struct run *run, const struct prepared *target)
{
    for (size_t i = 0; deployments_percent(&target->live) < 100 && i < target->version_count; i++) {
        const struct deployment *version = &target->versions[i];
        if (version->percent)
            printf("%s: %u %% of the traffic: version %s%s\n", target->target->name,
                   version->percent, deployments_safe(run, version->version),
                   of_commit(run, version));
    }
}

/* The newest of those that can be tried. */
static void print_staged(struct run *run, const struct prepared *target)
{
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < target->version_count; i++) {
        const struct deployment *version = &target->versions[i];
        if (!version->staged || version->percent)
            continue;
        if (shown++ >= MOST_STAGED) {
            more++;
            continue;
        }
        printf("%s: staged: version %s%s%s%s%s%s\n", target->target->name,
               deployments_safe(run, version->version), of_commit(run, version),
               version->url ? ": " : "", deployments_safe(run, version->url),
               version->address ? " at the address " : "", deployments_safe(run, version->address));
    }
    if (more)
        printf("%s: staged: %zu more\n", target->target->name, more);
}

static void print_rest(struct run *run, const struct publish_result *result)
{
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        print_shares(run, target);
        print_staged(run, target);
        if (target->live.spreading)
            printf("%s: still spreading: some places may answer as before\n", target->target->name);
        if (target->no_versions)
            progress_say(run, target->target->name,
                         arena_printf(run->arena, "what else is there is not known: %s",
                                      target->no_versions));
    }
}

void deployments_status(struct run *run, const struct publish_result *result)
{
    static const char *const heads[] = {"TARGET", "LIVE IS", "LIVE", "RECORDED",
                                        "COMMIT", "SINCE",   NULL};
    struct table table;
    table_open(&table, run, heads);
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        enum tint tint;
        const char *word = compare(target, &tint);
        const char *cells[] = {target->target->name,
                               word,
                               target->live.version,
                               text_is(target->live.version, target->deployment.version)
                                   ? NULL
                                   : target->deployment.version,
                               deployments_short(run, target->deployment.commit, 8),
                               target->recorded ? target->recorded->time : NULL};
        table_add(&table, cells, 1, tint);
    }
    table_print(&table);
    deployments_urls(run, result, "\n");
    print_rest(run, result);
}
