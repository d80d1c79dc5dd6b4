/* What the files of this sandbox half share: one request on its way, its answers, and the state of
   scripts and versions. Written from the contract (contracts/cloudflare.md, 2026-11-22) and the
   captures of wrangler 4.164.0; knows nothing of the driver. What the contract leaves open and is
   chosen here says so.

   State, below "cloudflare/":
     account                    workers.dev subdomain
     quota                      requests in the running window
     scripts/NAME               a script: its versions' ids and its deployments, newest first
                                (deployments[0] is live), settings, subdomain, secrets, schedules
     versions/ID                a version: what the API says of it ("id", "number", "metadata",
                                "annotations", "resources"), and what was sent: "main" (the name
                                of the main part), "format" ("modules" or "service-worker"),
                                "sent" (the metadata part) and "parts", in the order sent, each
                                {"name", "filename", "media_type", "bytes", "sha256", "blob"}
     versions/ID/parts/N        a part's body (a blob). "blob" above is this key: a version that
                                a secret made shares the blobs of the one before
     zones/ID/routes/ID         a route
     domains/ID                 a custom domain

   So what is live of script S is scripts/S.json -> deployments[0].versions[0].version_id ->
   versions/ID.json -> parts[].blob + ".blob". */
#ifndef PLATFORMS_CLOUDFLARE_SANDBOX_CALL_H
#define PLATFORMS_CLOUDFLARE_SANDBOX_CALL_H

#include "pkg/json/json.h"
#include "pkg/sandbox/sandbox.h"

struct arena;

#define WORKERS_PREFIX  "/cf"
#define WORKERS_TOKEN   "edge-deploy-sandbox-token-not-a-secret--" /* 40 characters, as theirs */
#define WORKERS_EMAIL   "sandbox@example.com"
#define WORKERS_KEY     "5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a" /* 37 hex digits, as theirs */
#define WORKERS_ACCOUNT "5a4db0c5a4db0c5a4db0c5a4db0c5a4d"

/* What is wrong with the token; its end says so. */
enum token_trouble { TOKEN_FINE, TOKEN_EXPIRED, TOKEN_DISABLED, TOKEN_READ_ONLY };

struct call {
    struct sandbox *sandbox;
    const struct sandbox_request *request;
    struct sandbox_reply *reply;
    struct arena *arena;
    const char *args[3]; /* the words where the pattern has ?, in order */
    const char *name;    /* ROUTE_SCRIPT_NAME: of the script */
    json_t *script;      /* ROUTE_SCRIPT: its state; ROUTE_SCRIPT_NAME: NULL when absent */
    json_t *body;        /* ROUTE_JSON */
    enum token_trouble trouble;
    bool legacy; /* asked with the account's key, not with a token */
};

enum {
    ROUTE_SCRIPT_NAME = 1, /* the first ? is a script's name: valid, or 10016 */
    ROUTE_SCRIPT = 3,      /* and there is one, or 10007 */
    ROUTE_SERVICE = 7,     /* and when not, it is 10090 */
    ROUTE_JSON = 8,        /* the body is JSON, or 10001 or 10026 */
};

/* The pattern stands behind /client/v4/; @ is the account, ? any one word. */
struct route {
    const char *method, *pattern;
    unsigned needs;
    void (*answer)(struct call *);
};

extern const struct route workers_account_routes[], workers_script_routes[],
    workers_version_routes[], workers_secret_routes[], workers_zone_routes[]; /* end with {0} */

/* The envelope. workers_answer takes the reference. */
void workers_answer(struct call *, json_t *result);
void workers_answer_page(struct call *, json_t *items, size_t total, json_int_t page,
                         json_int_t per_page);
void workers_fail(struct call *, unsigned status, int code, const char *format, ...)
    PRINTF_LIKE(4, 5);
void workers_fail_with(struct call *, unsigned status, json_t *failure); /* takes the reference */

/* -1 after the failure has been answered: who asks is not known, or may not. */
int workers_authenticate(struct call *) MUST_CHECK;
int workers_authorize(struct call *, const char **words, size_t count) MUST_CHECK;

/* -1 after the failure has been answered. */
int workers_save(struct call *, const char *key, json_t *document) MUST_CHECK;
int workers_save_script(struct call *) MUST_CHECK;

/* "2026-11-22T10:40:02.000000Z" */
const char *workers_now(const struct call *);
/* "wrangler" for that client, else "api": what versions and deployments call their source. */
const char *workers_source(const struct call *);
char *workers_subdomain(struct call *);

/* The settings of the script and of what is live. */
void workers_answer_settings(struct call *);

/* Removes the routes and custom domains of the call's script. */
void workers_detach(struct call *);

/* A multipart upload, checked as the platform does before it takes it. */
struct upload {
    const struct sandbox_part *parts; /* without the metadata */
    size_t count;
    const struct sandbox_part *main;
    json_t *metadata;
    bool modules; /* false: service-worker format */
};

/* -1 after the failure has been answered. */
int workers_read_upload(struct call *, struct upload *out) MUST_CHECK;
/* Checks the bindings and returns them as the version will have them: inherited and kept ones
   resolved against the live version, secrets without their text. NULL after the failure has been
   answered. */
json_t *workers_bindings(struct call *, const struct upload *);
/* Why the runtime would not start with these modules (10021's text), or NULL. */
const char *workers_startup_problem(struct call *, const struct upload *);
/* The same for imports of .wasm modules that are not among the parts. */
const char *workers_import_problem(struct arena *, const struct upload *);

/* Adds a version to the call's script (not saved yet); NULL after a failure. */
json_t *workers_add_version(struct call *, const struct upload *, json_t *bindings,
                            const char *trigger);
/* A copy of the newest version with other bindings, not saved yet; NULL after a failure. */
json_t *workers_copy_version(struct call *, json_t *bindings, json_t *annotations,
                             const char *trigger);
json_t *workers_load_version(struct call *, const char *id);
json_t *workers_live_version(struct call *);   /* NULL when there is none */
json_t *workers_newest_version(struct call *); /* deployed or not; NULL when there is none */
/* The version, when it is this script's; else NULL. */
json_t *workers_own_version(struct call *, const char *id);
/* Makes [{"version_id", "percentage"}] live (takes the reference). Borrowed, of the script. */
json_t *workers_deploy(struct call *, json_t *versions, const char *trigger, const char *message);
json_t *workers_deploy_whole(struct call *, const json_t *version, const char *trigger,
                             const char *message);
/* What the API says of a version: its document without what was sent. */
json_t *workers_public_version(const json_t *version, bool with_resources);

#endif
