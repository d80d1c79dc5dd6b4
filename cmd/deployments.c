/* What publish and rollback print. */
#include <string.h>

#include "cmd/deployments.h"
#include "cmd/table.h"
#include "cmd/verified.h"
#include "pkg/base/text.h"

bool deployments_is(const struct run *run, const char *name)
{
    return strcmp(run->command->name, name) == 0;
}

/* status looks at what is live, the others at what they made. */
const struct deployment *deployments_shown(const struct run *run, const struct prepared *target)
{
    return deployments_is(run, "status") ? &target->live : &target->deployment;
}

const char *deployments_safe(struct run *run, const char *text)
{
    return text ? text_safe(run->arena, text, strlen(text)) : "";
}

unsigned deployments_percent(const struct deployment *deployment)
{
    return deployment->percent ? deployment->percent : 100;
}

const char *deployments_digest(const struct run *run, const struct prepared *target)
{
    const char *digest = deployments_shown(run, target)->artifact_sha256;
    if (!digest && !deployments_is(run, "status") && target->artifact.sha256[0])
        digest = target->artifact.sha256;
    return digest;
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

char *deployments_short(struct run *run, const char *text, size_t size)
{
    size_t whole = text ? strlen(text) : 0;
    return text ? arena_copy(run->arena, text, whole < size ? whole : size) : NULL;
}

static const char *word_of(const struct run *run, const struct prepared *target)
{
    if (target->unclear)
        return "not known";
    if (target->incomplete)
        return "live, not complete";
    if (target->state == STATE_LIVE && target->error.fault != FAULT_NONE)
        return "live, not verified";
    if (target->state == STATE_NONE && deployments_is(run, "rollback"))
        return "left alone";
    if (target->state == STATE_NONE)
        return run->options.dry_run ? "would upload" : "not sent";
    unsigned percent = deployments_percent(&target->deployment);
    if (percent < 100 && (target->state == STATE_LIVE || target->state == STATE_UNCHANGED))
        return arena_printf(run->arena, "%s, %u %%", state_name(target->state), percent);
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
        bool left_alone = target->state == STATE_NONE && deployments_is(run, "rollback");
        const struct deployment *made = left_alone ? &target->live : &target->deployment;
        size_t bytes = target->artifact.counted_bytes;
        const char *cells[] = {
            target->target->name,
            target->target->platform,
            word_of(run, target),
            made->version,
            deployments_short(
                run, left_alone ? made->artifact_sha256 : deployments_digest(run, target), 12),
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
        const char *word = target->unclear                 ? "not known"
                           : target->state == STATE_FAILED ? "failed"
                           : target->incomplete            ? "not complete"
                                                           : "not verified";
        if (target->error.fault != FAULT_NONE)
            printf("%s: %s: %s\n", word, target->target->name,
                   text_safe(run->arena, target->error.message, strlen(target->error.message)));
    }
}

/* Where what is live answers; `before` stands before the first line. */
void deployments_urls(struct run *run, const struct publish_result *result, const char *before)
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

/* Where what was staged can be tried, and how it is made live. */
static void print_staged(struct run *run, const struct publish_result *result)
{
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        const struct deployment *made = &target->deployment;
        if (target->state != STATE_UPLOADED || !made->staged || !made->version)
            continue;
        printf("%s: staged: version %s", target->target->name,
               deployments_safe(run, made->version));
        if (made->url)
            printf(": %s", deployments_safe(run, made->url));
        if (made->pin_name && made->pin_value)
            printf(" with the header '%s: %s'", deployments_safe(run, made->pin_name),
                   deployments_safe(run, made->pin_value));
        if (made->address)
            printf(" at the address %s", deployments_safe(run, made->address));
        puts(run->options.sandbox ? " (sandbox, answers nothing)" : "");
    }
}

/* What is live now, recorded where, and what was not done. */
static void print_outcome(struct run *run, const struct publish_result *result)
{
    bool back = deployments_is(run, "rollback");
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
    print_staged(run, result);
    deployments_urls(run, result, "");
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        if (target->probe && target->target->verify.path && !run->options.sandbox)
            printf("%s: answer: %s\n", target->target->name,
                   text_safe(run->arena, target->probe, strlen(target->probe)));
    }
}

/* In the order in which they would be sent. */
static void print_changes(struct run *run, const struct publish_result *result)
{
    puts("");
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        const char *name = target->target->name, *why = target->no_changes;
        if (!target->changes)
            printf("%s: what would change is not known: %s\n", name,
                   why ? text_safe(run->arena, why, strlen(why)) : "it was not asked");
        else
            printf("%s: %s\n", name,
                   target->change_count ? "would change" : "nothing would change");
        for (size_t c = 0; c < target->change_count; c++)
            printf("  %zu. %s\n", c + 1,
                   text_safe(run->arena, target->changes[c], strlen(target->changes[c])));
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

/* Where the credentials were found: of two places it is not always the one that was meant. */
static void say_credentials(struct run *run, const struct publish_result *result)
{
    for (size_t i = 0; i < result->target_count; i++) {
        const struct job *job = &result->targets[i].job;
        const char *until = job->secrets_expire
                                ? arena_printf(run->arena, ", good until %s",
                                               text_time(run->arena, job->secrets_expire / 1000))
                                : "";
        if (job->secrets_origin)
            world_say(run->world, result->targets[i].target->name, "credentials from %s%s",
                      job->secrets_origin, until);
    }
}

void deployments_text(struct run *run, const struct publish_result *result)
{
    if (result->target_count == 0)
        return;
    if (run->options.verbose)
        say_credentials(run, result);
    if (deployments_is(run, "status")) {
        deployments_status(run, result);
        return;
    }
    if (deployments_is(run, "verify")) {
        verified_text(run, result);
        print_failures(run, result);
        return;
    }
    print_made(run, result);
    if (run->options.verbose)
        print_validation(run, result);
    if (run->options.dry_run) {
        print_parts(run, result);
        print_changes(run, result);
    } else {
        print_outcome(run, result);
    }
}
