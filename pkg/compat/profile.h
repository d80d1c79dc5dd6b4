/* What a platform variant runs, read from its profile.json: features, imports, exports, limits,
   each with source and date. Knows nothing of modules or networks. */
#ifndef PKG_COMPAT_PROFILE_H
#define PKG_COMPAT_PROFILE_H

#include <jansson.h>
#include <stdbool.h>

#include "pkg/base/bytes.h"
#include "pkg/wasm/features.h"

struct arena;
struct wasm_info;

enum support { SUPPORT_UNKNOWN, SUPPORT_NO, SUPPORT_PARTIAL, SUPPORT_YES };
const char *support_name(enum support);

struct profile_feature {
    enum support support;
    const char *evidence, *as_of; /* where it is from, and when */
    const char *note;             /* for partial: what works and what does not; else NULL */
    const struct profile_case *cases;
    size_t case_count;
};

/* What holds instead where a module uses the feature in one way, or together with another feature.
   Exactly one of `use` and `with` is there. */
struct profile_case {
    const char *use;                /* as inspect words it: "memory limits flag: shared" */
    enum wasm_feature with;         /* WASM_FEATURE_COUNT: none; counts where it is used in code */
    struct profile_feature instead; /* has a note, and no cases */
};

/* What the profile says of a feature as that module uses it: the worst that holds. `out_case` is
   the case it is from, or NULL. */
const struct profile_feature *profile_judge(const struct profile_feature *,
                                            const struct wasm_info *, enum wasm_feature,
                                            const struct profile_case **out_case);

/* One importable function. The profile's imports are sorted by module, then name. */
struct profile_import {
    const char *module, *name;
    const char *type; /* "(i32,i32)->(i32)"; NULL: any */
    const char *note; /* said as a warning when it is imported (always fails, deprecated) */
};

struct profile_export {
    const char *name, *kind, *type; /* type NULL: any */
    const char *cure;               /* what to do when it is missing, or NULL */
};

/* One way into a bare module: what it must export, and from which modules it may import then. */
struct profile_entry {
    const char *name; /* "WASI command" */
    struct profile_export *exports;
    size_t export_count;
    const char **imports;
    size_t import_count;
};

/* Whether a component runs as it is, and what it may import and must export (* allowed). */
struct profile_component {
    enum support support;
    const char *evidence, *as_of, *note;
    const char *needs; /* what to do where it does not run: an imperative */
    const char *world; /* what imports and exports are together: "wasi:cli/command@0.2", or NULL */
    const char **imports, **exports;
    size_t import_count, export_count;
};

/* `metric` says what is measured (check.c has the list); NULL: for people to know, not checked. */
struct profile_limit {
    const char *name, *metric, *unit, *source, *as_of;
    const char *text, *cure; /* what it is about; what to do; each may be NULL */
    double value;
    const char *value_option; /* the limit is that option's number times value_scale when it is
                                 set; NULL: `value` */
    double value_scale;
    const char *severity;                 /* "error" or "warning" */
    bool is_warning;                      /* the same, to ask */
    const char *when_option, *when_value; /* holds only when that option has that value (* allowed);
                                             NULL: always */
};

/* A setting that the platform refuses or ignores. Exactly one of `is`, `is_not` (texts, *
   allowed) and `not_after_today` (a date) says when. */
struct profile_setting {
    const char *option, *is, *is_not;
    bool not_after_today;
    const char *when_option, *when_value;
    const char *severity; /* "error", "warning" or "note" */
    const char *text, *cure, *source, *as_of;
};

/* A manifest key of the platform. */
struct profile_option {
    const char *name, *type, *help; /* type: string integer boolean object strings objects enum */
    bool required;
    const char *environment; /* the variable that may supply it, or NULL */
    const char *fallback;    /* default as text, or NULL; "$name": the manifest's name */
    const char *pattern;     /* POSIX extended regex the text must match, or NULL */
    const char **values;     /* for enum */
    size_t value_count;
    double minimum, maximum;       /* for integer; minimum > maximum: unbounded */
    struct profile_option *fields; /* what an object or the objects of an array may hold */
    size_t field_count;            /* 0: anything */
};

struct profile_credential {
    const char *name; /* the secret's name in struct job */
    const char *environment;
    bool required;
    const char *rights;     /* the least rights it needs */
    const char *file_key;   /* its key in the credential file, or NULL */
    const char *instead_of; /* all that stand instead of a credential do without it, or NULL */
};

/* A file of the vendor's own tools, which the platform's driver reads when the environment has none
   of the credentials that have a file_key. Its path is relative to the home folder. */
struct profile_file {
    const char *environment, *path; /* the variable that names another; path NULL: no such file */
    const char *section_environment, *section;
};

struct profile_endpoint {
    const char *name, *url, *environment; /* url by default; the variables that override, in
                                             order, separated by spaces */
};

/* Whether a version can be there without being live, and whether two can share the traffic. */
struct profile_rollout {
    bool stage, traffic;
    const char *note; /* why not, and what to do instead; NULL when both can be */
};

