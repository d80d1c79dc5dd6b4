/* Reads a multipart upload and refuses what the platform refuses before it runs anything. Contract
   sections 3 (parts, metadata, annotations), 5 (codes) and 6 (size); where section 5 has no code
   for a mistake, 10026 stands for it. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/cloudflare/sandbox_call.h"

/* Contract section 6, "Worker size" (2026-09-04): raw bytes of all modules, without source maps
   and metadata. */
enum { LARGEST_WORKER = 64 << 20, LARGEST_METADATA = 1 << 20 };

static const char *const part_types[] = {"application/javascript+module",
                                         "text/javascript+module",
                                         "application/javascript",
                                         "text/javascript",
                                         "text/x-python",
                                         "text/x-python-requirement",
                                         "application/wasm",
                                         "text/plain",
                                         "application/octet-stream",
                                         "application/source-map"};

/* The media type without its parameters is `type`. */
static bool has_type(const struct sandbox_part *part, const char *type)
{
    size_t size = part->media_type ? strcspn(part->media_type, "; \t") : 0;
    return size == strlen(type) && strncasecmp(part->media_type, type, size) == 0;
}

static bool is_module_script(const struct sandbox_part *part)
{
    return has_type(part, "application/javascript+module") ||
           has_type(part, "text/javascript+module");
}

static int check_types(struct call *call, const struct upload *upload)
{
    for (size_t i = 0; i < upload->count; i++) {
        bool known = false;
        for (size_t j = 0; j < sizeof part_types / sizeof *part_types; j++)
            known |= has_type(&upload->parts[i], part_types[j]);
        if (known)
            continue;
        workers_fail(call, 400, 10001, "Unexpected content type '%s' of part '%s'",
                     upload->parts[i].media_type ? upload->parts[i].media_type : "",
                     upload->parts[i].name);
        return -1;
    }
    return 0;
}

static int check_size(struct call *call, const struct upload *upload)
{
    size_t total = 0;
    for (size_t i = 0; i < upload->count; i++)
        if (!has_type(&upload->parts[i], "application/source-map"))
            total += upload->parts[i].body.size;
    if (total <= LARGEST_WORKER)
        return 0;
    workers_fail(call, 413, 10027,
                 "Your Worker exceeded the size limit of 64 MiB. Refer to the Workers "
                 "documentation (https://developers.cloudflare.com/workers/observability/errors/"
                 "#errors-on-worker-upload) for more details.");
    return -1;
}

static const struct sandbox_part *find_part(const struct sandbox_part *parts, size_t count,
                                            const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(parts[i].name, name) == 0)
            return &parts[i];
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    const struct sandbox_part *one = a, *other = b;
    return strcmp(one->name, other->name);
}

static int check_names(struct call *call, const struct upload *upload)
{
    size_t size = upload->count * sizeof *upload->parts;
    struct sandbox_part *sorted = arena_copy(call->arena, upload->parts, size);
    qsort(sorted, upload->count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < upload->count; i++) {
        if (strcmp(sorted[i - 1].name, sorted[i].name) != 0)
            continue;
        workers_fail(call, 400, 10021, "Duplicate module '%s'", sorted[i].name);
        return -1;
    }
    return 0;
}

/* Contract section 3: most bytes of an annotation on a version; 0: cut instead of refused. */
static const struct {
    const char *name;
    size_t limit;
} annotations[] = {
    {"workers/message", 0},
    {"workers/tag", 100},
    {"workers/alias", 63},
    {"workers/commit_sha", 64},
    {"workers/repository_url", 512},
    {"workers/pull_request_number", 20},
    {"workers/pull_request_title", 512},
    {"workers/pull_request_url", 512},
};

static int check_annotation(struct call *call, const char *key, const json_t *value)
{
    for (size_t i = 0; i < sizeof annotations / sizeof *annotations; i++) {
        if (strcmp(annotations[i].name, key) != 0)
            continue;
        bool fits = annotations[i].limit == 0 || json_string_length(value) <= annotations[i].limit;
        if (json_is_string(value) && fits)
            return 0;
        workers_fail(call, 400, 10026, "annotation '%s' must be a string of at most %zu bytes", key,
                     annotations[i].limit ? annotations[i].limit : 1000);
        return -1;
    }
    workers_fail(call, 400, 10026, "unknown or read-only annotation '%s'",
                 text_safe(call->arena, key, strlen(key)));
    return -1;
}

static int check_annotations(struct call *call, json_t *metadata)
{
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(metadata, "annotations"), key, value)
    {
        if (check_annotation(call, key, value) != 0)
            return -1;
    }
    return 0;
}

