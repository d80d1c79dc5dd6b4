#include "pkg/wit/wit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/base/world.h"
#include "pkg/process/process.h"
#include "pkg/wasm/component_type.h"

enum { TIMEOUT_MS = 60000, CPU_SECONDS = 60, WORDS_MOST = 12 };

static const uint64_t data_limit = UINT64_C(4) << 30;

/* How a tool writes a world into an empty core module: %W the WIT, %N the world, %O the output. */
static const struct encoder {
    const char *name, *argv[WORDS_MOST];
} encoders[] = {
    {"wasm-tools", {"component", "embed", "--dummy", "--world", "%N", "%W", "-o", "%O"}},
    {"jco", {"embed", "--dummy", "--wit", "%W", "--world-name", "%N", "--output", "%O"}},
};

struct workspace {
    const char *folder, *output;
};

static void remove_workspace(void *handle)
{
    const struct workspace *space = handle;
    unlink(space->output);
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
    space->folder = folder;
    space->output = path_join(arena, folder, "world.wasm");
    arena_defer(arena, remove_workspace, space);
    return 0;
}

/* What a tool said, without its colours and in one line: its causes stand one below the other. */
static const char *words_of(struct arena *arena, struct bytes errors)
{
    enum { MOST = 300 };
    char *text = arena_alloc(arena, MOST + 1, 1);
    size_t size = 0;
    bool blank = true;
    for (size_t i = 0; i < errors.size && size < MOST; i++) {
        char byte = (char)errors.data[i];
        bool space = byte == ' ' || byte == '\n' || byte == '\t';
        if (space && blank)
            continue;
        blank = space;
        text[size++] = space ? ' ' : byte;
    }
    return text_safe(arena, text, size);
}

static const char *fill_in(const char *word, const char *folder, const char *name,
                           const char *output)
{
    if (strcmp(word, "%W") == 0)
        return folder;
    if (strcmp(word, "%N") == 0)
        return name;
    return strcmp(word, "%O") == 0 ? output : word;
}

/* 0 and no output: the tool refused, and `why` says it. */
static int run_encoder(struct arena *arena, const struct world *world,
                       const struct encoder *encoder, const char *path, const char *folder,
                       const char *name, struct bytes *out, const char **why, struct error *error)
{
    struct workspace *space = arena_alloc(arena, 1, sizeof *space);
    struct process_result result;
    const char *argv[WORDS_MOST + 2] = {path};
    if (make_workspace(arena, world, space, error) != 0)
        return -1;
    for (size_t i = 0; i < WORDS_MOST && encoder->argv[i]; i++)
        argv[i + 1] = fill_in(encoder->argv[i], folder, name, space->output);
    struct process_request request = {.argv = argv,
                                      .timeout_ms = TIMEOUT_MS,
                                      .cpu_seconds = CPU_SECONDS,
                                      .data_bytes = data_limit};
    if (process_run(arena, world, &request, &result, error) != 0)
        return -1;
    *why = NULL;
    if (result.timed_out)
        *why = "it did not end within a minute";
    else if (result.status != 0)
        *why = words_of(arena, result.errors.size ? result.errors : result.output);
    else
        return file_read(arena, space->output, LIMIT_MODULE, out, error);
    return 0;
}

static int find_none(struct error *error)
{
    error_set(error, FAULT_INPUT, "no tool that reads WIT is installed");
    return error_hint(error, "install one and put it in PATH: 'cargo install --locked wasm-tools', "
                             "or 'npm install -g @bytecodealliance/jco'");
}

int wit_encode(struct arena *arena, const struct world *world, const char *folder, const char *name,
               struct component_world *out, const char **tool, struct error *error)
{
    const char *refused = NULL, *why = NULL;
    struct stat status;
    if (stat(folder, &status) != 0)
        return error_set(error, FAULT_INPUT, "cannot read the WIT in '%s': %s", folder,
                         strerror(errno));
    if (*folder == '-')
        folder = arena_printf(arena, "./%s", folder);
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++) {
        struct bytes encoded = {NULL, 0};
        const char *path = process_find(arena, world, encoders[i].name);
        if (!path)
            continue;
        if (run_encoder(arena, world, &encoders[i], path, folder, name, &encoded, &why, error) != 0)
            return error_prefix(error, "%s", encoders[i].name);
        *tool = encoders[i].name;
        if (!why && component_read_world(arena, encoded, out, error) != 0)
            return error_prefix(error, "what %s made of the WIT", encoders[i].name);
        if (!why)
            return 0;
        if (!refused)
            refused = arena_printf(arena, "%s: %s", encoders[i].name, why);
    }
    if (!refused)
        return find_none(error);
    error_set(error, FAULT_INPUT, "cannot read world '%s' in '%s': %s", name, folder, refused);
    return error_hint(error, "correct the WIT, or name another world with --world");
}
