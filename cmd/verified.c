#include "cmd/verified.h"

#include <string.h>

#include "cmd/table.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"

enum { DIGITS_SHOWN = 12 };

static json_t *text_or_null(const char *text)
{
    return text ? json_text(text, strlen(text)) : json_null();
}

/* null: one of the two is not known. */
static json_t *match(const char *a, const char *b)
{
    return a && b ? json_boolean(strcmp(a, b) == 0) : json_null();
}

void verified_json(const struct run *run, const struct prepared *target, json_t *json)
{
    bool staged = run->options.staged;
    const char *first = staged ? "staged" : "recorded";
    const char *made = target->deployment.artifact_sha256, *live = target->live.artifact_sha256;
    const char *time = target->recorded ? target->recorded->time : "";
    json_t *local = json_object(), *matches = json_object();
    json_object_set_new(local, "artifact_sha256", text_or_null(target->local_sha256));
    json_object_set_new(local, "why_not", text_or_null(target->local_why_not));
    json_object_set_new(json, first, deployments_side(&target->deployment, staged ? NULL : time));
    json_object_set_new(json, "live", deployments_side(&target->live, NULL));
    json_object_set_new(json, "local", local);
    json_object_set_new(matches, staged ? "live_staged" : "live_recorded", match(live, made));
    json_object_set_new(matches, "live_local", match(live, target->local_sha256));
    json_object_set_new(matches, staged ? "local_staged" : "local_recorded",
                        match(target->local_sha256, made));
    json_object_set_new(json, "matches", matches);
}

static char *shortened(struct run *run, const char *digest)
{
    size_t size = digest ? strlen(digest) : 0;
    size = size < DIGITS_SHOWN ? size : DIGITS_SHOWN;
    return digest ? arena_copy(run->arena, digest, size) : NULL;
}

static void print_states(struct run *run, const struct publish_result *result)
{
    static const char *const heads[] = {"TARGET", "PLATFORM", "STATE", "VERSION",
                                        "DIGEST", "ANSWER",   "URL",   NULL};
    struct table table;
    table_open(&table, run, heads);
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        const char *word = verification_name(target->verification);
        const char *cells[] = {target->target->name,
                               target->target->platform,
                               target->verified ? "verified"
                               : word           ? word
                                                : "not verified",
                               target->deployment.version,
                               shortened(run, deployments_digest(run, target)),
                               target->probe,
                               deployments_url(target)};
        table_add(&table, cells, 2, target->verified ? TINT_GOOD : TINT_BAD);
    }
    table_print(&table);
}

static void print_digests(struct run *run, const struct publish_result *result)
{
    const char *heads[] = {"TARGET", run->options.staged ? "STAGED" : "RECORDED", "LIVE", "LOCAL",
                           NULL};
    struct table table;
    table_open(&table, run, heads);
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        const char *made = shortened(run, target->deployment.artifact_sha256);
        const char *live = shortened(run, target->live.artifact_sha256);
        const char *local = shortened(run, target->local_sha256);
        const char *cells[] = {target->target->name, made ? made : "-", live ? live : "-",
                               local ? local : "-"};
        table_add(&table, cells, 0, TINT_NONE);
    }
    puts("");
    table_print(&table);
}

/* What lies here is no failure, whatever it is. */
static void print_local(struct run *run, const struct publish_result *result)
{
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        const char *why = target->local_why_not, *made = target->deployment.artifact_sha256;
        if (why)
            printf("%s: local: not packed: %s\n", target->target->name,
                   text_safe(run->arena, why, strlen(why)));
        else if (target->local_sha256 && made && strcmp(target->local_sha256, made) != 0)
            printf("%s: local: not what was deployed: publish would change it\n",
                   target->target->name);
    }
}

void verified_text(struct run *run, const struct publish_result *result)
{
    print_states(run, result);
    print_digests(run, result);
    print_local(run, result);
}
