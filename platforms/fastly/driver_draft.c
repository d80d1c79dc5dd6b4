/* The draft that a deployment is put into: which version, and what stands in its comment. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/fastly/driver_parts.h"

#define DIGEST "edge-deploy sha256:"
#define COMMIT " git:"
#define BASE   " base:"

enum { SHA256_SIZE = 64 };

static size_t hex_size(const char *text)
{
    return strspn(text, "0123456789abcdef");
}

char *compute_comment(struct arena *arena, const char *sha256, const char *commit, const char *tag,
                      json_int_t base)
{
    return arena_printf(arena, DIGEST "%s%s%s tag:%s" BASE "%lld", sha256, commit ? COMMIT : "",
                        commit ? commit : "", tag ? tag : "none", (long long)base);
}

bool compute_read_comment(struct arena *arena, const char *comment, struct deployment *out,
                          json_int_t *base)
{
    if (strncmp(comment, DIGEST, strlen(DIGEST)) != 0)
        return false;
    const char *digest = comment + strlen(DIGEST);
    const char *commit = strstr(comment, COMMIT), *number = strstr(comment, BASE);
    if (hex_size(digest) != SHA256_SIZE)
        return false;
    out->artifact_sha256 = arena_copy(arena, digest, SHA256_SIZE);
    size_t commit_size = commit ? hex_size(commit + strlen(COMMIT)) : 0;
    if (commit_size == 40 || commit_size == 64)
        out->commit = arena_copy(arena, commit + strlen(COMMIT), commit_size);
    if (base)
        *base = number ? strtoll(number + strlen(BASE), NULL, 10) : -1;
    return true;
}

bool compute_is_draft(const json_t *version)
{
    return version && !json_find_bool(version, "locked", false) &&
           !json_find_bool(version, "active", false);
}

static const json_t *versions_of(const struct service *service)
{
    return json_object_get(service->details, "versions");
}

static json_int_t number_of(const json_t *version)
{
    return json_find_integer(version, "number", 0);
}

static const char *comment_of(const json_t *version)
{
    return json_find_string(version, "comment", "");
}

const json_t *compute_version(const json_t *details, json_int_t number)
{
    size_t index;
    json_t *version;
    json_array_foreach(json_object_get(details, "versions"), index, version)
    {
        if (number_of(version) == number)
            return version;
    }
    return NULL;
}

static bool names_staging(const json_t *environments, json_int_t number)
{
    size_t index;
    json_t *row;
    json_array_foreach(environments, index, row)
    {
        if (strcmp(json_find_string(row, "name", ""), "staging") == 0 &&
            json_find_integer(row, "active_version", 0) == number)
            return true;
    }
    return false;
}

/* The version says it itself, or version or service in their list of environments. */
bool compute_is_staged(const struct service *service, json_int_t number)
{
    const json_t *version = compute_version(service->details, number);
    return json_find_bool(version, "staging", false) ||
           names_staging(json_object_get(version, "environments"), number) ||
           names_staging(json_object_get(service->details, "environments"), number);
}

/* A clone takes the comment along, and who cloned it may have put something else into it: our own
   comments differ, each has its run's tag. */
static bool is_copied(const struct service *service, json_int_t number, const char *comment)
{
    size_t index;
    json_t *version;
    json_array_foreach(versions_of(service), index, version)
    {
        if (number_of(version) < number && strcmp(comment_of(version), comment) == 0)
            return true;
    }
    return false;
}

void compute_describe(const struct job *job, const struct service *service, json_int_t number,
                      struct deployment *out, json_int_t *base)
{
    const char *comment = comment_of(compute_version(service->details, number));
    out->version = compute_version_text(job, number);
    out->resource = service->id;
    out->drifted = !compute_is_ours(comment) || is_copied(service, number, comment) ||
                   !compute_read_comment(job->arena, comment, out, base);
}

/* A draft of ours that was made from what is live now: one that was made from an older version
   would bring that one's domains and backends back. Or, locked, what has been staged. */
static bool is_leftover(const struct job *job, const struct service *service,
                        const struct artifact *artifact, const json_t *version, struct draft *out,
                        bool *same)
{
    struct deployment holds = {0};
    json_int_t base;
    if (number_of(version) == service->active ||
        !compute_read_comment(job->arena, comment_of(version), &holds, &base) ||
        base != service->active)
        return false;
    *same = strcmp(holds.artifact_sha256, artifact->sha256) == 0;
    *out = (struct draft){.number = number_of(version), .used = true};
    if (compute_is_draft(version))
        return true;
    out->locked = true;
    return *same && text_equal(holds.commit, job->commit) &&
           compute_is_staged(service, out->number);
}

json_int_t compute_base(const struct service *service)
{
    json_int_t highest = service->active;
    size_t index;
    json_t *version;
    json_array_foreach(versions_of(service), index, version)
    {
        if (!service->active && number_of(version) > highest)
            highest = number_of(version);
    }
    return highest;
}

/* Where just this artifact lies, or the highest; but what is staged is somebody's trial, and only
   the next that is to be staged takes its place. */
