/* Words in, exit code out: options, what the command needs, the command, its failure. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/reports.h"
#include "cmd/world.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/sandbox/sandbox.h"
#include "pkg/validate/validate.h"
#include "pkg/wasm/wasm.h"

const struct command *const commands[] = {
#define X(name) &command_##name,
    COMMANDS(X)
#undef X
};
const size_t command_count = sizeof commands / sizeof *commands;

/* For a command line that could not be read to its end. */
static bool wants_json(int argc, char **argv)
{
    bool json = false;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--format") == 0 && i + 1 < argc)
            json = strcmp(argv[++i], "json") == 0;
        else if (strncmp(argv[i], "--format=", 9) == 0)
            json = strcmp(argv[i] + 9, "json") == 0;
    }
    return json;
}

static void choose_style(struct run *run)
{
    const char *term = world_environment(run->world, "TERM");
    const char *columns = world_environment(run->world, "COLUMNS");
    const char *language = world_environment(run->world, "LC_ALL");
    bool terminal = isatty(STDOUT_FILENO) == 1;
    if (!language)
        language = world_environment(run->world, "LANG");
    run->style.colour = terminal && !run->options.no_color &&
                        !world_environment(run->world, "NO_COLOR") &&
                        !(term && strcmp(term, "dumb") == 0);
    run->style.unicode = language && (strstr(language, "UTF-8") || strstr(language, "utf8"));
    run->style.width = columns && atoi(columns) >= 40 ? (unsigned)atoi(columns) : 80;
}

static const struct target *find_target(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->manifest.target_count; i++)
        if (strcmp(run->manifest.targets[i].name, name) == 0)
            return &run->manifest.targets[i];
    return NULL;
}

static int unknown_target(const struct run *run, const char *name, struct error *error)
{
    const char **names = arena_alloc(run->arena, run->manifest.target_count, sizeof *names);
    for (size_t i = 0; i < run->manifest.target_count; i++)
        names[i] = run->manifest.targets[i].name;
    const char *nearest = text_nearest(name, names, run->manifest.target_count);
    error_set(error, FAULT_INPUT, "no target '%s' in '%s'", name, run->manifest.path);
    return error_hint(error, nearest ? "did you mean '%s'?" : "the first target is '%s'",
                      nearest ? nearest : names[0]);
}

static int choose_targets(struct run *run, struct error *error)
{
    const struct words *chosen = &run->options.targets;
    size_t count = chosen->count ? chosen->count : run->manifest.target_count;
    run->targets = arena_alloc(run->arena, count, sizeof *run->targets);
    for (size_t i = 0; i < count; i++) {
        const struct target *target =
            chosen->count ? find_target(run, chosen->items[i]) : &run->manifest.targets[i];
        if (!target)
            return unknown_target(run, chosen->items[i], error);
        run->targets[i] = target;
    }
    run->target_count = count;
    return 0;
}

int run_read_manifest(struct run *run, struct error *error)
{
    const char *name = run->options.config ? run->options.config : "edge-deploy.json";
    char *path;
    if (manifest_find(run->arena, ".", name, &path, error) != 0 ||
        manifest_read(run->arena, path, run->options.environment, &run->manifest, error) != 0)
        return -1;
    return choose_targets(run, error);
}

static void stop_sandbox(void *sandbox)
{
    sandbox_stop(sandbox);
}

static int start_sandbox(struct run *run, struct error *error)
{
    const char *root = run->manifest.root ? run->manifest.root : ".";
    struct sandbox_options options = {.state = path_join(run->arena, root, ".edge-deploy/sandbox"),
                                      .rate_scale = 1,
                                      .world = run->world,
                                      .platforms = platforms};
    if (sandbox_start(run->arena, &options, &run->sandbox, error) != 0)
        return -1;
    arena_defer(run->arena, stop_sandbox, run->sandbox);
    world_make_virtual();
    return 0;
}

static int run_command(struct run *run, struct error *error)
{
    if (run->command->needs_validator)
        validate_open(run->arena, wasm_wabt_validate, &run->validator);
    if (run->command->needs_records)
        record_warm(run->arena);
    if (run->command->needs_manifest && run_read_manifest(run, error) != 0)
        return -1;
    if (run->command->needs_platforms && run->options.sandbox && start_sandbox(run, error) != 0)
        return -1;
    return run->command->run(run, error);
}

static int print_version(struct run *run)
{
    if (!run->json)
        return help_version();
    json_t *document = report_document(run->arena, "version", NULL);
    json_object_set_new(document, "version", json_string(EDGE_DEPLOY_VERSION));
    run_print_json(run, document);
    return 0;
}

static int run_all(struct run *run, int argc, char **argv, struct error *error)
{
    if (options_read(run->arena, argc, argv, &run->options, &run->command, error) != 0) {
        run->json = wants_json(argc, argv);
        return -1;
    }
    if (reports_choose(run, error) != 0)
        return -1;
    choose_style(run);
    if (run->options.version)
        return print_version(run);
    if (run->options.help)
        return help_print(run->command);
    if (!run->command) {
        error_set(error, FAULT_INPUT, "no command given");
        return error_hint(error, "run 'edge-deploy --help' for the commands");
    }
    if (run->options.folder && chdir(run->options.folder) != 0)
        return error_set(error, FAULT_INPUT, "cannot enter folder '%s'", run->options.folder);
    return run_command(run, error);
}

/* What failed before it came to a result of its own. Commands that change platforms always say
   whether they have. */
static json_t *failure(struct run *run, const struct error *error)
{
    json_t *document = run_document(run, error);
    if (run->command && run->command->deploys) {
        json_object_set_new(document, "deployments", json_array());
        json_object_set_new(document, "mutation_attempted", json_false());
    }
    return document;
}

/* Who has seen enough (head) closes the pipe; that is no failure. */
static bool has_reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

static int finish(struct run *run, int status, const struct error *error)
{
    if (status != 0 && run->command && run->writer && !run->reported)
        reports_write_failure(run, error);
    if (status != 0 && run->json)
        run_print_json(run, failure(run, error));
    if (status != 0)
        output_error(run, error);
    errno = 0;
    bool is_written = fflush(stdout) == 0 && !ferror(stdout);
    if (status != 0)
        return (int)error->fault;
    if (is_written || has_reader_left())
        return 0;
    struct error unwritten = {0};
    error_set(&unwritten, FAULT_PARTIAL, "done, but cannot write the result: %s",
              errno ? strerror(errno) : "stdout is full or closed");
    output_error(run, &unwritten);
    return FAULT_PARTIAL;
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct run run = {.arena = &arena};
    struct error error = {0};
    world_open(&run);
    int status = run_all(&run, argc, argv, &error);
    int code = finish(&run, status, &error);
    arena_free(&arena);
    return code;
}
