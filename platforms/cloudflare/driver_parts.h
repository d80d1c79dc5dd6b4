/* What the files of this driver share: one request to the API and what it answered. Knows nothing
   of the sandbox half. Facts are from contracts/cloudflare.md (2026-11-22), whose sections the
   comments name. */
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

/* What is asked, and how its failure is told. */
struct ask {
    const char *method, *path; /* behind the endpoint */
    const char *what;          /* "list the deployments": behind "cannot" */
    const char *right;         /* the permission it takes */
    json_t *json;              /* body, or NULL */
    const struct http_part *parts;
    size_t part_count;
    bool once;     /* a lost answer must be looked up before it is sent again */
    bool may_lack; /* that it is not there is an answer, not a failure */
};

struct answer {
    json_t *result;  /* NULL when absent */
    json_int_t code; /* of the first error; 0: none */
    bool absent;
    bool unclear; /* it failed in a way that leaves open whether it was done */
};

#define RIGHT_SCRIPTS "Workers Scripts: Write"
#define RIGHT_ROUTES  "Workers Routes: Write"
#define RIGHT_ZONE    "Zone: Read"

/* Reads a reply: 0 when the platform says success, or `ask` may lack it. Pure. */
int cloudflare_read_reply(struct arena *, const struct ask *, const struct http_reply *,
                          struct answer *out, struct error *) MUST_CHECK;

/* Sends and reads. */
int cloudflare_call(const struct job *, const struct ask *, struct answer *out,
                    struct error *) MUST_CHECK;

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
    const char *version;    /* the one with the most; NULL: nothing is deployed */
    double percent;         /* its share */
    const json_t *versions; /* all that have some: [{"version_id", "percentage"}] */
    const char *earlier;    /* what had the most in the deployment before, or NULL */
    bool absent;            /* there is no such script */
};

int cloudflare_traffic(const struct job *, struct traffic *out, struct error *) MUST_CHECK;
void cloudflare_read_traffic(const json_t *deployments, struct traffic *out);

/* The metadata part: the settings of the artifact plus annotations. `first`: for the call that
   makes the script, which takes fewer annotations. */
char *cloudflare_metadata(const struct job *, const struct artifact *, bool first);

int cloudflare_pack(const struct job *, const struct payload *, struct artifact *out,
                    struct error *) MUST_CHECK;
int cloudflare_upload(const struct job *, const struct artifact *, struct deployment *out,
                      struct error *) MUST_CHECK;
/* A script's first upload, which goes live at once. */
int cloudflare_create(const struct job *, const struct artifact *, struct deployment *,
                      struct error *) MUST_CHECK;

/* The account's label under workers.dev; NULL when it has none. */
int cloudflare_subdomain(const struct job *, const char **out, struct error *) MUST_CHECK;
/* workers.dev and routes as the settings want them; never takes a route from anybody. */
int cloudflare_reach(const struct job *, struct error *) MUST_CHECK;
/* Where it answers, or NULL. */
int cloudflare_url(const struct job *, const char **out, struct error *) MUST_CHECK;

#endif