static struct draft leftover(const struct job *job, const struct service *service,
                             const struct artifact *artifact, bool staged)
{
    struct draft found = {0}, one;
    bool found_same = false, same;
    size_t index;
    json_t *version;
    json_array_foreach(versions_of(service), index, version)
    {
        if (!is_leftover(job, service, artifact, version, &one, &same) ||
            (!same && !staged && compute_is_staged(service, one.number)))
            continue;
        if (same > found_same || (same == found_same && one.number > found.number)) {
            found = one;
            found_same = same;
        }
    }
    if (found.number || service->active)
        return found;
    /* Nothing is live, and the newest version is still open. */
    json_int_t newest = compute_base(service);
    const json_t *open = compute_version(service->details, newest);
    return compute_is_draft(open)
               ? (struct draft){.number = newest, .used = comment_of(open)[0] != '\0'}
               : found;
}

int compute_find_draft(const struct job *job, const struct service *service,
                       const struct artifact *artifact, bool staged, struct draft *out,
                       struct error *error)
{
    bool complete = true;
    *out = leftover(job, service, artifact, staged);
    if (out->locked &&
        compute_is_complete(job, service, out->number, artifact, &complete, error) != 0)
        return -1;
    if (!complete)
        *out = (struct draft){0};
    return 0;
}

/* NULL for what is somebody else's. */
static const char *describe_stale(const struct job *job, const struct service *service,
                                  const json_t *version)
{
    struct deployment ignored = {0};
    json_int_t number = number_of(version);
    const char *comment = comment_of(version);
    bool copied = is_copied(service, number, comment);
    if (compute_is_staged(service, number))
        return "stays on the staging network";
    if (!copied && compute_read_comment(job->arena, comment, &ignored, NULL))
        return "is a draft of an earlier run and is left as it is: something else has become live "
               "since, and versions cannot be deleted";
    if (!*comment || (copied && compute_is_ours(comment)))
        return "is a draft without a mark of ours, and is left as it is";
    return NULL;
}

/* No version can be deleted: the API has no such call. Those older than what is live have been
   named already. */
void compute_name_stale(const struct job *job, const struct service *service, json_int_t used)
{
    size_t index;
    json_t *version;
    json_array_foreach(versions_of(service), index, version)
    {
        json_int_t number = number_of(version);
        const char *what = number != used && number > service->active &&
                                   (compute_is_draft(version) || compute_is_staged(service, number))
                               ? describe_stale(job, service, version)
                               : NULL;
        if (what)
            world_say(job->world, job->target->name, "version '%lld' %s", (long long)number, what);
    }
}

/* Nobody has marked it yet. */
static bool is_unmarked(const struct service *before, json_int_t base, const json_t *version)
{
    const char *comment = comment_of(version);
    return compute_is_draft(version) &&
           (!*comment || strcmp(comment, comment_of(compute_version(before->details, base))) == 0);
}

/* After a lost answer: the one unmarked draft that is new since then; what another publish has
   cloned bears its mark soon. Several can't be told apart; 0: there is none. */
static int find_clone(const struct job *job, const struct service *before, json_int_t base,
                      json_int_t *number, struct error *error)
{
    struct service now = *before;
    size_t index, count = 0;
    json_t *version;
    if (compute_details(job, &now, error) != 0)
        return -1;
    *number = 0;
    json_array_foreach(versions_of(&now), index, version)
    {
        if (compute_version(before->details, number_of(version)) ||
            !is_unmarked(before, base, version))
            continue;
        *number = number_of(version);
        count++;
    }
    if (count < 2)
        return 0;
    *number = -1;
    error_set(error, FAULT_REMOTE, "somebody else changes service '%s' at the same time",
              before->id);
    return error_hint(error, "publish again when the other deployment is done");
}

static json_int_t highest(const struct service *service)
{
    json_int_t highest = 0;
    size_t index;
    json_t *version;
    json_array_foreach(versions_of(service), index, version)
    {
        highest = number_of(version) > highest ? number_of(version) : highest;
    }
    return highest;
}

static int may_be_left(const struct service *before, struct error *error)
{
    return compute_add_hint(error,
                            "whether version '%lld' was made is not known: if so, it is a copy "
                            "without a mark, and nothing uses it again",
                            (long long)highest(before) + 1);
}

/* It was done, and the answer does not say what has come of it. */
static int no_number(const struct job *job, const struct service *service, json_int_t base,
                     struct draft *out, struct error *error)
{
    if (find_clone(job, service, base, &out->number, error) != 0)
        return -1;
    if (out->number)
        return 0;
    return error_set(error, FAULT_REMOTE, "cannot clone version %lld: the answer has no number",
                     (long long)base);
}

int compute_clone(const struct job *job, const struct service *service, struct draft *out,
                  struct error *error)
{
    struct compute_answer answer;
    json_int_t base = compute_base(service);
    struct compute_ask ask = {.method = "PUT",
                              .path = compute_version_path(job, service, base, "/clone"),
                              .what =
                                  arena_printf(job->arena, "clone version %lld", (long long)base),
                              .once = true};
    *out = (struct draft){0};
    for (unsigned attempt = 1; compute_call(job, &ask, &answer, error) != 0; attempt++) {
        struct error unknown = {0};
        if (!answer.unclear)
            return -1;
        bool again = compute_wait(job, attempt);
        if (find_clone(job, service, base, &out->number, &unknown) != 0) {
            if (out->number < 0)
                *error = unknown;
            return may_be_left(service, error);
        }
        if (out->number)
            return 0;
        if (!again)
            return -1;
    }
    out->number = json_find_integer(answer.document, "number", 0);
    if (out->number < 1 || out->number == base)
        return no_number(job, service, base, out, error);
    return 0;
}
