#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/process/process.h"

static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

char *process_find(struct arena *arena, const struct world *world, const char *name)
{
    const char *folders = world_environment(world, "PATH");
    if (!folders || !name[0] || strchr(name, '/'))
        return NULL;
    while (*folders) {
        int size = (int)strcspn(folders, ":");
        char *path = arena_printf(arena, "%.*s/%s", size, folders, name);
        if (folders[0] == '/' && is_program(path))
            return path;
        folders += size;
        folders += *folders == ':';
    }
    return NULL;
}
