/* Manifests: none may crash; a refusal is FAULT_INPUT with words; what is accepted is whole. And
   every value of a document that parses is found in its text, by a value of the same type. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/json/json.h"
#include "pkg/platform/platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *no_environment(void *context, const char *name)
{
    (void)context;
    (void)name;
    return NULL;
}

static bool is_start_of(const char *text, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return *text == '{';
    case JSON_ARRAY:
        return *text == '[';
    case JSON_STRING:
        return *text == '"';
    case JSON_INTEGER:
    case JSON_REAL:
        return *text == '-' || (*text >= '0' && *text <= '9');
    case JSON_TRUE:
        return *text == 't';
    case JSON_FALSE:
        return *text == 'f';
    case JSON_NULL:
        break;
    }
    return *text == 'n';
}

static void check_places(struct arena *arena, const char *text, const json_t *value,
                         const char *path, unsigned *left)
{
    const char *at = json_locate(text, path), *key;
    json_t *inner;
    size_t i;
    if (*left == 0)
        return;
    --*left;
    if (!at || !is_start_of(at, value))
        abort();
    json_object_foreach((json_t *)value, key, inner)
        check_places(arena, text, inner, json_path(arena, path, key), left);
    json_array_foreach(value, i, inner)
        check_places(arena, text, inner, arena_printf(arena, "%s[%zu]", path, i), left);
}

static void check_failure(const struct error *error)
{
    if (error->fault != FAULT_INPUT || !error->message[0])
        abort();
}

static void check_manifest(struct arena *arena, struct bytes text, const char *environment)
{
    struct manifest manifest;
    struct error error = {0};
    struct world world = {.environment = no_environment};
    if (manifest_parse(arena, text, "m.json", environment, &manifest, &error) != 0) {
        check_failure(&error);
        return;
    }
    for (size_t i = 0; i < manifest.target_count; i++) {
        const struct target *target = &manifest.targets[i];
        struct job job;
        if (!target->platform || !target->name[0] || !manifest.name[0] ||
            !target->module + !target->main + !target->package != 2)
            abort();
        if (job_prepare(arena, &world, &manifest, target, NULL, &job, &error) != 0)
            check_failure(&error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error error = {0};
    struct bytes text = {data, size};
    json_t *document;
    unsigned left = 200;
    const char *copy = arena_copy(&arena, data, size);
    json_locate(copy, "targets.edge.modules[1]");
    json_locate("{\"a\": [{}]}", copy);
    if (json_read(&arena, text, "m.json", FAULT_INPUT, &document, &error) == 0)
        check_places(&arena, copy, document, "", &left);
    check_manifest(&arena, text, NULL);
    check_manifest(&arena, text, "staging");
    arena_free(&arena);
    return 0;
}
