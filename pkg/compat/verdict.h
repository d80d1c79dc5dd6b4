/* What the check of one target found: the answer, the findings behind it, and what else is known of
   the target. Filled by check.c and by those who know the repository and the runtimes found here.
 */
#ifndef PKG_COMPAT_VERDICT_H
#define PKG_COMPAT_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile;

enum level { LEVEL_NOTE, LEVEL_WARNING, LEVEL_ERROR };
const char *level_name(enum level);

struct place {
    const char *path, *function_name, *instruction; /* function_name: demangled */
    uint32_t function;
    size_t offset;
    bool has_offset;
    const char *crate;       /* of the function, for Rust; or NULL */
    const char *source_file; /* from DWARF, or NULL */
    uint32_t source_line;
};

struct cure {
    const char *lowering, *compiler, *other; /* each may be NULL */
    const char
        *automatic; /* what publish does by itself: "wasm-opt 132 --signext-lowering"; or NULL */
    const char *source; /* of compiler and other: where documented, with what tried; or NULL */
};

/* `rule` is one of: feature import export memory size artifact budget runtime setting component
   malformed invalid. */
struct finding {
    enum level level;
    bool is_unknown; /* nobody knows: a no when that counts as one */
    const char *rule, *subject, *message, *cause, *source;
    struct place where;
    struct cure cure;
    /* Of a feature: how often it is used, in how many functions, and what those weigh. 0: no
       feature, or not in code. */
    uint64_t count, functions, function_bytes;
    const char *since; /* "new since the last deployment (rustc 1.81 to 1.82)", or NULL */
};

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_UNKNOWN };
const char *answer_word(enum answer); /* "compatible", "incompatible", "unknown" */

/* A dated fact about the target's runtime. */
struct runtime_fact {
    const char *name, *date, *text, *source; /* as in struct profile_runtime_fact */
};

/* What moving to the next variant of the platform changes. */
struct next_variant {
    const char *variant; /* NULL: there is none */
    const char **gained,
        **lost; /* feature ids; in part is not gained, and is lost when it was a yes */
    size_t gained_count, lost_count;
    struct runtime_fact *facts; /* of that variant: when it ends, what it changes */
    size_t fact_count;
};

/* One runtime, and what became of the module in it (check --run, inspect --run). */
struct proof {
    const char *runtime; /* "node 22.22.0"; "node" when none was found */
    const char *path;    /* of the module */
    enum answer answer;  /* YES: taken; NO: refused; UNKNOWN: not proved, `message` says why */
    const char *message; /* what the runtime said, or why it was not tried; else NULL */
    const char *how; /* "instantiated with the imports that our glue supplies"; NULL: not tried */
};

/* What is different from the last recorded deployment of the target. */
struct change {
    const char *commit, *time, *version; /* of that deployment; commit NULL: there is none */
    const char **features_added, **features_removed;
    size_t added_count, removed_count;
    int64_t bytes, gzip_bytes; /* of all modules, now less then */
    bool has_bytes, has_gzip;  /* false: not known of that deployment, or not counted now */
    const char *toolchain;     /* "rustc 1.81 to 1.82"; NULL: the same, or not known */
    const char *history; /* "rustc 1.82 turns it on by default: reference-types", when that explains
                            what was added; or NULL */
};

/* What section sizes alone say; no measurement of this module. */
struct estimate {
    uint64_t cold_start_ms; /* rounded; more than `over`: "an empty worker"; over NULL: nothing is
                               known */
    const char *over, *basis, *source;
};

struct verdict {
    const char *target, *platform, *variant, *profile_as_of;
    const struct profile *profile; /* what it was judged by: all its facts, sources and dates */
    const char *manifest; /* the manifest's path from the repository's root; NULL: there is none */
    unsigned manifest_line; /* where the target stands in it, from 1 */
    struct runtime_fact *facts;
    size_t fact_count;
    struct next_variant next;
    struct proof *proofs;
    size_t proof_count;
    struct change change;
    struct estimate estimate;
    enum answer answer;
    struct finding *findings; /* worst first */
    size_t finding_count;
    const char **modules; /* paths of what was judged */
    size_t module_count;
};

#endif
