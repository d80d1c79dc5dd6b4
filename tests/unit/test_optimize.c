#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>

#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/optimize/internal.h"
#include "pkg/process/process.h"
#include "tests/unit/unit.h"

/* What one test works with: a folder for TMPDIR, a module, the real optimizer if there is one. */
struct bench {
    struct arena arena;
    struct world *world;
    char *folder, *temporary;
    struct error error;
};

static void open_bench(struct bench *bench)
{
    *bench = (struct bench){0};
    bench->world = unit_world(&bench->arena);
    bench->folder = unit_folder(&bench->arena);
    bench->temporary = path_join(&bench->arena, bench->folder, "tmp");
    CHECK(file_make_folder(bench->temporary, &bench->error) == 0);
    unit_setenv(bench->world, "TMPDIR", bench->temporary);
}

/* Nothing is left behind, whatever happened. */
static void close_bench(struct bench *bench)
{
    size_t left = 0;
    DIR *folder = opendir(bench->temporary);
    while (folder && readdir(folder))
        left++;
    CHECK(left == 2); /* . and .. */
    closedir(folder);
    arena_free(&bench->arena);
}

static bool assemble(struct bench *bench, const char *wat, struct candidate *out)
{
    char *source = path_join(&bench->arena, bench->folder, "m.wat");
    char *target = path_join(&bench->arena, bench->folder, "m.wasm");
    const char *const argv[] = {
        "wat2wasm", "--debug-names", "--enable-threads", source, "-o", target, NULL};
    struct process_request request = {.argv = argv};
    struct process_result result;
    if (file_write(source, bytes_of(wat), 0644, &bench->error) != 0 ||
        process_run(&bench->arena, bench->world, &request, &result, &bench->error) != 0 ||
        result.status != 0) {
        unit_skip("wat2wasm is not installed, optimize is not tested");
        return false;
    }
    return CHECK(file_read(&bench->arena, target, LIMIT_MODULE, &out->module, &bench->error) ==
                 0) &&
           CHECK(wasm_scan(&bench->arena, out->module, WASM_FACTS, &out->info, &bench->error) == 0);
}

/* Room to shrink, and a pattern that becomes a sign extension where that is allowed. */
#define BODY                                                                                       \
    "(func $helper (param $value i32) (result i32) (local $unused i64)\n"                          \
    "  (i32.shr_s (i32.shl (local.get $value) (i32.const 24)) (i32.const 24)))\n"                  \
    "(func (export \"run\") (param i32) (result i32)\n"                                            \
    "  (block $out (br $out) (drop (i32.const 1)))\n"                                              \
    "  (drop (i32.add (i32.const 1) (i32.const 2)))\n"                                             \
    "  (call $helper (i32.add (local.get 0) (i32.const 0))))\n"
#define PLAIN "(module (import \"env\" \"unused\" (func)) (memory (export \"memory\") 1)\n" BODY ")"

static int optimize_by(struct bench *bench, const struct optimizer *optimizer,
                       const struct optimize_request *request, struct optimize_result *out)
{
    struct optimize_result results[OPTIMIZE_MEASURES] = {0};
    int status = optimize(&bench->arena, bench->world, optimizer, request, results, &bench->error);
    *out = results[OPTIMIZE_FOR_COMPRESSED];
    return status;
}

static int find(struct bench *bench, const char *named, struct optimizer *out)
{
    const struct optimizer_search search = {.named = named};
    return optimizer_find(&bench->arena, bench->world, &search, out, &bench->error);
}

static int optimize_with(struct bench *bench, const char *optimizer_path,
                         const struct candidate *module, struct optimize_request request,
                         struct optimize_result *out)
{
    struct optimizer optimizer;
    request.module = module->module;
    request.info = &module->info;
    if (!CHECK(find(bench, optimizer_path, &optimizer) == 0)) {
        fprintf(stderr, "  %s\n", bench->error.message);
        return -1;
    }
    return optimize_by(bench, &optimizer, &request, out);
}

static bool has_assembler(struct bench *bench)
{
    return process_find(&bench->arena, bench->world, "wat2wasm") != NULL;
}

static bool has_real_optimizer(struct bench *bench)
{
    if (process_find(&bench->arena, bench->world, "wasm-opt"))
        return true;
    unit_skip("wasm-opt is not installed, the real one is not tested");
    return false;
}

