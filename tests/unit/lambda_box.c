#include "tests/unit/lambda_box.h"

#include <stdlib.h>

#include "pkg/archive/archive.h"
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/digest/digest.h"
#include "pkg/digest/sigv4.h"
#include "pkg/platform/platform.h"

static const uint8_t good[] = "\0asm\1\0\0\0";
static const uint8_t multimemory[] = "\0asm\1\0\0\0\5\5\2\0\1\0\1";
static const uint8_t component[] = "\0asm\x0d\0\1\0";

struct sandbox_reply lambda_box_deliver(struct box *box, const char *method, const char *target,
                                        const struct sandbox_header *headers, size_t count,
                                        struct bytes body)
{
    struct sandbox_reply reply = {0};
    const char *query = strchr(target, '?');
    const char *path = strncmp(target, "/aws", 4) == 0 ? target + 4 : target;
    struct sandbox_request request = {
        .arena = box->arena,
        .method = method,
        .target = target,
        .path = arena_copy(box->arena, path, strcspn(path, "?")),
        .query = query ? query + 1 : "",
        .headers = headers,
        .header_count = count,
        .body = body,
        .now = box->now,
    };
    sandbox_lambda_edge.handle(box->sandbox, &request, &reply);
    box->now += 1000; /* no quota is in the way */
    return reply;
}

static const char *service_of(const char *path)
{
    return strncmp(path, "/2015", 5) == 0   ? "lambda"
           : strncmp(path, "/2020", 5) == 0 ? "cloudfront"
                                            : "sts";
}

struct sandbox_reply lambda_box_ask_forged(struct box *box, const char *method, const char *path,
                                           const char *body, const char *if_match,
                                           const struct forgery *forgery)
{
    struct sigv4_signature signature;
    char digest[65];
    const char *timestamp = sigv4_timestamp(box->arena, box->now - forgery->late_ms);
    const char *target = arena_printf(box->arena, "/aws%s", path);
    struct sigv4_header headers[4] = {{"X-Amz-Date", timestamp}};
    size_t count = 1, path_size = strcspn(target, "?");
    if (if_match)
        headers[count++] = (struct sigv4_header){"If-Match", if_match};
    if (forgery->token)
        headers[count++] = (struct sigv4_header){"X-Amz-Security-Token", forgery->token};
    headers[count++] = (struct sigv4_header){"Host", "127.0.0.1:4000"};
    struct sigv4_key key = {forgery->access_key ? forgery->access_key : "AKIDEXAMPLE",
                            forgery->secret_key ? forgery->secret_key
                                                : "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                            forgery->region ? forgery->region : "us-east-1",
                            forgery->service ? forgery->service : service_of(path)};
    digest_sha256(bytes_of(body), digest);
    sigv4_sign(box->arena, &key,
               &(struct sigv4_request){.method = method,
                                       .path = arena_copy(box->arena, target, path_size),
                                       .query = target[path_size] ? target + path_size + 1 : "",
                                       .headers = headers,
                                       .header_count = count - (forgery->unsigned_host ? 1 : 0),
                                       .payload_sha256 = digest},
               timestamp, &signature);
    struct sandbox_header sent[6] = {{"Authorization", forgery->authorization
                                                           ? forgery->authorization
                                                           : signature.authorization},
                                     {"Content-Type", "application/x-www-form-urlencoded"}};
    for (size_t i = 0; i < count; i++)
        sent[2 + i] = (struct sandbox_header){headers[i].name, headers[i].value};
    return lambda_box_deliver(box, method, target, sent, 2 + count,
                              bytes_of(forgery->other_body ? "other" : body));
}

struct sandbox_reply lambda_box_ask(struct box *box, const char *method, const char *path,
                                    const char *body)
{
    return lambda_box_ask_forged(box, method, path, body ? body : "", NULL, &(struct forgery){0});
}

const char *lambda_box_text(struct box *box, const struct sandbox_reply *reply)
{
    return arena_copy(box->arena, reply->body.data, reply->body.size);
}

