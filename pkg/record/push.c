#include <string.h>

#include "pkg/base/text.h"
#include "pkg/process/process.h"
#include "pkg/record/store.h"

enum { PUSH_TRIES = 5, PUSH_TIMEOUT_MS = 120 * 1000, LS_REMOTE_NONE = 2 };

/* The user's git, with the words of one command. */
struct git {
    struct arena *arena;
    const struct world *world;
    struct record_store *store;
    const char *identity[4]; /* "-c", "user.name=...", ... when git knows none; else empty */
    struct process_result result;
};

/* Runs git without asking anybody anything; 0 or its exit code, -1 when it can't be started. */
static int run_git(struct git *git, const char *const *words, struct error *error)
{
    const char *argv[24] = {"env", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "git"};
    const char *name = words[0];
    size_t count = 4;
    for (size_t i = 0; i < 4 && git->identity[i]; i++)
        argv[count++] = git->identity[i];
    for (; *words && count < sizeof argv / sizeof *argv - 1; words++)
        argv[count++] = *words;
    struct process_request request = {.argv = argv,
                                      .folder = git->store->work_tree
                                                    ? git->store->work_tree
                                                    : git_repository_path(git->store->repository),
                                      .timeout_ms = PUSH_TIMEOUT_MS};
    if (process_run(git->arena, git->world, &request, &git->result, error) != 0)
        return error_prefix(error, "git");
    if (git->result.timed_out)
        return error_set(error, FAULT_REMOTE, "git %s took longer than %d seconds", name,
                         PUSH_TIMEOUT_MS / 1000);
    return git->result.status;
}

/* What stands between "://" and the last '@' before a slash is a secret. */
static void hide_credentials(char *text)
{
    for (char *at = strstr(text, "://"); at; at = strstr(at, "://")) {
        at += 3;
        size_t size = strcspn(at, "/ \t\n'\"");
        for (size_t i = size; i > 0; i--)
            if (at[i - 1] == '@') {
                memset(at, '*', i - 1);
                break;
            }
    }
}

/* The last line that git wrote to its standard error, or the one that begins with "fatal". */
static const char *complaint(struct git *git)
{
    char *text = arena_copy(git->arena, git->result.errors.data, git->result.errors.size);
    char *best = text;
    hide_credentials(text);
    for (char *line = text; line && *line;) {
        char *end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        if (*line && strncmp(line, "hint:", 5) != 0)
            best = line;
        if (strncmp(line, "fatal:", 6) == 0)
            break;
        line = end;
    }
    return text_safe(git->arena, best, strlen(best));
}

static int git_fault(struct git *git, struct error *error, const char *what, const char *remote)
{
    error_set(error, FAULT_REMOTE, "cannot %s the deployment notes of remote '%s': %s", what,
              remote, complaint(git));
    return error_hint(error, "run git push %s " RECORD_REF " once the remote can be reached",
                      remote);
}

static void free_config(void *handle)
{
    git_config_free(handle);
}

/* Only a configured name: a url from the manifest could name any host or helper. Not by
   git_remote_lookup, which leaks memory in libgit2 1.5.1 (its regular expressions). */
static int check_remote(struct arena *arena, struct record_store *store, const char *remote,
                        struct error *error)
{
    git_config *config = NULL;
    const char *url;
    if (git_repository_config_snapshot(&config, store->repository) != 0)
        return store_fault(error, "cannot read git's configuration");
    arena_defer(arena, free_config, config);
    if (remote[0] == '-' ||
        git_config_get_string(&url, config, arena_printf(arena, "remote.%s.url", remote)) != 0) {
        error_set(error, FAULT_INPUT, "the git repository has no remote '%s'", remote);
        return error_hint(error, "run git remote add %s URL, or name another in record.remote",
                          remote);
    }
    return 0;
}

/* Fetches into the tracking ref and merges; nothing to do when the remote has no notes yet. */
static int pull(struct git *git, const char *remote, struct error *error)
{
    char *tracking = arena_printf(git->arena, "refs/notes/%s/edge-deploy", remote);
    char *refspec = arena_printf(git->arena, RECORD_REF ":%s", tracking);
    const char *look[] = {"ls-remote", "--exit-code", "--refs", remote, RECORD_REF, NULL};
    const char *fetch[] = {"fetch", "--quiet", "--no-tags", remote, refspec, NULL};
    const char *merge[] = {"notes", "--ref=" RECORD_REF, "merge",  "--quiet",
                           "-s",    "cat_sort_uniq",     tracking, NULL};
    int status = run_git(git, look, error);
    if (status == LS_REMOTE_NONE)
        return 0;
    if (status == 0)
        status = run_git(git, fetch, error);
    if (status < 0)
        return -1;
    if (status > 0)
        return git_fault(git, error, "fetch", remote);
    status = run_git(git, merge, error);
    return status <= 0 ? status : git_fault(git, error, "merge", remote);
}

static int push_notes(struct git *git, const char *remote, struct error *error)
{
    const char *push[] = {"push", "--quiet", remote, RECORD_REF ":" RECORD_REF, NULL};
    for (int i = 0; i < PUSH_TRIES; i++) {
        if (pull(git, remote, error) != 0)
            return -1;
        int status = run_git(git, push, error);
        if (status <= 0)
            return status;
        world_sleep(git->world, 200 * (i + 1));
    }
    return git_fault(git, error, "push", remote);
}

int record_push(struct arena *arena, const struct world *world, struct record_store *store,
                const char *remote, struct error *error)
{
    bool is_ours = false;
    struct git git = {arena, world, store, {NULL}, {0}};
    if (check_remote(arena, store, remote, error) != 0)
        return -1;
    git_signature *signature = store_signature(arena, store, &is_ours);
    if (signature && is_ours) {
        git.identity[0] = git.identity[2] = "-c";
        git.identity[1] = arena_printf(arena, "user.name=%s", signature->name);
        git.identity[3] = arena_printf(arena, "user.email=%s", signature->email);
    }
    return push_notes(&git, remote, error);
}