static bool has_section(const struct wasm_info *info, const char *name)
{
    for (size_t i = 0; i < info->section_count; i++)
        if (strcmp(info->sections[i].name, name) == 0)
            return true;
    return false;
}

static void test_real(void)
{
    struct bench bench;
    struct candidate module;
    struct optimize_result result;
    open_bench(&bench);
    if (has_real_optimizer(&bench) && assemble(&bench, PLAIN, &module)) {
        struct optimize_request size = {.allowed = UINT64_MAX, .run = true, .strip = true};
        CHECK(optimize_with(&bench, NULL, &module, size, &result) == 0);
        CHECK_TEXT(result.why_not, NULL);
        CHECK(strncmp(result.how, "wasm-opt ", 9) == 0 && strstr(result.how, " -Oz"));
        CHECK(result.module.size < module.module.size && result.info.features == 0);
        CHECK(result.info.import_count == 0 && result.info.export_count == 2);
        CHECK(!has_section(&result.info, "name"));
        struct optimize_request speed = size;
        speed.speed = speed.keep_names = true;
        CHECK(optimize_with(&bench, NULL, &module, speed, &result) == 0);
        CHECK_TEXT(result.why_not, NULL);
        CHECK(strstr(result.how, " -O3") && has_section(&result.info, "name"));
    }
    close_bench(&bench);
}

/* The features that the module has are switched on, those that it declares and has not are not. */
static void test_features(void)
{
    struct bench bench;
    struct candidate module;
    struct optimize_result result;
    static const uint8_t declared[] = "\x00\x1a\x0ftarget_features\x01+\x07simd128";
    open_bench(&bench);
    if (has_real_optimizer(&bench) &&
        assemble(&bench,
                 "(module (memory (export \"memory\") 1) (func (export \"copy\") (memory.copy "
                 "(i32.const 0) (i32.add (i32.const 1) (i32.const 1)) (i32.const 3)))" BODY ")",
                 &module)) {
        struct optimize_request request = {.allowed = UINT64_MAX, .run = true, .strip = true};
        struct buffer *bytes = buffer_new(&bench.arena, 4096);
        CHECK(buffer_add(bytes, module.module.data, module.module.size) == 0);
        CHECK(buffer_add(bytes, declared, sizeof declared - 1) == 0);
        module.module = buffer_bytes(bytes);
        CHECK(wasm_scan(&bench.arena, module.module, WASM_FACTS, &module.info, &bench.error) == 0);
        CHECK(module.info.declared_feature_count == 1);
        CHECK(optimize_with(&bench, NULL, &module, request, &result) == 0);
        CHECK_TEXT(result.why_not, NULL);
        CHECK(result.info.features == module.info.features);
        CHECK(result.info.declared_feature_count == 0);
    }
    close_bench(&bench);
}

static void test_not_allowed(void)
{
    struct bench bench;
    struct candidate module;
    struct optimize_result result;
    open_bench(&bench);
    if (has_real_optimizer(&bench) &&
        assemble(&bench,
                 "(module (memory 1 1 shared) (func (export \"run\") (drop (i32.atomic.load "
                 "(i32.const 0)))))",
                 &module)) {
        struct optimize_request request = {.allowed = 0, .run = true, .strip = true};
        CHECK(optimize_with(&bench, NULL, &module, request, &result) == 0);
        CHECK_TEXT(result.why_not, "the module needs 'atomics', which the target does not run: "
                                   "nothing lowers it: build without it");
        CHECK_TEXT(result.how, "stripped");
        CHECK(result.info.features == module.info.features);
    }
    close_bench(&bench);
}

static void test_without_running(void)
{
    struct bench bench;
    struct candidate module;
    struct optimize_result result;
    open_bench(&bench);
    if (assemble(&bench, PLAIN, &module)) {
        struct optimizer none = {.problem = "no wasm-opt was found"};
        struct optimize_request request = {.module = module.module, .info = &module.info};
        CHECK(optimize_by(&bench, &none, &request, &result) == 0);
        CHECK_TEXT(result.how, "unchanged");
        CHECK(result.module.data == module.module.data && !result.why_not);
        request.strip = true;
        CHECK(optimize_by(&bench, &none, &request, &result) == 0);
        CHECK_TEXT(result.how, "stripped");
        CHECK(result.module.size < module.module.size && !has_section(&result.info, "name"));
        request.keep_names = true;
        CHECK(optimize_by(&bench, &none, &request, &result) == 0);
        CHECK_TEXT(result.how, "unchanged");
        CHECK(has_section(&result.info, "name"));
        request.run = true;
        CHECK(optimize_by(&bench, &none, &request, &result) == 0);
        CHECK_TEXT(result.why_not, "no wasm-opt was found");
    }
    close_bench(&bench);
}

