/* From what a target names to what it ships. */
#include "pkg/archive/archive.h"
#include "pkg/base/file.h"
#include "tests/unit/scene.h"

static void test_build(void)
{
    struct scene scene;
    scene_open(&scene, MODULE "\"build\":{\"command\":\"echo x >>built\"},", ALPHA "," BETA);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene_shell(&scene, "test $(wc -l <built) = 1") == 0);
    scene.options.build = scene.options.optimize = false; /* check */
    scene_read(&scene);
    EXPECT(&scene,
           publish_prepare(&scene.arena, scene.world, &scene.manifest, &scene.options,
                           &scene.result, &scene.error),
           FAULT_NONE);
    CHECK(scene_shell(&scene, "test $(wc -l <built) = 1") == 0);
    scene_close(&scene);
    scene_open(&scene, MODULE "\"build\":{\"command\":\"exit 7\"},", ALPHA);
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "exit code 7");
    scene_close(&scene);
}

/* A function without a result that leaves one. */
static const struct bytes invalid = BYTES("\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0"
                                          "\x0a\6\1\4\0\x41\0\x0b");
/* A continuation type, for which there are no rules here. */
static const struct bytes proposal = BYTES("\0asm\1\0\0\0\1\6\2\x60\0\0\x5d\0");

static void test_bad_modules(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA);
    scene_put(&scene, "app.wasm", bytes_of("forty bytes that are no module, not even"));
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "app.wasm");
    SAYS(&scene, "offset");
    if (CHECK(scene.result.targets[0].verdict.finding_count == 1))
        CHECK_TEXT(scene.result.targets[0].verdict.findings[0].rule, "malformed");
    scene_put(&scene, "app.wasm", invalid);
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "invalid module at offset");
    CHECK_TEXT(scene.result.targets[0].verdict.findings[0].rule, "invalid");
    CHECK(!scene.result.mutation_attempted);
    CHECK(scene_shell(&scene, "rm app.wasm") == 0);
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    CHECK(strstr(scene.error.hint, "build it first") != NULL);
    CHECK(scene_shell(&scene, "ln -s /etc/passwd app.wasm") == 0);
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "leaves");
    scene_close(&scene);
}

/* libwabt refuses what the scan found valid: beside the upload, so nothing was made live. */
static void test_disagreement(void)
{
    struct scene scene;
    scene_open(&scene, MODULE "\"optimize\":{\"level\":\"none\"},", ALPHA);
    scene_validator(&scene, "Itype mismatch");
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    const struct prepared *target = &scene.result.targets[0];
    SAYS(&scene, "finds module 'app.wasm' (sha256 ");
    SAYS(&scene, target->modules[0].sha256);
    SAYS(&scene, "valid, libwabt does not (type mismatch); nothing was made live");
    CHECK(strstr(scene.error.hint, "a bug of edge-deploy: report it") != NULL);
    CHECK_TEXT(target->verdict.findings[0].rule, "invalid");
    CHECK(strstr(fake.log, "upload") != NULL && strstr(fake.log, "activate") == NULL);
    CHECK(scene_record_count(&scene) == 0);
    scene.options.dry_run = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    CHECK(strstr(fake.log, "live") == NULL);
    scene_close(&scene);
}

