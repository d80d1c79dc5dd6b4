/* What publish, rollback, verify and status print. */
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/table.h"
#include "cmd/verified.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"

static bool is_command(const struct run *run, const char *name)
{
    return strcmp(run->command->name, name) == 0;
}

/* status looks at what is live, the others at what they made. */
static const struct deployment *shown(const struct run *run, const struct prepared *target)
{
    return is_command(run, "status") ? &target->live : &target->deployment;
}

const char *deployments_digest(const struct run *run, const struct prepared *target)
{
    const char *digest = shown(run, target)->artifact_sha256;
    if (!digest && !is_command(run, "status") && target->artifact.sha256[0])
        digest = target->artifact.sha256;
    return digest;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_text(text, strlen(text)) : json_null();
}

/* status and verify load no module: what they know is what was recorded, of what is staged
   nothing. */
static const char *digest_of_modules(const struct run *run, const struct prepared *target)
{
    bool looks = is_command(run, "status") || is_command(run, "verify");
    if (run->options.staged)
        return NULL;
    if (looks && target->recorded)
        return target->recorded->module_sha256;
    return target->module_sha256;
}

const char *deployments_url(const struct prepared *target)
{
    const struct record *recorded = target->recorded;
    const char *version = target->deployment.version;
    if (target->deployment.url || target->live.url)
        return target->deployment.url ? target->deployment.url : target->live.url;
    bool same = recorded && version && strcmp(recorded->version, version) == 0;
    return same ? recorded->url : NULL;
}

json_t *deployments_side(const struct deployment *side, const char *time)
{
    json_t *json = json_object();
    if (!side->version) {
        json_decref(json);
        return json_null();
    }
    json_object_set_new(json, "version", text_or_null(side->version));
    json_object_set_new(json, "artifact_sha256", text_or_null(side->artifact_sha256));
    json_object_set_new(json, "commit", text_or_null(side->commit));
    if (time)
        json_object_set_new(json, "time", text_or_null(time));
    else
        json_object_set_new(json, "drifted", json_boolean(side->drifted));
    return json;
}

static json_t *artifact_json(const struct artifact *artifact)
{
    json_t *parts = json_array();
    for (size_t i = 0; i < artifact->part_count; i++) {
        const struct part *part = &artifact->parts[i];
        json_t *row = json_object();
        json_object_set_new(row, "name", text_or_null(part->name));
        json_object_set_new(row, "media_type", text_or_null(part->media_type));
        json_object_set_new(row, "bytes", json_integer((json_int_t)part->body.size));
        json_array_append_new(parts, row);
    }
    json_t *json = json_object();
    json_object_set_new(json, "bytes", json_integer((json_int_t)artifact->counted_bytes));
    json_object_set_new(json, "parts", parts);
    return json;
}

/* What single commands have to tell beyond the keys that all have. */
/* Who has judged what ships. */
static json_t *validation_json(const struct prepared *target)
{
    json_t *array = json_array();
    for (size_t i = 0; i < target->module_count; i++) {
        const struct prepared_module *module = &target->modules[i];
        json_t *json = json_object();
        json_object_set_new(json, "module", text_or_null(module->path));
        json_object_set_new(json, "verdict", text_or_null(module->validation));
        json_object_set_new(json, "libwabt", text_or_null(module->second));
        json_array_append_new(array, json);
    }
    return array;
}

static void add_details(const struct run *run, const struct prepared *target, json_t *json)
{
    if (target->artifact.sha256[0])
        json_object_set_new(json, "artifact", artifact_json(&target->artifact));
    if (target->module_count)
        json_object_set_new(json, "optimizer", text_or_null(target->modules[0].optimized.how));
    if (is_command(run, "status")) {
        json_object_set_new(json, "live", deployments_side(&target->live, NULL));
        json_object_set_new(
            json, "recorded",
            deployments_side(&target->deployment, target->recorded ? target->recorded->time : ""));
    }
    if (target->module_count)
        json_object_set_new(json, "validation", validation_json(target));
    if (target->deployment.resource)
        json_object_set_new(json, "resource", text_or_null(target->deployment.resource));
    if (is_command(run, "verify"))
        verified_json(run, target, json);
    if (target->probe)
        json_object_set_new(json, "probe", text_or_null(target->probe));
    if (target->verification)
        json_object_set_new(json, "verification",
                            text_or_null(verification_name(target->verification)));
    if (target->answered)
        json_object_set_new(json, "answered", text_or_null(target->answered));
    if (target->error.fault != FAULT_NONE)
        json_object_set_new(json, "error", text_or_null(target->error.message));
}

