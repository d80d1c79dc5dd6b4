#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/base/embedded.h"
#include "pkg/base/file.h"
#include "pkg/json/json.h"
#include "pkg/manifest/manifest.h"
#include "tests/unit/unit.h"

/* A manifest with one good target; ' stands for ". */
#define TARGET(keys)                                                                               \
    "{'name': 'n',\n 'module': 'a.wasm',\n 'targets': {\n  'edge': {'platform': 'alpha',\n  "      \
    " " keys "}}}"
#define TOP(keys)                                                                                  \
    "{'name': 'n', 'module': 'a.wasm',\n " keys ",\n 'targets': {'edge': {'platform': 'alpha'}}}"

static struct bytes quoted(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return bytes_of(copy);
}

struct row {
    const char *text, *environment, *message, *hint;
};

/* Every mistake: document, --env, the one message, the hint. */
static const struct row rows[] = {
    /* the document */
    {"", NULL, "m.json:1:1: is empty, a JSON document is expected", ""},
    {"[]", NULL, "m.json:1: must be an object, not a list", ""},
    {"{'name': 'n',\n 'name': 'm'}", NULL, "m.json:2:7: duplicate object key near '\"name\"'",
     "remove one of the two"},
    {"{'name': 'n'", NULL, "m.json:1:12: '}' expected near end of file", ""},
    {"{'name': 'n'}", NULL, "m.json:1: 'targets' is missing", "add \"targets\""},
    {"{'targets': {'e': {'platform': 'a', 'module': 'm'}}}", NULL, "m.json:1: 'name' is missing",
     "add \"name\""},
    {"{'name': 'n',\n 'tragets': {}}", NULL, "m.json:2: tragets: unknown key",
     "did you mean 'targets'?"},
    {"{'name': 'n',\n 'tar.gets': {}}", NULL, "m.json:2: [\"tar.gets\"]: unknown key",
     "did you mean 'targets'?"},
    {"{'name': 'n',\n 'zzzzzzzzzzzz': {}}", NULL, "m.json:2: zzzzzzzzzzzz: unknown key",
     "use one of: $schema, name, module, build, optimize, budget, verify, bench, record, "
     "environments, "
     "targets"},
    {"{'name': '', 'targets': {}}", NULL, "m.json:1: name: must not be empty", ""},
    {"{'name': 3, 'targets': {}}", NULL, "m.json:1: name: must be a string, not a number", ""},
    {"{'name': null, 'targets': {}}", NULL, "m.json:1: name: must be a string, not null", ""},
    /* targets */
    {"{'name': 'n',\n 'targets': {}}", NULL, "m.json:2: targets: must not be empty",
     "add at least one"},
    {"{'name': 'n',\n 'targets': []}", NULL, "m.json:2: targets: must be an object, not a list",
     ""},
    {"{'name': 'n',\n 'targets': {\n'edge': 'alpha'}}", NULL,
     "m.json:3: targets.edge: must be an object, not a string", ""},
    {"{'name': 'n',\n 'targets': {\n'../up': {}}}", NULL,
     "m.json:3: targets[\"../up\"]: '../up' is no usable name: letters, digits, '.', "
     "'_' and '-' are",
     "write what matches ^[A-Za-z0-9_][A-Za-z0-9._-]*$"},
    {"{'name': 'n',\n 'targets': {\n'edge': {}}}", NULL,
     "m.json:3: targets.edge: 'platform' is missing", "add \"platform\""},
    {"{'name': 'n',\n 'targets': {\n'edge': {'platfrom': 'alpha'}}}", NULL,
     "m.json:3: targets.edge: 'platform' is missing", "write 'platform' where it says 'platfrom'"},
    {"{'name': 'n',\n 'targets': {\n'edge': {'platform': 'alpha'}}}", NULL,
     "m.json:3: targets.edge: names nothing to ship",
     "add \"module\" with the path of a .wasm file"},
    {TARGET("'platform': 'b'"), NULL, "m.json:5:13: duplicate object key near '\"platform\"'",
     "remove one of the two"},
    {TARGET("'module': 'b.wasm',\n'package': 'b.tar.gz'"), NULL,
     "m.json:6: targets.edge.package: excludes 'module', which is named too",
     "remove one of 'module' and 'package'"},
    {TARGET("'module': 'b.wasm',\n'main': 'b.js'"), NULL,
     "m.json:6: targets.edge.main: excludes 'module', which is named too",
     "remove one of 'module' and 'main'"},
    {TARGET("'modules': ['*.wasm']"), NULL,
     "m.json:5: targets.edge.modules: has no meaning without 'main'",
     "add \"main\", or remove 'modules'"},
    {TARGET("'files': ['*.js']"), NULL,
     "m.json:5: targets.edge.files: has no meaning without 'main'",
     "add \"main\", or remove 'files'"},
    {TARGET("'main': 'm.js', 'modules': 'a.wasm'"), NULL,
     "m.json:5: targets.edge.modules: must be a list, not a string", ""},
    {TARGET("'main': 'm.js', 'modules': ['a.wasm',\n 7]"), NULL,
     "m.json:6: targets.edge.modules[1]: must be a string, not a number", ""},
    /* paths */
    {TARGET("'module': '/etc/passwd'"), NULL,
     "m.json:5: targets.edge.module: '/etc/passwd' is absolute",
     "write it relative to the folder of m.json"},
    {TARGET("'module': ''"), NULL, "m.json:5: targets.edge.module: must not be empty", ""},
    {TARGET("'package': 'a/../../../../../../../../../../../../../../b'"), NULL,
     "m.json:5: targets.edge.package: 'a/../../../../../../../../../../../../../../b' leaves the "
     "work tree",
     "keep what is deployed in the repository"},
    {TARGET("'main': 'a.js', 'files': ['ok/*', '/*']"), NULL,
     "m.json:5: targets.edge.files[1]: '/*' is absolute",
     "write it relative to the folder of m.json"},
    {"{'name': 'n', 'module': '/m',\n 'targets': {'e': {'platform': 'a'}}}", NULL,
     "m.json:1: module: '/m' is absolute", "write it relative to the folder of m.json"},
    /* build, optimize */
    {TOP("'build': 'make'"), NULL, "m.json:2: build: must be an object, not a string", ""},
    {TOP("'build': {'comand': 'make'}"), NULL, "m.json:2: build.comand: unknown key",
     "did you mean 'command'?"},
    {TOP("'optimize': {'level': 'sise'}"), NULL,
     "m.json:2: optimize.level: 'sise' is none of: none, strip, size, speed",
     "did you mean 'size'?"},
    {TOP("'optimize': {'level': 3}"), NULL,
     "m.json:2: optimize.level: must be one of: none, strip, size, speed", ""},
    {TOP("'optimize': {'lower': true}"), NULL,
     "m.json:2: optimize.lower: must be one of: auto, never", ""},
    {TOP("'optimize': {'keep_names': 'yes'}"), NULL,
     "m.json:2: optimize.keep_names: must be true or false, not a string", ""},
    {TOP("'optimize': {'passes': ['--output=x']}"), NULL,
     "m.json:2: optimize.passes[0]: '--output=x' must be the name of a wasm-opt pass, without "
     "dashes in front",
     "write what matches ^[a-z][a-z0-9-]*$"},
    {TARGET("'optimize': {'keep_exprots': []}"), NULL,
     "m.json:5: targets.edge.optimize.keep_exprots: unknown key", "did you mean 'keep_exports'?"},
    /* budget */
    {TOP("'budget': {'module_bytes': 0}"), NULL,
     "m.json:2: budget.module_bytes: must be at least 1", ""},
    {TOP("'budget': {'gzip_bytes': 1.5}"), NULL,
     "m.json:2: budget.gzip_bytes: must be a whole number, not 1.5", ""},
    {TOP("'budget': {'memory_bytes': '64k'}"), NULL,
     "m.json:2: budget.memory_bytes: must be a whole number, not a string", ""},
    {TOP("'budget': {'growth_percent': -1}"), NULL,
     "m.json:2: budget.growth_percent: must be at least 0", ""},
    {TOP("'budget': {'module_bytes': 99999999999999999999}"), NULL,
     "m.json:2:48: too big integer near '99999999999999999999'", ""},
    /* verify */
    {TOP("'verify': {'status': 99}"), NULL, "m.json:2: verify.status: must be at least 100", ""},
    {TOP("'verify': {'status': 600}"), NULL, "m.json:2: verify.status: must be at most 599", ""},
    {TOP("'verify': {'timeout_s': 0}"), NULL, "m.json:2: verify.timeout_s: must be at least 1", ""},
    {TOP("'verify': {'timeout_s': 3601}"), NULL, "m.json:2: verify.timeout_s: must be at most 3600",
     ""},
    {TOP("'verify': {'path': 'health'}"), NULL,
     "m.json:2: verify.path: 'health' must begin with '/' and hold no spaces",
     "write what matches ^/[!-~]*$"},
    {TOP("'verify': {'path': '/a b'}"), NULL,
     "m.json:2: verify.path: '/a b' must begin with '/' and hold no spaces",
     "write what matches ^/[!-~]*$"},
    {TOP("'verify': {'method': 'get'}"), NULL,
     "m.json:2: verify.method: 'get' is none of: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", ""},
    {TOP("'verify': {'on_failure': 'rolback'}"), NULL,
     "m.json:2: verify.on_failure: 'rolback' is none of: report, rollback",
     "did you mean 'rollback'?"},
    /* record */
    {TOP("'record': {'push': 'yes'}"), NULL,
     "m.json:2: record.push: must be true or false, not a string", ""},
    {TOP("'record': {'remote': '--upload-pack=x'}"), NULL,
     "m.json:2: record.remote: '--upload-pack=x' must be the name of a git remote",
     "write what matches ^[A-Za-z0-9_][A-Za-z0-9._/-]*$"},
    {TOP("'record': {'remote': 'ext::sh -c x'}"), NULL,
     "m.json:2: record.remote: 'ext::sh -c x' must be the name of a git remote",
     "write what matches ^[A-Za-z0-9_][A-Za-z0-9._/-]*$"},
    /* environments */
    {TOP("'environments': {'staging': 3}"), NULL,
     "m.json:2: environments.staging: must be an object, not a number", ""},
    {TOP("'environments': {'staging': 3}"), "staging",
     "m.json:2: environments.staging: must be an object", ""},
    {TOP("'environments': {\n 'staging': {}}"), "stagign",
     "m.json:2: environments: has no 'stagign'", "did you mean 'staging'?"},
    {"{'name': 'n', 'targets': {'e': {'platform': 'a', 'module': 'm'}}}", "staging",
     "m.json:1: environments: has no 'staging'", "add it, or leave out --env"},
    {TOP("'environments': {'s': {\n 'verify':\n {'status': 1}}}"), "s",
     "m.json:4: environments.s.verify.status: must be at least 100", ""},
    {TOP("'environments': {'s.t': {\n 'targets':\n {'new': {}}}}"), "s.t",
     "m.json:4: environments[\"s.t\"].targets.new: 'platform' is missing", "add \"platform\""},
    {TOP("'environments': {'s': {\n 'targets':\n {'edge': {'package': 'x', 'main': 'y'}}}}"), "s",
     "m.json:4: environments.s.targets.edge.package: excludes 'main', which is named too",
     "remove one of 'main' and 'package'"},
    {TOP("'environments': {'s': {\n 'targets':\n {'edge': {'platform': null, 'x': 1}}}}"), "s",
     "m.json:5: targets.edge: 'platform' is missing", "add \"platform\""},
    {TOP("'environments': {'s': {'targets':\n {'edge': null}}}"), "s",
     "m.json:4: targets: must not be empty", "add at least one"},
};

