/* One run of the optimizer, from bytes to bytes, in a folder of its own that is always removed. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/base/world.h"
#include "pkg/optimize/internal.h"
#include "pkg/process/process.h"

#define INPUT  "in.wasm"
#define OUTPUT "out.wasm"

/* Measured: 4 to 15 s of processor time a MB in native code, 12 to 32 s in a JavaScript engine. Of
   wall time ten times as much, because others work here too: it is for what hangs. */
enum { START_MS = 20000, MS_PER_MB = 32000 };

static const uint64_t data_limit = UINT64_C(4) << 30;

struct workspace {
    const char *folder, *input, *output;
};

/* Also what passes may have written beside the output. Folders in it are left, and so then is it:
   nothing that we start makes one. */
static void remove_workspace(void *handle)
{
    const struct workspace *space = handle;
    struct arena scratch = {0};
    DIR *folder = opendir(space->folder);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        unlink(path_join(&scratch, space->folder, entry->d_name));
    if (folder)
        closedir(folder);
    arena_free(&scratch);
    rmdir(space->folder);
}

static int make_workspace(struct arena *arena, const struct world *world, struct workspace *space,
                          struct error *error)
{
    const char *parent = world_environment(world, "TMPDIR");
    char *folder = path_join(arena, parent ? parent : "/tmp", "edge-deploy-XXXXXX");
    if (!mkdtemp(folder))
        return error_set(error, FAULT_INPUT, "cannot make a temporary folder '%s': %s", folder,
                         strerror(errno));
    char *full = realpath(folder, NULL); /* the child runs inside it */
    if (full)
        arena_defer(arena, free, full);
    space->folder = full ? full : folder;
    space->input = path_join(arena, space->folder, INPUT);
    space->output = path_join(arena, space->folder, OUTPUT);
    arena_defer(arena, remove_workspace, space);
    return 0;
}

static const char *first_line(struct arena *arena, struct bytes text)
{
    size_t size = 0;
    while (size < text.size && size < 160 && text.data[size] != '\n')
        size++;
    return text_safe(arena, (const char *)text.data, size);
}

uint64_t optimizer_limit_ms(const struct optimize_request *request, size_t module_size)
{
    uint64_t cpu_ms = START_MS + (uint64_t)module_size * MS_PER_MB / (1 << 20);
    return request->limit_ms ? request->limit_ms : cpu_ms * WALL;
}

static const char *describe_end(const struct work *work, const struct process_result *result,
                                uint64_t limit_ms)
{
    struct arena *arena = work->arena;
    bool quiet = result->errors.size == 0;
    if (result->timed_out)
        return arena_printf(arena, "wasm-opt did not end within %.1f s", (double)limit_ms / 1000);
    if (result->status == 128 + SIGXCPU)
        return arena_printf(arena, "wasm-opt took more than %.1f s of processor time",
                            (double)(limit_ms / WALL) / 1000);
    if (result->status > 128)
        return arena_printf(arena, "wasm-opt was ended by signal %d", result->status - 128);
    if (result->status != 0)
        return arena_printf(arena, "wasm-opt ended with exit code %d%s%s", result->status,
                            quiet ? "" : ": ", quiet ? "" : first_line(arena, result->errors));
    return NULL;
}

static int run_in(struct arena *arena, struct work *work, const struct workspace *space,
                  const struct arguments *flags, uint64_t limit_ms)
{
    struct arguments argv = {.arena = arena};
    struct process_result result;
    struct error problem = {0};
    arguments_add(&argv, work->optimizer->path);
    arguments_add(&argv, INPUT);
    for (size_t i = 0; i < flags->count; i++)
        arguments_add(&argv, flags->items[i]);
    arguments_add(&argv, "-o");
    arguments_add(&argv, OUTPUT);
    arguments_add(&argv, NULL);
    struct process_request request = {.argv = argv.items,
                                      .folder = space->folder,
                                      .timeout_ms = limit_ms,
                                      .cpu_seconds = (limit_ms / WALL + 999) / 1000,
                                      .data_bytes = data_limit};
    if (process_run(arena, work->world, &request, &result, &problem) == 0) {
        work->why_not = describe_end(work, &result, limit_ms);
        work->fleeting |= result.timed_out || result.status > 128;
        work->unread = !work->fleeting && result.status != 0;
        return 0;
    }
    if (problem.fault == FAULT_INPUT) {
        work->why_not = arena_strdup(work->arena, problem.message);
        work->fleeting = true;
        return 0;
    }
    *work->error = problem;
    return -1;
}

/* Only a file of its own making: a link would lead elsewhere. */
static const char *read_output(struct arena *arena, const char *path, struct bytes *out)
{
    struct error problem = {0};
    struct stat status;
    if (lstat(path, &status) != 0)
        return "wasm-opt wrote nothing";
    if (!S_ISREG(status.st_mode))
        return "wasm-opt wrote no regular file";
    if (file_read(arena, path, LIMIT_MODULE, out, &problem) != 0)
        return arena_strdup(arena, problem.message);
    return NULL;
}

int optimizer_run(struct work *work, struct bytes module, const struct arguments *flags,
                  struct bytes *out)
{
    struct arena scratch = {0};
    struct workspace space;
    uint64_t limit_ms = optimizer_limit_ms(work->request, module.size);
    work->why_not = NULL;
    int status = make_workspace(&scratch, work->world, &space, work->error);
    if (status == 0)
        status = file_write(space.input, module, 0600, work->error);
    if (status == 0)
        status = run_in(&scratch, work, &space, flags, limit_ms);
    if (status == 0 && !work->why_not)
        work->why_not = read_output(work->arena, space.output, out);
    arena_free(&scratch);
    return status;
}