static json_t *target_json(const struct run *run, const struct prepared *target)
{
    const struct deployment *deployment = shown(run, target);
    const char *previous = deployment->previous;
    if (is_command(run, "status") && target->recorded)
        previous = target->recorded->previous_version;
    json_t *json = json_object();
    json_object_set_new(json, "target", text_or_null(target->target->name));
    json_object_set_new(json, "platform", text_or_null(target->target->platform));
    json_object_set_new(json, "state",
                        target->state == STATE_NONE ? json_null()
                                                    : json_string(state_name(target->state)));
    json_object_set_new(json, "version", text_or_null(deployment->version));
    json_object_set_new(json, "previous_version", text_or_null(previous));
    json_object_set_new(json, "url", text_or_null(deployments_url(target)));
    json_object_set_new(json, "artifact_sha256", text_or_null(deployments_digest(run, target)));
    json_object_set_new(json, "module_sha256", text_or_null(digest_of_modules(run, target)));
    json_object_set_new(json, "requests", json_integer(target->stats.requests));
    json_object_set_new(json, "retries", json_integer(target->stats.retries));
    json_object_set_new(json, "seconds",
                        json_real((double)(int64_t)(target->seconds * 1000) / 1000));
    add_details(run, target, json);
    return json;
}

static json_t *verdicts_json(struct run *run, const struct publish_result *result)
{
    json_t *array = json_array();
    for (size_t i = 0; i < result->target_count; i++)
        if (result->targets[i].verdict.target)
            json_array_append(array, report_verdict_json(run->arena, &result->targets[i].verdict));
    return array;
}

json_t *deployments_json(struct run *run, const struct publish_result *result,
                         const struct error *error)
{
    json_t *document = run_document(run, error), *array = json_array();
    for (size_t i = 0; i < result->target_count; i++)
        json_array_append_new(array, target_json(run, &result->targets[i]));
    json_object_set_new(document, "deployments", array);
    json_object_set_new(document, "mutation_attempted", json_boolean(result->mutation_attempted));
    json_object_set_new(document, "commit", text_or_null(result->commit));
    if (is_command(run, "publish") || is_command(run, "rollback")) {
        json_object_set_new(document, "recorded", json_boolean(result->recorded));
        json_object_set_new(document, "record_failure", text_or_null(result->record_failure));
    }
    if (is_command(run, "publish"))
        json_object_set_new(document, "targets", verdicts_json(run, result));
    return document;
}

static enum tint tint_of(enum state state)
{
    switch (state) {
    case STATE_LIVE:
    case STATE_ROLLED_BACK:
        return TINT_GOOD;
    case STATE_FAILED:
        return TINT_BAD;
    case STATE_UPLOADED:
        return TINT_WARN;
    default:
        return TINT_NONE;
    }
}

static char *shortened(struct run *run, const char *text, size_t size)
{
    size_t whole = text ? strlen(text) : 0;
    return text ? arena_copy(run->arena, text, whole < size ? whole : size) : NULL;
}

static const char *word_of(const struct run *run, const struct prepared *target)
{
    if (target->incomplete)
        return "live, not complete";
    if (target->state == STATE_LIVE && target->error.fault != FAULT_NONE)
        return "live, not verified";
    if (target->state == STATE_NONE && is_command(run, "rollback"))
        return "left alone";
    if (target->state == STATE_NONE)
        return run->options.dry_run ? "would upload" : "not sent";
    return state_name(target->state);
}

static void print_made(struct run *run, const struct publish_result *result)
{
    static const char *const heads[] = {"TARGET", "PLATFORM", "STATE", "VERSION",
                                        "DIGEST", "BYTES",    NULL};
    struct table table;
    table_open(&table, run, heads);
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        bool left_alone = target->state == STATE_NONE && is_command(run, "rollback");
        const struct deployment *made = left_alone ? &target->live : &target->deployment;
        size_t bytes = target->artifact.counted_bytes;
        const char *cells[] = {
            target->target->name,
            target->target->platform,
            word_of(run, target),
            made->version,
            shortened(run, left_alone ? made->artifact_sha256 : deployments_digest(run, target),
                      12),
            bytes ? arena_printf(run->arena, "%zu", bytes) : NULL};
        bool bad = target->error.fault != FAULT_NONE;
        table_add(&table, cells, 2, bad ? TINT_BAD : tint_of(target->state));
    }
    table_print(&table);
}

/* Why, for each target: the error names only the first. */
static void print_failures(struct run *run, const struct publish_result *result)
{
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        const char *word = target->state == STATE_FAILED ? "failed"
                           : target->incomplete          ? "not complete"
                                                         : "not verified";
        if (target->error.fault != FAULT_NONE)
            printf("%s: %s: %s\n", word, target->target->name,
                   text_safe(run->arena, target->error.message, strlen(target->error.message)));
    }
}

