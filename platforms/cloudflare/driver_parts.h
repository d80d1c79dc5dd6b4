/* What the files of this driver share: one request to the API and what it answered; what the hooks
   leave for each other. Knows nothing of the sandbox half. Facts are from contracts/cloudflare.md
   (2026-11-22), whose sections the comments name. */
#ifndef PLATFORMS_CLOUDFLARE_DRIVER_PARTS_H
#define PLATFORMS_CLOUDFLARE_DRIVER_PARTS_H

#include "pkg/json/json.h"
#include "pkg/platform/platform.h"

/* Codes of errors that this driver acts on (section 5). */
enum {
    CODE_NO_SCRIPT = 10007, /* also: no version, no workers.dev subdomain */
    CODE_NO_SERVICE = 10090,
    CODE_NO_ENVIRONMENT = 10092,
    CODE_ROUTE_EXISTS = 10020,
    CODE_NOT_YET_READABLE = 100146,
};

/* What a success must hold, else it is none: a reply of another shape is never "not there". */
enum holds { HOLDS_ANY, HOLDS_STRING, HOLDS_ARRAY, HOLDS_BOOLEAN };

/* What is asked, and how its failure is told. */
struct ask {
    const char *method, *path; /* behind the endpoint */
    const char *what;          /* "list the deployments": behind "cannot" */
    const char *right;         /* the permission it takes */
    json_t *json;              /* body, or NULL */
    const struct http_part *parts;
    size_t part_count;
    bool once;        /* a lost answer must be looked up before it is sent again */
    bool may_lack;    /* that it is not there is an answer, not a failure */
    enum holds holds; /* ... and where: a key of the result; NULL: the result itself */
    const char *key;
};

struct answer {
    json_t *result;  /* NULL when absent */
    json_int_t code; /* of the first error; 0: none */
    bool absent;
    bool unclear; /* it failed in a way that leaves open whether it was done */
    bool refused; /* for the credentials' sake */
};

#define RIGHT_SCRIPTS "Workers Scripts: Write"
#define RIGHT_ROUTES  "Workers Routes: Write"
#define RIGHT_ZONE    "Zone: Read"

/* Reads a reply: 0 when the platform says success, or `ask` may lack it. Pure. */
int cloudflare_read_reply(struct arena *, const struct ask *, const struct http_reply *,
                          struct answer *out, struct error *) MUST_CHECK;

/* Sends and reads. Credentials that are refused are looked at, once, to tell what is wrong. */
int cloudflare_call(const struct job *, const struct ask *, struct answer *out,
                    struct error *) MUST_CHECK;

/* driver_refusal.c: what the platform's code and text mean, in `error`; -1. */
int cloudflare_refuse(struct arena *, const struct ask *, json_int_t code, const char *text,
                      struct error *);
/* True for a code that means: not with these credentials. */
bool cloudflare_is_about_credentials(json_int_t code);
/* The platform's text on one line, made harmless. */
char *cloudflare_safe(struct arena *, const char *text);
/* driver_token.c: tells a bad token from a missing right, in `error`. */
void cloudflare_blame(const struct job *, const struct ask *, json_int_t code, struct error *);

/* "/accounts/A" and "/accounts/A/workers/scripts/S" with `below` behind. */
char *cloudflare_account_path(const struct job *, const char *below);
char *cloudflare_script_path(const struct job *, const char *below);

/* What stands in a version's annotations: digest and commit as they were left there. */
char *cloudflare_message(struct arena *, const char *sha256, const char *commit);
/* Takes them out again into `out`; false when the annotations are not ours. */
bool cloudflare_read_annotations(struct arena *, const json_t *annotations, struct deployment *out);
/* 32 hex digits as a uuid; other text as it is. */
char *cloudflare_uuid(struct arena *, const char *text);

/* Which versions have the traffic now. */
struct traffic {
    const char *version;       /* the one with the most; NULL: nothing is deployed */
    double percent;            /* its share */
    const json_t *versions;    /* all that have some: [{"version_id", "percentage"}] */
    const char *earlier;       /* the last other one that had the most, or NULL */
    const json_t *deployments; /* all that the platform lists, newest first */
    bool absent;               /* there is no such script */
};

