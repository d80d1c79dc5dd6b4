/* The program's commands and what they share. Only cmd/ touches stdout, stderr, the environment,
   the clock and exit. To add a command: a file cmd/NAME.c with `const struct command
   command_NAME`, and its name in COMMANDS below. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "cmd/options.h"
#include "pkg/base/arena.h"
#include "pkg/base/error.h"
#include "pkg/base/world.h"
#include "pkg/manifest/manifest.h"
#include "pkg/publish/publish.h"
#include "pkg/report/report.h"

/* Everything of one run. */
struct run {
    struct arena *arena;
    struct world *world;
    struct options options; /* what the user typed */
    const struct command *command;
    struct report_style style; /* of stdout */
    bool json;                 /* --format json: stdout holds one document, on failure too */
    const struct report_writer *writer; /* of --format */
    bool reported;                      /* the files of --report are written */
    struct manifest manifest;           /* when the command needs one */
    const struct target **targets;      /* the chosen ones (-t), else all */
    size_t target_count;
    struct sandbox *sandbox;     /* --sandbox: started before the command runs */
    struct validator *validator; /* NULL when the command judges no modules */
};

struct command {
    const char *name, *operands, *summary; /* "[FILE]", one line */
    bool needs_manifest;                   /* found, read, targets chosen before run() */
    bool needs_platforms;                  /* --sandbox starts the built-in ones */
    bool needs_records;                    /* reads or writes git notes */
    bool needs_validator;                  /* judges modules */
    bool deploys;                          /* its documents have "deployments" */
    unsigned options;                      /* OPTION_FOR_... of options.h: which options it takes */
    size_t operand_limit;                  /* most operands it takes */
    /* 0, or -1 with the error set; its fault is the exit code. Result to stdout. */
    int (*run)(struct run *, struct error *);
};

#define COMMANDS(X)                                                                                \
    X(init)                                                                                        \
    X(inspect)                                                                                     \
    X(check)                                                                                       \
    X(optimize)                                                                                    \
    X(package)                                                                                     \
    X(publish)                                                                                     \
    X(verify)                                                                                      \
    X(rollback)                                                                                    \
    X(status)                                                                                      \
    X(log)                                                                                         \
    X(bench)                                                                                       \
    X(platforms)                                                                                   \
    X(probe)                                                                                       \
    X(sandbox)                                                                                     \
    X(doctor)                                                                                      \
    X(completion)                                                                                  \
    X(help)

#define X(name) extern const struct command command_##name;
COMMANDS(X)
#undef X

/* The commands in the order of COMMANDS. */
extern const struct command *const commands[];
extern const size_t command_count;

/* Prints the document to stdout (once a run) and remembers that it was printed, so that a failing
   run does not print a second one. `document` is owned by the caller's arena. */
void run_print_json(struct run *, const json_t *document);

/* Finds and reads the manifest and chooses the targets, for a command that can do without
   (needs_manifest does it before run()). */
int run_read_manifest(struct run *, struct error *) MUST_CHECK;

/* FAULT_INPUT "unknown platform" with the nearest right word. */
int unknown_platform(struct run *, const char *name, struct error *);

/* {"schema":1,"command":...,"ok":...}, with "error" when `error` is not NULL and has a fault. */
json_t *run_document(struct run *, const struct error *);

/* publish_options from the command line; targets from the run. */
struct publish_options run_publish_options(struct run *);

/* project.c: the work tree, whose own programs are not run unless named; NULL outside of one: then
   there is no project whose programs could be met. */
const char *run_project(struct run *);

/* cache.c: where optimized modules are kept; NULL: nowhere, or not wanted. */
const struct cache *run_cache(struct run *);
/* What there is in it; makes nothing. `good`: it can be used. */
const char *run_cache_words(struct run *, bool *good);

/* "2026-11-22" of the world's clock (SOURCE_DATE_EPOCH when set). */
const char *run_today(struct run *);

/* progress.c: one plain line a step on stderr, a bar on a terminal; silent with -q. */
void progress_say(void *run, const char *subject, const char *line);
void progress_step(void *run, const char *target, const char *word);
void progress_wait(void *run, const char *target, unsigned seconds, unsigned limit);

/* output.c: "edge-deploy: message" and "hint: ..." on stderr, safe to print. */
void output_error(const struct run *, const struct error *);

/* deployments.c: what publish, rollback, verify and status print. */
void deployments_text(struct run *, const struct publish_result *);
const char *deployments_url(const struct prepared *); /* NULL: not known */
const char *deployments_digest(const struct run *, const struct prepared *);
/* One side of a comparison, JSON's null for nothing; without a time it was asked just now. */
json_t *deployments_side(const struct deployment *, const char *time);
json_t *deployments_json(struct run *, const struct publish_result *, const struct error *);

#endif
