/* Which optimizer there is, and what it can do: its own --help says it better than a table of
   versions. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/base/world.h"
#include "pkg/optimize/recall.h"
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

/* From the cache where that has it. */
static int learn(struct arena *arena, const struct world *world, const struct cache *cache,
                 const char *path, const char **answer, const char **help, struct error *error)
{
    *answer = NULL;
    if (!recall_is_telling(path) && ask(arena, world, path, "--version", answer, error) != 0)
        return -1;
    if (recall_answers(cache, arena, path, answer, help))
        return 0;
    if ((!*answer && ask(arena, world, path, "--version", answer, error) != 0) ||
        ask(arena, world, path, "--help", help, error) != 0)
        return -1;
    recall_keep_answers(cache, path, *answer, *help);
    return 0;
}

static int try_optimizer(struct arena *arena, const struct world *world, const struct cache *cache,
                         const char *path, struct optimizer *out, struct error *error)
{
    const char *answer, *help;
    if (learn(arena, world, cache, path, &answer, &help, error) != 0)
        return -1;
    const char *version = version_in(arena, answer);
    if (!version)
        return error_set(error, FAULT_INPUT, "'%s' is no wasm-opt", path);
    *out = (struct optimizer){.path = path, .version = version, .help = help};
    return 0;
}

static const char *real_path(struct arena *arena, const char *path)
{
    char *real = realpath(path, NULL);
    if (real)
        arena_defer(arena, free, real);
    return real;
}

/* A path is made absolute: the optimizer runs in a folder of its own. */
static const char *locate(struct arena *arena, const struct world *world, const char *name)
{
    return strchr(name, '/') ? real_path(arena, name) : process_find(arena, world, name);
}

static int find_named(struct arena *arena, const struct world *world, const struct cache *cache,
                      const char *word, const char *origin, struct optimizer *out,
                      struct error *error)
{
    const char *path = locate(arena, world, word);
    struct error problem = {0};
    if (path && try_optimizer(arena, world, cache, path, out, &problem) == 0)
        return 0;
    if (problem.fault != FAULT_NONE && problem.fault != FAULT_INPUT) {
        *error = problem;
        return -1;
    }
    error_set(error, FAULT_INPUT, "cannot use optimizer '%s': %s", word,
              path                ? problem.message
              : strchr(word, '/') ? "there is no such file"
                                  : "it is not in PATH");
    return error_hint(error, "give the path of a wasm-opt with %s, or leave it out", origin);
}

enum { FOUND_MOST = 8 };

/* Those in PATH. */
struct finder {
    struct arena *arena;
    const struct world *world;
    const struct cache *cache;
    const char *project;          /* resolved, or NULL */
    const char *real[FOUND_MOST]; /* of those looked at */
    struct optimizer *found[FOUND_MOST];
    size_t looked_at, count;
    const char *passed_over; /* of the first: a sentence */
};

static bool lies_in(const char *path, const char *folder)
{
    size_t size = folder ? strlen(folder) : 0;
    return path && size > 0 && strncmp(path, folder, size) == 0 &&
           (path[size] == '/' || path[size] == '\0' || folder[size - 1] == '/');
}

static bool is_known(const struct finder *finder, const char *real)
{
    for (size_t i = 0; i < finder->looked_at; i++)
        if (strcmp(finder->real[i], real) == 0)
            return true;
    return false;
}

static void pass_over(struct finder *finder, const char *why)
{
    if (!finder->passed_over)
        finder->passed_over = why;
}

static int consider(struct finder *finder, const char *path, struct error *error)
{
    struct arena *arena = finder->arena;
    const char *real = real_path(arena, path);
    struct error problem = {0};
    if (!real || finder->looked_at == FOUND_MOST || is_known(finder, real))
        return 0;
    finder->real[finder->looked_at++] = real;
    if (lies_in(real, finder->project) ||
        lies_in(real_path(arena, path_folder(arena, path)), finder->project)) {
        pass_over(finder, arena_printf(arena,
                                       "'%s' lies in the project, whose own programs are not run "
                                       "unless named with --optimizer",
                                       path));
        return 0;
    }
    struct optimizer *optimizer = arena_alloc(arena, 1, sizeof *optimizer);
    if (try_optimizer(arena, finder->world, finder->cache, path, optimizer, &problem) == 0) {
        finder->found[finder->count++] = optimizer;
        return 0;
    }
    if (problem.fault == FAULT_INPUT) {
        pass_over(finder, arena_strdup(arena, problem.message));
        return 0;
    }
    *error = problem;
    return -1;
}

