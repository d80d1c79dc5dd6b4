/* What the files of this sandbox half share: one request on its way, its answers, and the state of
   services and versions. Knows nothing of the driver.

   State, below "fastly/":
     services/ID                        a service; "last" is its highest version number
     services/ID/versions/N             a version: "public" as it is answered, domains, backends,
                                        resources, and the package's description or null
     services/ID/versions/N/package     the package archive (a blob), as it was uploaded
     domains/SHA1-OF-NAME               which service holds a domain
     stores/KIND/ID                     a config, kv or secret store; its entries lie below it
     quota                              writes in the running hour

   Facts are from contracts/fastly.md (2026-11-22) and the captures of fastly CLI v16.1.0; what is
   inferred says so. */
#ifndef PLATFORMS_FASTLY_SANDBOX_PARTS_H
#define PLATFORMS_FASTLY_SANDBOX_PARTS_H

#include "pkg/json/json.h"
#include "pkg/sandbox/sandbox.h"

struct arena;

#define FASTLY_PREFIX   "/fastly"
#define FASTLY_TOKEN    "sandbox-fastly-token-not-a-secret"
#define FASTLY_CUSTOMER "sandboxCustomer0000001"
#define FASTLY_USER     "sandboxUser00000000001"

struct call {
    struct sandbox *sandbox;
    const struct sandbox_request *request;
    struct sandbox_reply *reply;
    struct arena *arena;
    const char **words; /* of the path */
    size_t word_count;
    /* Filled where the route says so: */
    const char *id;    /* of the service or store */
    json_t *service;   /* NEEDS_SERVICE */
    json_t *version;   /* NEEDS_VERSION */
    json_int_t number; /* of that version */
};

enum needs {
    NEEDS_NOTHING = 0,
    NEEDS_SERVICE = 1,
    NEEDS_VERSION = 3, /* and its service */
    NEEDS_DRAFT = 7,   /* and it must not be locked */
    NEEDS_FORM = 8,
    NEEDS_NO_TOKEN = 16,
};

/* In a pattern * is any one word. Tables end with a NULL method. */
struct route {
    const char *method, *pattern;
    unsigned needs;
    void (*answer)(struct call *);
};

extern const struct route fastly_service_routes[], fastly_version_routes[], fastly_package_routes[],
    fastly_setting_routes[], fastly_domain_routes[], fastly_store_routes[];

/* {"msg": msg, "detail": detail}; detail may be NULL. */
void fastly_fail(struct call *, unsigned status, const char *msg, const char *detail);
void fastly_answer(struct call *, unsigned status, json_t *document); /* takes the reference */
void fastly_answer_ok(struct call *);                                 /* {"status": "ok"} */

/* -1 after the failure has been answered. */
int fastly_save(struct call *, const char *key, json_t *document) MUST_CHECK;
int fastly_save_service(struct call *) MUST_CHECK;
int fastly_save_version(struct call *, json_int_t number, json_t *version) MUST_CHECK;

json_t *fastly_load_service(struct call *, const char *id);
json_t *fastly_load_version(struct call *, const char *id, json_int_t number);
char *fastly_service_key(struct call *, const char *id);
char *fastly_version_key(struct call *, const char *id, json_int_t number);
char *fastly_package_key(struct call *, json_int_t number); /* of the call's service */

/* The number of the version with that flag set ("active", "staging"); 0 when there is none. */
json_int_t fastly_find_version(struct call *, json_t *service, const char *flag);

/* The value of a form's field as JSON text; NULL when absent. */
json_t *fastly_form(const struct call *, const char *name);
json_t *fastly_now(const struct call *);
/* 22 letters and digits, as the platform's own ids are. */
char *fastly_new_id(struct call *);

/* A list of the call's version: "domains", "backends", "resources". */
json_t *fastly_list_of(struct call *, const char *kind);
json_t *fastly_find_named(json_t *list, const char *key, const char *name, size_t *index);
/* The entry that the path names by its last word; NULL after a 404. */
json_t *fastly_entry(struct call *, const char *kind, const char *key);
/* An entry as it is answered: with its service and version. */
json_t *fastly_with_place(struct call *, json_t *item);
void fastly_answer_list(struct call *, const char *kind);
void fastly_answer_entry(struct call *, const char *kind, const char *key);
/* A new entry under a name that must be given and free; NULL after a refusal. */
json_t *fastly_add_entry(struct call *, const char *kind, const char *word);
bool fastly_remove_entry(struct call *, const char *kind, const char *key);

/* Why the version could not be activated, in the platform's words; NULL when it can. */
const char *fastly_version_problem(struct call *);
/* Why its package could not run; NULL when it can. */
const char *fastly_package_problem(struct call *);
/* Gives back the domains that no version of the service names any more. */
void fastly_release_domains(struct call *, const char *name);

#endif
