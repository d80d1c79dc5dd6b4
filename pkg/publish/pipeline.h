/* What the files of pkg/publish share: one run of the pipeline. */
#ifndef PKG_PUBLISH_PIPELINE_H
#define PKG_PUBLISH_PIPELINE_H

#include <stdatomic.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/compat/since.h"
#include "pkg/publish/publish.h"

struct drafts;
struct file;
struct validation_run;

struct pipeline {
    struct arena *arena;
    const struct world *world;
    const struct manifest *manifest;
    const struct publish_options *options;
    struct publish_result *out;
    struct record_store *store; /* NULL: no repository, or not wanted */
    const char *no_store;       /* why it could not be opened */
    struct record *records;     /* newest first */
    size_t record_count;
    const struct record *newest; /* of all records, also of those that this run has written */
    bool dirty;
    struct file *files;    /* load.c: each file is read and scanned once */
    struct drafts *drafts; /* drafts.c: each module is optimized once */
    struct product *products;
    struct optimizer optimizer; /* path and problem NULL: not looked for yet */
    atomic_bool stop;           /* a target has failed: start no further one */
    atomic_bool told;           /* that what follows may change a platform */
};

/* What is to be made of a module: the same work is done once for all targets. */
struct product_work {
    const uint8_t *source; /* the original's bytes */
    /* What the target runs; of that what the module uses, or lowering may bring in, and of what
       nobody knows: only these two tell works apart. */
    uint64_t allowed, capped, unknown;
    struct manifest_optimize settings; /* without keep_exports: what they come to is in `kept` */
    struct kept kept;
};

/* What of a module several targets share: the same bytes. */
struct product {
    struct product *next;
    const char *path;         /* where it was first met, for messages */
    struct product_work work; /* by which it was first made */
    struct optimize_result result;
    char sha256[65];
    size_t gzip_bytes;
    bool judged;                    /* by the scan */
    struct validation_run *running; /* libwabt; NULL: its answer is in `second` */
    const char *validation, *second;
};

/* Whether the step needs the notes: libgit2 takes 12 ms to start, so who can do without does. */
enum records { RECORDS_NONE, RECORDS_IF_THERE, RECORDS_NEEDED };

/* pipeline.c: step 1. The chosen targets into out->targets, without doubles, each with its job
   prepared; the records, where a repository that can't be opened is a failure only when they are
   NEEDED; with `unlock` the credentials too. */
int pipeline_open(struct pipeline *, enum records, bool unlock, struct error *) MUST_CHECK;

/* Adds to the hint of a failed pipeline_open that it goes without records; -1. */
int pipeline_hint_no_record(struct error *);

/* What records say as environment: --env; of a sandboxed run "sandbox", so that they are never
   taken for what is live on the real platforms. */
const char *pipeline_environment(const struct pipeline *);

/* Calls `work` for each target in which it is not STATE_FAILED, on up to options->jobs threads. */
void pipeline_each(struct pipeline *, void (*work)(struct pipeline *, struct prepared *));

/* Tells what is being done. */
void pipeline_step(const struct pipeline *, const struct prepared *, const char *word);

/* source_map.c: those of all modules whose twins are wanted, each once. */
void source_maps_load(struct pipeline *);

/* The map for the twin at `path`, which gets ".map" behind it. */
int source_map_write(const struct source_map *, const char *path, const struct optimize_result *,
                     struct error *) MUST_CHECK;

/* From here on the first request that may change a platform is told before it is sent. */
void pipeline_attempt(struct pipeline *);

/* What is wanted of a version that is not there yet: share, staging, base. */
struct deployment pipeline_wanted(const struct pipeline *, const struct prepared *);

/* Keeps why a hook has failed. One that gives no reason has failed all the same. */
void pipeline_keep(struct prepared *, const struct error *);

/* -1 with "TARGET: what" when a target is STATE_FAILED; `fault` unless it says FAULT_INPUT. */
int pipeline_failed(const struct pipeline *, enum fault, struct error *) MUST_CHECK;

/* -1 when we were asked to stop, with what is live and what is not. */
int pipeline_stopped(const struct pipeline *, struct error *) MUST_CHECK;

/* Names of the targets in `state`, with commas; "none". */
const char *pipeline_names(const struct pipeline *, enum state);

/* The newest record of the target (of any commit) whose version is not `unlike` (may be NULL). */
const struct record *pipeline_record(const struct pipeline *, const struct target *,
                                     const char *unlike);

/* The target's record of that version, NULL when there is none. */
const struct record *pipeline_record_of(const struct pipeline *, const struct target *,
                                        const char *version);
bool pipeline_is_of(const struct pipeline *, const struct record *, const struct target *);

/* pipeline.c: the records after all, where there are any; that they can't be read is no failure. */
void pipeline_recall(struct pipeline *);

/* earlier.c: the target's last recorded deployment, as it compares with what is judged now; false:
   there is none. And who made the target's modules. */
