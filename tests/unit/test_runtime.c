/* Runtimes made of shell scripts: what is found, what a trial says, and what follows for a verdict.
 */
#include <sys/stat.h>

#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/proof/proof.h"
#include "tests/unit/unit.h"

/* Imports env.f, and exports nothing. */
static const struct bytes module_bytes = BYTES("\0asm\1\0\0\0\1\4\1\x60\0\0\2\11\1\3env\1f\0\0");

#define ANSWER                                                                                     \
    "token=$(sed -n 's/.*TOKEN = \"\\([0-9a-f]*\\)\".*/\\1/p' main.mjs)\n"                         \
    "say() { echo \"$token$1\"; }\n"
#define ENGINE(version, body)                                                                      \
    "#!/bin/sh\nif [ \"$1\" = -p ]; then echo \"node " version " $0\"; exit; fi\n" ANSWER body "\n"
#define RUNS    "say '{\"stage\":\"runs\",\"stubbed\":1,\"names\":[\"env.f\"]}'"
#define REFUSES "say '{\"stage\":\"compile\",\"said\":\"CompileError: no\"}'"

struct stage {
    struct arena *arena;
    struct world *world;
    char *folder;
    struct wasm_info info;
    struct proof_module module;
    struct profile profile;
    struct profile_runtime known;
    struct runtime_limits limits;
    struct prover prover;
    struct verdict verdict;
};

static const char *const probed[] = {"92.23.3", "94.21.0"};
static const char *const no_variant = "";

static void put(struct stage *stage, const char *path, const char *script)
{
    struct error error = {0};
    path = path_join(stage->arena, stage->folder, path);
    CHECK(file_write(path, bytes_of(script), 0755, &error) == 0);
}

static void open_stage(struct arena *arena, struct stage *stage, const char *script)
{
    struct error error = {0};
    *stage = (struct stage){.arena = arena, .world = unit_world(arena)};
    stage->folder = unit_folder(arena);
    unit_setenv(stage->world, "TMPDIR", stage->folder);
    unit_setenv(stage->world, "PATH", arena_printf(arena, "%s/bin:/usr/bin:/bin", stage->folder));
    CHECK(wasm_scan(arena, module_bytes, WASM_FACTS, &stage->info, &error) == 0);
    stage->module = (struct proof_module){"app.wasm", module_bytes, &stage->info};
    stage->known = (struct profile_runtime){.name = "node",
                                            .environment = "EDGE_DEPLOY_NODE",
                                            .variant = "runtime*.x",
                                            .probed = (const char **)(uintptr_t)probed,
                                            .probed_count = 2,
                                            .get = "get it"};
    stage->profile = (struct profile){.name = "p",
                                      .title = "P",
                                      .as_of = "2026-11-22",
                                      .variant = "runtime94.x",
                                      .runtimes = &stage->known,
                                      .runtime_count = 1};
    stage->limits = (struct runtime_limits){20000, 10, UINT64_C(1) << 30};
    stage->prover =
        (struct prover){.arena = arena, .world = stage->world, .limits = &stage->limits};
    if (script)
        put(stage, "bin/node", script);
}

static const struct proof *prove(struct stage *stage)
{
    static const struct proof none = {.runtime = "", .path = "", .message = "", .how = ""};
    struct error error = {0};
    if (!CHECK(prove_target(&stage->prover, &stage->profile, NULL, &stage->module, 1,
                            &stage->verdict, &error) == 0))
        fprintf(stderr, "  %s\n", error.message);
    /* The machine may have a node of its own, which comes behind ours. */
    return stage->verdict.proof_count ? &stage->verdict.proofs[0] : &none;
}

static bool says(const char *text, const char *word)
{
    return text && strstr(text, word);
}

static const struct finding *finding(const struct stage *stage)
{
    static const struct finding none = {.rule = "", .message = "", .cause = ""};
    return stage->verdict.finding_count ? &stage->verdict.findings[0] : &none;
}

