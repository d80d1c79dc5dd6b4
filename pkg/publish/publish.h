/* The pipeline: a manifest's targets go through ten steps in a row; each takes what the former
   made; none goes back. No printing: progress is a callback, the result a struct. Sees platforms
   only through pkg/platform. */
#ifndef PKG_PUBLISH_PUBLISH_H
#define PKG_PUBLISH_PUBLISH_H

#include "pkg/compat/check.h"
#include "pkg/manifest/manifest.h"
#include "pkg/optimize/optimize.h"
#include "pkg/platform/platform.h"
#include "pkg/record/record.h"
#include "pkg/report/report.h"

struct arena;
struct world;

enum state {
    STATE_NONE,
    STATE_UNCHANGED,
    STATE_UPLOADED,
    STATE_LIVE,
    STATE_FAILED,
    STATE_ROLLED_BACK
};
const char *state_name(enum state); /* "unchanged", "uploaded", "live", "failed", "rolled-back" */

/* What verify has found: this version answers; another one does; it does, and wrongly; it does so
   too late; nobody answers; its content or share is not what we made; nothing is there to be
   verified; the platform could not be asked. */
enum verification {
    VERIFICATION_NONE,
    VERIFICATION_OK,
    VERIFICATION_STALE,
    VERIFICATION_BROKEN,
    VERIFICATION_SLOW,
    VERIFICATION_UNREACHABLE,
    VERIFICATION_CHANGED,
    VERIFICATION_MISSING,
    VERIFICATION_UNKNOWN
};
const char *verification_name(enum verification); /* "ok", "stale", ...; NULL for none */

struct product;
struct source_map;
struct validator;

/* One module of one target, on its way. */
struct prepared_module {
    const char *path; /* relative to the manifest; in a ready package "PACKAGE:PATH" */
    size_t part;      /* which part of the payload it is; of a ready package: 0 */
    struct bytes original;
    struct wasm_info original_info;
    const struct source_map *source_map; /* keep_debug: the original's; or NULL */
    struct optimize_result optimized;    /* what ships */
    const char *validation; /* "valid", "valid: libwabt alone (...)" or "not judged: why" */
    const char *second;     /* what libwabt said: "valid", or why it was not asked or could not say;
                               NULL: nothing yet */
    char sha256[65];        /* of what ships */
    const char *debug_path; /* of its twin with debug information, once written; or NULL */
    char debug_sha256[65];
    size_t gzip_bytes;       /* 0: not counted */
    size_t built_gzip_bytes; /* of the original; counted for the record, else 0 */
    struct product *product; /* what it shares with other targets; not for others to use */
};

/* One target on its way; each step fills its part. */
struct prepared {
    const struct target *target;
    struct job job;
    struct payload payload;
    struct prepared_module *modules;
    size_t module_count;
    const char *module_sha256; /* of several modules: over their digests and paths */
    const char *debug_sha256;  /* of the twins in the same way; NULL: none were written */
    struct artifact artifact;
    struct verdict verdict;
    /* publish, rollback, verify, status: */
    enum state state;
    bool ready;      /* to be activated */
    bool incomplete; /* STATE_LIVE although activating failed: what follows the switch is missing */
    bool unclear;    /* activating failed, and whether it is live can't be found out */
    bool verified;   /* verify: this version is live, and answers where it was asked */
    bool unrecorded; /* live as wanted, but no record says so: an earlier run was cut off, or could
                        not record */
    struct deployment deployment;
    struct deployment before;    /* what the platform said was live when we came */
    struct deployment live;      /* what it says now */
    struct deployment *versions; /* those that the platform remembers, in versions()'s order */
    size_t version_count;
    bool knows_versions;     /* it was asked, and has said */
    const char *no_versions; /* why it did not say, or NULL */
    const char **changes;    /* dry run: what would be changed; NULL: not known */
    size_t change_count;
    const char *no_changes;        /* why they are not known */
    const struct record *recorded; /* the target's last record, NULL: there is none here */
    struct http_stats stats;
    double seconds;
    struct error error; /* of this target: why it failed, is incomplete or is not verified */
    const char *probe;  /* verify: "ok", "not probed: ...", "failed: ..." */
    enum verification verification;
    const char *answered;     /* verify: the version that our glue said it is, or NULL */
    const char *local_sha256; /* verify: the artifact's digest of what lies here; NULL: why not */
    const char *local_why_not;
};

