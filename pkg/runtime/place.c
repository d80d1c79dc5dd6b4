/* nftw is X/Open's. */
#include "pkg/runtime/place.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/runtime/internal.h"

enum { OUTPUT_MOST = 64 << 10, DEPTH_MOST = 16 };

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    remove(path);
    return 0;
}

static void remove_folder(void *folder)
{
    nftw(folder, remove_one, DEPTH_MOST, FTW_DEPTH | FTW_PHYS);
}

int runtime_place_open(struct arena *arena, const struct world *world,
                       const struct runtime *runtime, struct runtime_place *out,
                       struct error *error)
{
    const char *parent = world_environment(world, "TMPDIR");
    const char *real = real_path(arena, parent ? parent : "/tmp");
    if (!real)
        return error_set(error, FAULT_INPUT, "cannot use the temporary folder '%s'",
                         parent ? parent : "/tmp");
    char *folder = path_join(arena, real, "edge-deploy-run-XXXXXX");
    if (!mkdtemp(folder))
        return error_set(error, FAULT_INPUT, "cannot make a temporary folder '%s': %s", folder,
                         strerror(errno));
    arena_defer(arena, remove_folder, folder);
    *out = (struct runtime_place){arena, world, runtime, folder};
    return 0;
}

static bool stays_inside(const char *name)
{
    for (const char *at = name; *at;) {
        size_t size = strcspn(at, "/");
        if (size == 0 || (size == 2 && memcmp(at, "..", 2) == 0))
            return false;
        at += size;
        at += *at == '/';
    }
    return name[0] != '\0';
}

int runtime_place_write(const struct runtime_place *place, const char *name, struct bytes content,
                        struct error *error)
{
    if (!stays_inside(name))
        return error_set(error, FAULT_INPUT, "cannot write a file named '%s'", name);
    return file_write(path_join(place->arena, place->folder, name), content, 0600, error);
}

int runtime_place_start(const struct runtime_place *place, struct arena *arena,
                        const char *const *argv, const struct runtime_limits *limits,
                        struct process **out, struct error *error)
{
    struct process_request request = {
        .argv = argv,
        .folder = place->folder,
        .environment =
            trial_environment(arena, place->world, place->runtime->project, place->folder),
        .timeout_ms = limits->timeout_ms,
        .cpu_seconds = limits->cpu_seconds,
        .data_bytes = limits->data_bytes,
        .output_limit = OUTPUT_MOST};
    return process_start(arena, place->world, &request, out, error);
}

const char *runtime_words(struct arena *arena, struct bytes said)
{
    return trial_words(arena, said);
}