static void versions(struct arena *arena)
{
    const char *path;
    CHECK_TEXT(runtime_version(arena, RUNTIME_NODE, "node 22.23.3 /opt/a b/node\n", &path),
               "22.23.3");
    CHECK_TEXT(path, "/opt/a b/node");
    CHECK_TEXT(runtime_version(arena, RUNTIME_WORKERD, "workerd 2026-11-17\n", &path),
               "2026-11-17");
    CHECK(path == NULL);
    CHECK_TEXT(runtime_version(arena, RUNTIME_WASMTIME, "wasmtime 46.0.1 (abc 2026-01-01)", &path),
               "46.0.1");
    CHECK(!runtime_version(arena, RUNTIME_NODE, "bun 22.23.3 /opt/bun", &path));
    CHECK(!runtime_version(arena, RUNTIME_NODE, "node v22", &path));
    CHECK(!runtime_version(arena, RUNTIME_NODE, "", &path));
    CHECK(!runtime_version(arena, RUNTIME_VICEROY, "viceroy", &path));
}

static void variants(struct arena *arena)
{
    struct stage stage;
    open_stage(arena, &stage, NULL);
    const struct profile_runtime *known = &stage.known;
    CHECK(profile_stands_for(known, "94.1.0", "runtime94.x"));
    CHECK(!profile_stands_for(known, "2.1.0", "runtime94.x"));
    CHECK(!profile_stands_for(known, "94.1.0", "runtime2.x"));
    CHECK(!profile_stands_for(known, "92.1.0", "runtime94.x"));
    CHECK(profile_predates(known, "92.9.0") && profile_predates(known, "94.20.9"));
    CHECK(!profile_predates(known, "92.23.3") && !profile_predates(known, "94.22.0"));
    CHECK(!profile_predates(known, "18.0.0"));
    CHECK_TEXT(profile_probed_with(known, "92.0.0"), "92.23.3");
    struct profile_runtime dated = {.name = "workerd", .dated = true};
    CHECK(profile_stands_for(&dated, "2026-11-17", "2026-11-17"));
    CHECK(profile_stands_for(&dated, "2026-11-17", "2021-11-02"));
    CHECK(!profile_stands_for(&dated, "2026-11-17", "2026-11-18"));
    struct profile_runtime any = {.name = "viceroy"};
    CHECK(profile_stands_for(&any, "0.22.0", no_variant) && !profile_predates(&any, "0.1.0"));
}

static void taken(struct arena *arena)
{
    struct stage stage;
    open_stage(arena, &stage, ENGINE("94.21.0", RUNS));
    const struct proof *proof = prove(&stage);
    CHECK_TEXT(proof->runtime, "node 94.21.0");
    CHECK(proof->answer == ANSWER_YES && says(proof->how, "stubs for 1 import (env.f)"));
    CHECK(stage.verdict.finding_count == 0 && stage.verdict.answer == ANSWER_YES);
}

static void refused(struct arena *arena)
{
    struct stage stage;
    open_stage(arena, &stage, ENGINE("94.21.0", REFUSES));
    CHECK(prove(&stage)->answer == ANSWER_NO && stage.verdict.answer == ANSWER_NO);
    CHECK(finding(&stage)->level == LEVEL_ERROR && says(finding(&stage)->message, "CompileError"));
    CHECK(says(finding(&stage)->cause, "mistake of edge-deploy"));
    CHECK(says(finding(&stage)->cure.other, "sha256 "));
    /* An older one than what the profile was probed with tells nothing for sure. */
    open_stage(arena, &stage, ENGINE("94.1.0", REFUSES));
    CHECK(prove(&stage)->answer == ANSWER_NO && stage.verdict.answer == ANSWER_UNKNOWN);
    CHECK(finding(&stage)->level == LEVEL_WARNING && says(finding(&stage)->cause, "older"));
}

