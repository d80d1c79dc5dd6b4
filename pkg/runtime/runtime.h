/* The WebAssembly runtimes found on this machine, and a module tried in one of them: compiled,
   linked, instantiated, in a child with limits. Knows nothing of platforms, profiles or reports. */
#ifndef PKG_RUNTIME_RUNTIME_H
#define PKG_RUNTIME_RUNTIME_H

#include "pkg/wasm/wasm.h"

struct arena;
struct world;

enum runtime_kind { RUNTIME_NODE, RUNTIME_WORKERD, RUNTIME_VICEROY, RUNTIME_WASMTIME };

struct runtime {
    enum runtime_kind kind;
    const char *name;    /* "node" */
    const char *path;    /* absolute */
    const char *version; /* "22.23.3", "2026-11-17"; NULL when it cannot be used */
    const char *engine;  /* "V8 12.4", where it says so; else NULL */
    const char *problem; /* why not; else NULL */
    const char *project; /* the search's, resolved: nothing in it is in the PATH of a trial */
};

struct runtime_limits {
    uint64_t timeout_ms, cpu_seconds, data_bytes;
};
extern const struct runtime_limits runtime_usual_limits;

struct runtime_search {
    const char *name;        /* of the program */
    const char *environment; /* the variable that names others, separated by colons; or NULL */
    const char *project;     /* what lies in this folder is not used unless the variable names it:
                                a project's own files are never run. NULL: there is none */
};

/* Those that the variable names, then those of that name in PATH; of each version the first. Every
   one is asked for it. One that cannot be used is listed with its problem. -1: `name` is none
   that we know how to ask (FAULT_INPUT), or the run was interrupted. */
int runtime_find(struct arena *, const struct world *, const struct runtime_search *,
                 struct runtime **out, size_t *count, struct error *) MUST_CHECK;

/* Why one without a version cannot be used, and where it lies. */
const char *runtime_complaint(struct arena *, const struct runtime *);

/* The program at `path`, if it is of the kind that the search names: it is asked, and may lie in
   the project. NULL in `out->version`: it is not. -1 as above. */
int runtime_at(struct arena *, const struct world *, const struct runtime_search *,
               const char *path, struct runtime *out, struct error *) MUST_CHECK;

/* The version in what a runtime prints when it is asked; NULL: it is none of that kind. For node
   the path of the program itself follows: what was found may be a wrapper. */
const char *runtime_version(struct arena *, enum runtime_kind, const char *output,
                            const char **out_path);

struct runtime_job {
    struct bytes module;
    const struct wasm_info *info;
    bool stubs;       /* supply every import with a stub of its type; else those of `glue` alone */
    bool builtins;    /* supply nothing: a JavaScript engine is asked for its string builtins */
    const char *glue; /* a JavaScript module that has a class Wasi; NULL: no imports */
    const char *date; /* the compatibility date, where the runtime has such; NULL: its own */
    const struct runtime_limits *limits; /* NULL: the usual ones */
};

enum runtime_outcome {
    RUNTIME_TAKES,    /* compiled, and linked and instantiated as far as `how` says */
    RUNTIME_REFUSES,  /* the engine's own words: `said` */
    RUNTIME_TRAPS,    /* the module's own start function or segments stop it */
    RUNTIME_STOPPED,  /* the limits ended it, and no stub of ours can be why */
    RUNTIME_SAYS_NOT, /* not tried, or no answer that tells: `said` */
};

struct runtime_answer {
    enum runtime_outcome outcome;
    const char *said; /* bounded, safe to print; NULL with RUNTIME_TAKES */
    const char *how;  /* what was done, and what was stubbed; NULL when nothing was */
};

/* The module lies in a temporary folder, removed with the arena, that is all it gets of ours: an
   empty environment, no input, no other files. Nothing exported is called; a start section runs.
   -1: the child cannot be started, or the run was interrupted. */
int runtime_try(struct arena *, const struct world *, const struct runtime *,
                const struct runtime_job *, struct runtime_answer *out, struct error *) MUST_CHECK;

#endif