static void test_mistakes(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct manifest manifest;
        int status = manifest_parse(&arena, quoted(&arena, rows[i].text), "m.json",
                                    rows[i].environment, &manifest, &error);
        bool ok = CHECK(status == -1 && error.fault == FAULT_INPUT);
        ok &= CHECK_TEXT(error.message, rows[i].message);
        ok &= CHECK_TEXT(error.hint, rows[i].hint);
        if (!ok)
            fprintf(stderr, "  document: %s\n", rows[i].text);
        arena_free(&arena);
    }
}

static bool parse(struct arena *arena, const char *text, const char *environment,
                  struct manifest *out)
{
    struct error error = {0};
    bool ok =
        CHECK(manifest_parse(arena, quoted(arena, text), "m.json", environment, out, &error) == 0);
    if (!ok)
        fprintf(stderr, "  %s\n", error.message);
    return ok;
}

/* cli.md section 4, the whole example. */
static const char contract[] =
    "{'$schema': 'edge-deploy.schema.json',\n"
    " 'name': 'resize',\n"
    " 'module': 'target/wasm32-wasip1/release/resize.wasm',\n"
    " 'build': {'command': 'cargo build --release --target wasm32-wasip1'},\n"
    " 'optimize': {'level': 'size', 'lower': 'auto', 'keep_names': false, 'keep_debug': false, "
    "'keep_exports': []},\n"
    " 'budget': {'module_bytes': 131072, 'gzip_bytes': 60000, 'memory_bytes': 4194304, "
    "'growth_percent': 5},\n"
    " 'verify': {'path': '/health', 'method': 'GET', 'status': 200, 'contains': 'ok', 'timeout_s': "
    "120, 'on_failure': 'report'},\n"
    " 'record': {'push': false, 'remote': 'origin'},\n"
    " 'environments': {'staging': {'targets': {'edge': {'script': 'resize-staging'}}}},\n"
    " 'targets': {\n"
    "  'edge':   {'platform': 'alpha', 'script': 'resize', 'compatibility_flags': [], "
    "'main': 'build/index.js', 'modules': ['build/*.wasm']},\n"
    "  'fast':   {'platform': 'beta', 'service_id': 'SU1Z0isxPaozGVKXdv0eY', 'module': "
    "'bin/main.wasm', 'optimize': {'level': 'speed'}, 'verify': {'path': '/f', 'on_failure': "
    "'rollback'}, 'build': {'command': 'make fast'}, 'budget': {'gzip_bytes': 70000}},\n"
    "  'lambda': {'platform': 'gamma', 'memory_mb': 128}}}";