/* A shell script that answers --version and --help like wasm-opt and else does `work`, in which
   $in and $out are the files. */
static char *fake_at(struct bench *bench, const char *path, unsigned version, const char *work)
{
    char *text = arena_printf(
        &bench->arena,
        "#!/bin/sh\n"
        "case $1 in\n"
        "--version) echo 'wasm-opt version %u (made up)'; exit;;\n"
        "--help) printf 'Optimization passes:\\n  --vacuum  x\\n  --signext-lowering  x\\n"
        "Optimization options:\\n  --enable-bulk-memory  x\\n  --enable-sign-ext  x\\n"
        "  --output,-o  x\\n%s'; exit;;\n"
        "esac\n"
        "echo \"$*\" >>%s/arguments\n"
        "in=$1; for out; do :; done\n"
        "%s\n",
        version, version < 1000 ? "" : "  --one-caller-inline-max-function-size,-ocimfs  x\\n",
        bench->folder, work);
    CHECK(file_write(path, bytes_of(text), 0755, &bench->error) == 0);
    return arena_strdup(&bench->arena, path);
}

static char *fake(struct bench *bench, const char *work)
{
    return fake_at(bench, path_join(&bench->arena, bench->folder, "fake-opt"), 999, work);
}

#define WRITE(wat) "cat >t.wat <<'EOF'\n" wat "\nEOF\nwat2wasm t.wat -o \"$out\" && rm t.wat"
#define SMALL                                                                                      \
    "(module (memory (export \"memory\") 1) (func (export \"run\") (param i32) (result i32) "      \
    "(local.get 0)))"

static const struct wrong {
    const char *work, *why_not;
} wrongs[] = {
    {"kill -SEGV $$", "wasm-opt was ended by signal 11"},
    {"echo 'Fatal: no\x1b[31m'; echo 'it went wrong' >&2; exit 3",
     "wasm-opt ended with exit code 3: it went wrong"},
    {"sleep 20", "wasm-opt did not end within 0.3 s"},
    {"while :; do :; done", "wasm-opt did not end within 0.3 s"},
    {"exit 0", "wasm-opt wrote nothing"},
    {"ln -s \"$in\" \"$out\"", "wasm-opt wrote no regular file"},
    {"echo garbage >\"$out\"", "its output is malformed"},
    {": >\"$out\"", "its output is malformed"},
    {"head -c 40 \"$in\" >\"$out\"", "its output is malformed"},
    {"cp \"$in\" \"$out\"", "nothing that wasm-opt 999 wrote is smaller"},
    {WRITE("(module (memory (export \"memory\") 1) (func (export \"run\") (param i32) (result i32) "
           "(i32.extend8_s (local.get 0))))"),
     "its output needs 'sign-ext', which the module did not"},
    {WRITE("(module (memory (export \"memory\") 1))"),
     "its output has no export 'run' of the same type"},
    {WRITE("(module (memory (export \"memory\") 1) (func (export \"run\") (param i64) (result i32) "
           "(i32.const 0)))"),
     "its output has no export 'run' of the same type"},
    {WRITE("(module (memory (export \"memory\") 2) (func (export \"run\") (param i32) (result i32) "
           "(i32.const 0)))"),
     "its output has no export 'memory' of the same type"},
    {WRITE("(module (memory (export \"memory\") 1) (func (export \"run\") (export \"more\") (param "
           "i32) (result i32) (i32.const 0)))"),
     "its output has a new export 'more'"},
    {WRITE("(module (import \"env\" \"other\" (func)) (memory (export \"memory\") 1) (func (export "
           "\"run\") (param i32) (result i32) (i32.const 0)))"),
     "its output has a new import 'env.other'"},
};

