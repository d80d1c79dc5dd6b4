/* Runs a program with limits on its time, memory and output. Knows nothing of what programs
   are for. */
#ifndef PKG_PROCESS_PROCESS_H
#define PKG_PROCESS_PROCESS_H

#include <stdbool.h>

#include "pkg/base/bytes.h"

struct arena;
struct world;

struct process_request {
    const char *const *argv;        /* ends with NULL; argv[0] is a path from our folder, or a name
                                       looked up in PATH */
    const char *folder;             /* where it runs; NULL: here */
    const char *const *environment; /* "NAME=value", ends with NULL; NULL: ours */
    struct bytes input;             /* its standard input; empty: /dev/null */
    size_t output_limit;            /* bytes kept of each of stdout and stderr; the rest is read and
                                       dropped; 0: LIMIT_PROCESS_OUTPUT */
    bool pass_output;               /* its stdout and stderr go to our stderr instead */
    uint64_t timeout_ms;            /* wall time, then it and its group are killed; 0: none */
    uint64_t cpu_seconds;           /* RLIMIT_CPU; 0: none */
    uint64_t data_bytes; /* RLIMIT_DATA; 0: none. Not RLIMIT_AS, which kills programs that
                            only reserve address space (wasm-opt, sanitizers) */
};

struct process_result {
    int status;     /* its exit code; 128 + signal when it was killed */
    bool timed_out; /* by timeout_ms */
    struct bytes output, errors;
    uint64_t wall_ms, cpu_ms;
    uint64_t peak_bytes; /* most that was resident; 0: the system does not say */
};

/* FAULT_INPUT when it can't be started. An exit code other than 0 is no failure of this
   function. When the run is interrupted (world), the child's group is killed and this returns
   FAULT_INTERRUPTED or FAULT_TERMINATED. Limits are the child's own: RLIMIT_CPU ends it with
   SIGXCPU (status 128 + that). */
int process_run(struct arena *, const struct world *, const struct process_request *,
                struct process_result *out, struct error *) MUST_CHECK;

/* The same in two halves, for work that runs beside ours; the input's bytes must live until the
   wait. What it prints waits in the pipe until then. Never waited for: killed with the arena. */
struct process;
int process_start(struct arena *, const struct world *, const struct process_request *,
                  struct process **out, struct error *) MUST_CHECK;
int process_wait(struct process *, struct process_result *out, struct error *) MUST_CHECK;

/* Of one that serves until it is no longer wanted (its arena ends it): its id, also its group's;
   what it has printed is taken, for up to wait_ms, so that it does not wait for us; whether it has
   ended. */
long process_id(const struct process *);
void process_pump(struct process *, int wait_ms);
bool process_ended(struct process *);
/* Ends it at once; `out` has what it printed. */
void process_stop(struct process *, struct process_result *out);

/* The full path of `name` in PATH (from the world's environment), NULL when there is none.
   Relative entries of PATH are passed over: a project's own folder never supplies a program. */
char *process_find(struct arena *, const struct world *, const char *name);

#endif
