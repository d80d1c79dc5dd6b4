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
#include "pkg/optimize/mappings.h"
#include "pkg/process/process.h"

#define INPUT      "in.wasm"
#define INPUT_MAP  "in.map"
#define OUTPUT     "out.wasm"
#define OUTPUT_MAP "out.map"

/* Measured: 4 to 15 s of processor time a MB in native code, 12 to 32 s in a JavaScript engine. Of
   wall time ten times as much, because others work here too: it is for what hangs. */
enum { START_MS = 20000, MS_PER_MB = 32000 };

static const uint64_t data_limit = UINT64_C(4) << 30;

struct workspace {
    const char *folder, *input, *output, *input_map, *output_map;
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
    space->input_map = path_join(arena, space->folder, INPUT_MAP);
    space->output_map = path_join(arena, space->folder, OUTPUT_MAP);
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
                  const struct arguments *flags, bool maps, uint64_t limit_ms)
{
    struct arguments argv = {.arena = arena};
    struct process_result result;
    struct error problem = {0};
    arguments_add(&argv, work->optimizer->path);
    arguments_add(&argv, INPUT);
    for (size_t i = 0; i < flags->count; i++)
        arguments_add(&argv, flags->items[i]);
    static const char *const map_flags[] = {"--input-source-map", INPUT_MAP, "--output-source-map",
                                            OUTPUT_MAP};
    for (size_t i = 0; maps && i < sizeof map_flags / sizeof *map_flags; i++)
        arguments_add(&argv, map_flags[i]);
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

static int write_input(struct arena *arena, const struct work *work, const struct workspace *space,
                       const struct candidate *before)
{
    struct bytes module = before->debug.size ? before->debug : before->module, map;
    if (file_write(space->input, module, 0600, work->error) != 0)
        return -1;
    if (!before->mappings.size)
        return 0;
    if (mappings_pack(arena, before->mappings, work->request->map->sources,
                      wasm_code_offset(module), &map) != 0)
        return error_set(work->error, FAULT_INPUT, "the source map is too large");
    return file_write(space->input_map, map, 0600, work->error);
}

/* Without those that it should have written the rest is all right. */
static void read_mappings(const struct work *work, const struct workspace *space,
                          struct candidate *after)
{
    struct arena scratch = {0};
    struct bytes map;
    if (read_output(&scratch, space->output_map, &map) != NULL ||
        mappings_unpack(work->arena, map, work->request->map->sources,
                        wasm_code_offset(after->debug), &after->mappings) != 0)
        after->mappings = (struct bytes){NULL, 0};
    arena_free(&scratch);
}

int optimizer_run(struct work *work, const struct candidate *before, const struct arguments *flags,
                  struct candidate *after)
{
    struct arena scratch = {0};
    struct workspace space;
    bool twin = before->debug.size > 0, maps = before->mappings.size > 0;
    struct bytes *out = twin ? &after->debug : &after->module;
    uint64_t limit_ms =
        optimizer_limit_ms(work->request, twin ? before->debug.size : before->module.size);
    work->why_not = NULL;
    int status = make_workspace(&scratch, work->world, &space, work->error);
    if (status == 0)
        status = write_input(&scratch, work, &space, before);
    if (status == 0)
        status = run_in(&scratch, work, &space, flags, maps, limit_ms);
    if (status == 0 && !work->why_not)
        work->why_not = read_output(work->arena, space.output, out);
    if (status == 0 && !work->why_not && maps)
        read_mappings(work, &space, after);
    arena_free(&scratch);
    return status;
}