/* What the profile refuses already is not refused twice; what a runtime takes of it is a note. */
static void disagreements(struct arena *arena)
{
    struct finding no = {.level = LEVEL_ERROR, .rule = "feature", .subject = "gc"};
    struct stage stage;
    open_stage(arena, &stage, ENGINE("94.21.0", REFUSES));
    compat_add(arena, &stage.verdict, &no);
    prove(&stage);
    CHECK(stage.verdict.finding_count == 1 && stage.verdict.answer == ANSWER_NO);
    open_stage(arena, &stage, ENGINE("94.21.0", RUNS));
    compat_add(arena, &stage.verdict, &no);
    prove(&stage);
    CHECK(stage.verdict.finding_count == 2 && stage.verdict.findings[1].level == LEVEL_NOTE);
    CHECK(says(stage.verdict.findings[1].message, "says no to gc"));
    CHECK(stage.verdict.answer == ANSWER_NO);
    /* A budget is no matter of engines: the refusal is still ours. */
    open_stage(arena, &stage, ENGINE("94.21.0", REFUSES));
    no.rule = "budget";
    compat_add(arena, &stage.verdict, &no);
    prove(&stage);
    CHECK(stage.verdict.finding_count == 2);
    /* What the profile did not know is answered. */
    struct finding unknown = {.level = LEVEL_WARNING, .is_unknown = true, .rule = "feature"};
    open_stage(arena, &stage, ENGINE("94.21.0", REFUSES));
    compat_add(arena, &stage.verdict, &unknown);
    prove(&stage);
    CHECK(says(finding(&stage)->cause, "did not know") && stage.verdict.answer == ANSWER_NO);
}

static void traps(struct arena *arena)
{
    struct stage stage;
    open_stage(
        arena, &stage,
        ENGINE("94.21.0", "say '{\"stage\":\"start\",\"said\":\"RuntimeError: unreachable\"}'"));
    CHECK(prove(&stage)->answer == ANSWER_NO);
    CHECK(finding(&stage)->level == LEVEL_ERROR && !says(finding(&stage)->cause, "mistake"));
    open_stage(arena, &stage, ENGINE("94.21.0", "say '{\"stage\":\"start\",\"stubbed\":1}'"));
    CHECK(prove(&stage)->answer == ANSWER_UNKNOWN && stage.verdict.finding_count == 0);
}