static void test_contract(void)
{
    struct arena arena = {0};
    struct manifest manifest;
    if (!parse(&arena, contract, NULL, &manifest)) {
        arena_free(&arena);
        return;
    }
    const struct target *edge = &manifest.targets[0], *fast = &manifest.targets[1],
                        *lambda = &manifest.targets[2];
    CHECK(manifest.target_count == 3 && !manifest.record_push);
    CHECK_TEXT(manifest.name, "resize");
    CHECK_TEXT(manifest.record_remote, "origin");
    CHECK_TEXT(edge->path, "targets.edge");
    CHECK(edge->module == NULL && edge->modules.count == 1 && edge->files.count == 0);
    CHECK_TEXT(edge->main, "build/index.js");
    CHECK_TEXT(edge->modules.items[0], "build/*.wasm");
    CHECK_TEXT(json_print(&arena, edge->settings),
               "{\"script\":\"resize\",\"compatibility_flags\":[]}");
    CHECK_TEXT(edge->source_path, "targets.edge.main");
    CHECK_TEXT(fast->source_path, "targets.fast.module");
    CHECK_TEXT(lambda->source_path, "module");
    CHECK_TEXT(edge->build_command, "cargo build --release --target wasm32-wasip1");
    CHECK_TEXT(fast->module, "bin/main.wasm");
    CHECK_TEXT(fast->build_command, "make fast");
    CHECK(fast->optimize.level == OPTIMIZE_SPEED && fast->optimize.lower);
    CHECK(fast->budget.gzip_bytes == 70000 && fast->budget.module_bytes == 131072);
    CHECK(fast->budget.has_growth && fast->budget.growth_percent == 5);
    CHECK_TEXT(fast->verify.path, "/f");
    CHECK_TEXT(fast->verify.contains, "ok");
    CHECK(fast->verify.rollback && !edge->verify.rollback && fast->verify.status == 200);
    CHECK_TEXT(lambda->module, "target/wasm32-wasip1/release/resize.wasm");
    CHECK(lambda->optimize.level == OPTIMIZE_SIZE && lambda->budget.gzip_bytes == 60000);
    if (parse(&arena, contract, "staging", &manifest))
        CHECK_TEXT(json_print(&arena, manifest.targets[0].settings),
                   "{\"script\":\"resize-staging\",\"compatibility_flags\":[]}");
    arena_free(&arena);
}

