#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/base/world.h"
#include "pkg/runtime/internal.h"

const struct runtime_limits runtime_usual_limits = {20000, 10, UINT64_C(4) << 30};

enum { OUTPUT_MOST = 64 << 10 };

static void remove_folder(void *handle)
{
    const struct trial *trial = handle;
    for (size_t i = 0; i < trial->file_count; i++)
        unlink(trial->files[i]);
    rmdir(trial->folder);
}

/* Its resolved path: what a runtime is allowed to read is compared with such. */
static int make_folder(struct trial *trial, struct error *error)
{
    const char *parent = world_environment(trial->world, "TMPDIR");
    char *real = realpath(parent ? parent : "/tmp", NULL);
    if (!real)
        return error_set(error, FAULT_INPUT, "cannot use the temporary folder '%s': %s",
                         parent ? parent : "/tmp", strerror(errno));
    arena_defer(trial->arena, free, real);
    char *folder = path_join(trial->arena, real, "edge-deploy-run-XXXXXX");
    if (!mkdtemp(folder))
        return error_set(error, FAULT_INPUT, "cannot make a temporary folder '%s': %s", folder,
                         strerror(errno));
    trial->folder = folder;
    arena_defer(trial->arena, remove_folder, trial);
    return 0;
}

const char *trial_file(struct trial *trial, const char *name, struct bytes content,
                       struct error *error)
{
    const char *path = path_join(trial->arena, trial->folder, name);
    if (trial->file_count == FILES_MOST) {
        error_set(error, FAULT_INPUT, "too many files for a trial");
        return NULL;
    }
    trial->files[trial->file_count++] = path;
    return file_write(path, content, 0600, error) == 0 ? path : NULL;
}

static bool is_allowed(struct arena *arena, const char *entry, size_t size, const char *project)
{
    const char *real = entry[0] == '/' ? real_path(arena, arena_copy(arena, entry, size)) : NULL;
    return real && !lies_in(real, project);
}

static char *allowed_entries(struct arena *arena, const char *list, const char *project)
{
    char *out = arena_alloc(arena, strlen(list) + 1, 1), *at = out;
    while (*list) {
        size_t size = strcspn(list, ":");
        if (is_allowed(arena, list, size, project)) {
            if (at > out)
                *at++ = ':';
            memcpy(at, list, size);
            at += size;
        }
        list += size;
        list += *list == ':';
    }
    return out;
}

const char *const *trial_environment(struct arena *arena, const struct world *world,
                                     const char *project, const char *folder)
{
    const char *list = world_environment(world, "PATH");
    const char **out = arena_alloc(arena, 5, sizeof *out);
    out[0] = arena_printf(arena, "PATH=%s",
                          allowed_entries(arena, list ? list : "/usr/bin:/bin", project));
    out[1] = arena_printf(arena, "HOME=%s", folder);
    out[2] = arena_printf(arena, "TMPDIR=%s", folder);
    out[3] = "LC_ALL=C";
    return out;
}

static const char *why_ended(struct trial *trial, const struct runtime_limits *limits,
                             const struct process_result *result)
{
    if (result->timed_out)
        return arena_printf(trial->arena, "it did not end within %llu s, and was stopped",
                            (unsigned long long)limits->timeout_ms / 1000);
    if (result->status == 128 + SIGXCPU ||
        (result->status == 128 + SIGKILL && result->cpu_ms >= limits->cpu_seconds * 1000))
        return arena_printf(trial->arena, "it used %llu s of processor time, and was stopped",
                            (unsigned long long)limits->cpu_seconds);
    return NULL;
}

int trial_run(struct trial *trial, const char *const *argv, struct process_result *result,
              const char **refused, struct error *error)
{
    const struct runtime_limits *limits =
        trial->job->limits ? trial->job->limits : &runtime_usual_limits;
    struct process_request request = {
        .argv = argv,
        .folder = trial->folder,
        .environment =
            trial_environment(trial->arena, trial->world, trial->runtime->project, trial->folder),
        .timeout_ms = limits->timeout_ms,
        .cpu_seconds = limits->cpu_seconds,
        .data_bytes = limits->data_bytes,
        .output_limit = OUTPUT_MOST};
    if (process_run(trial->arena, trial->world, &request, result, error) != 0)
        return -1;
    *refused = why_ended(trial, limits, result);
    return 0;
}

/* Without an escape's letters: a terminal's colours. */
static size_t skip_escape(struct bytes said, size_t at)
{
    if (at + 1 >= said.size || said.data[at] != 0x1b || said.data[at + 1] != '[')
        return at;
    at += 2;
    while (at < said.size && (said.data[at] < 0x40 || said.data[at] > 0x7e))
        at++;
    return at < said.size ? at + 1 : at;
}

const char *trial_words(struct arena *arena, struct bytes said)
{
    char *text = arena_alloc(arena, WORDS_MOST + 1, 1);
    size_t size = 0;
    bool blank = true;
    for (size_t i = 0; i < said.size && size < WORDS_MOST; i++) {
        size_t next = skip_escape(said, i);
        if (next > i) {
            i = next - 1;
            continue;
        }
        char byte = (char)said.data[i];
        bool space = byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
        if (space && blank)
            continue;
        blank = space;
        text[size++] = space ? ' ' : byte;
    }
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return text_safe(arena, text, size);
}

static const char *make_token(struct trial *trial)
{
    uint8_t random[12];
    char *token = arena_alloc(trial->arena, 2 * sizeof random + 1, 1);
    trial->world->random(trial->world->context, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        token[2 * i] = "0123456789abcdef"[random[i] >> 4];
        token[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
    }
    return token;
}

int runtime_try(struct arena *arena, const struct world *world, const struct runtime *runtime,
                const struct runtime_job *job, struct runtime_answer *out, struct error *error)
{
    struct trial *trial = arena_alloc(arena, 1, sizeof *trial);
    *trial = (struct trial){.arena = arena, .world = world, .runtime = runtime, .job = job};
    *out = (struct runtime_answer){.outcome = RUNTIME_SAYS_NOT};
    trial->token = make_token(trial);
    if (make_folder(trial, error) != 0 ||
        runtime_drivers[runtime->kind].attempt(trial, out, error) != 0)
        return error_prefix(error, "%s %s", runtime->name, runtime->version);
    return 0;
}