struct publish_options {
    const struct target *const *targets; /* the chosen ones */
    size_t target_count;
    struct validator *validator; /* the second opinion on modules; NULL: there is none */
    const char *optimizer, *profile_file;
    const struct cache *cache; /* of what the optimizer makes; NULL: none */
    const char *project; /* the work tree, whose own programs are not run; NULL: there is none */
    const char *module_file; /* check FILE: instead of what the targets name; may lie anywhere,
                                relative to the working folder */
    bool build, optimize;    /* check: neither; then nothing is packed either */
    bool strict, sizes;      /* sizes: count gzip bytes without a budget too */
    bool publishing;         /* what is only a warning in a package is an error */
    bool dry_run, stage, force, overwrite, no_record, push_record, no_wait;
    unsigned traffic, jobs; /* percent, 0: 100; threads, 0: one a target */
    unsigned timeout_s;     /* verify: 0: what the manifest says */
    bool staged;            /* verify: what is staged, instead of what is live */
    bool sandboxed;         /* url probes are "not probed" */
    const char *run;        /* CI run page, or NULL */
    void (*step)(void *context, const char *target, const char *word); /* progress; may be NULL */
    /* Once a second while something is waited for, and with a limit of 0 when that is over; from
       several threads. May be NULL. */
    void (*wait)(void *context, const char *target, unsigned seconds, unsigned limit);
    void (*attempt)(
        void *context); /* called once, before the first changing request; may be NULL */
    void *step_context;
};

struct publish_result {
    struct prepared *targets;
    size_t target_count;
    const char *commit;
    bool mutation_attempted; /* set before the first changing request is sent */
    bool recorded;
    const char *record_failure; /* why not, or NULL */
};

/* What the manifest says of optimizing, for a target that runs the features `allowed`; the module
   is for the caller to fill in. */
struct optimize_request publish_optimizing(const struct manifest_optimize *, uint64_t allowed);

bool publish_same_settings(const struct manifest_optimize *, const struct manifest_optimize *);

/* The exports of a module that stay; names NULL: all. */
struct kept {
    struct bytes *names;
    size_t count;
};

/* Those of a module for a target that ships it: what the manifest lists, and, where it ships bare,
   what the platform and our glue use. FAULT_INPUT, with the manifest's line, for a listed name that
   it does not export. `path` is for messages. */
int publish_kept(struct arena *, const struct manifest *, const struct job *, const char *path,
                 const struct wasm_info *, struct kept *out, struct error *) MUST_CHECK;

/* By which measure the best counts for that profile. */
enum optimize_measure publish_measure(const struct profile *);

/* Steps 1 to 6: settings, build, read, scan, optimize, validate, scan again, check, pack, check the
   sizes. Makes no request. -1 when something can't be read, is invalid or can't be packed; an
   incompatible target is no failure of this function (publish_judge), and is not packed. */
int publish_prepare(struct arena *, const struct world *, const struct manifest *,
                    const struct publish_options *, struct publish_result *out,
                    struct error *) MUST_CHECK;

/* -1 with FAULT_INCOMPATIBLE "TARGET: what" when a verdict is no (with `strict` unknown too). */
int publish_judge(const struct publish_result *, const struct manifest *, bool strict,
                  struct error *) MUST_CHECK;

/* All ten steps. The fault of the error is the exit code; `out` is filled as far as it came. */
int publish(struct arena *, const struct world *, const struct manifest *,
            const struct publish_options *, struct publish_result *out, struct error *) MUST_CHECK;

/* Makes an earlier version live: of commit or version `to`, or the one before when NULL (each time
   one further back); on the chosen targets. By the records, and without any by what the platform
   remembers. Needs a repository, unless no_record. */
int rollback(struct arena *, const struct world *, const struct manifest *,
             const struct publish_options *, const char *to, struct publish_result *out,
             struct error *) MUST_CHECK;

/* Recorded and live, side by side; reads only. state is STATE_LIVE when something is live; a
   target that can't be asked is STATE_FAILED and makes this fail once all are asked. */
int publish_status(struct arena *, const struct world *, const struct manifest *,
                   const struct publish_options *, struct publish_result *out,
                   struct error *) MUST_CHECK;

/* Is what is live what the record says, and does it answer: waits while the version that it
   replaces is still live. With `staged`: does what is staged answer; FAULT_INPUT where the platform
   cannot stage. Also says the digest of what lies here, packed without a build.
   FAULT_UNVERIFIED names the first that is not so. */
int publish_verify(struct arena *, const struct world *, const struct manifest *,
                   const struct publish_options *, struct publish_result *out,
                   struct error *) MUST_CHECK;

/* twin.c: "build/app.wasm" -> "build/app.TARGET.debug.wasm", without a target "app.debug.wasm". */
const char *publish_twin_path(struct arena *, const char *module, const char *target);

/* source_map.c: the map that the module at `path` names by a plain path that stays within `root`.
   NULL: there is none that can be used, and what is wrong with one was said. */
const struct source_map *publish_source_map(struct arena *, const struct world *, const char *root,
                                            const char *path, struct bytes module);
const struct optimize_map *publish_optimize_map(const struct source_map *);

/* Writes the result's twin, which ends with a section that names the digest of the shipped module;
   never over a file that is no such twin. Where the result has mappings for the map, the map goes
   to PATH.map, never over one that is not of that twin. */
int publish_twin_write(const char *path, const struct optimize_result *, const struct source_map *,
                       char sha256[65], struct error *) MUST_CHECK;

/* The twins of the target's modules, where they have one: each `beside` its module, whose path is
   relative to `folder`, or all in `folder`. Fills debug_path and debug_sha256. */
int publish_twins(struct arena *, struct prepared *, const char *folder, bool beside,
                  struct error *) MUST_CHECK;

#endif
