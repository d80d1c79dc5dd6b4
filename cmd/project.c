#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "pkg/base/file.h"

static const char *work_tree(struct run *run)
{
    char *real = realpath(".", NULL);
    if (!real)
        return NULL;
    arena_defer(run->arena, free, real);
    for (const char *at = real;; at = path_folder(run->arena, at)) {
        if (file_exists(path_join(run->arena, at, ".git")))
            return at;
        if (strcmp(at, "/") == 0)
            return NULL;
    }
}

const char *run_project(struct run *run)
{
    return run->manifest.path ? run->manifest.root : work_tree(run);
}
