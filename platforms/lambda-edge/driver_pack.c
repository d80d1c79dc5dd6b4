/* What is sent: one zip with the files in a fixed order, and the settings that go with it. */
#include <stdlib.h>
#include <string.h>

#include "pkg/archive/archive.h"
#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/lambda-edge/driver_parts.h"

#define GLUE_NAME   "index.mjs"
#define MODULE_NAME "module.wasm" /* what the glue reads as "./module.wasm" */

enum { FILE_MODE = 0644 }; /* the runtime's user must be able to read them (section 7) */

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct archive_item *)a)->path, ((const struct archive_item *)b)->path);
}

/* The main's name without its ending, and the function it must export. */
static char *handler(struct arena *arena, const char *main)
{
    const char *ending = strrchr(main, '.');
    return arena_printf(arena, "%.*s.handler", (int)(ending - main), main);
}

static int check_main(const char *main, struct error *error)
{
    const char *ending = strrchr(main, '.');
    bool is_script = ending && (strcmp(ending, ".mjs") == 0 || strcmp(ending, ".js") == 0 ||
                                strcmp(ending, ".cjs") == 0);
    /* A handler is named FILE.FUNCTION: a second dot would be taken for that between them. */
    if (is_script && memchr(main, '.', (size_t)(ending - main)) == NULL)
        return 0;
    error_set(error, FAULT_INPUT, "main '%s' cannot be a handler's file", main);
    return error_hint(error, "name a .mjs, .js or .cjs file with no other dot as 'main', or only "
                             "a 'module' without 'main'");
}

/* One line, keys in this order: it is part of the artifact's digest. */
static char *settings_of(const struct job *job, const char *main)
{
    const char *role = job_text(job, "role");
    json_t *out =
        json_own(job->arena,
                 json_pack("{s:s, s:I, s:I, s:s, s:s?, s:s?, s:s, s:s?, s:b}", "runtime",
                           job_text(job, "runtime"), "memory_mb",
                           job_integer(job, "memory_mb", 128), "timeout_s",
                           job_integer(job, "timeout_s", 5), "handler", handler(job->arena, main),
                           "role", role, "event", job_text(job, "event"), "behavior",
                           job_text(job, "behavior"), "distribution", job_text(job, "distribution"),
                           "include_body", (int)job_flag(job, "include_body", false)));
    return json_print(job->arena, out);
}

static int add_files(const struct job *job, const struct payload *payload,
                     struct archive_item *items, size_t *count, struct error *error)
{
    bool is_bare = payload->form == PAYLOAD_BARE;
    *count = 0;
    if (is_bare)
        items[(*count)++] = (struct archive_item){GLUE_NAME, FILE_MODE, bytes_of(job->entry->glue)};
    for (size_t i = 0; i < payload->part_count; i++)
        items[(*count)++] = (struct archive_item){is_bare ? MODULE_NAME : payload->parts[i].name,
                                                  FILE_MODE, payload->parts[i].body};
    qsort(items, *count, sizeof *items, compare);
    for (size_t i = 1; i < *count; i++)
        if (strcmp(items[i - 1].path, items[i].path) == 0)
            return error_set(error, FAULT_INPUT, "'%s' would be in the package twice",
                             items[i].path);
    return 0;
}

/* The digest is over the files, so that the glue among them can tell it. */
static void seal_files(const struct job *job, struct artifact *out, struct archive_item *items,
                       size_t count, bool is_bare)
{
    struct artifact files = {.part_count = count, .settings = out->settings};
    files.parts = arena_alloc(job->arena, count, sizeof *files.parts);
    for (size_t i = 0; i < count; i++)
        files.parts[i] = (struct part){.name = items[i].path, .body = items[i].body};
    artifact_seal(&files);
    memcpy(out->sha256, files.sha256, sizeof out->sha256);
    for (size_t i = 0; is_bare && i < count; i++)
        if (strcmp(items[i].path, GLUE_NAME) == 0)
            items[i].body = artifact_glue(job, out->sha256);
}

/* The smallest limit on the zip that holds for the target's settings, in bytes; 0: none. */
static size_t zip_limit(const struct job *job)
{
    double smallest = 0;
    for (size_t i = 0; i < job->profile->limit_count; i++) {
        const struct profile_limit *limit = &job->profile->limits[i];
        const char *value = limit->when_option ? job_text(job, limit->when_option) : NULL;
        bool holds = !limit->when_option || text_matches(limit->when_value, value ? value : "");
        if (limit->metric && strcmp(limit->metric, "artifact_bytes") == 0 && holds &&
            (smallest <= 0 || limit->value < smallest))
            smallest = limit->value;
    }
    return (size_t)smallest;
}

int lambda_edge_pack(const struct job *job, const struct payload *payload, struct artifact *out,
                     struct error *error)
{
    struct archive_item *items = arena_alloc(job->arena, payload->part_count + 1, sizeof *items);
    struct bytes zip;
    size_t count;
    *out = (struct artifact){0};
    if (payload->form == PAYLOAD_PACKAGE)
        return error_set(error, FAULT_INPUT, "a ready 'package' cannot be deployed to %s",
                         job->entry->platform->title);
    if (payload->part_count == 0)
        return error_set(error, FAULT_INPUT, "there is nothing to pack");
    bool is_bare = payload->form == PAYLOAD_BARE;
    const char *main = is_bare ? GLUE_NAME : payload->parts[0].name;
    if (check_main(main, error) != 0 || add_files(job, payload, items, &count, error) != 0)
        return -1;
    out->settings = settings_of(job, main);
    seal_files(job, out, items, count, is_bare);
    if (archive_zip(job->arena, items, count, zip_limit(job), &zip, error) != 0)
        return -1;
    out->parts = arena_alloc(job->arena, 1, sizeof *out->parts);
    out->parts[0] = (struct part){"function.zip", "function.zip", "application/zip", zip};
    out->part_count = 1;
    out->counted_bytes = zip.size;
    for (size_t i = 0; i < count; i++)
        out->unpacked_bytes += items[i].body.size;
    return 0;
}
