#include "pkg/record/store.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/base/file.h"
#include "pkg/base/text.h"

enum { LIMIT_PACKED_REFS = 16 << 20 };

#define OUR_NAME  "edge-deploy"
#define OUR_EMAIL "edge-deploy@localhost"

static void shut_down(void *unused)
{
    (void)unused;
    git_libgit2_shutdown();
}

static void free_repository(void *handle)
{
    git_repository_free(handle);
}

static void free_signature(void *handle)
{
    git_signature_free(handle);
}

int store_fault(struct error *error, const char *what)
{
    const git_error *last = git_error_last();
    struct arena scratch = {0};
    const char *words = last && last->message ? last->message : "unknown failure";
    error_set(error, FAULT_INPUT, "%s: %s", what, text_safe(&scratch, words, strlen(words)));
    arena_free(&scratch);
    return -1;
}

/* libgit2 1.5.1 says "not found" of a foreign repository when no safe.directory is configured. */
static bool is_foreign(int status)
{
    const git_error *last = git_error_last();
    return status == GIT_EOWNER || (status == GIT_ENOTFOUND && last && last->message &&
                                    strstr(last->message, "safe.directory") != NULL);
}

static int open_fault(struct error *error, const char *folder, int status)
{
    if (status == GIT_ENOTFOUND && !is_foreign(status)) {
        error_set(error, FAULT_INPUT, "no git repository holds '%s'", folder);
        return error_hint(error, "run git init and commit");
    }
    if (is_foreign(status)) {
        error_set(error, FAULT_INPUT, "the git repository that holds '%s' belongs to another user",
                  folder);
        return error_hint(error, "run git config --global --add safe.directory FOLDER if you trust "
                                 "it");
    }
    store_fault(error, "cannot open the git repository");
    return error_hint(error, "repair the repository");
}

static int read_head(struct arena *arena, struct record_store *store, struct error *error)
{
    git_oid id;
    int status = git_reference_name_to_id(&id, store->repository, "HEAD");
    if (status == GIT_ENOTFOUND || status == GIT_EUNBORNBRANCH) {
        error_set(error, FAULT_INPUT, "the git repository has no commit to record a deployment on");
        return error_hint(error, "make a first commit");
    }
    if (status != 0)
        return open_fault(error, store->folder, status);
    char *hex = arena_alloc(arena, GIT_OID_HEXSZ + 1, 1);
    store->head = git_oid_tostr(hex, GIT_OID_HEXSZ + 1, &id);
    return 0;
}

bool record_is_likely(struct arena *arena, const char *folder)
{
    char *place = path_join(arena, folder, ".git");
    struct bytes packed;
    struct error ignored = {0};
    if (!file_exists(place))
        return false;
    /* A linked work tree or a submodule: its ".git" is a file that says where the rest is. Refs
       may also stand in a table of their own. */
    if (!file_exists(path_join(arena, place, "HEAD")) ||
        file_exists(path_join(arena, place, "reftable")) ||
        file_exists(path_join(arena, place, RECORD_REF)))
        return true;
    place = path_join(arena, place, "packed-refs");
    if (!file_exists(place))
        return false;
    return file_read(arena, place, LIMIT_PACKED_REFS, &packed, &ignored) != 0 ||
           strstr((const char *)packed.data, RECORD_REF) != NULL;
}

static void *start_library(void *unused)
{
    git_libgit2_init();
    return unused;
}

static void end_warming(void *thread)
{
    pthread_join(*(pthread_t *)thread, NULL);
    git_libgit2_shutdown();
}

void record_warm(struct arena *arena)
{
    pthread_t *thread = arena_alloc(arena, 1, sizeof *thread);
    if (pthread_create(thread, NULL, start_library, NULL) == 0)
        arena_defer(arena, end_warming, thread);
}

int record_open(struct arena *arena, const struct world *world, const char *folder,
                struct record_store **out, struct error *error)
{
    struct record_store *store = arena_alloc(arena, 1, sizeof *store);
    store->world = world;
    store->folder = arena_strdup(arena, folder);
    if (git_libgit2_init() < 0)
        return store_fault(error, "cannot start libgit2");
    arena_defer(arena, shut_down, NULL);
    int status = git_repository_open_ext(&store->repository, folder, 0, NULL);
    if (status != 0)
        return open_fault(error, folder, status);
    arena_defer(arena, free_repository, store->repository);
    store->work_tree = arena_strdup(arena, git_repository_workdir(store->repository));
    if (read_head(arena, store, error) != 0)
        return -1;
    *out = store;
    return 0;
}

const char *record_head(const struct record_store *store)
{
    return store->head;
}

const char *record_work_tree(const struct record_store *store)
{
    return store->work_tree;
}

bool record_is_dirty(struct record_store *store, struct error *error)
{
    git_status_list *list = NULL;
    git_status_options options;
    git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
    options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR;
    options.flags = GIT_STATUS_OPT_EXCLUDE_SUBMODULES;
    if (git_repository_is_bare(store->repository))
        return false;
    if (git_status_list_new(&list, store->repository, &options) != 0) {
        store_fault(error, "cannot compare the work tree with HEAD");
        return true;
    }
    bool dirty = git_status_list_entrycount(list) > 0;
    git_status_list_free(list);
    return dirty;
}

const char *record_resolve(struct arena *arena, struct record_store *store, const char *revision)
{
    git_object *object = NULL, *commit = NULL;
    char *hex = NULL;
    if (git_revparse_single(&object, store->repository, revision) != 0)
        return NULL;
    if (git_object_peel(&commit, object, GIT_OBJECT_COMMIT) == 0) {
        hex = arena_alloc(arena, GIT_OID_HEXSZ + 1, 1);
        git_oid_tostr(hex, GIT_OID_HEXSZ + 1, git_object_id(commit));
    }
    git_object_free(commit);
    git_object_free(object);
    return hex;
}

git_signature *store_signature(struct arena *arena, struct record_store *store, bool *is_ours)
{
    const char *name = world_environment(store->world, "GIT_COMMITTER_NAME");
    const char *email = world_environment(store->world, "GIT_COMMITTER_EMAIL");
    git_signature *configured = NULL, *signature = NULL;
    if ((!name || !email) && git_signature_default(&configured, store->repository) == 0)
        arena_defer(arena, free_signature, configured);
    if (!name && configured)
        name = configured->name;
    if (!email && configured)
        email = configured->email;
    if (is_ours)
        *is_ours = !name || !email;
    if (git_signature_new(&signature, name && email ? name : OUR_NAME,
                          name && email ? email : OUR_EMAIL, (git_time_t)world_stamp(store->world),
                          0) != 0)
        return NULL;
    arena_defer(arena, free_signature, signature);
    return signature;
}

enum { STALE_MS = 60 * 1000 }; /* git and libgit2 hold a ref's lock for milliseconds */

bool store_break_lock(struct record_store *store)
{
    struct arena scratch = {0};
    struct stat status;
    char *path =
        path_join(&scratch, git_repository_commondir(store->repository), RECORD_REF ".lock");
    bool stale = stat(path, &status) == 0 &&
                 world_now(store->world) - (int64_t)status.st_mtime * 1000 > STALE_MS &&
                 unlink(path) == 0;
    if (stale)
        world_say(store->world, "", "removed '%s': a process was killed that held it", path);
    arena_free(&scratch);
    return stale;
}
