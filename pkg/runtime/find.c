#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/base/world.h"
#include "pkg/runtime/internal.h"

enum { ASK_MS = 15000, ASK_CPU_SECONDS = 10, FOUND_MOST = 16 };

/* A JavaScript engine's answer has its own path: a version manager's wrapper needs the home folder
   that a module does not get. The second line is the engine's own version. */
#define NODE_QUESTION                                                                              \
    "[process.versions.bun?'bun':process.release.name,process.versions.node,process.execPath]"     \
    ".join(' ')+'\\nV8 '+process.versions.v8"

const struct driver runtime_drivers[] = {
    [RUNTIME_NODE] = {"node", {"-p", NODE_QUESTION}, node_attempt},
    [RUNTIME_WORKERD] = {"workerd", {"--version"}, workerd_attempt},
    [RUNTIME_VICEROY] = {"viceroy", {"--version"}, viceroy_attempt},
    [RUNTIME_WASMTIME] = {"wasmtime", {"--version"}, wasmtime_attempt},
};
const size_t runtime_driver_count = sizeof runtime_drivers / sizeof *runtime_drivers;

const char *runtime_version(struct arena *arena, enum runtime_kind kind, const char *output,
                            const char **out_path)
{
    size_t name = strlen(runtime_drivers[kind].name);
    *out_path = NULL;
    if (strncmp(output, runtime_drivers[kind].name, name) != 0 || output[name] != ' ')
        return NULL;
    const char *version = output + name + 1;
    size_t size = strspn(version, "0123456789.-");
    if (size == 0 || size > 32 || !isdigit((unsigned char)*version))
        return NULL;
    const char *rest = version + size, *end = rest + strcspn(rest, "\r\n");
    if (kind == RUNTIME_NODE && rest[0] == ' ' && rest[1] == '/')
        *out_path = arena_copy(arena, rest + 1, (size_t)(end - rest - 1));
    return arena_copy(arena, version, size);
}

/* "V8 12.4" of the line "V8 12.4.254.21-node.33". */
static const char *engine_of(struct arena *arena, const char *output)
{
    const char *line = strstr(output, "\nV8 ");
    size_t major = line ? strspn(line + 4, "0123456789") : 0;
    size_t minor = major && line[4 + major] == '.' ? strspn(line + 5 + major, "0123456789") : 0;
    if (minor == 0 || major + minor > 16)
        return NULL;
    return arena_copy(arena, line + 1, 4 + major + minor);
}

const char *real_path(struct arena *arena, const char *path)
{
    char *real = realpath(path, NULL);
    if (real)
        arena_defer(arena, free, real);
    return real;
}

bool lies_in(const char *path, const char *folder)
{
    size_t size = folder ? strlen(folder) : 0;
    return size > 0 && strncmp(path, folder, size) == 0 &&
           (path[size] == '/' || path[size] == '\0' || folder[size - 1] == '/');
}

static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

const char *runtime_complaint(struct arena *arena, const struct runtime *runtime)
{
    return arena_printf(arena, "%s (%s)", runtime->problem, runtime->path);
}

struct finder {
    struct arena *arena;
    const struct world *world;
    enum runtime_kind kind;
    const char *project; /* resolved, or NULL */
    struct runtime *found;
    const char *real[FOUND_MOST]; /* of those found */
    size_t count;
};

/* Asked in the root folder, where no project's settings choose another version. */
static int ask(struct finder *finder, struct runtime *runtime, struct error *error)
{
    const struct driver *driver = &runtime_drivers[finder->kind];
    const char *home = world_environment(finder->world, "HOME");
    const char *const argv[] = {runtime->path, driver->question[0], driver->question[1], NULL};
    struct process_request request = {
        .argv = argv,
        .folder = "/",
        .environment =
            trial_environment(finder->arena, finder->world, finder->project, home ? home : "/"),
        .timeout_ms = ASK_MS,
        .cpu_seconds = ASK_CPU_SECONDS,
        .output_limit = 4096};
    struct process_result result;
    struct error unusable = {0};
    const char *path = NULL;
    if (process_run(finder->arena, finder->world, &request, &result, &unusable) != 0) {
        runtime->problem = arena_strdup(finder->arena, unusable.message);
        if (unusable.fault == FAULT_INPUT)
            return 0;
        *error = unusable;
        return -1;
    }
    const char *output = (const char *)result.output.data;
    if (result.status == 0 && !result.timed_out)
        runtime->version = runtime_version(finder->arena, finder->kind, output, &path);
    if (runtime->version)
        runtime->engine = engine_of(finder->arena, output);
    else
        runtime->problem = result.timed_out ? "it does not say in time which version it is"
                                            : "it does not say which version it is";
    if (path && is_program(path))
        runtime->path = path;
    return 0;
}