json_t *lambda_box_document(struct box *box, const struct sandbox_reply *reply)
{
    json_t *out = NULL;
    struct error error = {0};
    return json_read(box->arena, reply->body, "reply", FAULT_REMOTE, &out, &error) == 0 ? out
                                                                                        : NULL;
}

const char *lambda_box_header(const struct sandbox_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}

void lambda_box_open(struct arena *arena, struct box *box, unsigned rate_scale)
{
    static const struct platform platform = {.name = "lambda-edge"};
    struct error error = {0};
    struct bytes profile;
    struct world *world = unit_world(arena);
    struct platform_entry *entries = arena_alloc(arena, 2, sizeof *entries);
    if (file_read(arena, "platforms/lambda-edge/profile.json", LIMIT_MANIFEST, &profile, &error) !=
        0) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    entries[0] =
        (struct platform_entry){&platform, &sandbox_lambda_edge, (const char *)profile.data, ""};
    struct sandbox_options options = {.state = path_join(arena, unit_folder(arena), "state"),
                                      .rate_scale = rate_scale,
                                      .world = world,
                                      .platforms = entries};
    *box = (struct box){.arena = arena, .now = world_now(world)};
    if (sandbox_start(arena, &options, &box->sandbox, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
}

const char *lambda_box_zip(struct arena *arena, const char *name)
{
    struct archive_item items[] = {{"index.mjs", 0644, bytes_of("export const handler = 1;\n")},
                                   {"module.wasm", 0644, {good, sizeof good - 1}}};
    struct bytes out = {0};
    struct error error = {0};
    if (strcmp(name, "not-a-zip") == 0)
        return digest_base64(arena, bytes_of("PK, but no zip"));
    if (strcmp(name, "empty") == 0)
        return "";
    if (strcmp(name, "multimemory") == 0)
        items[1].body = (struct bytes){multimemory, sizeof multimemory - 1};
    if (strcmp(name, "component") == 0)
        items[1].body = (struct bytes){component, sizeof component - 1};
    if (strcmp(name, "garbage") == 0)
        items[1].body = bytes_of("\1\2\3");
    if (strcmp(name, "other") == 0)
        items[0].body = bytes_of("export const handler = 2;\n");
    bool has_handler = strcmp(name, "no-handler") != 0;
    if (archive_zip(arena, has_handler ? items : items + 1, has_handler ? 2 : 1, 0, &out, &error) !=
        0)
        abort();
    return digest_base64(arena, out);
}

void lambda_box_run(struct box *box, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *body = steps[i].body, *mark = body ? strchr(body, '@') : NULL;
        if (mark) {
            const char *name = arena_copy(box->arena, mark + 1, strcspn(mark + 1, "\""));
            body = arena_printf(box->arena, "%.*s%s%s", (int)(mark - body), body,
                                lambda_box_zip(box->arena, name), mark + 1 + strlen(name));
        }
        struct sandbox_reply reply = lambda_box_ask(box, steps[i].method, steps[i].path, body);
        bool ok = CHECK(reply.status == steps[i].status);
        if (steps[i].where) {
            json_t *value = json_find(lambda_box_document(box, &reply), steps[i].where);
            ok &= CHECK_TEXT(value ? json_print(box->arena, value) : "absent", steps[i].is);
        } else if (steps[i].is) {
            ok &= CHECK(strstr(lambda_box_text(box, &reply), steps[i].is) != NULL);
        }
        if (!ok)
            fprintf(stderr, "  %s %s %s: %u %s\n", steps[i].method, steps[i].path,
                    steps[i].body ? steps[i].body : "", reply.status, lambda_box_text(box, &reply));
    }
}

const char *lambda_box_replaced(struct arena *arena, const char *text, const char *old,
                                const char *new)
{
    const char *mark = strstr(text, old);
    if (!CHECK(mark != NULL))
        return text;
    return arena_printf(arena, "%.*s%s%s", (int)(mark - text), text, new, mark + strlen(old));
}