/* Where what is live answers; `before` stands before the first line. */
static void print_urls(struct run *run, const struct publish_result *result, const char *before)
{
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        const char *url = target->state == STATE_UPLOADED ? NULL : deployments_url(target);
        if (!url)
            continue;
        printf("%s%s: %s%s\n", before, target->target->name,
               text_safe(run->arena, url, strlen(url)),
               run->options.sandbox ? " (sandbox, answers nothing)" : "");
        before = "";
    }
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
    if (strcmp(live, recorded) != 0)
        return "another version";
    if (target->live.drifted)
        return "changed by hand";
    *tint = TINT_GOOD;
    return "as recorded";
}

static void print_status(struct run *run, const struct publish_result *result)
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
                               tint == TINT_GOOD ? NULL : target->deployment.version,
                               shortened(run, target->deployment.commit, 8),
                               target->recorded ? target->recorded->time : NULL};
        table_add(&table, cells, 1, tint);
    }
    table_print(&table);
    print_urls(run, result, "\n");
}

static const char *names_in(struct run *run, const struct publish_result *result, enum state state)
{
    char *names = NULL;
    for (size_t i = 0; i < result->target_count; i++)
        if (result->targets[i].state == state)
            names = arena_printf(run->arena, "%s%s%s", names ? names : "", names ? ", " : "",
                                 result->targets[i].target->name);
    return names;
}

static void print_list(struct run *run, const char *words, const struct publish_result *result,
                       enum state state)
{
    const char *names = names_in(run, result, state);
    if (names)
        printf("%s: %s\n", words, names);
}

/* What is live now, recorded where, and what was not done. */
static void print_outcome(struct run *run, const struct publish_result *result)
{
    bool back = is_command(run, "rollback");
    puts("");
    print_list(run, "live now", result, STATE_LIVE);
    print_list(run, back ? "live again" : "rolled back", result, STATE_ROLLED_BACK);
    print_list(run, back ? "live already" : "live already, nothing sent", result, STATE_UNCHANGED);
    print_list(run, "uploaded, not live", result, STATE_UPLOADED);
    print_failures(run, result);
    if (result->recorded && result->commit)
        printf("recorded in refs/notes/edge-deploy%s%.12s\n", back ? "" : " on commit ",
               back ? "" : result->commit);
    if (result->record_failure)
        printf("%s: %s\n", result->recorded ? "not pushed" : "not recorded",
               text_safe(run->arena, result->record_failure, strlen(result->record_failure)));
    print_urls(run, result, "");
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        if (target->probe && target->target->verify.path && !run->options.sandbox)
            printf("%s: answer: %s\n", target->target->name,
                   text_safe(run->arena, target->probe, strlen(target->probe)));
    }
}

static void print_parts(struct run *run, const struct publish_result *result)
{
    static const char *const heads[] = {"TARGET", "PART", "TYPE", "BYTES", NULL};
    struct table table;
    table_open(&table, run, heads);
    for (size_t i = 0; i < result->target_count; i++)
        for (size_t p = 0; p < result->targets[i].artifact.part_count; p++) {
            const struct part *part = &result->targets[i].artifact.parts[p];
            const char *cells[] = {result->targets[i].target->name, part->name, part->media_type,
                                   arena_printf(run->arena, "%zu", part->body.size)};
            table_add(&table, cells, 0, TINT_NONE);
        }
    puts("");
    table_print(&table);
}

static void print_validation(struct run *run, const struct publish_result *result)
{
    for (size_t i = 0; i < result->target_count; i++)
        for (size_t m = 0; m < result->targets[i].module_count; m++) {
            const struct prepared_module *module = &result->targets[i].modules[m];
            if (module->validation)
                progress_say(run, result->targets[i].target->name,
                             arena_printf(run->arena, "%s: %s; libwabt: %s", module->path,
                                          module->validation,
                                          module->second ? module->second : "has not answered"));
        }
}

void deployments_text(struct run *run, const struct publish_result *result)
{
    if (result->target_count == 0)
        return;
    if (is_command(run, "status")) {
        print_status(run, result);
        return;
    }
    if (is_command(run, "verify")) {
        verified_text(run, result);
        print_failures(run, result);
        return;
    }
    print_made(run, result);
    if (run->options.verbose)
        print_validation(run, result);
    if (run->options.dry_run)
        print_parts(run, result);
    else
        print_outcome(run, result);
}
