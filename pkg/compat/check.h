/* Facts x profile -> verdict. Pure; cannot fail; knows no platform by name. */
#ifndef PKG_COMPAT_CHECK_H
#define PKG_COMPAT_CHECK_H

#include <jansson.h>

#include "pkg/base/budget.h"
#include "pkg/compat/profile.h"
#include "pkg/compat/verdict.h"
#include "pkg/wasm/wasm.h"

/* A module as it ships. */
struct shipped_module {
    const char *path; /* for messages */
    struct bytes bytes;
    const struct wasm_info *info;
    size_t gzip_bytes;      /* 0: not counted */
    const char *validation; /* "valid", "valid: who said so", "not judged: ..." or NULL */
    size_t previous_bytes;  /* of the last recorded deployment, 0: unknown */
};

/* What is shipped: its modules, its settings, its artifact's sizes once packed. */
struct shipment {
    const char *target, *platform;
    const struct shipped_module *modules;
    size_t module_count;
    const json_t *settings; /* the platform's options, defaults filled in */
    bool bare;              /* a module with our glue or none; false: the user's own main */
    size_t artifact_bytes;  /* packed, as the platform counts it; 0: not packed yet */
    size_t unpacked_bytes;
    const char *today; /* YYYY-MM-DD, for end-of-life dates */
    bool strict;       /* an unknown counts as a no, and of two figures the smaller holds */
    bool publishing;   /* what is only a warning in a package is an error */
};

void compat_check(struct arena *, const struct profile *, const struct shipment *,
                  const struct budget *, struct verdict *out);

/* Of these modules together; no components: no platform that has figures runs them as they are. */
struct estimate compat_estimate(struct arena *, const struct profile *,
                                const struct shipped_module *, size_t count);

/* One finding more, that did not come from the profile: it goes behind those of its level, and the
   answer follows it. */
void compat_add(struct arena *, struct verdict *, const struct finding *);

#endif
