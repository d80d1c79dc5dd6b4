/* What the files of this driver share: one request to the API, what it answered, and the service
   and draft that a deployment goes to. Knows nothing of the sandbox half. Facts are from
   contracts/fastly.md (2026-11-22), whose sections the comments name. */
#ifndef PLATFORMS_FASTLY_DRIVER_PARTS_H
#define PLATFORMS_FASTLY_DRIVER_PARTS_H

#include "pkg/json/json.h"
#include "pkg/platform/platform.h"

/* What is asked, and how its failure is told. */
struct compute_ask {
    const char *method, *path; /* behind the endpoint */
    const char *what;          /* "clone version 3": behind "cannot" */
    const char *form;          /* an urlencoded body, or NULL */
    const struct http_part *parts;
    size_t part_count;
    bool once;     /* a lost answer must be looked up before it is sent again */
    bool may_lack; /* that it is not there is an answer, not a failure */
};

struct compute_answer {
    json_t *document; /* NULL when absent */
    bool absent;
    bool unclear;  /* it failed in a way that leaves open whether it was done */
    bool conflict; /* it is there already, or somebody else changes the same */
};

/* Reads a reply: 0 for a 2xx with JSON, or for a 404 that `ask` may lack. Pure. */
int compute_read_reply(struct arena *, const struct compute_ask *, const struct http_reply *,
                       struct compute_answer *out, struct error *) MUST_CHECK;

/* Sends and reads. */
int compute_call(const struct job *, const struct compute_ask *, struct compute_answer *out,
                 struct error *) MUST_CHECK;

/* After an unclear failure: waits a while, longer with each attempt; false when there is no use in
   another attempt. */
bool compute_wait(const struct job *, unsigned attempt);

/* A form's "name=value" appended, escaped; a NULL value is left out. */
char *compute_field(struct arena *, const char *form, const char *name, const char *value);

struct service {
    const char *id;    /* NULL: there is none */
    json_t *details;   /* as the API answers them */
    json_int_t active; /* number of the live version, 0: none */
};

/* What the hooks of one run leave for each other, so that nothing is asked twice: `seen`, what
   live() has read and upload() builds on, and where a version answers whose domains are known. */
struct memory {
    struct service seen; /* id NULL: nothing */
    const char *id;      /* of the service that upload() has found or made; NULL: none yet */
    json_int_t number;   /* of the version that answers at `url`; 0: none */
    const char *url;
};
struct memory *compute_memory(const struct job *);

/* The service that the target means: by `service_id`, else the recorded one, else by name. A
   service of that name which edge-deploy did not make is refused, never taken over. */
int compute_find(const struct job *, struct service *out, struct error *) MUST_CHECK;
int compute_create(const struct job *, struct service *out, struct error *) MUST_CHECK;
/* Reads the details afresh. */
int compute_details(const struct job *, struct service *, struct error *) MUST_CHECK;
char *compute_version_path(const struct job *, const struct service *, json_int_t number,
                           const char *below);

/* Of the details; NULL when there is none of that number. */
const json_t *compute_version(const json_t *details, json_int_t number);
/* An unlocked version to fill: a leftover of ours, a first version, or a clone of what is live. */
int compute_draft(const struct job *, const struct service *, json_int_t *number,
                  struct error *) MUST_CHECK;
/* Domains and backends as the artifact's settings name them; others stay as they are. */
int compute_configure(const struct job *, const struct service *, json_int_t number,
                      const struct artifact *, struct error *) MUST_CHECK;
/* "https://DOMAIN" of the version's first domain, or NULL; only of a locked version, which keeps
   its domains. */
int compute_url(const struct job *, const struct service *, json_int_t number, const char **out,
                struct error *) MUST_CHECK;
/* The domain that a service gets when the manifest names none. */
char *compute_default_domain(struct arena *, const char *name, const char *service_id);

/* What stands in a version's comment. `base`: the version that was live when the draft was made. */
char *compute_comment(struct arena *, const char *sha256, const char *commit, const char *tag,
                      json_int_t base);
/* Takes digest and commit out again; false when the comment is not ours. `base` may be NULL. */
bool compute_read_comment(struct arena *, const char *comment, struct deployment *out,
                          json_int_t *base);
bool compute_is_ours(const char *comment);

int compute_pack(const struct job *, const struct payload *, struct artifact *out,
                 struct error *) MUST_CHECK;

#endif