bool target_earlier(const struct pipeline *, const struct prepared *, struct earlier *out);
const char *target_toolchain(struct arena *, const struct prepared *);

/* drafts.c: the optimizer's work for all targets; and what came of one, by measure. */
int drafts_make(struct pipeline *, struct error *) MUST_CHECK;
const struct optimize_result *drafts_find(const struct pipeline *, const struct product_work *);

/* product.c: step 3, for all targets. */
int products_make(struct pipeline *, struct error *) MUST_CHECK;

/* product.c: what is wanted of a target's module, and the doing of it, from any thread. */
struct product_work product_work(const struct pipeline *, const struct prepared *,
                                 const struct prepared_module *);
bool product_is_same_work(const struct product_work *, const struct product_work *);
int product_optimize(const struct pipeline *, struct arena *, const struct prepared_module *,
                     const struct product_work *, struct optimize_result[OPTIMIZE_MEASURES],
                     struct error *) MUST_CHECK;

/* product.c: fills ->optimizer. */
int pipeline_find_optimizer(struct pipeline *, struct error *) MUST_CHECK;

/* lowering.c: says of each feature that the target lacks whether publish lowers it, or what would:
   with the optimizer found here, these settings, and what the module is. */
void lowering_settle(struct pipeline *, struct prepared *);

/* load.c: the target's payload and its modules, read and scanned. */
int load_target(struct pipeline *, struct prepared *, struct error *) MUST_CHECK;

/* keep.c: what stays of the exports of one of the target's modules. keep_check: FAULT_INPUT, with
   the manifest's line, for a word of keep_exports that none of the target's modules exports. */
struct kept keep_exports(struct arena *, const struct prepared *, const struct wasm_info *);
int keep_check(const struct pipeline *, const struct prepared *, struct error *) MUST_CHECK;
bool kept_equal(const struct kept *, const struct kept *);

/* prepare.c: steps 2 to 6. With `beside` libwabt may still be at work when this returns. */
int prepare(struct pipeline *, bool beside, struct error *) MUST_CHECK;

/* A verdict for a module that can't be judged any further. */
void prepare_condemn(struct pipeline *, struct prepared *, const char *rule, const char *path,
                     const char *message);

/* opinion.c: asks libwabt about a product, and waits for all that is asked; with `beside` only for
   what the scan has not judged. -1 for what it finds invalid. */
void opinion_ask(struct pipeline *, struct product *);
int opinion_finish(struct pipeline *, bool beside, struct error *) MUST_CHECK;

/* Says the verdicts' warnings: what does not stop us is said at least. */
void prepare_warn(const struct pipeline *);

/* rollout.c: -1 for a target that cannot do what --stage or --traffic ask: by its profile, before
   anything is sent; and, once live is asked, because nothing is live there yet. */
int rollout_check(const struct pipeline *, struct error *) MUST_CHECK;
int rollout_check_first(const struct pipeline *, struct error *) MUST_CHECK;
unsigned rollout_percent(const struct pipeline *); /* that is wanted */

/* Asks the platforms whether they can, before the first upload; -1 when one can't. */
int rollout_ask(struct pipeline *, struct error *) MUST_CHECK;

/* live.c: asks a target what is live (into ->before and ->live), and, when several versions share
   the traffic, which (->versions); a failure makes it STATE_FAILED. live_ask_all asks for the
   versions in any case, and that they are not told (->no_versions) is no failure. */
void live_ask(struct pipeline *, struct prepared *);
void live_ask_all(struct pipeline *, struct prepared *);

unsigned live_percent(const struct deployment *); /* what a driver leaves unsaid is all */

/* What the platform remembers of that version; what has traffic and was made of that artifact.
   NULL: nothing. */
const struct deployment *live_version(const struct prepared *, const char *version);
const struct deployment *live_artifact(const struct prepared *, const char *sha256);

/* Asks what is live now: that version when it has any traffic, else what has the most. */
int live_look(const struct job *, const char *version, struct deployment *out,
              struct error *) MUST_CHECK;

/* -1 when somebody else has changed what our last record says is live. */
int live_guard(const struct pipeline *, const struct prepared *, struct error *) MUST_CHECK;

/* activate.c: step 8: activates the targets that are ready, one after the other, deferred ones
   first. */
int live_activate(struct pipeline *, bool rollback, struct error *) MUST_CHECK;

/* past.c: the version that was live before the one that is now, as rollbacks go: away from what was
   rolled back once; NULL: neither records nor platform say. */
const char *past_previous(const struct pipeline *, const struct prepared *);

/* history.c: step 9 for the targets in `state`; fills recorded and record_failure. */
void record_event(struct pipeline *, const char *event, enum state);

/* status.c: what the last record says, in the shape of a deployment. */
struct deployment recorded_deployment(const struct record *);

/* verify.c: step 10 for the targets that are STATE_LIVE; -1 with FAULT_UNVERIFIED. */
int verify_all(struct pipeline *, bool may_roll_back, struct error *) MUST_CHECK;

#endif