/* A dated fact about the runtime itself: end of life, block dates, previews. */
struct profile_runtime_fact {
    const char *name, *date, *text, *source; /* name: "deprecated", "update-blocked", "preview" */
    const char *severity; /* what it is from that date on: "error", "warning", "note"; NULL: for
                             people to know */
};

/* The variant that comes after the one resolved, previews passed over, with what it runs. */
struct profile_next {
    const char *variant;
    const struct profile_feature *features; /* WASM_FEATURE_COUNT */
    const struct profile_runtime_fact *facts;
    size_t fact_count;
};

/* A runtime that may be found on a machine, and which of the platform's variants it stands for. */
struct profile_runtime {
    const char *name;        /* "node": what pkg/runtime can ask */
    const char *environment; /* the variable that names its programs, separated by colons */
    const char *variant;     /* "nodejs*.x": * is its version's first number; NULL: all of them */
    bool dated;              /* its version is a date, and it stands for what is not after it */
    bool engine_only;        /* it has the platform's engine and not its host functions */
    const char **probed;     /* the versions that the profile's facts are from */
    size_t probed_count;
    const char *get; /* how to get it: an imperative */
};

/* What section sizes say of the cold start: milliseconds a KiB of code and of all else. */
struct profile_cold_start {
    const char *over; /* what it comes on top of: "an empty worker"; NULL: nothing is known */
    double code_ms_per_kib, other_ms_per_kib;
    const char *source, *as_of;
};

struct profile {
    const char *name, *title, *as_of;
    const char *variant;        /* the resolved one: "nodejs20.x", "2026-11-01", or "" */
    const char *variant_option; /* the manifest key that chooses it, or NULL */
    const char *origin;
    const char **sources;
    size_t source_count;
    const char **variants; /* names, default first */
    size_t variant_count;
    const struct profile_next *next; /* NULL: there is none */
    struct profile_feature features[WASM_FEATURE_COUNT];
    struct profile_import *imports;
    size_t import_count;
    bool imports_closed;        /* an import that is none of them is an error */
    bool imports_closed_always; /* false: only in a bare module, whose imports our glue supplies;
                                   else the user's own JavaScript does */
    const char *imports_source, *imports_as_of;
    struct profile_export *exports;
    size_t export_count;
    struct profile_entry *entries; /* a bare module needs one of them; none: no glue */
    size_t entry_count;
    /* What host or glue use besides those, where it is there (* allowed). NULL: not known, so that
       no export can be left out. */
    const char **used_exports;
    size_t used_export_count;
    struct profile_limit *limits;
    size_t limit_count;
    struct profile_setting *settings;
    size_t setting_count;
    struct profile_option *options;
    size_t option_count;
    struct profile_credential *credentials;
    size_t credential_count;
    struct profile_file credential_file;
    struct profile_endpoint *endpoints;
    size_t endpoint_count;
    struct profile_rollout rollout;
    struct profile_runtime_fact *facts; /* of the variant */
    size_t fact_count;
    struct profile_runtime *runtimes;
    size_t runtime_count;
    const char **place; /* the options that together say where a target deploys to: two targets with
                           the same ones replace each other */
    size_t place_count; /* 0: not known */
    const char *glue_entries; /* "javascript": a bare module needs an entry of our glue; "none" */
    const char *optimize_for; /* which bytes count: "code" (cold start) or "compressed" */
    struct profile_cold_start cold_start;
    struct profile_component component;
    json_t *json; /* the whole document */
};

/* Parses and checks: an unknown key is an error; a feature that is not mentioned is unknown.
   `variant` NULL: the default one. An unknown variant is FAULT_INPUT with the nearest right word;
   where variants are dates, the last one that is not after `variant` holds. `origin` names the
   document in messages. */
int profile_parse(struct arena *, const char *text, const char *origin, const char *variant,
                  struct profile *out, struct error *) MUST_CHECK;

/* Whether a runtime of that version stands for `variant` ("" where there are none). */
bool profile_stands_for(const struct profile_runtime *, const char *version, const char *variant);
/* The version that the facts are from which a runtime of `version` is compared with; NULL: none. */
const char *profile_probed_with(const struct profile_runtime *, const char *version);
/* Whether it is older than that: what it refuses the platform may run. */
bool profile_predates(const struct profile_runtime *, const char *version);

const struct profile_limit *profile_limit(const struct profile *, const char *name);
const struct profile_option *profile_option(const struct profile *, const char *name);

/* Whether all is known that host and glue use of a bare module: it has the exports that they want,
   and the profile says that there is no other use. And whether such a name is among it. */
bool profile_knows_exports(const struct profile *, const struct wasm_info *);
bool profile_uses_export(const struct profile *, struct bytes name);

/* What of all features the profile runs, at least in part, as that module uses them. */
uint64_t profile_runs(const struct profile *, const struct wasm_info *);
/* Those of which nobody knows. */
uint64_t profile_unknown(const struct profile *, const struct wasm_info *);

#endif