static void test_wrong_optimizers(void)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        struct bench bench;
        struct candidate module;
        struct optimize_result result;
        struct optimize_request request = {
            .allowed = UINT64_MAX, .run = true, .strip = true, .limit_ms = 300};
        open_bench(&bench);
        if (strncmp(wrongs[i].work, "sleep", 5) != 0 && strncmp(wrongs[i].work, "while", 5) != 0)
            request.limit_ms = 20000;
        if (assemble(&bench, PLAIN, &module)) {
            char *path = fake(&bench, wrongs[i].work);
            CHECK(optimize_with(&bench, path, &module, request, &result) == 0);
            if (!CHECK(result.why_not &&
                       strncmp(result.why_not, wrongs[i].why_not, strlen(wrongs[i].why_not)) == 0))
                fprintf(stderr, "  got: %s\n  expected: %s\n",
                        result.why_not ? result.why_not : "(null)", wrongs[i].why_not);
            CHECK_TEXT(result.how, "stripped");
            CHECK(result.module.size < module.module.size && result.info.import_count == 1);
        }
        close_bench(&bench);
    }
}

static const char *arguments_of(struct bench *bench)
{
    struct bytes text;
    char *path = path_join(&bench->arena, bench->folder, "arguments");
    if (!CHECK(file_read(&bench->arena, path, 4096, &text, &bench->error) == 0))
        return "";
    return (const char *)text.data;
}

static void test_flags(void)
{
    static const char *const passes[] = {"vacuum"}, *const wrong[] = {"output"};
    struct bench bench;
    struct candidate module;
    struct optimize_result result;
    open_bench(&bench);
    if (assemble(&bench,
                 "(module (memory (export \"memory\") 1) (data \"x\") (func (export \"run\") "
                 "(param i32) (result i32) (memory.init 0 (i32.const 0) (i32.const 0) (i32.const "
                 "1)) (local.get 0)))",
                 &module)) {
        struct optimize_request request = {
            .allowed = UINT64_MAX, .run = true, .strip = true, .passes = passes, .pass_count = 1};
        char *path = fake(&bench, WRITE(SMALL));
        CHECK(optimize_with(&bench, path, &module, request, &result) == 0);
        CHECK_TEXT(result.why_not, NULL);
        CHECK_TEXT(result.how, "wasm-opt 999 -Oz");
        CHECK_TEXT(
            arguments_of(&bench),
            "in.wasm --mvp-features --enable-bulk-memory --strip-debug --strip-producers -o "
            "out.wasm\n"
            "in.wasm --mvp-features --enable-bulk-memory --strip-debug --strip-producers -Oz "
            "--vacuum -o out.wasm\n");
        request.passes = wrong;
        CHECK(optimize_with(&bench, path, &module, request, &result) == 0);
        CHECK_TEXT(result.why_not, "wasm-opt 999 has no pass 'output'");
    }
    close_bench(&bench);
}

/* What the target does not run is lowered in a first run; the second may not put it back. */
static void test_lowering(void)
{
    struct bench bench;
    struct candidate module;
    struct optimize_result result;
    struct optimize_request request = {.allowed = 0, .run = true, .strip = true};
    open_bench(&bench);
    if (assemble(&bench,
                 "(module (memory (export \"memory\") 1) (func (export \"run\") (param i32) "
                 "(result i32) (i32.extend8_s (local.get 0))))",
                 &module)) {
        char *path = fake(&bench, WRITE(SMALL));
        CHECK(optimize_with(&bench, path, &module, request, &result) == 0);
        CHECK_TEXT(result.why_not, "nothing that wasm-opt 999 wrote is smaller");
        CHECK_TEXT(result.how, "wasm-opt 999 --signext-lowering");
        CHECK(result.info.features == 0);
        CHECK_TEXT(arguments_of(&bench),
                   "in.wasm --mvp-features --enable-sign-ext --strip-debug --strip-producers -o "
                   "out.wasm\n"
                   "in.wasm --mvp-features --enable-sign-ext --signext-lowering -o out.wasm\n"
                   "in.wasm --mvp-features --strip-debug --strip-producers -Oz -o out.wasm\n");
        path = fake(&bench, "cp \"$in\" \"$out\"");
        CHECK(optimize_with(&bench, path, &module, request, &result) == 0);
        CHECK_TEXT(result.why_not, "its output needs 'sign-ext', which the module did not");
        CHECK_TEXT(result.how, "stripped");
    }
    close_bench(&bench);
}

