/* The last proof of a verdict: the modules tried in the runtimes found here, and what follows when
   a runtime and the profile disagree. Knows no platform by name: which runtime stands for what is
   data of the profile. */
#ifndef PKG_PROOF_PROOF_H
#define PKG_PROOF_PROOF_H

#include "pkg/compat/check.h"
#include "pkg/runtime/runtime.h"

struct trial_record;

/* What is tried in one run: runtimes are looked for once, and a module is tried once in each. */
struct prover {
    struct arena *arena;
    const struct world *world;
    const char *project;                 /* as in struct runtime_search */
    bool strict;                         /* what is not proved counts as unknown */
    const struct runtime_limits *limits; /* NULL: the usual ones */
    struct runtime_group *groups;        /* both filled on the way */
    struct trial_record *records;
};

struct proof_module {
    const char *path;
    struct bytes bytes;
    const struct wasm_info *info;
};

/* Fills verdict->proofs. A refusal of what the profile accepts is our mistake, and an error in the
   verdict; so is a module that traps as it is instantiated. A runtime that takes what the profile
   refuses is a note. `glue`: the JavaScript that wraps a bare module; NULL or "": there is none,
   and imports are stubbed. */
int prove_target(struct prover *, const struct profile *, const char *glue,
                 const struct proof_module *, size_t count, struct verdict *,
                 struct error *) MUST_CHECK;

/* The same of one module without a target: each runtime of the profiles once, imports stubbed. */
int prove_module(struct prover *, const struct profile *, size_t profile_count,
                 const struct proof_module *, struct proof **out, size_t *count,
                 struct error *) MUST_CHECK;

/* The runtimes of that name found here; looked for once. */
int prove_find(struct prover *, const struct profile_runtime *, const struct runtime **out,
               size_t *count, struct error *) MUST_CHECK;

#endif