static void test_defaults(void)
{
    struct arena arena = {0};
    struct manifest manifest;
    if (parse(&arena, "{'name': 'n', 'targets': {'e': {'platform': 'a', 'module': 'm'}}}", NULL,
              &manifest)) {
        const struct target *target = manifest.targets;
        CHECK(target->optimize.level == OPTIMIZE_SIZE && target->optimize.lower);
        CHECK(!target->budget.has_growth && target->budget.module_bytes == 0);
        CHECK(target->verify.path == NULL && target->verify.status == 200);
        CHECK_TEXT(target->verify.method, "GET");
        CHECK(target->verify.timeout_s == 120 && target->build_command == NULL);
        CHECK_TEXT(manifest.record_remote, "origin");
        CHECK_TEXT(manifest.folder, ".");
    }
    arena_free(&arena);
}

static void test_find(void)
{
    struct arena arena = {0};
    struct error error = {0};
    char *folder = unit_folder(&arena), *deep = path_join(&arena, folder, "a/b"), *out = NULL;
    char *file = path_join(&arena, folder, "edge-deploy.json");
    struct manifest manifest;
    CHECK(file_make_folder(deep, &error) == 0);
    CHECK(manifest_find(&arena, deep, "edge-deploy.json", &out, &error) == -1);
    CHECK_TEXT(error.hint, "run 'edge-deploy init' to make one");
    CHECK(file_write(file, quoted(&arena, TARGET("'module': '../x.wasm'")), 0644, &error) == 0);
    CHECK(manifest_find(&arena, deep, "edge-deploy.json", &out, &error) == 0);
    CHECK_TEXT(out, arena_printf(&arena, "%s/../../edge-deploy.json", deep));
    CHECK(manifest_find(&arena, deep, "./other.json", &out, &error) == 0);
    CHECK_TEXT(out, "./other.json");
    /* Outside a repository nothing may climb; inside, as far as the work tree reaches. */
    CHECK(manifest_read(&arena, file, NULL, &manifest, &error) == -1);
    CHECK(strstr(error.message, "'../x.wasm' leaves the work tree") != NULL);
    file = path_join(&arena, deep, "edge-deploy.json");
    CHECK(file_write(file, quoted(&arena, TARGET("'module': '../../x.wasm'")), 0644, &error) == 0);
    CHECK(manifest_read(&arena, file, NULL, &manifest, &error) == -1);
    CHECK(file_write(path_join(&arena, folder, ".git"), bytes_of("gitdir: x"), 0644, &error) == 0);
    CHECK(manifest_read(&arena, file, NULL, &manifest, &error) == 0);
    char *root = realpath(folder, NULL);
    CHECK_TEXT(manifest.root, root);
    free(root);
    CHECK(file_write(file, quoted(&arena, TARGET("'module': '../../../x'")), 0644, &error) == 0);
    CHECK(manifest_read(&arena, file, NULL, &manifest, &error) == -1);
    arena_free(&arena);
}

