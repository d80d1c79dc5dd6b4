#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/base/file.h"
#include "pkg/base/world.h"

unsigned unit_passed, unit_failed, unit_skipped;

bool unit_check(bool ok, const char *file, int line, const char *what)
{
    if (ok)
        unit_passed++;
    else
        unit_failed++;
    if (!ok)
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    return ok;
}

bool unit_check_text(const char *got, const char *expected, const char *file, int line)
{
    bool same = got && expected ? strcmp(got, expected) == 0 : got == expected;
    if (!same)
        fprintf(stderr, "  got:      %s\n  expected: %s\n", got ? got : "(null)",
                expected ? expected : "(null)");
    return unit_check(same, file, line, "texts are equal");
}

void unit_skip(const char *why)
{
    fprintf(stderr, "SKIPPED: %s\n", why);
    unit_skipped++;
}

const char *unit_shared(struct arena *arena, const char *path)
{
    const char *root = getenv("EDGE_DEPLOY_SHARED");
    char *full = path_join(arena, root ? root : "../shared", path);
    return file_exists(full) ? full : NULL;
}

struct unit_variable {
    struct unit_variable *next;
    const char *name, *value;
};

struct unit_context {
    struct arena *arena;
    int64_t now;
    struct unit_variable *variables;
    uint32_t random; /* bytes given out */
};

static int64_t now(void *context)
{
    return ((struct unit_context *)context)->now;
}

static void sleep_virtually(void *context, int64_t milliseconds)
{
    ((struct unit_context *)context)->now += milliseconds;
}

/* 0, 1, 2 ... 255, then without a short period, so that no two ids are the same. */
static uint8_t random_byte(uint32_t place)
{
    return place < 256 ? (uint8_t)place : (uint8_t)((place * UINT32_C(2654435761)) >> 21);
}

static void random_bytes(void *context, void *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)out)[i] = random_byte(((struct unit_context *)context)->random++);
}

static const char *environment(void *context, const char *name)
{
    struct unit_variable *variable = ((struct unit_context *)context)->variables;
    while (variable && strcmp(variable->name, name) != 0)
        variable = variable->next;
    return variable ? variable->value : NULL;
}

struct world *unit_world(struct arena *arena)
{
    struct world *world = arena_alloc(arena, 1, sizeof *world);
    struct unit_context *context = arena_alloc(arena, 1, sizeof *context);
    context->arena = arena;
    context->now = INT64_C(1795348800000);
    *world = (struct world){context, now, sleep_virtually, random_bytes, environment, NULL, NULL};
    unit_setenv(world, "PATH", getenv("PATH"));
    return world;
}

void unit_setenv(struct world *world, const char *name, const char *value)
{
    struct unit_context *context = world->context;
    struct unit_variable *variable = arena_alloc(context->arena, 1, sizeof *variable);
    *variable = (struct unit_variable){context->variables, name, value};
    context->variables = variable;
}

static void remove_folder(void *path)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", (char *)path, (char *)NULL);
        _exit(127);
    }
}

char *unit_folder(struct arena *arena)
{
    char *path = arena_strdup(arena, "/tmp/edge-deploy-unit-XXXXXX");
    if (!mkdtemp(path))
        abort();
    arena_defer(arena, remove_folder, path);
    return path;
}