static void test_find(void)
{
    struct bench bench;
    struct optimizer optimizer;
    open_bench(&bench);
    struct arena *arena = &bench.arena;
    char *path = fake(&bench, "exit 0");
    CHECK(find(&bench, path, &optimizer) == 0);
    CHECK_TEXT(optimizer.version, "999");
    unit_setenv(bench.world, "EDGE_DEPLOY_WASM_OPT", path);
    CHECK(find(&bench, NULL, &optimizer) == 0);
    CHECK_TEXT(optimizer.version, "999");
    CHECK(find(&bench, "/nowhere/wasm-opt", &optimizer) == -1);
    CHECK(bench.error.fault == FAULT_INPUT);
    CHECK_TEXT(bench.error.message,
               "cannot use optimizer '/nowhere/wasm-opt': there is no such file");
    CHECK(find(&bench, "no-such-program", &optimizer) == -1);
    CHECK_TEXT(bench.error.message, "cannot use optimizer 'no-such-program': it is not in PATH");
    CHECK(find(&bench, "true", &optimizer) == -1);
    CHECK(strstr(bench.error.message, "is no wasm-opt") != NULL);
    unit_setenv(bench.world, "EDGE_DEPLOY_WASM_OPT", "");
    unit_setenv(bench.world, "PATH", bench.folder);
    CHECK(find(&bench, NULL, &optimizer) == 0);
    CHECK(optimizer.path == NULL);
    CHECK_TEXT(optimizer.problem, "no wasm-opt was found");
    CHECK(file_write(path_join(arena, bench.folder, "wasm-opt"), bytes_of("#!/bin/sh\nexit 4\n"),
                     0755, &bench.error) == 0);
    CHECK(find(&bench, NULL, &optimizer) == 0);
    CHECK(optimizer.path == NULL && strstr(optimizer.problem, "ends with exit code 4"));
    close_bench(&bench);
}

/* Shell functions for a module with so many bytes of code that compress well, and so many numbers
   that do not. */
#define WRITES                                                                                     \
    "write() { { echo '(module (memory (export \"memory\") 1) (func (export \"run\") (param i32) " \
    "(result i32)'; i=0; while [ $i -lt $1 ]; do echo nop; i=$((i+1)); done; i=0; while [ $i -lt " \
    "$2 ]; do echo \"(drop (i32.const $((i * i * 104729 % 2147483647))))\"; i=$((i+1)); done; "    \
    "echo '(local.get 0)))'; } >t.wat; wat2wasm t.wat -o \"$3\"; rm t.wat; }\n"

static bool make_module(struct bench *bench, const char *numbers, struct candidate *out)
{
    char *path = path_join(&bench->arena, bench->folder, "made.wasm");
    char *script =
        arena_printf(&bench->arena, "%scd %s; write %s %s", WRITES, bench->folder, numbers, path);
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct process_request request = {.argv = argv};
    struct process_result result;
    return CHECK(process_run(&bench->arena, bench->world, &request, &result, &bench->error) == 0) &&
           CHECK(file_read(&bench->arena, path, LIMIT_MODULE, &out->module, &bench->error) == 0) &&
           CHECK(wasm_scan(&bench->arena, out->module, WASM_FACTS, &out->info, &bench->error) == 0);
}

static const struct optimize_candidate *candidate_of(const struct optimize_result *result,
                                                     const char *name)
{
    for (size_t i = 0; i < result->candidate_count; i++)
        if (strcmp(result->candidates[i].name, name) == 0)
            return &result->candidates[i];
    return NULL;
}

