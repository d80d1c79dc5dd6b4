/* The probe modules that the program carries (probes.json): what an engine that takes one has.
   Knows nothing of runtimes and profiles. */
#ifndef PKG_PROOF_PROBES_H
#define PKG_PROOF_PROBES_H

#include "pkg/wasm/wasm.h"

struct arena;

struct probe {
    const char *name;
    enum wasm_feature feature; /* WASM_FEATURE_COUNT: none, what every engine takes */
    /* The case of the feature; at most one of them. */
    const char *use;        /* as in struct profile_case; or NULL */
    enum wasm_feature with; /* WASM_FEATURE_COUNT: none */
    const char *otherwise;  /* the engine's own builtins are asked for: what holds without them */
    struct bytes module;
    struct wasm_info *info;
};

/* Those that measure something, in the order of the file. A failure is a mistake in the file. */
int probes_read(struct arena *, struct probe **out, size_t *count, struct error *) MUST_CHECK;

/* A module in the notation of the file; -1 when it is not written so. */
int probes_assemble(struct arena *, const char *text, struct bytes *out) MUST_CHECK;

#endif