/* A large document costs no more than its size. */
static void test_large(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct manifest manifest;
    struct buffer *text = buffer_new(&arena, LIMIT_MANIFEST);
    int status = buffer_printf(text, "{\"name\":\"n\",\"module\":\"m\",\"targets\":{");
    for (int i = 0; i < 20000; i++)
        status |= buffer_printf(text, "\"t%d\":{\"platform\":\"a\",\"x\":[]},", i);
    status |= buffer_printf(text, "\"last\":{\"platform\":1}}}");
    CHECK(status == 0);
    CHECK(manifest_parse(&arena, buffer_bytes(text), "m.json", NULL, &manifest, &error) == -1);
    CHECK_TEXT(error.message, "m.json:1: targets.last.platform: must be a string, not a number");
    arena_free(&arena);
}

/* What `init` writes is right, in its environments too. */
static void test_templates(void)
{
    size_t count = 0;
    for (const struct embedded_file *file = templates; file->path; file++) {
        struct arena arena = {0};
        struct error error = {0};
        struct manifest manifest;
        if (strcmp(path_base(file->path), "edge-deploy.json") == 0) {
            count++;
            CHECK(manifest_parse(&arena, bytes_of(file->text), file->path, NULL, &manifest,
                                 &error) == 0);
            CHECK(manifest_parse(&arena, bytes_of(file->text), file->path, "staging", &manifest,
                                 &error) == 0);
            CHECK_TEXT(error.message, "");
            CHECK(manifest.target_count == 1);
        }
        arena_free(&arena);
    }
    CHECK(count == 6);
}

static void test_target_keys(void)
{
    struct arena arena = {0};
    struct words keys = manifest_target_keys(&arena);
    CHECK(keys.count == 11);
    CHECK_TEXT(keys.items[0], "platform");
    arena_free(&arena);
}

void test_manifest(void)
{
    test_mistakes();
    test_contract();
    test_defaults();
    test_find();
    test_large();
    test_templates();
    test_target_keys();
}