/* One run makes less code, the other what compresses better. */
static void test_measures(void)
{
    struct bench bench;
    struct candidate module;
    struct optimizer optimizer;
    struct optimize_result results[OPTIMIZE_MEASURES];
    struct optimize_request request = {.allowed = UINT64_MAX, .run = true, .strip = true};
    open_bench(&bench);
    char *path = fake_at(&bench, path_join(&bench.arena, bench.folder, "fake-opt"), 1000,
                         WRITES "case \"$*\" in *one-caller*) write 900 0 $out;; *-Oz*) write 0 "
                                "60 $out;; *) cp $in $out;; esac");
    if (has_assembler(&bench) && make_module(&bench, "1000 70", &module) &&
        CHECK(find(&bench, path, &optimizer) == 0)) {
        request.module = module.module;
        request.info = &module.info;
        CHECK(optimize(&bench.arena, bench.world, &optimizer, &request, results, &bench.error) ==
              0);
        CHECK_TEXT(results[OPTIMIZE_FOR_CODE].how, "wasm-opt 1000 -Oz");
        CHECK_TEXT(results[OPTIMIZE_FOR_COMPRESSED].how, "wasm-opt 1000 -Oz -ocimfs 0");
        CHECK(results[OPTIMIZE_FOR_CODE].module.size <
              results[OPTIMIZE_FOR_COMPRESSED].module.size);
        CHECK_TEXT(results[OPTIMIZE_FOR_CODE].optimizer, "1000");
        const struct optimize_candidate *same =
            candidate_of(&results[0], "wasm-opt 1000 without passes");
        CHECK(same && same->problem && strcmp(same->problem, "the same bytes as 'unchanged'") == 0);
        request.speed = true;
        CHECK(optimize(&bench.arena, bench.world, &optimizer, &request, results, &bench.error) ==
              0);
        CHECK(!candidate_of(&results[0], "wasm-opt 1000 -Oz"));
    }
    close_bench(&bench);
}

/* Fewer bytes that compress to more, and more bytes that compress to fewer, are no gain. */
static void test_never_larger(void)
{
    static const char *const worse[] = {"write 0 100 $out", "write 1500 0 $out"};
    static const char *const inputs[] = {"1000 0", "1000 40"};
    for (size_t i = 0; i < sizeof worse / sizeof *worse; i++) {
        struct bench bench;
        struct candidate module;
        struct optimize_result result;
        struct optimize_request request = {.allowed = UINT64_MAX, .run = true, .strip = true};
        open_bench(&bench);
        char *path = fake(&bench, arena_printf(&bench.arena, "%s%s", WRITES, worse[i]));
        for (unsigned speed = 0; has_assembler(&bench) && speed < 2; speed++) {
            request.speed = speed;
            if (make_module(&bench, inputs[i], &module) &&
                CHECK(optimize_with(&bench, path, &module, request, &result) == 0)) {
                CHECK_TEXT(result.how, "unchanged");
                CHECK_TEXT(result.why_not, "nothing that wasm-opt 999 wrote is smaller");
            }
        }
        close_bench(&bench);
    }
}

/* For speed the code may grow into the room that debug information leaves. */
static void test_speed_may_grow(void)
{
    struct bench bench;
    struct candidate module;
    struct optimize_result result;
    struct optimize_request request = {
        .allowed = UINT64_MAX, .run = true, .strip = true, .speed = true};
    open_bench(&bench);
    char *path =
        fake(&bench, WRITES "case \"$*\" in *-O3*) write 20 0 $out;; *) cp $in $out;; esac");
    if (assemble(&bench, PLAIN, &module)) {
        CHECK(optimize_with(&bench, path, &module, request, &result) == 0);
        CHECK_TEXT(result.why_not, NULL);
        CHECK_TEXT(result.how, "wasm-opt 999 -O3");
        CHECK(result.module.size <= module.module.size);
    }
    close_bench(&bench);
}

