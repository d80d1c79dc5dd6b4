/* Facts x profile -> verdict. Pure; cannot fail; knows no platform by name. */
#ifndef PKG_COMPAT_CHECK_H
#define PKG_COMPAT_CHECK_H

#include <jansson.h>

#include "pkg/base/budget.h"
#include "pkg/compat/profile.h"
#include "pkg/wasm/wasm.h"

enum level { LEVEL_NOTE, LEVEL_WARNING, LEVEL_ERROR };
const char *level_name(enum level);

struct place {
    const char *path, *function_name, *instruction;
    uint32_t function;
    size_t offset;
    bool has_offset;
};

struct cure {
    const char *lowering, *compiler, *other; /* each may be NULL */
};

/* `rule` is one of: feature import export memory size artifact budget runtime setting component
   malformed invalid. */
struct finding {
    enum level level;
    bool is_unknown; /* nobody knows: a no when that counts as one */
    const char *rule, *subject, *message, *cause, *source;
    struct place where;
    struct cure cure;
};

enum answer { ANSWER_YES, ANSWER_NO, ANSWER_UNKNOWN };
const char *answer_word(enum answer); /* "compatible", "incompatible", "unknown" */

struct verdict {
    const char *target, *platform, *variant, *profile_as_of;
    enum answer answer;
    struct finding *findings; /* worst first */
    size_t finding_count;
    const char **modules; /* paths of what was judged */
    size_t module_count;
};

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

#endif
