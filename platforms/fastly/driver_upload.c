/* Filling a draft version. Whatever an earlier run has left of the same is used again: what is
   there already is not sent twice. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/fastly/driver_parts.h"

/* The comment marks the draft before anything else is put into it, so that a run that is cut off
   leaves one that the next run finds, and another run sees whose it is. */
static int set_comment(const struct job *job, const struct service *service, json_int_t number,
                       const struct artifact *artifact, struct error *error)
{
    struct compute_answer answer;
    const char *comment =
        compute_comment(job->arena, artifact->sha256, job->commit, job->tag, service->active);
    struct compute_ask ask = {
        .method = "PUT",
        .path = compute_version_path(job, service, number, ""),
        .what = arena_printf(job->arena, "set the comment of version %lld", (long long)number),
        .form = compute_field(job->arena, "", "comment", comment)};
    for (unsigned attempt = 1;; attempt++) {
        if (compute_call(job, &ask, &answer, error) != 0)
            return -1;
        if (strcmp(json_find_string(answer.document, "comment", ""), comment) == 0)
            return 0;
        if (!compute_wait(job, attempt))
            return compute_odd(error, "cannot %s: the answer shows another", ask.what);
    }
}

/* The comment says what this run would write, whichever run wrote it. */
static bool is_marked(const struct job *job, const struct service *service, json_int_t number,
                      const struct artifact *artifact)
{
    struct deployment holds = {0};
    json_int_t base = -1;
    const json_t *version = compute_version(service->details, number);
    return compute_is_draft(version) &&
           compute_read_comment(job->arena, json_find_string(version, "comment", ""), &holds,
                                &base) &&
           base == service->active && text_equal(holds.artifact_sha256, artifact->sha256) &&
           text_equal(holds.commit, job->commit);
}

bool compute_is_same_package(const struct artifact *artifact, const json_t *package, bool certain)
{
    const char *theirs = json_find_string(package, "metadata.files_hash", "");
    return *theirs ? strcmp(theirs, artifact->content) == 0 : !certain;
}

int compute_holds(const struct job *job, const struct service *service, json_int_t number,
                  const struct artifact *artifact, bool certain, bool *out, struct error *error)
{
    struct compute_answer answer;
    struct compute_ask ask = {
        .method = "GET",
        .path = compute_version_path(job, service, number, "/package"),
        .what = arena_printf(job->arena, "look at the package of version %lld", (long long)number),
        .may_lack = true};
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    *out = !answer.absent && compute_is_same_package(artifact, answer.document, certain);
    return 0;
}

static int put_package(const struct job *job, const struct service *service, json_int_t number,
                       const struct artifact *artifact, struct error *error)
{
    struct compute_answer answer;
    const struct part *part = &artifact->parts[0];
    struct http_part body = {part->name, part->filename, part->media_type, part->body};
    struct compute_ask ask = {.method = "PUT",
                              .path = compute_version_path(job, service, number, "/package"),
                              .what = "upload the package",
                              .parts = &body,
                              .part_count = 1};
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    if (compute_is_same_package(artifact, answer.document, false))
        return 0;
    error_set(error, FAULT_REMOTE, "the platform has unpacked another package than was sent");
    return error_hint(error, "publish again; if it stays, give Fastly the service's id");
}

/* The vendor's CLI leaves this check out (section 3). */
static int validate(const struct job *job, const struct service *service, json_int_t number,
                    struct error *error)
{
    struct compute_answer answer;
    struct compute_ask ask = {
        .method = "GET",
        .path = compute_version_path(job, service, number, "/validate"),
        .what = arena_printf(job->arena, "validate version %lld", (long long)number)};
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    const char *status = json_find_string(answer.document, "status", "");
    if (strcmp(status, "ok") == 0)
        return 0;
    const char *reason = json_find_string(answer.document, "msg", NULL);
    if (!*status && !reason)
        return compute_odd(error, "cannot %s: the answer has no status", ask.what);
    reason = reason ? reason : "without a reason";
    error_set(error, FAULT_REMOTE, "version %lld is not valid: %s", (long long)number,
              text_safe(job->arena, reason, strlen(reason)));
    return error_hint(error, "look at 'domains' and 'backends'");
}

/* Another run may have taken the same leftover: who marked it last has it, the other makes a
   version of its own. */
static int keep_or_clone(const struct job *job, const struct service *service, struct draft *draft,
                         const struct artifact *artifact, struct error *error)
{
    struct service now = *service;
    if (compute_details(job, &now, error) != 0)
        return -1;
    now.active = service->active;
    if (is_marked(job, &now, draft->number, artifact))
        return 0;
    world_say(job->world, job->target->name,
              "another publish has taken draft version '%lld': makes one of its own",
              (long long)draft->number);
    now.active = service->active;
    if (compute_clone(job, &now, draft, error) != 0 ||
        set_comment(job, service, draft->number, artifact, error) != 0)
        return -1;
    draft->marked = true;
    return compute_configure(job, service, draft->number, artifact, error);
}