/* The newest that reads the module; none that lies in the project. */
static void test_several(void)
{
    struct bench bench;
    struct candidate module;
    struct optimizer optimizer;
    struct optimize_result result;
    struct optimize_request request = {.allowed = UINT64_MAX, .run = true, .strip = true};
    open_bench(&bench);
    struct arena *arena = &bench.arena;
    char *old = path_join(arena, bench.folder, "old"), *new = path_join(arena, bench.folder, "new");
    CHECK(file_make_folder(old, &bench.error) == 0 && file_make_folder(new, &bench.error) == 0);
    fake_at(&bench, path_join(arena, old, "wasm-opt"), 98, WRITE(SMALL));
    fake_at(&bench, path_join(arena, new, "wasm-opt"), 132, "echo 'parse exception' >&2; exit 1");
    unit_setenv(bench.world, "PATH", arena_printf(arena, "relative:%s:%s:%s", old, new, old));
    const struct optimizer_search everywhere = {0}, not_new = {.project = new};
    CHECK(optimizer_find(arena, bench.world, &everywhere, &optimizer, &bench.error) == 0);
    CHECK_TEXT(optimizer.version, "132");
    CHECK(optimizer.older && !optimizer.older->older && !optimizer.passed_over);
    unit_setenv(bench.world, "PATH", "/usr/local/bin:/usr/bin:/bin");
    if (assemble(&bench, PLAIN, &module)) {
        request.module = module.module;
        request.info = &module.info;
        CHECK(optimize_by(&bench, &optimizer, &request, &result) == 0);
        CHECK_TEXT(result.why_not, NULL);
        CHECK_TEXT(result.how, "wasm-opt 98 -Oz");
        CHECK_TEXT(result.optimizer, "98");
        CHECK(!result.needs);
        optimizer.older = NULL;
        CHECK(optimize_by(&bench, &optimizer, &request, &result) == 0);
        CHECK_TEXT(result.why_not, "wasm-opt ended with exit code 1: parse exception");
        CHECK_TEXT(result.needs,
                   "wasm-opt 132 cannot read the module, a newer one may: it ships stripped");
        optimizer.version = "98";
        CHECK(optimize_by(&bench, &optimizer, &request, &result) == 0);
        CHECK_TEXT(result.needs,
                   "wasm-opt 98 cannot read the module, 108 or newer can: it ships stripped");
    }
    char *broken = path_join(arena, bench.folder, "broken");
    CHECK(file_make_folder(broken, &bench.error) == 0);
    CHECK(file_write(path_join(arena, broken, "wasm-opt"), bytes_of("#!/bin/sh\nexit 4\n"), 0755,
                     &bench.error) == 0);
    unit_setenv(bench.world, "PATH", arena_printf(arena, "%s:%s", broken, old));
    CHECK(optimizer_find(arena, bench.world, &everywhere, &optimizer, &bench.error) == 0);
    CHECK_TEXT(optimizer.version, "98"); /* not without a word */
    CHECK(optimizer.passed_over && strstr(optimizer.passed_over, "ends with exit code 4"));
    unit_setenv(bench.world, "PATH", arena_printf(arena, "%s:%s", old, new));
    CHECK(optimizer_find(arena, bench.world, &not_new, &optimizer, &bench.error) == 0);
    CHECK_TEXT(optimizer.version, "98");
    CHECK(!optimizer.older && optimizer.passed_over && strstr(optimizer.passed_over, "/new/"));
    unit_setenv(bench.world, "PATH", new);
    CHECK(optimizer_find(arena, bench.world, &not_new, &optimizer, &bench.error) == 0);
    CHECK(!optimizer.path && strstr(optimizer.problem, "lies in the project"));
    close_bench(&bench);
}

static const char *wait_for; /* a file: when it is there, we are interrupted */

static int interrupt(void *context)
{
    (void)context;
    return file_exists(wait_for) ? SIGINT : 0;
}

/* No folder is left (close_bench), and no child. */
static void test_interrupt(void)
{
    struct bench bench;
    struct candidate module;
    struct optimize_result result;
    struct optimize_request request = {.allowed = UINT64_MAX, .run = true, .strip = true};
    struct bytes text;
    open_bench(&bench);
    char *started = path_join(&bench.arena, bench.folder, "started");
    char *path = fake(&bench, arena_printf(&bench.arena,
                                           "case \"$*\" in *-Oz*) echo $$ >%s.new; mv %s.new %s; "
                                           "sleep 60;; *) cp $in $out;; esac",
                                           started, started, started));
    wait_for = started;
    if (assemble(&bench, PLAIN, &module)) {
        bench.world->interrupted = interrupt;
        CHECK(optimize_with(&bench, path, &module, request, &result) == -1);
        CHECK(bench.error.fault == FAULT_INTERRUPTED);
        if (CHECK(file_read(&bench.arena, started, 64, &text, &bench.error) == 0))
            CHECK(kill((pid_t)strtol((const char *)text.data, NULL, 10), 0) == -1);
    }
    close_bench(&bench);
}

void test_optimize(void)
{
    test_measures();
    test_never_larger();
    test_speed_may_grow();
    test_several();
    test_interrupt();
    test_find();
    test_without_running();
    test_real();
    test_features();
    test_not_allowed();
    test_wrong_optimizers();
    test_flags();
    test_lowering();
}