int cloudflare_traffic(const struct job *, struct traffic *out, struct error *) MUST_CHECK;
/* False when they are not what they should be. */
bool cloudflare_read_traffic(const json_t *deployments, struct traffic *out);
/* The version's share now, -1: it has none. */
double cloudflare_share(const struct traffic *, const char *version);
/* The one with the most besides `version`, or NULL. */
const char *cloudflare_other(const struct traffic *, const char *version);

/* Reads a version; with `may_lack` the answer may be absent. */
int cloudflare_version(const struct job *, const char *version, bool may_lack, struct answer *out,
                       struct error *) MUST_CHECK;
/* The versions, newest first; with `may_lack` an empty array when there is no script. */
int cloudflare_list(const struct job *, const char *query, bool may_lack, json_t **out,
                    struct error *) MUST_CHECK;
/* What a listed version is annotated with; reads the version where the list leaves that out. */
int cloudflare_annotations(const struct job *, const json_t *item, const json_t **out,
                           struct error *) MUST_CHECK;

struct route_state {
    const char *pattern, *zone; /* the zone's id */
    bool missing;
};

/* Where the Worker is to answer, and what is missing for that. */
struct reach {
    bool to_switch; /* workers.dev is to be switched on or off */
    struct route_state *routes;
    size_t route_count;
};

/* What the hooks of one run leave for each other, so that nothing is asked twice. */
struct memory {
    bool has_live, has_traffic, has_subdomain, has_reach;
    struct deployment live;   /* what live() has answered */
    struct traffic traffic;   /* what live() or ready() has seen */
    const json_t *base;       /* the version with the most, as live() has read it */
    const char *base_version; /* which one that is */
    const char *subdomain;    /* of the account */
    struct reach reach;
    bool incomplete;       /* live(): so it is */
    bool complete;         /* activate() has set all up: no need to look again */
    bool ready;            /* ready() has looked at all that activate() needs, for ... */
    const char *ready_for; /* ... this version; NULL: the script's first */
    bool told_settings;    /* said: settings were changed elsewhere */
    bool asked_token, asking_token, token_refused;
    const json_t *token; /* what the platform says of it */
    const char *account; /* that it sees while it does not see ours */
};
struct memory *cloudflare_memory(const struct job *);

/* Looks what is missing; refuses routes that are not ours to take. `exists`: the script does.
   Reads only. */
int cloudflare_look(const struct job *, bool exists, struct reach *out, struct error *) MUST_CHECK;
/* Sends what is missing. */
int cloudflare_reach(const struct job *, const struct reach *, struct error *) MUST_CHECK;
/* The account's label under workers.dev; NULL when it has none. */
int cloudflare_subdomain(const struct job *, const char **out, struct error *) MUST_CHECK;
/* Where it answers, or NULL. */
int cloudflare_url(const struct job *, const char **out, struct error *) MUST_CHECK;
/* Where just this version can be tried: url and pin; says why it can't. Never fails. */
void cloudflare_preview(const struct job *, const struct traffic *, struct deployment *);
/* The header that asks for this version, while it is part of what is deployed. */
void cloudflare_pin(const struct job *, struct deployment *);

/* The metadata part: the settings of the artifact plus annotations. `base`: the version whose
   settings are kept, NULL for the call that makes the script, which takes fewer annotations. */
char *cloudflare_metadata(const struct job *, const struct artifact *, const json_t *base);

int cloudflare_pack(const struct job *, const struct payload *, struct artifact *out,
                    struct error *) MUST_CHECK;
int cloudflare_upload(const struct job *, const struct artifact *, struct deployment *out,
                      struct error *) MUST_CHECK;
/* A version that holds just this artifact and was left by an earlier run: the newest of all, and
   not what is live and complete. NULL: none. */
int cloudflare_leftover(const struct job *, const struct artifact *, const struct traffic *,
                        struct deployment *out, struct error *) MUST_CHECK;
/* A script's first upload, which goes live at once. */
int cloudflare_create(const struct job *, const struct artifact *, struct deployment *,
                      struct error *) MUST_CHECK;
int cloudflare_live(const struct job *, struct deployment *out, struct error *) MUST_CHECK;
int cloudflare_versions(const struct job *, struct deployment **out, size_t *count,
                        struct error *) MUST_CHECK;
int cloudflare_plan(const struct job *, const struct artifact *, const struct deployment *wanted,
                    const char ***out, size_t *count, struct error *) MUST_CHECK;

#endif