/* Who has judged is said, and what nobody has judged is never called valid. */
static void test_who_judged(void)
{
    static const struct {
        const struct bytes *module;
        const char *libwabt, *validation, *second;
        enum fault fault;
    } rows[] = {
        {&scene_plain, "V", "valid", "valid", FAULT_NONE},
        {&scene_plain, "Ucannot read it", "valid", "cannot read it", FAULT_NONE},
        {&proposal, "V", "valid: libwabt alone (uses stack-switching)", "valid",
         FAULT_INCOMPATIBLE},
        {&proposal, "Ucannot read it", "not judged: uses stack-switching; cannot read it",
         "cannot read it", FAULT_INCOMPATIBLE},
        {&proposal, "Itype mismatch", NULL, NULL, FAULT_INPUT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        scene_open(&scene, MODULE "\"optimize\":{\"level\":\"none\"},", ALPHA);
        scene_put(&scene, "app.wasm", *rows[i].module);
        scene_validator(&scene, rows[i].libwabt);
        EXPECT(&scene, scene_publish(&scene), rows[i].fault);
        CHECK_TEXT(scene.result.targets[0].modules[0].validation, rows[i].validation);
        CHECK_TEXT(scene.result.targets[0].modules[0].second, rows[i].second);
        if (rows[i].fault == FAULT_INPUT)
            SAYS(&scene, "invalid module 'app.wasm': type mismatch");
        CHECK((rows[i].fault == FAULT_NONE) == (strstr(fake.log, "upload") != NULL));
        scene_close(&scene);
    }
}

/* libwabt is not asked about it, so its answer would not count. */
static void test_large_module(void)
{
    struct scene scene;
    scene_open(&scene, MODULE "\"optimize\":{\"level\":\"none\"},", ALPHA);
    size_t size = scene_plain.size, payload = 1500000;
    uint8_t *large = arena_alloc(&scene.arena, size + 5 + payload, 1);
    memcpy(large, scene_plain.data, size);
    large[size] = 0; /* a custom section, its size as LEB128, its name */
    for (size_t i = 0, left = payload; i < 4; i++, left >>= 7)
        large[size + 1 + i] = (uint8_t)((left & 0x7f) | (i < 3 ? 0x80 : 0));
    large[size + 5] = 1;
    large[size + 6] = 'x';
    scene_put(&scene, "app.wasm", (struct bytes){large, size + 5 + payload});
    scene_validator(&scene, "Itype mismatch");
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    const struct prepared_module *module = &scene.result.targets[0].modules[0];
    CHECK_TEXT(module->validation, "valid");
    CHECK(strstr(module->second, "not asked about more than 1 MB") != NULL);
    scene_close(&scene);
}

static void test_main_and_globs(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA);
    scene_put(&scene, "out/b[1].wasm", scene_plain);
    scene_put(&scene, "out/a.wasm", scene_plain);
    scene_put(&scene, "out/sub/c.txt", bytes_of("text"));
    scene_put(&scene, "out/index.js", bytes_of("export default {}"));
    scene_put(&scene, "beside.wasm", scene_plain);
    scene_manifest(&scene, "",
                   "\"a\":{\"platform\":\"alpha\",\"main\":\"./out/index.js\","
                   "\"modules\":[\"out/*.wasm\",\"out//a.wasm\"],"
                   "\"files\":[\"out/*.js\",\"out/*/*\"]}");
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    const struct payload *payload = &scene.result.targets[0].payload;
    if (CHECK(payload->part_count == 4)) {
        CHECK_TEXT(payload->parts[0].name, "index.js");
        CHECK_TEXT(payload->parts[1].name, "a.wasm");
        CHECK_TEXT(payload->parts[2].name, "b[1].wasm");
        CHECK_TEXT(payload->parts[3].name, "sub/c.txt");
        CHECK_TEXT(payload->parts[3].media_type, "text/plain");
    }
    CHECK(scene.result.targets[0].module_count == 2 && payload->form == PAYLOAD_MAIN);
    scene_manifest(&scene, "",
                   "\"a\":{\"platform\":\"alpha\",\"main\":\"out/index.js\","
                   "\"modules\":[\"none/*.wasm\"]}");
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "targets.a.modules[0]: no file matches 'none/*.wasm'");
    scene_manifest(&scene, "",
                   "\"a\":{\"platform\":\"alpha\",\"main\":\"out/index.js\","
                   "\"modules\":[\"beside.wasm\"]}");
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "'beside.wasm' does not lie below");
    scene_close(&scene);
}

