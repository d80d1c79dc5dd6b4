/* The draft that a deployment is put into: which version, and what stands in its comment. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
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

static bool is_draft(const json_t *version)
{
    return !json_find_bool(version, "locked", false) && !json_find_bool(version, "active", false);
}

/* The highest leftover of ours that was made from what is live now: one that was made from an
   older version would bring that one's domains and backends back. 0: none. */
static json_int_t find_leftover(const struct job *job, const struct service *service)
{
    json_int_t found = 0, base;
    size_t index;
    json_t *version;
    json_array_foreach(json_object_get(service->details, "versions"), index, version)
    {
        struct deployment ignored;
        json_int_t number = json_find_integer(version, "number", 0);
        const char *comment = json_find_string(version, "comment", "");
        bool ours = is_draft(version) &&
                    compute_read_comment(job->arena, comment, &ignored, &base) &&
                    base == service->active;
        if (ours && number > found)
            found = number;
    }
    return found;
}

static json_int_t highest_number(const json_t *details)
{
    json_int_t highest = 0;
    size_t index;
    json_t *version;
    json_array_foreach(json_object_get(details, "versions"), index, version)
    {
        json_int_t number = json_find_integer(version, "number", 0);
        highest = number > highest ? number : highest;
    }
    return highest;
}

const json_t *compute_version(const json_t *details, json_int_t number)
{
    size_t index;
    json_t *version;
    json_array_foreach(json_object_get(details, "versions"), index, version)
    {
        if (json_find_integer(version, "number", 0) == number)
            return version;
    }
    return NULL;
}

/* After a lost answer: the one unlocked version that is new since then. Several can't be told
   apart; 0: there is none. */
static int find_clone(const struct job *job, const struct service *before, json_int_t *number,
                      struct error *error)
{
    struct service now = *before;
    json_int_t highest = highest_number(before->details);
    if (compute_details(job, &now, error) != 0)
        return -1;
    json_int_t newest = highest_number(now.details);
    *number = newest > highest && is_draft(compute_version(now.details, newest)) ? newest : 0;
    if (newest <= highest + 1)
        return 0;
    error_set(error, FAULT_REMOTE, "somebody else changes service '%s' at the same time",
              before->id);
    return error_hint(error, "publish again when the other deployment is done");
}

static int clone(const struct job *job, const struct service *service, json_int_t base,
                 json_int_t *number, struct error *error)
{
    struct compute_answer answer;
    struct compute_ask ask = {.method = "PUT",
                              .path = compute_version_path(job, service, base, "/clone"),
                              .what =
                                  arena_printf(job->arena, "clone version %lld", (long long)base),
                              .once = true};
    for (unsigned attempt = 1; compute_call(job, &ask, &answer, error) != 0; attempt++) {
        struct error unknown = {0};
        if (!answer.unclear || !compute_wait(job, attempt))
            return -1;
        if (find_clone(job, service, number, &unknown) != 0) {
            *error = unknown;
            return -1;
        }
        if (*number)
            return 0;
    }
    *number = json_find_integer(answer.document, "number", 0);
    if (*number < 1)
        return error_set(error, FAULT_REMOTE, "cannot clone version %lld: the answer has no number",
                         (long long)base);
    return 0;
}

int compute_draft(const struct job *job, const struct service *service, json_int_t *number,
                  struct error *error)
{
    json_int_t base = service->active ? service->active : highest_number(service->details);
    *number = find_leftover(job, service);
    if (*number) {
        world_say(job->world, job->target->name,
                  "goes on with draft version %lld of an earlier run", (long long)*number);
        return 0;
    }
    if (base < 1)
        return error_set(error, FAULT_REMOTE, "service '%s' has no version", service->id);
    if (!service->active && is_draft(compute_version(service->details, base))) {
        *number = base; /* nothing is live, and the newest version is still open */
        return 0;
    }
    return clone(job, service, base, number, error);
}
