/* What is different from what was deployed before. Pure: where that is known from is the caller's
   business. */
#ifndef PKG_COMPAT_SINCE_H
#define PKG_COMPAT_SINCE_H

#include "pkg/compat/check.h"

/* What is known of an earlier deployment. */
struct earlier {
    const char *commit, *time, *version;
    const char **features; /* ids */
    size_t feature_count;
    uint64_t bytes, gzip_bytes; /* of all modules; 0: not known */
    const char *toolchain;      /* as compat_toolchain_text wrote it, or NULL */
};

/* The tools whose version is another one: "rustc 1.81 to 1.82"; NULL: none. Both as
   compat_toolchain_text writes them; what is no such text is passed over. */
const char *compat_tool_changes(struct arena *, const char *before, const char *now);

/* Fills verdict->change, and `since` of the findings that are about a feature that is new.
   `toolchain` is who made the modules now, or NULL. */
void compat_since(struct arena *, const struct earlier *, const struct shipment *,
                  const char *toolchain, struct verdict *);

#endif
