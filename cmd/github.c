#include "cmd/github.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"

enum { LIMIT_EVENT = 32 << 20 };

/* One write to a file opened for appending: a line is there as a whole or not at all. */
static void append(struct run *run, const char *text)
{
    const char *path = world_environment(run->world, "GITHUB_OUTPUT");
    struct error error = {0};
    size_t size = strlen(text);
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file >= 0 && write(file, text, size) == (ssize_t)size && close(file) == 0)
        return;
    error_set(&error, FAULT_INPUT, "cannot write the outputs to '%s': %s", path, strerror(errno));
    output_error(run, &error);
}

static bool is_wanted(struct run *run)
{
    return world_environment(run->world, "GITHUB_OUTPUT") != NULL;
}

void github_attempt(void *context)
{
    struct run *run = context;
    if (is_wanted(run))
        append(run, "mutation-attempted=true\n");
}

static bool is_commit(const char *text)
{
    size_t size = strlen(text);
    return (size == 40 || size == 64) && strspn(text, "0123456789abcdef") == size;
}

/* The head that the event's file names; NULL when the event has none. */
static const char *head_of_event(struct run *run)
{
    const char *path = world_environment(run->world, "GITHUB_EVENT_PATH");
    struct error error = {0};
    struct bytes text;
    json_t *event;
    if (!path || file_read(run->arena, path, LIMIT_EVENT, &text, &error) != 0 ||
        json_read(run->arena, text, path, FAULT_INPUT, &event, &error) != 0)
        return NULL;
    const char *head = json_find_string(event, "pull_request.head.sha", NULL);
    if (!head)
        head = json_find_string(event, "merge_group.head_sha", NULL);
    return head && is_commit(head) ? head : NULL;
}

const char *github_commit(struct run *run)
{
    const char *head = head_of_event(run);
    const char *sha = world_environment(run->world, "GITHUB_SHA");
    return head ? head : sha && is_commit(sha) ? sha : NULL;
}

/* One output in one line: text_safe leaves no line break in what a server said. */
static char *add(struct run *run, char *lines, const char *name, const char *target,
                 const char *value)
{
    const char *safe = value ? text_safe(run->arena, value, strlen(value)) : "";
    return arena_printf(run->arena, "%s%s%s=%s\n", lines, name, target, safe);
}

/* NULL when not every target was judged: half an answer would be a wrong one. */
static const char *worst_answer(const struct publish_result *result)
{
    const struct verdict *worst = NULL;
    for (size_t i = 0; i < result->target_count; i++) {
        const struct verdict *verdict = &result->targets[i].verdict;
        if (!verdict->target)
            return NULL;
        if (!worst || verdict->answer == ANSWER_NO ||
            (verdict->answer == ANSWER_UNKNOWN && worst->answer == ANSWER_YES))
            worst = verdict;
    }
    return worst ? answer_word(worst->answer) : NULL;
}

static bool has_changed(const struct publish_result *result)
{
    for (size_t i = 0; i < result->target_count; i++)
        if (result->targets[i].state == STATE_LIVE || result->targets[i].state == STATE_ROLLED_BACK)
            return true;
    return false;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, text ? json_text(text, strlen(text)) : json_null());
}

/* {"TARGET": {...}}: by name, because that is how an expression of a workflow asks. */
static const char *deployments_by_name(struct run *run, const struct publish_result *result)
{
    json_t *all = json_own(run->arena, json_object());
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        json_t *one = json_object();
        set_text(one, "platform", target->target->platform);
        set_text(one, "state", target->state == STATE_NONE ? NULL : state_name(target->state));
        set_text(one, "version", target->deployment.version);
        set_text(one, "previous_version", target->deployment.previous);
        set_text(one, "url", deployments_url(target));
        json_object_set_new(all, target->target->name, one);
    }
    return json_print(run->arena, all);
}

static char *add_target(struct run *run, char *lines, const char *name,
                        const struct prepared *target)
{
    lines = add(run, lines, "version-", name, target->deployment.version);
    lines = add(run, lines, "previous-version-", name, target->deployment.previous);
    return add(run, lines, "url-", name, deployments_url(target));
}

/* Does the name of the target's platform mean this target alone? */
static bool is_only_one(const struct publish_result *result, const struct prepared *target)
{
    const char *platform = target->target->platform;
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *other = &result->targets[i];
        if (strcmp(other->target->name, platform) == 0 ||
            (other != target && strcmp(other->target->platform, platform) == 0))
            return false;
    }
    return true;
}

static char *add_deployments(struct run *run, char *lines, const struct publish_result *result)
{
    lines =
        add(run, lines, "mutation-attempted", "", result->mutation_attempted ? "true" : "false");
    lines = add(run, lines, "changed", "", has_changed(result) ? "true" : "false");
    lines = add(run, lines, "deployments", "", deployments_by_name(run, result));
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        lines = add_target(run, lines, target->target->name, target);
        if (is_only_one(result, target))
            lines = add_target(run, lines, target->target->platform, target);
    }
    return lines;
}

void github_outputs(struct run *run, const struct publish_result *result)
{
    if (!is_wanted(run))
        return;
    const char *commit = head_of_event(run), *answer = worst_answer(result);
    if (!commit)
        commit = result->commit ? result->commit : github_commit(run);
    char *lines = add(run, arena_strdup(run->arena, ""), "commit", "", commit);
    if (answer)
        lines = add(run, lines, "verdict", "", answer);
    if (run->command->deploys)
        lines = add_deployments(run, lines, result);
    append(run, lines);
}
