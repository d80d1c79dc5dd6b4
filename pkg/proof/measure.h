/* A runtime measured into a profile: every probe is tried in it, and what it takes and refuses
   replaces what a profile said. Knows no platform by name. */
#ifndef PKG_PROOF_MEASURE_H
#define PKG_PROOF_MEASURE_H

#include <jansson.h>

#include "pkg/compat/profile.h"
#include "pkg/proof/probes.h"
#include "pkg/runtime/runtime.h"

struct measuring {
    struct arena *arena;
    const struct world *world;
    const struct runtime *runtime;
    const struct profile *base;          /* what is compared with, and what is replaced */
    const struct profile_runtime *known; /* the runtime in the base; NULL: it is not in it */
    const char *variant;                 /* what is measured is of this one; "": there are none */
    const char *today;                   /* YYYY-MM-DD */
    const struct runtime_limits *limits; /* NULL: those for small modules */
};

/* What the runtime says of a feature, or of a case of it. */
struct measurement {
    enum wasm_feature feature;
    const char *use;        /* a case, as in struct probe; or NULL */
    enum wasm_feature with; /* WASM_FEATURE_COUNT: none */
    enum support known;     /* what the base says; of a case it does not have: of the feature */
    enum support measured;  /* unknown: it could not be asked */
    const char *said; /* its own words, or why it could not be asked; NULL where all is taken */
    const char *note; /* what works, for partial; else NULL */
    bool differs;     /* base and runtime exclude each other, or the base does not know */
};

struct measurements {
    struct measurement *items; /* by feature; its cases behind it */
    size_t count;
    size_t measured, differing;
    const char *evidence; /* "probe: node 22.23.3 (V8 12.4)" */
};

/* FAULT_INPUT when the runtime does not even take a module without features. A runtime that does
   not answer several times in a row is asked no more. */
int measure(const struct measuring *, struct measurements *out, struct error *) MUST_CHECK;

/* The base with what was measured in it, complete: its one variant (all, where variants are dates)
   is what was measured. A partial that is confirmed keeps its note; what could not be asked stays
   as it was. Belongs to the arena. */
json_t *measure_profile(const struct measuring *, const struct measurements *);

#endif