/* Whatever a runtime does, it is no more than not tried. */
static void misbehaves(struct arena *arena)
{
    static const struct {
        const char *script, *says;
    } cases[] = {
        {ENGINE("94.21.0", "sleep 60 & sleep 60"), "did not end"},
        {ENGINE("94.21.0", "kill -SEGV $$"), "signal 11"},
        {ENGINE("94.21.0", "printf 'a\\033[31mb\\nc\\001\\377' >&2; exit 3"), "ab c\\u{01}"},
        {ENGINE("94.21.0", "head -c 3000000 /dev/zero | tr '\\0' x; exit 4"), "exit code 4"},
        {ENGINE("94.21.0", "say '{\"stage\":'"), "no answer"},
        {ENGINE("94.21.0", "echo '{\"stage\":\"runs\"}'"), "no answer"},
        {ENGINE("94.21.0", "say '{\"stage\":\"memory\",\"said\":\"RangeError\"}'"), "limits"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage stage;
        open_stage(arena, &stage, cases[i].script);
        stage.limits.timeout_ms = i == 0 ? 400 : 20000;
        const struct proof *proof = prove(&stage);
        CHECK(proof->answer == ANSWER_UNKNOWN && says(proof->message, cases[i].says));
        if (!says(proof->message, cases[i].says))
            fprintf(stderr, "  case %zu: %s\n", i, proof->message ? proof->message : "");
        CHECK(proof->message && strlen(proof->message) < 2000);
        CHECK(stage.verdict.finding_count == 0);
    }
}

/* Only a start function is a reason why an engine should not come to an end. */
static void endless(struct arena *arena)
{
    struct stage stage;
    open_stage(arena, &stage, ENGINE("94.21.0", "exec sleep 60"));
    stage.limits.timeout_ms = 300;
    stage.info.import_count = 0;
    CHECK(prove(&stage)->answer == ANSWER_UNKNOWN && stage.verdict.finding_count == 0);
    open_stage(arena, &stage, ENGINE("94.21.0", "exec sleep 60"));
    stage.limits.timeout_ms = 300;
    stage.info.import_count = 0;
    stage.info.has_start = true;
    CHECK(prove(&stage)->answer == ANSWER_UNKNOWN && stage.verdict.answer == ANSWER_UNKNOWN);
    CHECK(finding(&stage)->level == LEVEL_WARNING && says(finding(&stage)->cure.other, "start"));
}

static void alone(struct arena *arena)
{
    struct stage stage;
    unsetenv("SECRET_OF_OURS");
    setenv("SECRET_OF_OURS", "secret", 1);
    open_stage(arena, &stage, ENGINE("94.21.0", "env >&2; exit 1"));
    const char *message = prove(&stage)->message;
    CHECK(says(message, "PATH=") && !says(message, "secret"));
    unsetenv("SECRET_OF_OURS");
}

static void not_found(struct arena *arena)
{
    struct stage stage;
    open_stage(arena, &stage, NULL);
    unit_setenv(stage.world, "PATH", stage.folder);
    CHECK(prove(&stage)->answer == ANSWER_UNKNOWN && says(prove(&stage)->message, "get it"));
    CHECK(stage.verdict.finding_count == 0 && stage.verdict.answer == ANSWER_YES);
    stage.prover.strict = true;
    prove(&stage);
    CHECK(stage.verdict.answer == ANSWER_UNKNOWN && finding(&stage)->is_unknown);
    /* One that stands for another variant proves nothing. */
    open_stage(arena, &stage, ENGINE("92.23.3", REFUSES));
    unit_setenv(stage.world, "PATH", arena_printf(arena, "%s/bin", stage.folder));
    CHECK(says(prove(&stage)->message, "does not stand for runtime94.x"));
    CHECK(stage.verdict.finding_count == 0 && stage.verdict.proof_count == 2);
}

/* A program of the project is not run, unless the variable names it. */
static void project(struct arena *arena)
{
    struct stage stage;
    open_stage(arena, &stage, ENGINE("94.21.0", RUNS));
    stage.prover.project = stage.folder;
    unit_setenv(stage.world, "PATH", arena_printf(arena, "%s/bin", stage.folder));
    CHECK(says(prove(&stage)->message, "lies in the project"));
    open_stage(arena, &stage, ENGINE("94.21.0", RUNS));
    stage.prover.project = stage.folder;
    unit_setenv(stage.world, "EDGE_DEPLOY_NODE", arena_printf(arena, "%s/bin/node", stage.folder));
    CHECK(prove(&stage)->answer == ANSWER_YES);
    unit_setenv(stage.world, "EDGE_DEPLOY_NODE", "bin/node");
    stage.prover = (struct prover){.arena = arena, .world = stage.world};
    struct error error = {0};
    CHECK(prove_target(&stage.prover, &stage.profile, NULL, &stage.module, 1, &stage.verdict,
                       &error) != 0 &&
          error.fault == FAULT_INPUT && says(error.message, "EDGE_DEPLOY_NODE"));
}

/* A wrapper that looks for its interpreter finds none in the project. */
static void wrapper(struct arena *arena)
{
    struct stage stage;
    open_stage(arena, &stage, NULL);
    put(&stage, "project/.bin/interpreter", "#!/bin/sh\necho node 94.21.0 $0\n");
    put(&stage, "bin/node", "#!/usr/bin/env interpreter\n");
    unit_setenv(stage.world, "PATH",
                arena_printf(arena, "%s/project/.bin:%s/bin", stage.folder, stage.folder));
    CHECK(prove(&stage)->answer == ANSWER_UNKNOWN);
    CHECK(says(prove(&stage)->message, "no answer"));
    stage.prover = (struct prover){
        .arena = arena, .world = stage.world, .project = path_join(arena, stage.folder, "project")};
    CHECK(says(prove(&stage)->message, "does not say which version"));
}

/* Those whose answer is their exit code and their words. */
static void native(struct arena *arena)
{
    static const struct {
        const char *name, *script;
        enum answer answer;
    } cases[] = {
        {"viceroy", "echo WARN x >&2; echo 'failed to find function export `_start`' >&2; exit 1",
         ANSWER_YES},
        {"viceroy", "echo 'ERROR unknown import: `env::f` has not been defined' >&2; exit 1",
         ANSWER_NO},
        {"viceroy", "echo 'ERROR failed to find function export `_start` of x' >&2; exit 1",
         ANSWER_UNKNOWN},
        {"wasmtime", "exit 0", ANSWER_YES},
        {"wasmtime", "echo 'Error: Invalid input WebAssembly code' >&2; exit 1", ANSWER_NO},
        {"wasmtime", "echo 'error: unknown -W option' >&2; exit 1", ANSWER_UNKNOWN},
        {"wasmtime", "kill -9 $$", ANSWER_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage stage;
        open_stage(arena, &stage, NULL);
        stage.known.name = cases[i].name;
        stage.known.variant = NULL;
        stage.known.probed_count = 0;
        stage.known.engine_only = strcmp(cases[i].name, "wasmtime") == 0;
        put(&stage, arena_printf(arena, "bin/%s", cases[i].name),
            arena_printf(arena, "#!/bin/sh\n[ $1 = --version ] && echo '%s 1.2.3' && exit\n%s\n",
                         cases[i].name, cases[i].script));
        if (!CHECK(prove(&stage)->answer == cases[i].answer))
            fprintf(stderr, "  case %zu: %s\n", i, stage.verdict.proofs[0].message);
        if (cases[i].answer == ANSWER_NO) /* an engine alone is set up as it likes */
            CHECK(finding(&stage)->is_unknown == stage.known.engine_only);
    }
}

/* Viceroy calls what is named _start: it gets a copy in which nothing is, even once. */
static void renamed(struct arena *arena)
{
    static const struct bytes command =
        BYTES("\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7\12\1\6_start\0\0\12\4\1\2\0\x0b");
    struct stage stage;
    struct error error = {0};
    open_stage(arena, &stage, NULL);
    CHECK(wasm_scan(arena, command, WASM_VALIDATION, &stage.info, &error) == 0);
    stage.module.bytes = command;
    stage.known = (struct profile_runtime){.name = "viceroy", .get = "get it"};
    put(&stage, "bin/viceroy",
        "#!/bin/sh\n[ $1 = --version ] && echo 'viceroy 1.2.3' && exit\n"
        "[ $1 = run ] && grep -q _not00 $2 && ! grep -q _start $2 && [ $(wc -c <$2) = 36 ] &&\n"
        "echo 'failed to find function export `_start`' >&2\nexit 1\n");
    CHECK(prove(&stage)->answer == ANSWER_YES);
    /* Its start function could call host functions that are the real ones. */
    stage.prover = (struct prover){.arena = arena, .world = stage.world};
    stage.info.has_start = true;
    stage.info.import_count = 1;
    CHECK(says(prove(&stage)->message, "network"));
}

/* A module is tried once in a runtime, however many targets ask. */
static void once(struct arena *arena)
{
    struct stage stage;
    struct bytes count = {0};
    struct error error = {0};
    open_stage(arena, &stage, NULL);
    put(&stage, "bin/node",
        arena_printf(arena, ENGINE("94.21.0", "echo x >>%s/count\n" RUNS), stage.folder));
    prove(&stage);
    prove(&stage);
    const char *path = path_join(arena, stage.folder, "count");
    CHECK(file_read(arena, path, 100, &count, &error) == 0 && count.size == 2);
}

static void add(struct arena *arena)
{
    struct verdict verdict = {0};
    struct finding note = {.level = LEVEL_NOTE}, warning = {.level = LEVEL_WARNING},
                   error = {.level = LEVEL_ERROR};
    compat_add(arena, &verdict, &warning);
    compat_add(arena, &verdict, &note);
    CHECK(verdict.answer == ANSWER_YES);
    compat_add(arena, &verdict, &error);
    CHECK(verdict.finding_count == 3 && verdict.answer == ANSWER_NO);
    CHECK(verdict.findings[0].level == LEVEL_ERROR && verdict.findings[2].level == LEVEL_NOTE);
}

void test_runtime(void)
{
    void (*const tests[])(struct arena *) = {
        versions, variants,  taken,   refused, disagreements, traps,   misbehaves, endless,
        alone,    not_found, project, wrapper, native,        renamed, once,       add};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        struct arena arena = {0};
        tests[i](&arena);
        arena_free(&arena);
    }
}
