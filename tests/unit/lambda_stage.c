#include "tests/unit/lambda_stage.h"

#include <stdlib.h>

#include "pkg/base/file.h"

extern const struct sandbox_api sandbox_lambda_edge;

static const uint8_t module[] = "\0asm\1\0\0\0"
                                "\1\4\1\x60\0\0"
                                "\3\2\1\0"
                                "\5\3\1\0\1"
                                "\7\x13\2\6_start\0\0\6memory\2\0"
                                "\xa\4\1\2\0\xb";

const char lambda_commit[] = "89abcdef0123456789abcdef0123456789abcdef";

static void check(struct stage *stage, int status)
{
    if (status == 0)
        return;
    fprintf(stderr, "%s\n", stage->error.message);
    abort();
}

static const char *text_of(struct stage *stage, const char *path)
{
    struct bytes text;
    check(stage, file_read(stage->arena, path, LIMIT_MANIFEST, &text, &stage->error));
    return (const char *)text.data;
}

struct job lambda_job(struct stage *stage, const char *function)
{
    struct job job = {.arena = stage->arena,
                      .world = stage->world,
                      .entry = stage->entries,
                      .profile = &stage->profile,
                      .target = &stage->target,
                      .commit = lambda_commit,
                      .kept = arena_alloc(stage->arena, 1, sizeof(void *))};
    job.settings =
        json_own(stage->arena,
                 json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:s, s:b}", "function", function,
                           "role", "arn:aws:iam::123456789012:role/edge", "runtime", "nodejs24.x",
                           "memory_mb", 128, "timeout_s", 5, "distribution", "E2QWRUHAPOMQZL",
                           "behavior", "default", "event", "viewer-request", "include_body", 0));
    check(stage, job_unlock(&job, &stage->error));
    return job;
}

void lambda_stage_open(struct arena *arena, const char *faults, struct stage *stage)
{
    static const char *const names[] = {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY"};
    *stage = (struct stage){.arena = arena, .world = unit_world(arena), .target = {.name = "edge"}};
    const char *text = text_of(stage, "platforms/lambda-edge/profile.json");
    const char *folder = unit_folder(arena);
    stage->journal = path_join(arena, folder, "journal");
    stage->entries[0] = (struct platform_entry){&platform_lambda_edge, &sandbox_lambda_edge, text,
                                                "export const handler = 1;\n"};
    struct sandbox_options options = {.state = path_join(arena, folder, "state"),
                                      .faults = faults,
                                      .rate_scale = 1,
                                      .journal = stage->journal,
                                      .world = stage->world,
                                      .platforms = stage->entries};
    check(stage, sandbox_start(arena, &options, &stage->sandbox, &stage->error));
    check(stage, profile_parse(arena, text, "profile.json", NULL, &stage->profile, &stage->error));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unit_setenv(stage->world, names[i], sandbox_environment(stage->sandbox, names[i]));
    stage->job = lambda_job(stage, "resize");
}

unsigned lambda_stage_count(struct stage *stage, const char *method, const char *path)
{
    const char *word = arena_printf(stage->arena, "\"method\":\"%s\"", method);
    unsigned out = 0;
    for (const char *at = text_of(stage, stage->journal); (at = strstr(at, word)); at++) {
        const char *found = strstr(at, path), *end = strchr(at, '\n');
        out += found && (!end || found < end);
    }
    return out;
}

int lambda_pack(struct stage *stage, struct job *job, char number, struct artifact *out)
{
    uint8_t *body = arena_alloc(stage->arena, 1, sizeof module + 4);
    memcpy(body, module, sizeof module - 1);
    memcpy(body + sizeof module - 1, "\0\3\1n", 4);
    body[sizeof module + 3] = (uint8_t)number;
    struct part part = {"app.wasm", NULL, NULL, {body, sizeof module + 4}};
    struct payload payload = {PAYLOAD_BARE, ENTRY_WASI, &part, 1, NULL, 0};
    stage->error = (struct error){0};
    return platform_lambda_edge.pack(job, &payload, out, &stage->error);
}

int lambda_publish(struct stage *stage, struct job *job, char number, struct artifact *artifact,
                   struct deployment *out)
{
    *out = (struct deployment){.percent = 100};
    if (lambda_pack(stage, job, number, artifact) != 0 ||
        platform_lambda_edge.upload(job, artifact, out, &stage->error) != 0)
        return -1;
    return platform_lambda_edge.activate(job, artifact, out, &stage->error);
}

void lambda_check_live(struct stage *stage, const char *version, const char *sha256)
{
    struct deployment live;
    CHECK(platform_lambda_edge.live(&stage->job, &live, &stage->error) == 0);
    CHECK_TEXT(live.version, version);
    CHECK_TEXT(live.artifact_sha256, sha256);
    CHECK_TEXT(live.commit, version ? lambda_commit : NULL);
    CHECK(!live.drifted);
}
