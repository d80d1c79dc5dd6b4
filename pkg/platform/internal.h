/* What the files of pkg/platform share. Private to it. */
#ifndef PKG_PLATFORM_INTERNAL_H
#define PKG_PLATFORM_INTERNAL_H

#include "pkg/platform/platform.h"

/* The JSON Schema of what stands behind an option's key in the manifest. */
json_t *option_schema(struct arena *, const struct profile_option *);

/* FAULT_INPUT for a required option that nothing supplies. */
int fault_missing_option(const struct manifest *, const struct target *,
                         const struct profile_option *, struct error *);

#endif
