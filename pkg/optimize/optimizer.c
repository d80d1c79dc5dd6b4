/* Which optimizer there is, and what it can do: its own --help says it better than a table of
   versions. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/base/world.h"
#include "pkg/optimize/internal.h"
#include "pkg/process/process.h"

enum { ASK_MS = 20000 }; /* one that runs in a JavaScript engine starts slowly */

static int ask(struct arena *arena, const struct world *world, const char *path,
               const char *question, const char **answer, struct error *error)
{
    const char *const argv[] = {path, question, NULL};
    struct process_request request = {.argv = argv, .timeout_ms = ASK_MS};
    struct process_result result;
    if (process_run(arena, world, &request, &result, error) != 0)
        return -1;
    if (result.timed_out)
        return error_set(error, FAULT_INPUT, "'%s %s' does not end", path, question);
    if (result.status != 0)
        return error_set(error, FAULT_INPUT, "'%s %s' ends with exit code %d", path, question,
                         result.status);
    *answer = arena_copy(arena, result.output.data, result.output.size);
    return 0;
}

/* "wasm-opt version 108 (version_108)" -> "108" */
static const char *version_in(struct arena *arena, const char *answer)
{
    static const char word[] = "version ";
    const char *found = strstr(answer, word);
    size_t size = 0;
    if (strncmp(answer, "wasm-opt", 8) != 0 || !found)
        return NULL;
    found += sizeof word - 1;
    while (size < 12 && isdigit((unsigned char)found[size]))
        size++;
    return size ? arena_copy(arena, found, size) : NULL;
}

static int try_optimizer(struct arena *arena, const struct world *world, const char *path,
                         struct optimizer *out, struct error *error)
{
    const char *answer, *help;
    if (ask(arena, world, path, "--version", &answer, error) != 0 ||
        ask(arena, world, path, "--help", &help, error) != 0)
        return -1;
    const char *version = version_in(arena, answer);
    if (!version)
        return error_set(error, FAULT_INPUT, "'%s' is no wasm-opt", path);
    *out = (struct optimizer){.path = path, .version = version, .help = help};
    return 0;
}

/* A path is made absolute: the optimizer runs in a folder of its own. */
static const char *locate(struct arena *arena, const struct world *world, const char *name)
{
    if (!strchr(name, '/'))
        return process_find(arena, world, name);
    char *path = realpath(name, NULL);
    if (path)
        arena_defer(arena, free, path);
    return path;
}

int optimizer_find(struct arena *arena, const struct world *world, const char *named,
                   struct optimizer *out, struct error *error)
{
    const char *variable = world_environment(world, "EDGE_DEPLOY_WASM_OPT");
    const char *word = named ? named : variable;
    const char *name = word ? word : "wasm-opt";
    const char *path = locate(arena, world, name);
    struct error problem = {0};
    *out = (struct optimizer){.problem = "no wasm-opt was found"};
    if (path && try_optimizer(arena, world, path, out, &problem) == 0)
        return 0;
    if (problem.fault != FAULT_NONE && problem.fault != FAULT_INPUT) {
        *error = problem;
        return -1;
    }
    if (path)
        out->problem = arena_strdup(arena, problem.message);
    if (!word)
        return 0;
    error_set(error, FAULT_INPUT, "cannot use optimizer '%s': %s", word,
              path                ? problem.message
              : strchr(word, '/') ? "there is no such file"
                                  : "it is not in PATH");
    return error_hint(error, "give the path of a wasm-opt with %s, or leave it out",
                      named ? "--optimizer" : "EDGE_DEPLOY_WASM_OPT");
}

static bool is_listed(const char *help, const char *end, const char *flag)
{
    size_t size = strlen(flag);
    for (const char *at = strstr(help, flag); at && at < end; at = strstr(at + 1, flag)) {
        char before = at == help ? ' ' : at[-1], after = at[size];
        bool continues = isalnum((unsigned char)after) || after == '-' || after == '_';
        if ((before == ' ' || before == '\n') && !continues)
            return true;
    }
    return false;
}

bool optimizer_knows(const struct optimizer *optimizer, const char *flag)
{
    return is_listed(optimizer->help, optimizer->help + strlen(optimizer->help), flag);
}

/* What stands under this heading; other flags may take the next word as their argument. */
bool optimizer_has_pass(const struct optimizer *optimizer, const char *flag)
{
    const char *start = strstr(optimizer->help, "Optimization passes:");
    const char *end = start ? strstr(start, "Optimization options:") : NULL;
    return end && is_listed(start, end, flag);
}

void arguments_add(struct arguments *arguments, const char *word)
{
    arguments->items = arena_grow(arguments->arena, arguments->items, arguments->count,
                                  &arguments->capacity, sizeof *arguments->items);
    arguments->items[arguments->count++] = word;
}

/* Nothing to switch on: every version reads and writes what these are. */
static bool needs_no_flag(enum wasm_feature feature)
{
    return feature == WASM_FEATURE_CALL_INDIRECT_OVERLONG ||
           feature == WASM_FEATURE_JS_STRING_BUILTINS;
}

static bool add_flag(const struct optimizer *optimizer, const char *name, struct arguments *out)
{
    char *flag = arena_printf(out->arena, "--enable-%s", name);
    if (!optimizer_knows(optimizer, flag))
        return false;
    arguments_add(out, flag);
    return true;
}

/* What a feature's flag asks for besides: bulk memory was one flag and is two since version 120 or
   so; what has typed references is refused without reference types (132, tried). */
static const char *companion(enum wasm_feature feature)
{
    switch ((int)feature) {
    case WASM_FEATURE_BULK_MEMORY:
        return "bulk-memory-opt";
    case WASM_FEATURE_GC:
    case WASM_FEATURE_TYPED_FUNCTION_REFERENCES:
    case WASM_FEATURE_EXNREF:
        return "reference-types";
    default:
        return NULL;
    }
}

/* False when this version knows no flag of the feature's. */
static bool add_feature(const struct optimizer *optimizer, enum wasm_feature feature,
                        struct arguments *out)
{
    const char *name = wasm_features[feature].optimizer_flag, *other = companion(feature);
    bool known = needs_no_flag(feature) || (name && add_flag(optimizer, name, out));
    if (!known && feature == WASM_FEATURE_BULK_MEMORY_OPT)
        known = add_flag(optimizer, "bulk-memory", out);
    if (known && other)
        add_flag(optimizer, other, out);
    return known;
}

const char *features_add(const struct optimizer *optimizer, uint64_t features,
                         struct arguments *out)
{
    arguments_add(out, "--mvp-features");
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++) {
        enum wasm_feature feature = (enum wasm_feature)i;
        if ((features & wasm_feature_bit(feature)) && !add_feature(optimizer, feature, out))
            return arena_printf(out->arena, "wasm-opt %s does not know '%s'", optimizer->version,
                                wasm_features[i].id);
    }
    return NULL;
}
