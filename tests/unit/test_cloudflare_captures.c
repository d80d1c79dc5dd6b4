/* Every request of the captures (contracts/cloudflare/ beside the checkout), in the order in which
   wrangler sent them, at Cloudflare's sandbox half. */
#include <stdlib.h>

#include "pkg/base/file.h"
#include "tests/unit/cloudflare_box.h"
#include "tests/unit/unit.h"

#define CODE "errors[0].code"

/* A captured upload with invented bodies: the metadata is as it was sent. */
static struct bytes captured_form(struct box *box, const json_t *parts)
{
    struct buffer *out = buffer_new(box->arena, LIMIT_REQUEST);
    size_t index;
    json_t *part;
    json_array_foreach(parts, index, part)
    {
        const char *disposition = json_find_string(part, "content_disposition", "");
        const char *type = json_find_string(part, "content_type", NULL);
        const char *name = strstr(disposition, "name=\"") + 6;
        json_t *metadata = json_object_get(part, "json");
        struct bytes body = metadata && type == NULL ? bytes_of(json_print(box->arena, metadata))
                            : type && strcmp(type, "application/wasm") == 0
                                ? box_body("@add")
                                : bytes_of("addEventListener(fetch)\nexport default {}\n");
        box_part(out, arena_copy(box->arena, name, strcspn(name, "\"")), type, body);
    }
    if (buffer_printf(out, "--b--\r\n") != 0)
        abort();
    return buffer_bytes(out);
}

/* Ids and the account of the capture, and what they are here. */
struct rename {
    const char *from, *to;
};

static char *replace_all(struct arena *arena, const char *text, const char *from, const char *to)
{
    struct buffer *out = buffer_new(arena, LIMIT_REPLY);
    for (const char *found; (found = strstr(text, from)); text = found + strlen(from))
        if (buffer_add(out, text, (size_t)(found - text)) || buffer_add(out, to, strlen(to)))
            abort();
    if (buffer_add(out, text, strlen(text)) != 0)
        abort();
    return arena_strdup(arena, buffer_text(out));
}

static char *rename_all(struct arena *arena, const char *text, const struct rename *names,
                        size_t count)
{
    char *out = arena_strdup(arena, text);
    for (size_t i = 0; i < count; i++)
        out = replace_all(arena, out, names[i].from, names[i].to);
    return out;
}

/* Keys of the captured result that ours lacks: one is printed. Values may differ. */
static bool has_keys(const json_t *captured, const json_t *ours, const char *path)
{
    static const char left_out[] = " pipeline_hash mutable_pipeline_id result_info note ";
    const char *key;
    json_t *value;
    if (json_is_array(captured) && json_is_array(ours))
        return json_array_size(captured) == 0 || json_array_size(ours) == 0 ||
               has_keys(json_array_get(captured, 0), json_array_get(ours, 0), path);
    json_object_foreach((json_t *)(uintptr_t)captured, key, value)
    {
        char word[128];
        snprintf(word, sizeof word, " %s ", key);
        json_t *own = json_object_get(ours, key);
        bool annotation = strncmp(key, "workers/", 8) == 0 || strcmp(path, "author") == 0;
        if (strstr(left_out, word) || annotation)
            continue;
        if (!own)
            fprintf(stderr, "  missing: %s.%s\n", path, key);
        if (!own || !has_keys(value, own, key))
            return false;
    }
    return true;
}

static const char *query_text(struct arena *arena, const json_t *query)
{
    const char *key, *text = "";
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)query, key, value)
    {
        text = arena_printf(arena, "%s%s%s=%s", text, text[0] ? "&" : "?", key,
                            json_string_value(value));
    }
    return text;
}

struct replay {
    struct box box;
    struct rename names[40];
    size_t name_count;
};

static void learn_id(struct replay *replay, const json_t *captured, const json_t *ours)
{
    const char *from = json_find_string(captured, "result.id", NULL);
    const char *to = json_find_string(ours, "result.id", NULL);
    bool is_uuid = from && to && strlen(from) == 36 && strlen(to) == 36;
    for (size_t i = 0; is_uuid && i < replay->name_count; i++)
        if (strcmp(replay->names[i].from, from) == 0) /* each file counts anew */
            replay->names[i].to = to;
    if (is_uuid && replay->name_count < 40)
        replay->names[replay->name_count++] = (struct rename){from, to};
}