static void test_ready_package(void)
{
    struct scene scene;
    struct bytes archive;
    scene_open(&scene, MODULE, BETA);
    struct archive_item items[] = {{"app/", 0755, {NULL, 0}},
                                   {"app/bin/main.wasm", 0644, scene_plain},
                                   {"app/fastly.toml", 0644, bytes_of("name = 'app'\n")}};
    CHECK(archive_tar_gz(&scene.arena, items, 3, &archive, &scene.error) == 0);
    scene_put(&scene, "ready.tar.gz", archive);
    scene_manifest(&scene, "", "\"b\":{\"platform\":\"beta\",\"package\":\"ready.tar.gz\"}");
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    const struct prepared *target = &scene.result.targets[0];
    CHECK(bytes_equal(target->artifact.parts[0].body, archive));
    if (CHECK(target->module_count == 1))
        CHECK_TEXT(target->modules[0].path, "ready.tar.gz:app/bin/main.wasm");
    items[1].body = scene_simd;
    CHECK(archive_tar_gz(&scene.arena, items, 3, &archive, &scene.error) == 0);
    scene_put(&scene, "ready.tar.gz", archive);
    EXPECT(&scene, scene_publish(&scene), FAULT_INCOMPATIBLE);
    scene_close(&scene);
}

static void test_budget(void)
{
    struct scene scene;
    scene_open(&scene, MODULE "\"budget\":{\"gzip_bytes\":10},", ALPHA);
    EXPECT(&scene, scene_publish(&scene), FAULT_INCOMPATIBLE);
    CHECK(scene.result.targets[0].modules[0].gzip_bytes > 10);
    scene_close(&scene);
}

/* Against what the last record says was shipped. */
static void test_growth(void)
{
    struct scene scene;
    scene_open(&scene, MODULE "\"budget\":{\"growth_percent\":5},", ALPHA);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene_put(&scene, "app.wasm", scene_other);
    EXPECT(&scene, scene_publish(&scene), FAULT_INCOMPATIBLE);
    CHECK_TEXT(scene.result.targets[0].verdict.findings[0].rule, "budget");
    scene_close(&scene);
}

static int check_now(struct scene *scene)
{
    scene->options.build = scene->options.optimize = false;
    scene_read(scene);
    return publish_prepare(&scene->arena, scene->world, &scene->manifest, &scene->options,
                           &scene->result, &scene->error);
}

/* check compares what was built with what was built, and needs no records. */
static void test_since_deployment(void)
{
    struct scene scene;
    scene_open(&scene, MODULE "\"budget\":{\"growth_percent\":5},", ALPHA);
    EXPECT(&scene, check_now(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].verdict.change.commit == NULL);
    scene.options.build = scene.options.optimize = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    EXPECT(&scene, check_now(&scene), FAULT_NONE);
    const struct change *change = &scene.result.targets[0].verdict.change;
    CHECK(change->commit && change->has_bytes && change->bytes == 0 && change->added_count == 0);
    scene_put(&scene, "app.wasm", scene_simd);
    EXPECT(&scene, check_now(&scene), FAULT_NONE);
    change = &scene.result.targets[0].verdict.change;
    CHECK(change->bytes == (int64_t)scene_simd.size - (int64_t)scene_plain.size);
    if (CHECK(change->added_count == 1 && change->removed_count == 0))
        CHECK_TEXT(change->features_added[0], "simd128");
    CHECK_TEXT(scene.result.targets[0].verdict.findings[0].subject, "growth_percent");
    CHECK(scene_shell(&scene, "echo broken >.git/refs/notes/edge-deploy") == 0);
    EXPECT(&scene, check_now(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].verdict.change.commit == NULL);
    scene_close(&scene);
}

/* check FILE: a file from anywhere in the place of the manifest's modules. */
static void test_module_file(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, BETA);
    char *outside = path_join(&scene.arena, unit_folder(&scene.arena), "x.wasm");
    CHECK(file_write(outside, scene_simd, 0644, &scene.error) == 0);
    scene.options.build = scene.options.optimize = false;
    scene.options.module_file = outside;
    EXPECT(&scene,
           publish_prepare(&scene.arena, scene.world, &scene.manifest, &scene.options,
                           &scene.result, &scene.error),
           FAULT_NONE);
    CHECK(scene.result.targets[0].verdict.answer == ANSWER_NO);
    CHECK_TEXT(fake.log, "");
    scene_close(&scene);
}

void test_prepare(void)
{
    test_build();
    test_bad_modules();
    test_disagreement();
    test_who_judged();
    test_large_module();
    test_main_and_globs();
    test_ready_package();
    test_budget();
    test_growth();
    test_since_deployment();
    test_module_file();
}
