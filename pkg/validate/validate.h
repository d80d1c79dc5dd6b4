/* The second opinion on a module: libwabt, in a child process with limits, because libwabt 1.0.32
   aborts on assertions for some modules. Knows nothing of platforms. */
#ifndef PKG_VALIDATE_VALIDATE_H
#define PKG_VALIDATE_VALIDATE_H

#include "pkg/base/bytes.h"

struct arena;
struct wasm_info;
struct world;

enum validation { VALIDATION_VALID, VALIDATION_INVALID, VALIDATION_NOT_JUDGED };

struct validate_result {
    enum validation answer;
    const char *reason; /* for INVALID libwabt's message; for NOT_JUDGED why: the features it
                           cannot read, its crash, its time limit */
};

/* Starts the child (world->program with the hidden command "_validate") and returns at once. */
struct validation_run;
int validate_start(struct arena *, const struct world *, struct bytes module,
                   const struct wasm_info *, struct validation_run **out,
                   struct error *) MUST_CHECK;
int validate_finish(struct validation_run *, struct validate_result *out,
                    struct error *) MUST_CHECK;

/* What the hidden command does: reads a module and a feature mask from the standard input, writes
   the verdict to the standard output. Returns the exit code. */
int validate_child(void);

#endif
