/* The rules of the check, a file each, and how they say what they found. Inside pkg/compat
   only. */
#ifndef PKG_COMPAT_RULES_H
#define PKG_COMPAT_RULES_H

#include "pkg/compat/check.h"

struct check {
    struct arena *arena;
    const struct profile *profile;
    const struct shipment *shipment;
    const struct budget *budget;
    const char *host; /* "Title (variant)" */
    struct finding *findings;
    size_t count, capacity;
};

/* A new finding to fill in; it stays where it is until the next one is added. */
struct finding *check_add(struct check *, enum level, const char *rule, const char *subject,
                          const char *format, ...) PRINTF_LIKE(5, 6);

/* "evidence (as of DATE)". */
const char *check_source(const struct check *, const char *evidence, const char *as_of);

enum level check_level(const char *word); /* "error", "warning", "note" */

/* A setting as text: a string's own, a number in decimal, "true", "false"; "" when not set. */
const char *check_setting(const struct check *, const char *option);
/* Whether "when" of a limit or setting holds. */
bool check_when(const struct check *, const char *option, const char *pattern);

void check_features(struct check *, const struct shipped_module *);
void check_component(struct check *, const struct shipped_module *);
void check_imports(struct check *, const struct shipped_module *);
void check_exports(struct check *, const struct shipped_module *);
void check_limits(struct check *);
void check_budget(struct check *);
void check_settings(struct check *);
void check_runtime(struct check *);

/* Fills the verdict's facts and next. */
void check_next(const struct check *, struct verdict *);

/* The entry of our glue that the module has; NULL: none, or the profile has no entries. */
const struct profile_entry *check_entry(const struct check *, const struct wasm_info *);

/* Whether the target_features section says that the compiler was told to use a feature; stripping
   takes the section away. */
enum cure_declaration { CURE_SAYS_NOTHING, CURE_NOT_DECLARED, CURE_DECLARED };
enum cure_declaration cure_declared(const struct wasm_info *, const char *id);

/* cause.c: why a module has a feature; `function` is the first one's name, or NULL. */
const char *cure_cause(struct arena *, const struct wasm_info *, const struct wasm_use *,
                       const char *function);
/* The import that shows the use; NULL: none does. */
const struct wasm_import *cure_import(const struct wasm_info *, const struct wasm_use *);

/* cures.c: how to build it without. `crate` is that of the first use, or NULL. */
struct cure cure_feature(struct arena *, const struct profile *, const struct wasm_info *,
                         enum wasm_feature, const char *crate);
/* "rustc 1.82 and later turn it on by default", when the module is of such a one; or NULL. */
const char *cure_default(struct arena *, const struct wasm_info *, enum wasm_feature);
/* "rustc 1.82 turns it on by default", when that lies between the two versions; or NULL. */
const char *cure_became_default(struct arena *, const char *tool, const char *before,
                                const char *now, const char *feature);

#endif
