/* The second opinion on a module: libwabt, in a process of its own with limits, because libwabt
   1.0.32 aborts on assertions for some modules. It costs no wall time: it is asked before the
   optimizer or an upload runs, and answers beside it. Knows nothing of platforms. */
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
                           cannot read, its crash, its time limit, the module's size */
};

enum { VALIDATE_LIMIT = 1 << 20 }; /* larger modules are not sent */

/* Like wasm_wabt_validate(), which is what the program hands in; tests hand in others. */
typedef int validate_judge(const uint8_t *data, size_t size, uint64_t features, char *message,
                           size_t message_size);

/* Forks the process that answers, so it has to be called before any thread is started: what a fork
   of several threads leaves behind may not even allocate. Ends with the arena. When it cannot be
   started, *out judges nothing and says so. */
struct validator;
void validate_open(struct arena *, validate_judge *, struct validator **out);

/* Hands the module over and returns at once. A NULL validator judges nothing. */
struct validation_run;
void validate_start(struct arena *, struct validator *, struct bytes module,
                    const struct wasm_info *, struct validation_run **out);
/* Waits for the answer. -1 only when the run is interrupted. */
int validate_finish(const struct world *, struct validation_run *, struct validate_result *out,
                    struct error *) MUST_CHECK;
/* Nothing more will be asked: the process may end beside what follows. */
void validate_close(struct validator *);

#endif
