/* How runtimes are driven; inside pkg/runtime only. */
#ifndef PKG_RUNTIME_INTERNAL_H
#define PKG_RUNTIME_INTERNAL_H

#include "pkg/process/process.h"
#include "pkg/runtime/runtime.h"

enum { WORDS_MOST = 300, FILES_MOST = 6 };

/* One trial on its way. */
struct trial {
    struct arena *arena;
    const struct world *world;
    const struct runtime *runtime;
    const struct runtime_job *job;
    char *folder; /* temporary; NULL until the first file */
    const char *files[FILES_MOST];
    size_t file_count;
    const char *token; /* what an answer's line begins with: the module cannot know it */
};

/* What differs from runtime to runtime. */
struct driver {
    const char *name, *question[2]; /* how it is asked for its version */
    int (*attempt)(struct trial *, struct runtime_answer *, struct error *);
};
extern const struct driver runtime_drivers[]; /* by enum runtime_kind */
extern const size_t runtime_driver_count;

int node_attempt(struct trial *, struct runtime_answer *, struct error *) MUST_CHECK;
int workerd_attempt(struct trial *, struct runtime_answer *, struct error *) MUST_CHECK;
int viceroy_attempt(struct trial *, struct runtime_answer *, struct error *) MUST_CHECK;
int wasmtime_attempt(struct trial *, struct runtime_answer *, struct error *) MUST_CHECK;

/* A file in the trial's folder; its full path. NULL with the error set. */
const char *trial_file(struct trial *, const char *name, struct bytes, struct error *);

/* Runs it in the trial's folder, with its limits. `refused` is set when the limits ended it, and
   says so. */
int trial_run(struct trial *, const char *const *argv, struct process_result *,
              const char **refused, struct error *) MUST_CHECK;

/* The environment of a child: nothing but PATH, without relative entries and those in `project`
   (resolved; NULL: none), and a home that is `folder`. */
const char *const *trial_environment(struct arena *, const struct world *, const char *project,
                                     const char *folder);

/* Resolved, links too; NULL when it is not there. */
const char *real_path(struct arena *, const char *path);
/* Both resolved; `folder` may be NULL. */
bool lies_in(const char *path, const char *folder);

/* What a program said, in one line, bounded and safe. */
const char *trial_words(struct arena *, struct bytes);

#endif
