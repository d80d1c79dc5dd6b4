#include "tests/unit/cloudflare_box.h"

#include <stdlib.h>

#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/platform/platform.h"
#include "tests/unit/unit.h"

extern const struct sandbox_api sandbox_cloudflare;

static const struct platform cloudflare = {.name = "cloudflare"};

static const char module_js[] = "import m from \"./add.wasm\";\nexport default { fetch() {} };\n";

/* The sum of two numbers; a page size of 1 byte; a component; nothing after the header. */
static const uint8_t add[] = "\0asm\1\0\0\0"
                             "\1\7\1\x60\2\x7f\x7f\1\x7f"
                             "\3\2\1\0"
                             "\7\7\1\3add\0\0"
                             "\xa\x9\1\7\0\x20\0\x20\1\x6a\xb";
static const uint8_t pages[] = "\0asm\1\0\0\0"
                               "\5\4\1\x8\0\0";
static const uint8_t component[] = "\0asm\xd\0\1\0";
static const uint8_t garbage[] = "\0asm\1\0\0\0\xff\xff\xff\xff\xff";

struct box box_open(struct arena *arena, unsigned rate_scale)
{
    struct bytes profile = {0};
    struct error error = {0};
    struct platform_entry *entries = arena_alloc(arena, 2, sizeof *entries);
    if (file_read(arena, "platforms/cloudflare/profile.json", LIMIT_MANIFEST, &profile, &error))
        abort();
    entries[0] =
        (struct platform_entry){&cloudflare, &sandbox_cloudflare, (const char *)profile.data, ""};
    struct sandbox_options options = {.state = unit_folder(arena),
                                      .rate_scale = rate_scale,
                                      .world = unit_world(arena),
                                      .platforms = entries};
    struct box box = {.arena = arena, .now = world_now(options.world)};
    if (sandbox_start(arena, &options, &box.sandbox, &error) != 0)
        abort();
    const char *token = sandbox_environment(box.sandbox, "CLOUDFLARE_API_TOKEN");
    box.token = arena_printf(arena, "Bearer %s", token);
    return box;
}

struct sandbox_reply box_ask(const struct box *box, const char *method, const char *path,
                             const char *type, struct bytes body)
{
    struct sandbox_reply reply = {0};
    struct sandbox_header headers[5];
    size_t header_count = 0, path_size = strcspn(path, "?");
    if (box->token)
        headers[header_count++] = (struct sandbox_header){"Authorization", box->token};
    if (box->key)
        headers[header_count++] = (struct sandbox_header){"X-Auth-Key", box->key};
    if (box->email)
        headers[header_count++] = (struct sandbox_header){"X-Auth-Email", box->email};
    if (type)
        headers[header_count++] = (struct sandbox_header){"Content-Type", type};
    if (box->agent)
        headers[header_count++] = (struct sandbox_header){"User-Agent", box->agent};
    struct sandbox_request request = {.arena = box->arena,
                                      .method = method,
                                      .target = arena_printf(box->arena, "/cf%s", path),
                                      .path = arena_copy(box->arena, path, path_size),
                                      .query = path[path_size] ? path + path_size + 1 : "",
                                      .headers = headers,
                                      .header_count = header_count,
                                      .body = body,
                                      .now = box->now};
    sandbox_cloudflare.handle(box->sandbox, &request, &reply);
    return reply;
}

json_t *box_document(const struct box *box, const struct sandbox_reply *reply)
{
    struct error error;
    json_t *document = NULL;
    CHECK(json_read(box->arena, reply->body, "reply", FAULT_REMOTE, &document, &error) == 0);
    return document;
}

struct bytes box_body(const char *name)
{
    if (strcmp(name, "@add") == 0)
        return (struct bytes){add, sizeof add - 1};
    if (strcmp(name, "@pages") == 0)
        return (struct bytes){pages, sizeof pages - 1};
    if (strcmp(name, "@component") == 0)
        return (struct bytes){component, sizeof component - 1};
    if (strcmp(name, "@garbage") == 0)
        return (struct bytes){garbage, sizeof garbage - 1};
    if (strcmp(name, "@js") == 0)
        return bytes_of(module_js);
    return bytes_of(name);
}

void box_part(struct buffer *out, const char *name, const char *type, struct bytes body)
{
    int failed = buffer_printf(out, "--b\r\nContent-Disposition: form-data; name=\"%s\"", name);
    if (type)
        failed |= buffer_printf(out, "; filename=\"%s\"\r\nContent-Type: %s", name, type);
    failed |= buffer_printf(out, "\r\n\r\n") | buffer_add(out, body.data, body.size) |
              buffer_printf(out, "\r\n");
    if (failed)
        abort();
}
