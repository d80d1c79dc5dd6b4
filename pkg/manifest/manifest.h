/* edge-deploy.json as the user wrote it, checked. Knows no platform: what a target says beyond
   the common keys stays JSON in `settings` and is checked against the platform's profile by
   pkg/platform. */
#ifndef PKG_MANIFEST_MANIFEST_H
#define PKG_MANIFEST_MANIFEST_H

#include <jansson.h>
#include <stdbool.h>

#include "pkg/base/budget.h"
#include "pkg/base/bytes.h"

struct arena;

enum optimize_level { OPTIMIZE_NONE, OPTIMIZE_STRIP, OPTIMIZE_SIZE, OPTIMIZE_SPEED };

/* Lists of words end at `count`. */
struct words {
    const char **items;
    size_t count;
};

struct manifest_optimize {
    enum optimize_level level; /* default OPTIMIZE_SIZE */
    bool lower;                /* "auto" (default) or "never" */
    bool keep_names, keep_debug;
    struct words keep_exports; /* names of exports, * allowed; none: not said */
    const char *keep_path;     /* of the object that says keep_exports: "targets.edge.optimize" */
    struct words passes;
};

struct manifest_verify {
    const char *path, *method; /* path NULL: no url probe */
    long status;               /* default 200 */
    const char *contains;      /* NULL: anything */
    unsigned timeout_s;        /* default 120 */
    bool rollback;             /* on_failure: "report" (default) or "rollback" */
};

/* What bench asks; what is NULL is as in verify. */
struct manifest_bench {
    const char *path, *method;
    const char *body; /* a file, relative to the manifest; NULL: none */
};

struct target {
    const char *name, *platform;
    const char *path;   /* of the target in the document: "targets.edge" */
    const char *module; /* as written, relative to the manifest; NULL when absent */
    const char *main;
    struct words modules, files; /* globs */
    const char *package;
    const char *source_path;   /* of the one of module, main and package that ships: "module",
                                  "targets.edge.main" */
    const char *build_command; /* NULL: nothing to build */
    struct manifest_optimize optimize;
    struct budget budget;
    struct manifest_verify verify;
    struct manifest_bench bench;
    json_t *settings; /* all keys of the target that are not common ones */
};

struct manifest {
    const char *path, *folder; /* of the file, as found; its folder */
    const char *root;          /* the git work tree it lies in, else `folder` */
    const char *text;          /* the document, for json_line */
    const char *name;
    const char *environment; /* --env, or NULL */
    bool record_push;
    const char *record_remote; /* default "origin" */
    struct target *targets;    /* in the order of the document */
    size_t target_count;
};

/* Finds `name` (with no slash in it) in `folder` and upward, like git; FAULT_INPUT with a hint
   to run init when there is none. `name` with a slash is taken as it is. */
int manifest_find(struct arena *, const char *folder, const char *name, char **out,
                  struct error *) MUST_CHECK;

/* Reads and checks it, with environments.`environment` merged in when that is not NULL. Every
   mistake is one FAULT_INPUT "FILE:LINE: PATH: what", with the nearest right word as hint. */
int manifest_read(struct arena *, const char *path, const char *environment, struct manifest *out,
                  struct error *) MUST_CHECK;

/* The same from memory (tests, fuzzing); `path` is used in messages and for the folder. */
int manifest_parse(struct arena *, struct bytes text, const char *path, const char *environment,
                   struct manifest *out, struct error *) MUST_CHECK;

/* FAULT_INPUT "FILE:LINE: PATH: what" for a mistake that others find (pkg/platform). A value that
   came from the chosen environment is named there. */
int manifest_fault(const struct manifest *, struct error *, const char *path, const char *format,
                   ...) PRINTF_LIKE(4, 5);

/* The line where the value at `path` stands, in the chosen environment when it came from there. */
size_t manifest_line(const struct manifest *, const char *path);

/* The JSON Schema (draft 2020-12) of the common keys; pkg/platform adds the platforms' own. It is
   what manifest_read checks with, so that editors and the program cannot disagree. */
extern const char manifest_schema[];

/* Checks `value`, which stands at `path`, against `schema`: the words of JSON Schema that
   schema.json uses, and $ref into `root`. The failure is manifest_fault's; a `manifest` of NULL
   leaves out file and line (for a value from the environment, `path` is then the variable). */
int manifest_check(const struct manifest *, const json_t *root, const json_t *schema,
                   const json_t *value, const char *path, struct error *) MUST_CHECK;

/* FAULT_INPUT for a key that is none of `known`, with the nearest of them as hint. */
int manifest_unknown_key(const struct manifest *, const char *path, const char *key,
                         const struct words *known, struct error *);

/* The keys that every target may have. */
struct words manifest_target_keys(struct arena *);

#endif
