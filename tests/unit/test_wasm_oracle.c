/* tests/modules/NAME.wat: what the scanner finds, against what libwabt says when features are taken
   away one at a time. Trying a feature alone would be wrong: validators switch what it depends on
   back on. */
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/base/file.h"
#include "pkg/process/process.h"
#include "pkg/wasm/wasm.h"
#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

/* In a child: libwabt aborts on some modules. */
static int verdict(struct bytes module, uint64_t features)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        char message[200];
        _exit(wasm_wabt_validate(module.data, module.size, features, message, sizeof message));
    }
    int status;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define BIT(name) (UINT64_C(1) << WASM_FEATURE_##name)

/* Features that libwabt has behind one switch, or that bring another along there: to drop one of
   `any`, all of `together` are dropped. */
static const struct {
    uint64_t any, together;
} groups[] = {
    {BIT(BULK_MEMORY) | BIT(BULK_MEMORY_OPT), BIT(BULK_MEMORY) | BIT(BULK_MEMORY_OPT)},
    {BIT(REFERENCE_TYPES) | BIT(CALL_INDIRECT_OVERLONG),
     BIT(REFERENCE_TYPES) | BIT(CALL_INDIRECT_OVERLONG)},
    {BIT(EXCEPTION_HANDLING) | BIT(EXCEPTION_HANDLING_LEGACY),
     BIT(EXCEPTION_HANDLING) | BIT(EXCEPTION_HANDLING_LEGACY)},
    {BIT(SIMD128), BIT(SIMD128) | BIT(RELAXED_SIMD)},
};

/* What libwabt lets pass although the feature is off, each with its reason. */
static const struct {
    const char *module;
    enum wasm_feature feature;
    const char *why;
} exceptions[] = {
    {"mutable-globals", WASM_FEATURE_MUTABLE_GLOBALS, "it checks imports only, not exports"},
    {"js-string-builtins", WASM_FEATURE_JS_STRING_BUILTINS, "these are imports like others"},
};

static bool is_exception(const char *name, enum wasm_feature feature)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        if (strcmp(exceptions[i].module, name) == 0 && exceptions[i].feature == feature)
            return true;
    return false;
}

static uint64_t group_of(enum wasm_feature feature)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (groups[i].any & wasm_feature_bit(feature))
            return groups[i].together;
    return wasm_feature_bit(feature);
}

static void eliminate(const char *name, struct bytes module, const struct wasm_info *info)
{
    if (!CHECK(verdict(module, info->features) == 0))
        fprintf(stderr, "  %s is not valid with its features\n", name);
    for (size_t i = 0; i < info->use_count; i++) {
        enum wasm_feature feature = info->uses[i].feature;
        int got = verdict(module, info->features & ~group_of(feature));
        if (!CHECK(got == (is_exception(name, feature) ? 0 : 1)))
            fprintf(stderr, "  %s without %s: %d\n", name, wasm_features[feature].id, got);
    }
}

/* ";; features: a b" is the first line of each. */
static const char *announced_features(struct arena *arena, struct bytes text)
{
    static const char start[] = ";; features:";
    const char *line = (const char *)text.data, *end = memchr(line, '\n', text.size);
    if (!end || text.size < sizeof start || strncmp(line, start, sizeof start - 1) != 0)
        return "no line of features";
    line += sizeof start - 1;
    line += *line == ' ';
    return arena_copy(arena, line, (size_t)(end - line));
}

static void check_module(struct arena *arena, const struct world *world, const char *assembler,
                         const char *folder, const char *name)
{
    struct error error = {0};
    struct bytes text, module;
    struct wasm_info info;
    const char *source = arena_printf(arena, "tests/modules/%s.wat", name);
    const char *output = arena_printf(arena, "%s/%s.wasm", folder, name);
    const char *const argv[] = {assembler, "--enable-all", source, "-o", output, NULL};
    struct process_request request = {.argv = argv, .timeout_ms = 60000};
    struct process_result result = {0};
    if (!CHECK(process_run(arena, world, &request, &result, &error) == 0 && result.status == 0))
        return;
    if (!CHECK(file_read(arena, source, LIMIT_MANIFEST, &text, &error) == 0 &&
               file_read(arena, output, LIMIT_MODULE, &module, &error) == 0 &&
               wasm_scan(arena, module, WASM_FACTS, &info, &error) == 0))
        return;
    CHECK_TEXT(wasm_feature_words(arena, &info), announced_features(arena, text));
    eliminate(name, module, &info);
}

void test_wasm_oracle(void)
{
    struct arena arena = {0};
    struct world *world = unit_world(&arena);
    char *assembler = process_find(&arena, world, "wat2wasm");
    DIR *modules = opendir("tests/modules");
    if (!assembler || !modules) {
        unit_skip("wasm: no wat2wasm to assemble tests/modules");
    } else {
        char *folder = unit_folder(&arena);
        unsigned count = 0;
        for (const struct dirent *entry; (entry = readdir(modules));) {
            const char *dot = strrchr(entry->d_name, '.');
            if (!dot || strcmp(dot, ".wat") != 0)
                continue;
            char *name = arena_strdup(&arena, entry->d_name);
            *strrchr(name, '.') = '\0';
            check_module(&arena, world, assembler, folder, name);
            count++;
        }
        CHECK(count >= 20);
    }
    if (modules)
        closedir(modules);
    arena_free(&arena);
}
