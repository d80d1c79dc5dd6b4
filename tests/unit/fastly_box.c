#include "tests/unit/fastly_box.h"

#include <stdlib.h>

#include "pkg/base/text.h"

extern const struct sandbox_api sandbox_fastly;

static const uint8_t module_a[] = "\0asm\1\0\0\0"
                                  "\1\4\1\x60\0\0"
                                  "\3\2\1\0"
                                  "\5\3\1\0\1"
                                  "\7\x13\2\6_start\0\0\6memory\2\0"
                                  "\xa\4\1\2\0\xb";
/* The same with a memory of two pages. */
static const uint8_t module_b[] = "\0asm\1\0\0\0"
                                  "\1\4\1\x60\0\0"
                                  "\3\2\1\0"
                                  "\5\3\1\0\2"
                                  "\7\x13\2\6_start\0\0\6memory\2\0"
                                  "\xa\4\1\2\0\xb";

json_t *fastly_json(struct arena *arena, const char *text)
{
    struct error error;
    json_t *document;
    if (json_read(arena, bytes_of(text), "test", FAULT_INPUT, &document, &error) != 0)
        abort();
    return document;
}

struct job fastly_job(struct arena *arena, const char *settings)
{
    struct target *target = arena_alloc(arena, 1, sizeof *target);
    struct profile *profile = arena_alloc(arena, 1, sizeof *profile);
    struct bytes text;
    struct error error;
    if (file_read(arena, "platforms/fastly/profile.json", LIMIT_MANIFEST, &text, &error) != 0 ||
        profile_parse(arena, (const char *)text.data, "profile", NULL, profile, &error) != 0)
        abort();
    *target = (struct target){.name = "fast", .platform = "fastly"};
    target->settings = fastly_json(arena, settings);
    return (struct job){.arena = arena,
                        .world = unit_world(arena),
                        .profile = profile,
                        .target = target,
                        .settings = target->settings,
                        .commit = COMMIT,
                        .tag = "t4g",
                        .kept = arena_alloc(arena, 1, sizeof(void *))};
}

struct bytes fastly_module(bool second)
{
    return second ? (struct bytes){module_b, sizeof module_b - 1}
                  : (struct bytes){module_a, sizeof module_a - 1};
}

struct artifact fastly_pack(struct job *job, bool second)
{
    struct artifact artifact = {0};
    struct error error = {0};
    struct part part = {.name = "main.wasm", .body = fastly_module(second)};
    struct payload payload = {.form = PAYLOAD_BARE, .parts = &part, .part_count = 1};
    if (!CHECK(platform_fastly.pack(job, &payload, &artifact, &error) == 0))
        fprintf(stderr, "  %s\n", error.message);
    return artifact;
}

struct fastly_twist fastly_twist;

static void handle(struct sandbox *sandbox, const struct sandbox_request *request,
                   struct sandbox_reply *reply)
{
    struct fastly_twist *twist = &fastly_twist;
    twist->writes += strcmp(request->method, "GET") != 0;
    bool hit = twist->path && text_matches(twist->method, request->method) &&
               text_matches(twist->path, request->path) &&
               (++twist->seen == twist->nth || twist->nth == 0);
    if (!hit || twist->done)
        sandbox_fastly.handle(sandbox, request, reply);
    if (!hit)
        return;
    twist->answered++;
    *reply = (struct sandbox_reply){0};
    sandbox_reply_text(reply, twist->status ? twist->status : 200, "application/json", twist->body);
    if (twist->header)
        sandbox_reply_header(reply, twist->header, twist->value);
}

void fastly_open(struct field *field, const char *faults, const char *settings)
{
    struct error error = {0};
    struct bytes profile;
    struct platform_entry *entries = arena_alloc(field->arena, 2, sizeof *entries);
    struct secret *secret = arena_alloc(field->arena, 1, sizeof *secret);
    struct job *job = &field->job;
    struct sandbox_options options = {.state = field->folder,
                                      .faults = faults,
                                      .world = unit_world(field->arena),
                                      .platforms = entries,
                                      .journal = path_join(field->arena, field->folder, "journal")};
    struct sandbox_api *twisted = arena_alloc(field->arena, 1, sizeof *twisted);
    *twisted = sandbox_fastly;
    twisted->handle = handle;
    fastly_twist = (struct fastly_twist){0};
    if (file_read(field->arena, "platforms/fastly/profile.json", LIMIT_MANIFEST, &profile, &error))
        abort();
    entries[0] = (struct platform_entry){&platform_fastly, twisted, (const char *)profile.data, ""};
    if (sandbox_start(field->arena, &options, &field->sandbox, &error) != 0)
        abort();
    *job = fastly_job(field->arena, settings);
    unit_setenv((struct world *)(uintptr_t)job->world, "FASTLY_API_ENDPOINT",
                sandbox_environment(field->sandbox, "FASTLY_API_ENDPOINT"));
    *secret = (struct secret){"token", sandbox_environment(field->sandbox, "FASTLY_API_TOKEN")};
    job->secrets = secret;
    job->secret_count = 1;
    if (http_open(field->arena, job->world, &job->http, &error) != 0)
        abort();
}

int fastly_publish(struct field *field, bool second, struct deployment *out, struct error *error)
{
    struct artifact artifact = fastly_pack(&field->job, second);
    *out = (struct deployment){.percent = 100};
    *error = (struct error){0};
    *field->job.kept = NULL;
    field->job.tag =
        arena_printf(field->arena, "t%u", field->runs++); /* each publish has its own */
    struct deployment before;
    if (platform_fastly.live(&field->job, &before, error) != 0 ||
        platform_fastly.upload(&field->job, &artifact, out, error) != 0)
        return -1;
    out->base = before.version;
    if (platform_fastly.ready(&field->job, &artifact, out, error) != 0)
        return -1;
    return platform_fastly.activate(&field->job, &artifact, out, error);
}

void fastly_check_published(struct field *field, bool second, const char *version,
                            const char *previous)
{
    struct deployment made, live;
    struct error error;
    if (!CHECK(fastly_publish(field, second, &made, &error) == 0)) {
        fprintf(stderr, "  %s\n", error.message);
        return;
    }
    CHECK_TEXT(made.version, version);
    CHECK_TEXT(made.previous, previous);
    CHECK(made.resource && made.url && strncmp(made.url, "https://", 8) == 0);
    CHECK(platform_fastly.live(&field->job, &live, &error) == 0);
    CHECK_TEXT(live.version, version);
    CHECK_TEXT(live.artifact_sha256, made.artifact_sha256);
    CHECK_TEXT(live.commit, COMMIT);
    CHECK_TEXT(live.resource, made.resource);
    CHECK(!live.drifted);
}

json_t *fastly_ask(struct field *field, const char *method, const char *path, const char *form)
{
    struct compute_answer answer = {0};
    struct error error;
    struct compute_ask question = {
        .method = method, .path = path, .what = "ask", .form = form, .shape = SHAPE_ANY};
    if (!CHECK(compute_call(&field->job, &question, &answer, &error) == 0))
        fprintf(stderr, "  %s\n", error.message);
    return answer.document;
}

size_t fastly_count_services(struct field *field)
{
    return json_array_size(fastly_ask(field, "GET", "/service", NULL));
}
