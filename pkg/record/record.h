/* Deployments as git notes (libgit2): one JSON object a line in refs/notes/edge-deploy, on the
   commit whose artifact is live after the event. Knows nothing of platforms. */
#ifndef PKG_RECORD_RECORD_H
#define PKG_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/base/error.h"

struct arena;
struct world;

#define RECORD_REF "refs/notes/edge-deploy"

struct record {
    const char *time;  /* UTC RFC 3339, the line's first key */
    const char *event; /* "publish", "rollback" */
    const char *target, *platform, *variant;
    const char *resource;                   /* the platform's id of service or function, or NULL */
    const char *version, *previous_version; /* previous may be NULL */
    const char *artifact_sha256, *module_sha256;
    const char *debug_sha256; /* of the twin with debug information, or NULL */
    uint64_t module_bytes, gzip_bytes, artifact_bytes;
    const char **features;
    size_t feature_count;
    /* As the compiler wrote the modules, before the optimizer: what `check` compares with. */
    uint64_t built_bytes, built_gzip_bytes; /* 0: not recorded */
    const char **built_features;            /* those of `features` where the line has none */
    size_t built_feature_count;
    const char *toolchain; /* "rustc 1.82.0, wasm-bindgen 0.2.95", or NULL */
    const char *optimizer; /* "wasm-opt 108 -Oz" */
    const char *tool;      /* "edge-deploy 0.1.0" */
    const char *run;       /* CI run page, or NULL */
    const char *url;
    const char *environment; /* --env, or NULL */
    const char *commit;      /* the note's commit; filled on reading, not in the line */
    unsigned percent;
    bool dirty; /* the work tree was */
};

/* Where notes go: opened once at step 1, so that a repository that can't take them is known
   before anything is sent. FAULT_INPUT with a hint: no repository, no commit,
   foreign owner, unknown extension. Bare repositories and linked work trees are fine. The world
   supplies clock and environment. */
struct record_store;

/* Starts libgit2 in a thread: it reads all certificate authorities as it starts (12 ms), which may
   as well happen beside other work. Optional; record_open waits for it. */
void record_warm(struct arena *);

/* False when `folder` is no work tree's top, or that of a repository that has no records for
   certain: told by looking at a few files, without libgit2. */
bool record_is_likely(struct arena *, const char *folder);

int record_open(struct arena *, const struct world *, const char *folder, struct record_store **out,
                struct error *) MUST_CHECK;
const char *record_head(const struct record_store *); /* HEAD's commit, hex */
/* -1 when the ref of the notes can't be written here: a read-only repository. That somebody else
   is just writing it is no reason. */
int record_can_write(struct record_store *, struct error *) MUST_CHECK;
/* Whether a tracked file differs from HEAD; untracked ones (what a build made) do not count. True
   with the error set when that can't be found out. */
bool record_is_dirty(struct record_store *, struct error *);
/* The commit that `revision` means (a name, an abbreviation), NULL when it means none. */
const char *record_resolve(struct arena *, struct record_store *, const char *revision);
const char *record_work_tree(const struct record_store *); /* NULL in a bare repository */
/* The time for a new record: now (SOURCE_DATE_EPOCH when set), but later than that of `newest`
   (may be NULL) and than those that others have written since record_list(), so that sorting by
   time is sorting by what happened, with a fixed clock and in the same second too. */
char *record_time(struct arena *, struct record_store *, const struct record *newest);

/* Appends lines to the note on `commit` by compare and swap on the ref, bounded tries: 80 appends
   from two processes leave 80 lines. */
int record_append(struct arena *, struct record_store *, const char *commit, const struct record *,
                  size_t count, struct error *) MUST_CHECK;

/* All records, newest first; `commit` NULL: of all commits. Lines that are no records of ours are
   passed over and counted in *skipped. */
int record_list(struct arena *, struct record_store *, const char *commit, struct record **out,
                size_t *count, size_t *skipped, struct error *) MUST_CHECK;

/* Parses one line; -1 when it is no record. Texts come out safe to print. For tests and fuzzing
   too. */
int record_parse(struct arena *, const char *line, size_t size, struct record *out) MUST_CHECK;
char *record_line(struct arena *, const struct record *);

/* Fetches the remote's notes into refs/notes/REMOTE/edge-deploy, merges (cat_sort_uniq) and pushes,
   never forced, with the user's git as a process; bounded tries. `remote` must be configured. */
int record_push(struct arena *, const struct world *, struct record_store *, const char *remote,
                struct error *) MUST_CHECK;

#endif
