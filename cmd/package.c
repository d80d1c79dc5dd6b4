#include <string.h>

#include "cmd/cmd.h"
#include "cmd/deployments.h"
#include "cmd/table.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/digest/digest.h"
#include "pkg/json/json.h"

#define DESCRIPTION "artifact.json"

/* A name from a manifest or an artifact must stay in the folder that it is written to. */
static bool is_safe_path(const char *path)
{
    for (const char *at = path; *at;) {
        size_t size = strcspn(at, "/");
        if (size == 0 || (size == 1 && at[0] == '.') || (size == 2 && memcmp(at, "..", 2) == 0))
            return false;
        at += size;
        if (*at == '/' && at[1] == '\0')
            return false;
        at += *at == '/';
    }
    return path[0] != '\0';
}

static json_t *part_json(const struct part *part)
{
    char digest[65];
    json_t *json = json_object();
    digest_sha256(part->body, digest);
    json_object_set_new(json, "name", json_text(part->name, strlen(part->name)));
    json_object_set_new(json, "media_type",
                        part->media_type ? json_string(part->media_type) : json_null());
    json_object_set_new(json, "bytes", json_integer((json_int_t)part->body.size));
    json_object_set_new(json, "sha256", json_string(digest));
    return json;
}

/* Sizes, digests and settings; nothing that differs between two runs. */
static int describe(struct run *run, const struct prepared *target, json_t **out,
                    struct error *error)
{
    const struct artifact *artifact = &target->artifact;
    json_t *json = json_own(run->arena, json_object()), *parts = json_array(), *settings = NULL;
    json_object_set_new(json, "target", json_string(target->target->name));
    json_object_set_new(json, "platform", json_string(target->target->platform));
    json_object_set_new(json, "artifact_sha256", json_string(artifact->sha256));
    json_object_set_new(json, "module_sha256", json_string(target->module_sha256));
    if (target->debug_sha256)
        json_object_set_new(json, "debug_sha256", json_string(target->debug_sha256));
    json_object_set_new(json, "bytes", json_integer((json_int_t)artifact->counted_bytes));
    json_object_set_new(json, "unpacked_bytes", json_integer((json_int_t)artifact->unpacked_bytes));
    json_object_set_new(json, "removed_exports", deployments_removed(target));
    for (size_t i = 0; i < artifact->part_count; i++)
        json_array_append_new(parts, part_json(&artifact->parts[i]));
    json_object_set_new(json, "parts", parts);
    if (artifact->settings && json_read(run->arena, bytes_of(artifact->settings), "settings",
                                        FAULT_INPUT, &settings, error) != 0)
        return -1;
    if (settings)
        json_object_set(json, "settings", settings);
    *out = json;
    return 0;
}

static int write_part(struct run *run, const char *folder, const struct part *part,
                      const char *name, struct error *error)
{
    if (!is_safe_path(name) || strcmp(name, DESCRIPTION) == 0)
        return error_set(error, FAULT_INPUT, "cannot write a part named '%s'", name);
    return file_write(path_join(run->arena, folder, name), part->body, 0644, error);
}

static int write_target(struct run *run, struct prepared *target, struct error *error)
{
    json_t *description;
    if (!is_safe_path(target->target->name))
        return error_set(error, FAULT_INPUT, "target '%s' cannot name a folder",
                         target->target->name);
    char *folder = path_join(run->arena, run->options.output, target->target->name);
    for (size_t i = 0; i < target->artifact.part_count; i++) {
        /* A single archive goes by its file's name; parts by their names, which have folders. */
        const struct part *part = &target->artifact.parts[i];
        bool single = target->artifact.part_count == 1 && part->filename;
        if (write_part(run, folder, part, single ? part->filename : part->name, error) != 0)
            return -1;
    }
    if (publish_twins(run->arena, target, folder, false, error) != 0 ||
        describe(run, target, &description, error) != 0)
        return -1;
    char *text = arena_printf(run->arena, "%s\n", json_print_indented(run->arena, description));
    return file_write(path_join(run->arena, folder, DESCRIPTION), bytes_of(text), 0644, error);
}

static int write_all(struct run *run, const struct publish_result *result, struct error *error)
{
    for (size_t i = 0; run->options.output && i < result->target_count; i++)
        if (write_target(run, &result->targets[i], error) != 0)
            return -1;
    return 0;
}

static void print_text(struct run *run, const struct publish_result *result)
{
    static const char *const heads[] = {"TARGET", "PLATFORM", "PART", "BYTES", "SHA256", NULL};
    struct table table;
    table_open(&table, run, heads);
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        const char *whole[] = {target->target->name, target->target->platform, "(artifact)",
                               arena_printf(run->arena, "%zu", target->artifact.counted_bytes),
                               target->artifact.sha256};
        table_add(&table, whole, 0, TINT_NONE);
        for (size_t p = 0; p < target->artifact.part_count; p++) {
            const struct part *part = &target->artifact.parts[p];
            char *digest = arena_alloc(run->arena, 65, 1);
            digest_sha256(part->body, digest);
            const char *cells[] = {target->target->name, target->target->platform, part->name,
                                   arena_printf(run->arena, "%zu", part->body.size), digest};
            table_add(&table, cells, 0, TINT_NONE);
        }
    }
    table_print(&table);
    for (size_t i = 0; i < result->target_count; i++)
        for (size_t m = 0; m < result->targets[i].module_count; m++) {
            const struct prepared_module *module = &result->targets[i].modules[m];
            printf("%s: %s: %zu -> %zu bytes (%s)%s%s\n", result->targets[i].target->name,
                   text_safe(run->arena, module->path, strlen(module->path)), module->original.size,
                   module->optimized.module.size, module->optimized.how,
                   module->optimized.why_not ? "; " : "",
                   module->optimized.why_not ? module->optimized.why_not : "");
        }
    if (run->options.output)
        printf("written to %s\n",
               text_safe(run->arena, run->options.output, strlen(run->options.output)));
}

static int print_json(struct run *run, const struct publish_result *result, struct error *error)
{
    json_t *document = run_document(run, NULL), *array = json_array();
    json_object_set_new(document, "artifacts", array);
    for (size_t i = 0; i < result->target_count; i++) {
        json_t *artifact;
        if (describe(run, &result->targets[i], &artifact, error) != 0)
            return -1;
        json_array_append(array, artifact);
    }
    run_print_json(run, document);
    return 0;
}

static int run_package(struct run *run, struct error *error)
{
    struct publish_result result = {0};
    struct publish_options options = run_publish_options(run);
    if (publish_prepare(run->arena, run->world, &run->manifest, &options, &result, error) != 0 ||
        publish_judge(&result, &run->manifest, options.strict, error) != 0 ||
        write_all(run, &result, error) != 0)
        return -1;
    if (run->json)
        return print_json(run, &result, error);
    print_text(run, &result);
    return 0;
}

const struct command command_package = {
    .name = "package",
    .operands = "",
    .summary = "the artifacts, reproducible, for looking inside",
    .needs_manifest = true,
    .needs_validator = true,
    .needs_platforms = true, /* for the account ids that --sandbox invents */
    .options = OPTION_FOR_BUILD | OPTION_FOR_OUTPUT,
    .run = run_package,
};
