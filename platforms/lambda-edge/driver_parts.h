/* What the files of this driver share: what Lambda says of the function, the hooks, and what those
   of one run leave for each other. Knows nothing of the sandbox half. Facts are from
   contracts/lambda-edge.md (2026-11-22), whose sections the comments name. */
#ifndef PLATFORMS_LAMBDA_EDGE_DRIVER_PARTS_H
#define PLATFORMS_LAMBDA_EDGE_DRIVER_PARTS_H

#include "platforms/lambda-edge/driver_distribution.h"

#define ARCHITECTURE "x86_64"

/* driver_function.c */
char *lambda_edge_function_path(const struct job *, const char *below);
/* A FunctionConfiguration has what we rely on; `what` stands behind "cannot". */
int lambda_edge_check_shape(const json_t *, const char *what, struct error *) MUST_CHECK;
/* The function's configuration ($LATEST or a version); answer->absent when there is none. */
int lambda_edge_configuration(const struct job *, const char *version, struct answer *out,
                              struct error *) MUST_CHECK;
/* Reads until nothing is under way; *configuration is what was known, and what is then. */
int lambda_edge_settle(const struct job *, const char *version, json_t **configuration,
                       struct error *) MUST_CHECK;
/* Refuses what was set elsewhere and CloudFront would not take. */
int lambda_edge_check_restrictions(const struct job *, const json_t *configuration,
                                   struct error *) MUST_CHECK;

/* driver_lambda.c: what is to be on the platform. */
struct wanted {
    const char *code_sha256, *handler, *description;
    struct bytes zip;
};
int lambda_edge_wanted(const struct job *, const struct artifact *, struct wanted *out,
                       struct error *) MUST_CHECK;
bool lambda_edge_is_configured(const struct job *, const struct wanted *, const json_t *);
int lambda_edge_upload(const struct job *, const struct artifact *, struct deployment *out,
                       struct error *) MUST_CHECK;

/* credentials.c: the plug's unlock. */
int lambda_edge_unlock(struct job *, struct error *) MUST_CHECK;

/* driver_role.c: before a function gets the role. Refuses one that Lambda or CloudFront may not
   assume; does nothing when that cannot be seen. */
int lambda_edge_check_role(const struct job *, const char *arn, struct error *) MUST_CHECK;
/* The trust policy as IAM sends it. */
int lambda_edge_judge_trust(const struct job *, const char *arn, const char *document,
                            struct error *) MUST_CHECK;
/* The account of the credentials, NULL when it cannot be learned. */
const char *lambda_edge_account(const struct job *);

/* driver_version.c: all published versions, newest first; none of a function that is not there. */
struct listed {
    const char *number, *description, *code_sha256;
};
int lambda_edge_list(const struct job *, struct listed **out, size_t *count,
                     struct error *) MUST_CHECK;

/* driver_pack.c, driver_associate.c, driver_plan.c, driver_version.c: hooks */
int lambda_edge_pack(const struct job *, const struct payload *, struct artifact *out,
                     struct error *) MUST_CHECK;
int lambda_edge_ready(const struct job *, const struct artifact *, struct deployment *,
                      struct error *) MUST_CHECK;
int lambda_edge_activate(const struct job *, const struct artifact *, struct deployment *,
                         struct error *) MUST_CHECK;
int lambda_edge_plan(const struct job *, const struct artifact *, const struct deployment *wanted,
                     const char ***out, size_t *count, struct error *) MUST_CHECK;
int lambda_edge_versions(const struct job *, struct deployment **out, size_t *count,
                         struct error *) MUST_CHECK;

/* driver_stale.c: an association that a former publish of this target has left behind. */
struct stale {
    const char *behavior, *event;
};
int lambda_edge_stale(const struct job *, const struct distribution *, struct stale **out,
                      size_t *count, struct error *) MUST_CHECK;

/* driver.c: what hooks of one run leave for each other. */
struct memory {
    const char *url;                  /* of the distribution; NULL: live was not asked */
    const char *live;                 /* the version that live has seen */
    const char *version, *arn;        /* that is there, and may be associated */
    struct distribution distribution; /* what ready has read; etag NULL: nothing */
    bool fits;                        /* behavior and event were looked at */
};
struct memory *lambda_edge_memory(const struct job *);
/* The number when it is a version of our function, else the whole ARN; NULL of NULL. */
const char *lambda_edge_version_of(const struct job *, const struct association *);

#endif
