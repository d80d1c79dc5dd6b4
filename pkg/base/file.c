#include "pkg/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/base/arena.h"

static void close_file(void *handle)
{
    fclose(handle);
}

static int read_all(struct arena *arena, FILE *file, const char *path, size_t size,
                    struct bytes *out, struct error *error)
{
    uint8_t *data = arena_alloc(arena, size + 1, 1);
    size_t got = fread(data, 1, size, file);
    if (ferror(file))
        return error_set(error, FAULT_INPUT, "cannot read '%s': %s", path, strerror(errno));
    data[got] = '\0';
    *out = (struct bytes){data, got};
    return 0;
}

int file_read(struct arena *arena, const char *path, size_t limit, struct bytes *out,
              struct error *error)
{
    struct arena scratch = {0};
    struct stat status;
    int result = -1;
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(error, FAULT_INPUT, "cannot open '%s': %s", path, strerror(errno));
    arena_defer(&scratch, close_file, file);
    if (fstat(fileno(file), &status) != 0)
        error_set(error, FAULT_INPUT, "cannot read '%s': %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        error_set(error, FAULT_INPUT, "cannot read '%s': not a regular file", path);
    else if ((uintmax_t)status.st_size > limit)
        error_set(error, FAULT_INPUT, "cannot read '%s': %jd bytes, the limit is %zu", path,
                  (intmax_t)status.st_size, limit);
    else
        result = read_all(arena, file, path, (size_t)status.st_size, out, error);
    arena_free(&scratch);
    return result;
}

int file_make_folder(const char *path, struct error *error)
{
    struct arena scratch = {0};
    char *copy = arena_strdup(&scratch, path);
    int result = 0;
    for (char *slash = copy + 1; result == 0 && *slash; slash++) {
        if (*slash != '/')
            continue;
        *slash = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            result =
                error_set(error, FAULT_INPUT, "cannot make folder '%s': %s", copy, strerror(errno));
        *slash = '/';
    }
    if (result == 0 && mkdir(copy, 0777) != 0 && errno != EEXIST)
        result =
            error_set(error, FAULT_INPUT, "cannot make folder '%s': %s", copy, strerror(errno));
    arena_free(&scratch);
    return result;
}

bool file_write_all(int descriptor, struct bytes bytes)
{
    size_t done = 0;
    while (done < bytes.size) {
        ssize_t wrote = write(descriptor, bytes.data + done, bytes.size - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        done += (size_t)wrote;
    }
    return true;
}

static int write_through(const char *temporary, const char *path, int descriptor,
                         struct bytes bytes, unsigned mode)
{
    int failed = !file_write_all(descriptor, bytes) || fchmod(descriptor, (mode_t)mode) != 0;
    failed |= close(descriptor) != 0;
    if (!failed && rename(temporary, path) == 0)
        return 0;
    int saved = errno;
    unlink(temporary);
    errno = saved;
    return -1;
}

int file_write(const char *path, struct bytes bytes, unsigned mode, struct error *error)
{
    struct arena scratch = {0};
    char *temporary = arena_printf(&scratch, "%s.XXXXXX", path);
    int result = file_make_folder(path_folder(&scratch, path), error);
    if (result == 0) {
        int descriptor = mkstemp(temporary);
        if (descriptor < 0 || write_through(temporary, path, descriptor, bytes, mode) != 0)
            result = error_set(error, FAULT_INPUT, "cannot write '%s': %s", path, strerror(errno));
    }
    arena_free(&scratch);
    return result;
}

bool file_exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

char *path_join(struct arena *arena, const char *folder, const char *name)
{
    if (name[0] == '/' || strcmp(folder, ".") == 0)
        return arena_strdup(arena, name);
    size_t size = strlen(folder);
    return arena_printf(arena, "%s%s%s", folder, size && folder[size - 1] == '/' ? "" : "/", name);
}

char *path_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return arena_strdup(arena, ".");
    return arena_copy(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int path_within(struct arena *arena, const char *root, const char *path, char **out,
                struct error *error)
{
    char *base = realpath(root, NULL);
    char *full = base ? realpath(path, NULL) : NULL;
    int saved = errno;
    if (base)
        arena_defer(arena, free, base);
    if (full)
        arena_defer(arena, free, full);
    if (!base || !full)
        return error_set(error, FAULT_INPUT, "cannot find '%s': %s", path, strerror(saved));
    size_t size = strlen(base);
    bool inside = strncmp(full, base, size) == 0 &&
                  (full[size] == '/' || full[size] == '\0' || base[size - 1] == '/');
    if (!inside)
        return error_set(error, FAULT_INPUT, "path '%s' leaves '%s'", path, root);
    *out = full;
    return 0;
}
