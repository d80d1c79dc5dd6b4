/* What the files of this driver share: the service and the draft that a deployment goes to. Knows
   nothing of the sandbox half. */
#ifndef PLATFORMS_FASTLY_DRIVER_PARTS_H
#define PLATFORMS_FASTLY_DRIVER_PARTS_H

#include "platforms/fastly/driver_call.h"

struct service {
    const char *id;    /* NULL: there is none */
    json_t *details;   /* as the API answers them, checked: versions with a number each */
    json_int_t active; /* number of the live version, 0: none */
};

/* What the hooks of one run leave for each other, so that nothing is asked twice. */
struct memory {
    struct service seen; /* what live() has read and upload() builds on; id NULL: nothing */
    bool looked;         /* live() has looked, and there may be none */
    const char *id;      /* of the service that upload() has found or made; NULL: none yet */
    json_int_t number;   /* of the version that answers at `url`; 0: none */
    const char *url;
    struct service checked; /* what ready() has read; id NULL: nothing */
    json_int_t checked_number;
    json_t *token;    /* what the API says of the token; NULL: nothing */
    bool asked_token; /* that was asked */
};
struct memory *compute_memory(const struct job *);

/* The service that the target means: by `service_id`, else the recorded one, else by name. A
   service of that name which edge-deploy did not make is refused, never taken over. */
int compute_find(const struct job *, struct service *out, struct error *) MUST_CHECK;
/* On failure `out->id` is set when the service has been made all the same. */
int compute_create(const struct job *, struct service *out, struct error *) MUST_CHECK;
/* Removes the service that this run has made, or says that it is left. */
void compute_remove(const struct job *, struct service *);
/* Reads the details afresh. */
int compute_details(const struct job *, struct service *, struct error *) MUST_CHECK;
const char *compute_service_name(const struct job *);
char *compute_version_path(const struct job *, const struct service *, json_int_t number,
                           const char *below);
char *compute_version_text(const struct job *, json_int_t number);

/* Of the details; NULL when there is none of that number. */
const json_t *compute_version(const json_t *details, json_int_t number);
/* Neither live nor locked: can be changed. */
bool compute_is_draft(const json_t *version);
/* On the staging network. */
bool compute_is_staged(const struct service *, json_int_t number);
/* What a version's comment says of it: digest, commit, and whether it is ours alone (`drifted`). */
void compute_describe(const struct job *, const struct service *, json_int_t number,
                      struct deployment *out, json_int_t *base);

/* A version to fill. */
struct draft {
    json_int_t number;
    bool used;   /* was there before: another run may be filling it too */
    bool marked; /* bears this run's comment by now */
    bool locked; /* staged with just this artifact: can be used as it is or not at all */
};
/* A leftover of ours, or a first version that is still open; `number` 0: there is none. That a
   staged version is not locked is said by the vendor's CLI alone: both are understood. */
int compute_find_draft(const struct job *, const struct service *, const struct artifact *,
                       bool staged, struct draft *out, struct error *) MUST_CHECK;
/* Whether a locked one has all that the artifact and its settings name. */
int compute_is_complete(const struct job *, const struct service *, json_int_t number,
                        const struct artifact *, bool *out, struct error *) MUST_CHECK;
/* Another version of what is live, or of the newest. */
int compute_clone(const struct job *, const struct service *, struct draft *out,
                  struct error *) MUST_CHECK;
/* The version that a clone is made of. */
json_int_t compute_base(const struct service *);
/* Names the drafts that earlier runs have left and that none can use. */
void compute_name_stale(const struct job *, const struct service *, json_int_t used);

/* One thing about a version that is not as the manifest wants it. */
struct change {
    const char *kind, *name; /* "domain", "backend" */
    const char *form;        /* what is sent */
    const char *what;        /* "add domain 'a.example'" */
    bool exists;
};
/* What one backend of the manifest needs; false when nothing. `before`: as it is, or NULL. */
bool compute_backend_change(struct arena *, const json_t *wanted, const json_t *before,
                            struct change *out);
struct change compute_originless(struct arena *);
struct changes {
    struct change *items;
    size_t count;
    const json_t *domains; /* that the version has */
};
/* What the artifact's settings need on that version; what they do not name stays. `number` 0: on
   the first one of a service that is yet to be made. */
int compute_changes(const struct job *, const struct service *, json_int_t number,
                    const struct artifact *, struct changes *out, struct error *) MUST_CHECK;
int compute_list(const struct job *, const struct service *, json_int_t number, const char *kind,
                 json_t **out, struct error *) MUST_CHECK;
/* Brings a draft to what the artifact's settings name. */
int compute_configure(const struct job *, const struct service *, json_int_t number,
                      const struct artifact *, struct error *) MUST_CHECK;
/* -1 when this cannot be staged: nothing is live, or the live version lacks a wanted domain. */
int compute_check_stage(const struct job *, const struct service *, struct error *) MUST_CHECK;
/* "https://DOMAIN" of the version's first domain, or NULL. */
int compute_url(const struct job *, const struct service *, json_int_t number, const char **out,
                struct error *) MUST_CHECK;
/* The same of a staged version, and the address at which the staging network answers for it, or
   NULL. */
int compute_staged_url(const struct job *, const struct service *, json_int_t number,
                       const char **url, const char **address, struct error *) MUST_CHECK;
/* The domain that a service gets when the manifest names none. */
char *compute_default_domain(struct arena *, const char *name, const char *service_id);

/* What stands in a version's comment. `base`: the version that was live when the draft was made. */
char *compute_comment(struct arena *, const char *sha256, const char *commit, const char *tag,
                      json_int_t base);
/* Takes digest and commit out again; false when the comment is not ours. `base` may be NULL. */
bool compute_read_comment(struct arena *, const char *comment, struct deployment *out,
                          json_int_t *base);
bool compute_is_ours(const char *comment);

/* The package that a version holds is that of the artifact. `certain`: the platform says so; else
   also when it names no digest. `out` false when it holds none. */
int compute_holds(const struct job *, const struct service *, json_int_t number,
                  const struct artifact *, bool certain, bool *out, struct error *) MUST_CHECK;
bool compute_is_same_package(const struct artifact *, const json_t *package, bool certain);

/* The hooks. */
int compute_pack(const struct job *, const struct payload *, struct artifact *out,
                 struct error *) MUST_CHECK;
int compute_upload(const struct job *, const struct artifact *, struct deployment *out,
                   struct error *) MUST_CHECK;
int compute_ready(const struct job *, const struct artifact *, struct deployment *,
                  struct error *) MUST_CHECK;
int compute_activate(const struct job *, const struct artifact *, struct deployment *,
                     struct error *) MUST_CHECK;
int compute_plan(const struct job *, const struct artifact *, const struct deployment *wanted,
                 const char ***out, size_t *count, struct error *) MUST_CHECK;
int compute_versions(const struct job *, struct deployment **out, size_t *count,
                     struct error *) MUST_CHECK;

#endif
