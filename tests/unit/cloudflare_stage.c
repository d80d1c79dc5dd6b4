#include "tests/unit/cloudflare_stage.h"

#include <stdlib.h>

#include "pkg/base/file.h"

extern const struct sandbox_api sandbox_cloudflare;

static const uint8_t module[] = "\0asm\1\0\0\0"
                                "\1\4\1\x60\0\0"
                                "\3\2\1\0"
                                "\5\3\1\0\1"
                                "\7\x13\2\6_start\0\0\6memory\2\0"
                                "\xa\4\1\2\0\xb";

static const char *text_of(struct arena *arena, const char *path)
{
    struct bytes text;
    struct error error = {0};
    if (file_read(arena, path, LIMIT_MANIFEST, &text, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return (const char *)text.data;
}

static void set_environment(struct stage *stage)
{
    static const char *const names[] = {"CLOUDFLARE_API_BASE_URL", "CLOUDFLARE_API_TOKEN"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unit_setenv(stage->world, names[i], sandbox_environment(stage->sandbox, names[i]));
}

void stage_open(struct arena *arena, const char *faults, const char *routes, struct stage *stage)
{
    static const char glue[] = "import module from './module.wasm';\n"
                               "export default { async fetch() { return new Response('ok') } }\n";
    *stage = (struct stage){.arena = arena, .world = unit_world(arena), .target = {.name = "edge"}};
    const char *text = text_of(arena, "platforms/cloudflare/profile.json");
    stage->entries[0] =
        (struct platform_entry){&platform_cloudflare, &sandbox_cloudflare, text, glue};
    struct sandbox_options options = {.state = path_join(arena, unit_folder(arena), "state"),
                                      .faults = faults,
                                      .rate_scale = 1,
                                      .world = stage->world,
                                      .platforms = stage->entries};
    if (sandbox_start(arena, &options, &stage->sandbox, &stage->error) != 0 ||
        profile_parse(arena, text, "profile.json", NULL, &stage->profile, &stage->error) != 0) {
        fprintf(stderr, "%s\n", stage->error.message);
        abort();
    }
    set_environment(stage);
    stage->job = (struct job){.arena = arena,
                              .world = stage->world,
                              .entry = stage->entries,
                              .profile = &stage->profile,
                              .target = &stage->target,
                              .commit = STAGE_COMMIT,
                              .kept = arena_alloc(arena, 1, sizeof(void *))};
    stage->job.settings = json_own(
        arena, json_pack("{s:s, s:s, s:s, s:b, s:o}", "account_id",
                         sandbox_environment(stage->sandbox, "CLOUDFLARE_ACCOUNT_ID"), "script",
                         "resize", "compatibility_date", "2026-11-01", "workers_dev", 1, "routes",
                         json_loads(routes ? routes : "[]", 0, NULL)));
    if (job_unlock(&stage->job, &stage->error) != 0)
        abort();
}

void stage_run(struct stage *stage, unsigned number)
{
    *stage->job.kept = NULL;
    stage->job.tag = arena_printf(stage->arena, "tag-%04u", number);
    stage->error = (struct error){0};
}

void stage_pack(struct stage *stage, unsigned number, struct artifact *artifact)
{
    struct job *job = &stage->job;
    struct part part = {"app.wasm", "app.wasm", NULL, {module, sizeof module - 1}};
    struct payload payload = {PAYLOAD_BARE, ENTRY_WASI, &part, 1, NULL, 0};
    json_t *flags =
        number % 2 ? json_pack("[s]", "nodejs_compat") : json_pack("[s]", "no_nodejs_compat");
    json_object_set_new(job->settings, "compatibility_flags", flags);
    if (platform_cloudflare.pack(job, &payload, artifact, &stage->error) != 0)
        abort();
}

const char *stage_publish(struct stage *stage, unsigned number, unsigned percent,
                          struct artifact *artifact, struct deployment *out)
{
    const struct platform *platform = &platform_cloudflare;
    struct job *job = &stage->job;
    struct deployment live;
    stage_run(stage, number);
    stage_pack(stage, number, artifact);
    *out = (struct deployment){.percent = percent};
    if (platform->live(job, &live, &stage->error) != 0)
        return "live";
    out->base = live.version;
    if (platform->upload(job, artifact, out, &stage->error) != 0)
        return "upload";
    if (platform->ready(job, artifact, out, &stage->error) != 0)
        return "ready";
    return platform->activate(job, artifact, out, &stage->error) == 0 ? NULL : "activate";
}

json_t *stage_send(struct stage *stage, const char *method, const char *path, json_t *body)
{
    struct answer answer;
    struct error ignored = {0};
    struct ask ask = {.method = method,
                      .path = cloudflare_script_path(&stage->job, path),
                      .what = "ask",
                      .json = body ? json_own(stage->arena, body) : NULL};
    return cloudflare_call(&stage->job, &ask, &answer, &ignored) == 0 ? answer.result : NULL;
}

size_t stage_versions(struct stage *stage)
{
    return json_array_size(json_object_get(stage_send(stage, "GET", "/versions", NULL), "items"));
}