static bool is_known(struct finder *finder, const char *real)
{
    for (size_t i = 0; i < finder->count; i++)
        if (strcmp(finder->real[i], real) == 0)
            return true;
    return false;
}

/* Of each version one is enough: the first. */
static bool is_repeated(const struct finder *finder)
{
    const struct runtime *last = &finder->found[finder->count - 1];
    for (size_t i = 0; last->version && i + 1 < finder->count; i++)
        if (finder->found[i].version && strcmp(finder->found[i].version, last->version) == 0)
            return true;
    return false;
}

static int consider(struct finder *finder, const char *path, bool named, struct error *error)
{
    const char *real = real_path(finder->arena, path);
    if (!real || finder->count == FOUND_MOST || is_known(finder, real))
        return 0;
    struct runtime *runtime = &finder->found[finder->count];
    finder->real[finder->count++] = real;
    *runtime = (struct runtime){.kind = finder->kind,
                                .name = runtime_drivers[finder->kind].name,
                                .path = path,
                                .project = finder->project};
    const char *folder = real_path(finder->arena, path_folder(finder->arena, path));
    bool inside = lies_in(real, finder->project) || (folder && lies_in(folder, finder->project));
    if (inside && !named) {
        runtime->problem = "it lies in the project, whose own programs are not run unless named";
        return 0;
    }
    if (ask(finder, runtime, error) != 0)
        return -1;
    if (is_repeated(finder))
        finder->count--;
    return 0;
}

/* What the variable names must be there: a mistake in it is not passed over. */
static int consider_named(struct finder *finder, const char *variable, const char *list,
                          struct error *error)
{
    while (*list) {
        size_t size = strcspn(list, ":");
        const char *path = arena_copy(finder->arena, list, size);
        if (size && (path[0] != '/' || !is_program(path))) {
            error_set(error, FAULT_INPUT, "%s names '%s', which is no program", variable, path);
            return error_hint(error, "write absolute paths, separated by colons");
        }
        if (size && consider(finder, path, true, error) != 0)
            return -1;
        list += size;
        list += *list == ':';
    }
    return 0;
}

static int consider_path(struct finder *finder, struct error *error)
{
    const char *list = world_environment(finder->world, "PATH");
    while (list && *list) {
        size_t size = strcspn(list, ":");
        const char *path = arena_printf(finder->arena, "%.*s/%s", (int)size, list,
                                        runtime_drivers[finder->kind].name);
        if (list[0] == '/' && is_program(path) && consider(finder, path, false, error) != 0)
            return -1;
        list += size;
        list += *list == ':';
    }
    return 0;
}

static int open_finder(struct finder *finder, const struct runtime_search *search,
                       struct error *error)
{
    size_t kind = 0;
    while (kind < runtime_driver_count && strcmp(runtime_drivers[kind].name, search->name) != 0)
        kind++;
    if (kind == runtime_driver_count)
        return error_set(error, FAULT_INPUT, "no way is known to ask the runtime '%s'",
                         search->name);
    finder->kind = (enum runtime_kind)kind;
    finder->project = search->project ? real_path(finder->arena, search->project) : NULL;
    return 0;
}

int runtime_at(struct arena *arena, const struct world *world, const struct runtime_search *search,
               const char *path, struct runtime *out, struct error *error)
{
    struct finder finder = {.arena = arena, .world = world};
    const char *real = real_path(arena, path);
    if (!real || !is_program(real))
        return error_set(error, FAULT_INPUT, "'%s' is no program", path);
    if (open_finder(&finder, search, error) != 0)
        return -1;
    *out = (struct runtime){
        .kind = finder.kind, .name = search->name, .path = real, .project = finder.project};
    return ask(&finder, out, error);
}

int runtime_find(struct arena *arena, const struct world *world,
                 const struct runtime_search *search, struct runtime **out, size_t *count,
                 struct error *error)
{
    struct finder finder = {.arena = arena, .world = world};
    if (open_finder(&finder, search, error) != 0)
        return -1;
    finder.found = arena_alloc(arena, FOUND_MOST, sizeof *finder.found);
    const char *named = search->environment ? world_environment(world, search->environment) : NULL;
    if ((named && consider_named(&finder, search->environment, named, error) != 0) ||
        consider_path(&finder, error) != 0)
        return -1;
    *out = finder.found;
    *count = finder.count;
    return 0;
}
