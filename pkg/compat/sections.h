/* The sections of a profile: one function each, which reads what stands under its key. Inside
   pkg/compat only. */
#ifndef PKG_COMPAT_SECTIONS_H
#define PKG_COMPAT_SECTIONS_H

#include "pkg/compat/profile.h"
#include "pkg/compat/reader.h"

extern const char *const support_words[]; /* "yes", "no", ...; ends with NULL */
enum support support_of(const char *word);

int section_components(struct reader *, const json_t *, struct profile *) MUST_CHECK;
int section_imports(struct reader *, const json_t *, struct profile *) MUST_CHECK;
int section_exports(struct reader *, const json_t *, struct profile *) MUST_CHECK;
int section_options(struct reader *, const json_t *, struct profile *) MUST_CHECK;
int section_limits(struct reader *, const json_t *, struct profile *) MUST_CHECK;
int section_settings(struct reader *, const json_t *, struct profile *) MUST_CHECK;
int section_credentials(struct reader *, const json_t *, const json_t *file,
                        struct profile *) MUST_CHECK;
int section_runtimes(struct reader *, const json_t *, struct profile *) MUST_CHECK;
int section_endpoints(struct reader *, const json_t *, struct profile *) MUST_CHECK;
int section_cold_start(struct reader *, const json_t *, struct profile *) MUST_CHECK;
int section_rollout(struct reader *, const json_t *, struct profile *) MUST_CHECK;

/* Features and facts; `variant` as in profile_parse. The document's "features" are read first. */
int section_features(struct reader *, const json_t *, struct profile *) MUST_CHECK;
int section_variants(struct reader *, const json_t *, const char *variant,
                     struct profile *) MUST_CHECK;

#endif