/* `draft` may be another one afterwards. */
static int fill(const struct job *job, const struct service *service, struct draft *draft,
                const struct artifact *artifact, struct error *error)
{
    bool there = false;
    if (draft->locked)
        return 0;
    if ((!draft->used || !is_marked(job, service, draft->number, artifact)) &&
        set_comment(job, service, draft->number, artifact, error) != 0)
        return -1;
    draft->marked = true;
    if (compute_configure(job, service, draft->number, artifact, error) != 0)
        return -1;
    if (draft->used && (keep_or_clone(job, service, draft, artifact, error) != 0 ||
                        (draft->used && compute_holds(job, service, draft->number, artifact, true,
                                                      &there, error) != 0)))
        return -1;
    if (!there && put_package(job, service, draft->number, artifact, error) != 0)
        return -1;
    return validate(job, service, draft->number, error);
}

/* What live() has seen is what was compared and is built on; what changes behind it is found before
   the version is activated. Of a service that was made since the platform tells when another of
   that name is to be made. */
static int take_seen(const struct job *job, struct service *out, struct error *error)
{
    struct memory *memory = compute_memory(job);
    bool looked = memory->looked;
    *out = memory->seen;
    memory->seen = (struct service){0};
    memory->looked = false;
    return looked ? 0 : compute_find(job, out, error);
}

static int take_draft(const struct job *job, const struct service *service,
                      const struct artifact *artifact, bool staged, struct draft *out,
                      struct error *error)
{
    if (compute_find_draft(job, service, artifact, staged, out, error) != 0)
        return -1;
    compute_name_stale(job, service, out->number);
    if (!out->number)
        return compute_clone(job, service, out, error);
    if (out->used)
        world_say(job->world, job->target->name, "goes on with version %lld of an earlier run",
                  (long long)out->number);
    return 0;
}

/* A staged version stays a draft: it can be changed, staged again and activated. */
static int stage(const struct job *job, const struct service *service, json_int_t number,
                 struct deployment *out, struct error *error)
{
    struct compute_answer answer;
    struct error unknown = {0};
    struct compute_ask ask = {
        .method = "PUT",
        .path = compute_version_path(job, service, number, "/activate/staging"),
        .what = arena_printf(job->arena, "stage version %lld", (long long)number)};
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    if (json_find_integer(answer.document, "number", 0) != number)
        return compute_odd(error, "cannot %s: the answer shows another", ask.what);
    if (compute_staged_url(job, service, number, &out->url, &out->address, &unknown) != 0)
        world_say(job->world, job->target->name,
                  "version %lld is staged, but where it answers is not known: %s",
                  (long long)number, unknown.message);
    else if (out->address && out->url)
        world_say(job->world, job->target->name,
                  "version %lld is staged; try it: curl --connect-to '::%s:' %s", (long long)number,
                  out->address, out->url);
    return 0;
}

/* No version can be deleted. */
static int name_left(const struct draft *draft, struct error *error)
{
    const char *what = draft->marked || draft->used
                           ? "draft version '%lld' is left for the next publish"
                           : "draft version '%lld' is left without a mark: nothing uses it again";
    return compute_add_hint(error, what, (long long)draft->number);
}

static int fill_and_stage(const struct job *job, const struct service *service, bool made,
                          const struct artifact *artifact, struct deployment *out,
                          struct error *error)
{
    struct draft draft;
    if (take_draft(job, service, artifact, out->staged, &draft, error) != 0)
        return -1;
    if (fill(job, service, &draft, artifact, error) != 0 ||
        (out->staged && stage(job, service, draft.number, out, error) != 0)) {
        return made ? -1 : name_left(&draft, error);
    }
    out->version = compute_version_text(job, draft.number);
    return 0;
}

int compute_upload(const struct job *job, const struct artifact *artifact, struct deployment *out,
                   struct error *error)
{
    struct service service;
    if (take_seen(job, &service, error) != 0 ||
        (out->staged && compute_check_stage(job, &service, error) != 0))
        return -1;
    bool made = !service.id;
    if ((made && compute_create(job, &service, error) != 0) ||
        fill_and_stage(job, &service, made, artifact, out, error) != 0) {
        if (made && service.id)
            compute_remove(job, &service);
        return -1;
    }
    if (made)
        world_say(job->world, job->target->name, "made service '%s'", service.id);
    compute_memory(job)->id = service.id;
    out->resource = service.id;
    out->artifact_sha256 = arena_strdup(job->arena, artifact->sha256);
    out->commit = job->commit;
    return 0;
}