static void replay_request(struct replay *replay, json_t *request)
{
    struct box *box = &replay->box;
    const char *method = json_find_string(request, "method", "");
    json_t *parts = json_object_get(request, "multipart"), *json = json_object_get(request, "json");
    char *path = rename_all(box->arena,
                            arena_printf(box->arena, "%s%s", json_find_string(request, "path", ""),
                                         query_text(box->arena, json_object_get(request, "query"))),
                            replay->names, replay->name_count);
    const char *type = parts ? "multipart/form-data; boundary=b"
                             : json_find_string(request, "headers.content-type", NULL);
    struct bytes body = bytes_of("");
    if (parts)
        body = captured_form(box, parts);
    else if (json)
        body = bytes_of(rename_all(box->arena, json_print(box->arena, json), replay->names,
                                   replay->name_count));
    struct sandbox_reply reply = box_ask(box, method, path, type, body);
    json_t *ours = box_document(box, &reply), *captured = json_find(request, "response.body");
    bool right = reply.status == json_find_integer(request, "response.status", 0);
    /* The capture server answered script-settings with all settings; the schema has no more than
       ours. */
    if (captured && !strstr(path, "/script-settings"))
        right &= has_keys(captured, ours, "") &&
                 json_find_integer(captured, CODE, 0) == json_find_integer(ours, CODE, 0);
    if (!CHECK(right))
        fprintf(stderr, "  %s %s: %u %s\n", method, path, reply.status,
                (const char *)reply.body.data);
    learn_id(replay, captured, ours);
}

static void replay_file(struct replay *replay, const char *file)
{
    struct error error;
    struct bytes text;
    json_t *capture, *step, *request;
    size_t step_index, index;
    const char *path = unit_shared(
        replay->box.arena, arena_printf(replay->box.arena, "contracts/cloudflare/%s.json", file));
    if (!path) {
        unit_skip("no captures of wrangler beside the checkout");
        return;
    }
    if (file_read(replay->box.arena, path, LIMIT_MANIFEST, &text, &error) != 0 ||
        json_read(replay->box.arena, text, file, FAULT_INPUT, &capture, &error) != 0)
        abort();
    json_array_foreach(json_object_get(capture, "steps"), step_index, step)
    {
        json_array_foreach(json_object_get(step, "requests"), index, request)
        {
            replay_request(replay, request);
        }
    }
}

/* The version ids that the capture server gave before its first captured answer with one. */
static void learn_first_version(struct replay *replay)
{
    struct box *box = &replay->box;
    struct sandbox_reply reply =
        box_ask(box, "GET", A "/workers/scripts/edge-lab/versions", NULL, bytes_of(""));
    json_t *versions = box_document(box, &reply);
    replay->names[replay->name_count++] =
        (struct rename){"aaaaaaaa-0000-4000-8000-000000000001",
                        json_find_string(versions, "result.items[0].id", "")};
}

/* The capture server let secrets be changed after a rollback; the platform wants the newest version
   to be live first. */
static void deploy_newest(struct replay *replay)
{
    struct box *box = &replay->box;
    struct sandbox_reply reply =
        box_ask(box, "GET", A "/workers/scripts/edge-lab/versions", NULL, bytes_of(""));
    const char *id = json_find_string(box_document(box, &reply), "result.items[0].id", "");
    const char *body = arena_printf(box->arena,
                                    "{\"strategy\":\"percentage\",\"versions\":[{\"version_id\":"
                                    "\"%s\",\"percentage\":100}]}",
                                    id);
    CHECK(box_ask(box, "POST", A "/workers/scripts/edge-lab/deployments", "application/json",
                  bytes_of(body))
              .status == 200);
}

void test_cloudflare_captures(void)
{
    struct arena arena = {0};
    struct replay replay = {.box = box_open(&arena, 1)};
    replay.box.agent = "wrangler/4.164.0";
    replay.names[replay.name_count++] =
        (struct rename){"0123456789abcdef0123456789abcdef", "5a4db0c5a4db0c5a4db0c5a4db0c5a4d"};
    replay.names[replay.name_count++] =
        (struct rename){"zone0000000000000000000000000001", "5a4db0c5a4db0c5a4db0c5a4db0ca001"};
    replay_file(&replay, "deploy-first");
    if (unit_shared(&arena, "contracts/cloudflare/deploy-first.json"))
        learn_first_version(&replay);
    replay_file(&replay, "deploy-existing");
    replay_file(&replay, "versions-deployments-rollback");
    if (unit_shared(&arena, "contracts/cloudflare/deploy-first.json"))
        deploy_newest(&replay);
    replay_file(&replay, "secrets-delete");
    replay_file(&replay, "deploy-full-config");
    replay_file(&replay, "deploy-nobundle-and-service-worker");
    replay_file(&replay, "deploy-wrangler-4.86");
    arena_free(&arena);
}
