#include "pkg/platform/platform.h"
#include "pkg/base/text.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "pkg/json/json.h"

const struct platform_entry *platform_find(const char *name)
{
    for (const struct platform_entry *entry = platforms; entry->platform; entry++)
        if (strcmp(entry->platform->name, name) == 0)
            return entry;
    return NULL;
}

const char **platform_names(struct arena *arena, size_t *count)
{
    *count = 0;
    while (platforms[*count].platform)
        ++*count;
    const char **names = arena_alloc(arena, *count + 1, sizeof *names);
    for (size_t i = 0; i < *count; i++)
        names[i] = platforms[i].platform->name;
    return names;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_text(text, strlen(text)) : json_null();
}

/* A JSON list of names, sizes and digests is what is digested: it cannot be read in two ways. */
void artifact_seal(struct artifact *artifact)
{
    struct arena scratch = {0};
    json_t *list = json_own(&scratch, json_array());
    for (size_t i = 0; i < artifact->part_count; i++) {
        const struct part *part = &artifact->parts[i];
        json_t *row = json_array();
        char digest[65];
        digest_sha256(part->body, digest);
        json_array_append_new(row, text_or_null(part->name));
        json_array_append_new(row, text_or_null(part->filename));
        json_array_append_new(row, text_or_null(part->media_type));
        json_array_append_new(row, json_string(digest));
        json_array_append_new(list, row);
    }
    json_array_append_new(list, text_or_null(artifact->settings));
    digest_sha256(bytes_of(json_print(&scratch, list)), artifact->sha256);
    arena_free(&scratch);
}

struct bytes artifact_glue(const struct job *job, const char *sha256)
{
    return bytes_of(
        arena_printf(job->arena, "%sversion = \"sha256:%s\";\n", job->entry->glue, sha256));
}

static const char *side(const struct job *job, const char *version, const char *commit)
{
    if (!version)
        return "nothing";
    return arena_printf(job->arena, "version '%s'%s%.12s", version, commit ? " of commit " : "",
                        commit ? commit : "");
}

int job_check_base(const struct job *job, const struct deployment *wanted,
                   const struct deployment *now, struct error *error)
{
    if (wanted->overwrite || text_equal(now->version, wanted->base) ||
        (now->version && text_equal(now->version, wanted->version)))
        return 0;
    error_set(error, FAULT_REMOTE,
              "somebody else deployed in between: live is %s, and when this run began it was %s",
              side(job, now->version, now->commit), side(job, wanted->base, wanted->base_commit));
    return error_hint(error, "look at it with edge-deploy status, then run this again, or pass "
                             "--overwrite");
}

const char *job_secret(const struct job *job, const char *name)
{
    for (size_t i = 0; i < job->secret_count; i++)
        if (strcmp(job->secrets[i].name, name) == 0)
            return job->secrets[i].value;
    return NULL;
}

const char *job_text(const struct job *job, const char *option)
{
    return json_string_value(json_object_get(job->settings, option));
}

json_int_t job_integer(const struct job *job, const char *option, json_int_t fallback)
{
    const json_t *value = json_object_get(job->settings, option);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool job_flag(const struct job *job, const char *option, bool fallback)
{
    const json_t *value = json_object_get(job->settings, option);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}