static long version_number(const struct optimizer *optimizer)
{
    return strtol(optimizer->version, NULL, 10);
}

/* Newest first; of the same version the one that PATH has first. */
static void chain(struct finder *finder)
{
    for (size_t i = 1; i < finder->count; i++)
        for (size_t k = i;
             k > 0 && version_number(finder->found[k]) > version_number(finder->found[k - 1]);
             k--) {
            struct optimizer *swap = finder->found[k];
            finder->found[k] = finder->found[k - 1];
            finder->found[k - 1] = swap;
        }
    for (size_t i = 0; i + 1 < finder->count; i++)
        finder->found[i]->older = finder->found[i + 1];
}

static int find_in_path(struct finder *finder, struct optimizer *out, struct error *error)
{
    const char *list = world_environment(finder->world, "PATH");
    while (list && *list) {
        size_t size = strcspn(list, ":");
        const char *path = arena_printf(finder->arena, "%.*s/wasm-opt", (int)size, list);
        if (list[0] == '/' && access(path, X_OK) == 0 && consider(finder, path, error) != 0)
            return -1;
        list += size;
        list += *list == ':';
    }
    chain(finder);
    if (finder->count)
        *out = *finder->found[0];
    else if (finder->passed_over)
        out->problem = arena_printf(finder->arena, "no wasm-opt was found that can be used: %s",
                                    finder->passed_over);
    out->passed_over = finder->passed_over;
    return 0;
}

int optimizer_find(struct arena *arena, const struct world *world,
                   const struct optimizer_search *search, struct optimizer *out,
                   struct error *error)
{
    const char *variable = world_environment(world, "EDGE_DEPLOY_WASM_OPT");
    const char *word = search->named ? search->named : variable;
    struct finder finder = {.arena = arena,
                            .world = world,
                            .cache = search->cache,
                            .project = search->project ? real_path(arena, search->project) : NULL};
    *out = (struct optimizer){.problem = "no wasm-opt was found"};
    if (word)
        return find_named(arena, world, search->cache, word,
                          search->named ? "--optimizer" : "EDGE_DEPLOY_WASM_OPT", out, error);
    return find_in_path(&finder, out, error);
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

/* What a feature's flag asks for besides, without which some instruction of the feature is refused
   (132, tried): bulk memory was one flag and is two since version 120 or so, and table.init and its
   segments are of reference types too. That table.fill is of bulk memory is not said here: with
   that flag all modules with data get a section that counts it, which needs bulk memory. */
static const struct {
    enum wasm_feature feature;
    const char *flag;
} companions[] = {
    {WASM_FEATURE_BULK_MEMORY, "bulk-memory-opt"},
    {WASM_FEATURE_BULK_MEMORY, "reference-types"},
    {WASM_FEATURE_GC, "reference-types"},
    {WASM_FEATURE_TYPED_FUNCTION_REFERENCES, "reference-types"},
    {WASM_FEATURE_EXNREF, "reference-types"},
    {WASM_FEATURE_EXCEPTION_HANDLING_LEGACY, "multivalue"},
    {WASM_FEATURE_FP16, "simd"},
};

/* False when this version knows no flag of the feature's. */
static bool add_feature(const struct optimizer *optimizer, enum wasm_feature feature,
                        struct arguments *out)
{
    const char *name = wasm_features[feature].optimizer_flag;
    bool known = needs_no_flag(feature) || (name && add_flag(optimizer, name, out));
    if (!known && feature == WASM_FEATURE_BULK_MEMORY_OPT)
        known = add_flag(optimizer, "bulk-memory", out);
    for (size_t i = 0; known && i < sizeof companions / sizeof *companions; i++)
        if (companions[i].feature == feature)
            (void)add_flag(optimizer, companions[i].flag, out);
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

/* Whoever has one flag for all of bulk memory counts the data segments too, which belongs to the
   larger half. */
uint64_t features_widened(const struct optimizer *optimizer, uint64_t features, uint64_t allowed)
{
    bool narrow = (features & wasm_feature_bit(WASM_FEATURE_BULK_MEMORY_OPT)) != 0;
    return narrow && !optimizer_knows(optimizer, "--enable-bulk-memory-opt")
               ? wasm_feature_bit(WASM_FEATURE_BULK_MEMORY) & allowed
               : 0;
}