/* The runtime knows no dates of the future, and its oldest is 2021-11-02 (contract section 7). */
static int check_compatibility(struct call *call, const json_t *metadata)
{
    const char *today = text_time(call->arena, call->request->now / 1000);
    const char *date = json_find_string(metadata, "compatibility_date", "2021-11-02");
    size_t index;
    json_t *flag;
    if (!text_is_date(date)) {
        workers_fail(call, 400, 10021, "Invalid compatibility date: '%s'",
                     text_safe(call->arena, date, strlen(date)));
        return -1;
    }
    if (strncmp(date, today, 10) > 0) {
        workers_fail(call, 400, 10021,
                     "Can't set compatibility date in the future: \"%s\". Today's date (UTC) is "
                     "\"%.10s\".",
                     date, today);
        return -1;
    }
    json_array_foreach(json_object_get(metadata, "compatibility_flags"), index, flag)
    {
        if (json_is_string(flag))
            continue;
        workers_fail(call, 400, 10026, "compatibility_flags must be strings");
        return -1;
    }
    return 0;
}

static int find_main(struct call *call, struct upload *out)
{
    const char *module = json_find_string(out->metadata, "main_module", NULL);
    const char *script = json_find_string(out->metadata, "body_part", NULL);
    if (!module == !script) {
        workers_fail(call, 400, 10026, "metadata must name either 'main_module' or 'body_part'");
        return -1;
    }
    out->modules = module != NULL;
    out->main = find_part(out->parts, out->count, module ? module : script);
    if (!out->main) {
        workers_fail(call, 400, 10021, "Uncaught Error: No such module \"%s\".\n",
                     module ? module : script);
        return -1;
    }
    bool right = out->modules ? is_module_script(out->main) || has_type(out->main, "text/x-python")
                              : has_type(out->main, "application/javascript") ||
                                    has_type(out->main, "text/javascript");
    if (right)
        return 0;
    workers_fail(call, 400, 10021,
                 out->modules ? "main module '%s' must be an ES module, not '%s'"
                              : "body part '%s' must be a script, not '%s'",
                 out->main->name, out->main->media_type);
    return -1;
}

/* Service-worker format has no modules: what is beside the script is named by a binding
   (contract section 3). */
static int check_script_format(struct call *call, const struct upload *upload)
{
    for (size_t i = 0; !upload->modules && i < upload->count; i++) {
        if (!is_module_script(&upload->parts[i]))
            continue;
        workers_fail(call, 400, 10021, "part '%s' is an ES module, but the Worker has a body_part",
                     upload->parts[i].name);
        return -1;
    }
    return 0;
}

static bool holds(struct bytes body, const char *word)
{
    size_t size = strlen(word);
    const uint8_t *at = body.data, *end = body.data + body.size;
    while ((size_t)(end - at) >= size &&
           (at = memchr(at, word[0], (size_t)(end - at) - size + 1))) {
        if (memcmp(at, word, size) == 0)
            return true;
        at++;
    }
    return false;
}

/* The platform runs the script to find its handlers; here their words are looked for. */
static int check_handlers(struct call *call, const struct upload *upload)
{
    const char *word = upload->modules ? "export" : "addEventListener";
    if (has_type(upload->main, "text/x-python") || holds(upload->main->body, word))
        return 0;
    workers_fail(call, 400, 10068, "The uploaded script has no registered event handlers.");
    return -1;
}

static int check_startup(struct call *call, const struct upload *upload)
{
    const char *problem = workers_startup_problem(call, upload);
    if (!problem && upload->modules)
        problem = workers_import_problem(call->arena, upload);
    if (!problem)
        return 0;
    workers_fail(call, 400, 10021, "%s", problem);
    return -1;
}

static int read_metadata(struct call *call, struct sandbox_part *parts, size_t *count,
                         json_t **metadata)
{
    struct error error;
    const struct sandbox_part *part = find_part(parts, *count, "metadata");
    if (!part || part->filename) {
        workers_fail(call, 400, 10026, "the part 'metadata' is missing");
        return -1;
    }
    bool read = part->body.size <= LARGEST_METADATA &&
                json_read(call->arena, part->body, "metadata", FAULT_INPUT, metadata, &error) == 0;
    if (!read || !json_is_object(*metadata)) {
        workers_fail(call, 400, 10026, "Could not parse the part 'metadata' as a JSON object");
        return -1;
    }
    size_t index = (size_t)(part - parts);
    memmove(parts + index, parts + index + 1, (*count - index - 1) * sizeof *parts);
    (*count)--;
    return 0;
}

int workers_read_upload(struct call *call, struct upload *out)
{
    struct sandbox_part *parts;
    const char *type = sandbox_header(call->request, "Content-Type");
    *out = (struct upload){0};
    if (!type || strncasecmp(type, "multipart/form-data", 19) != 0) {
        workers_fail(call, 400, 10001, "workers.api.error.unexpected_content_type");
        return -1;
    }
    if (sandbox_multipart(call->request, &parts, &out->count) != 0) {
        workers_fail(call, 400, 10026, "Could not parse request body as multipart/form-data");
        return -1;
    }
    if (read_metadata(call, parts, &out->count, &out->metadata) != 0)
        return -1;
    out->parts = parts;
    if (check_size(call, out) != 0 || check_types(call, out) != 0 || check_names(call, out) != 0 ||
        find_main(call, out) != 0 || check_script_format(call, out) != 0)
        return -1;
    if (check_annotations(call, out->metadata) != 0 ||
        check_compatibility(call, out->metadata) != 0 || check_handlers(call, out) != 0)
        return -1;
    return check_startup(call, out);
}
