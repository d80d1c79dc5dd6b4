/* What a distribution says of its cache behaviors, and its document with one of them changed. */
#ifndef PLATFORMS_LAMBDA_EDGE_DRIVER_DISTRIBUTION_H
#define PLATFORMS_LAMBDA_EDGE_DRIVER_DISTRIBUTION_H

#include "platforms/lambda-edge/driver_call.h"

/* The associations of one cache behavior. */
struct association {
    const char *arn, *event;
    bool include_body;
    size_t start, end; /* bytes of the element */
};

struct behavior {
    const char *name;  /* "default" or the path pattern */
    size_t start, end; /* bytes of its LambdaFunctionAssociations; the same when it has none */
    struct association *associations;
    size_t association_count;
    const char **function_events; /* events that have a CloudFront Function */
    size_t function_count;
};

/* Finds the behavior ("default" or a path pattern) in a DistributionConfig, or in a Distribution
   that holds one. FAULT_REMOTE names the patterns there are. */
int lambda_edge_find_behavior(struct arena *, struct bytes config, const char *name,
                              struct behavior *out, struct error *) MUST_CHECK;
/* All behaviors that can be read, the default one first. */
int lambda_edge_behaviors(struct arena *, struct bytes config, struct behavior **out, size_t *count,
                          struct error *) MUST_CHECK;
/* The association for an event, or NULL. */
const struct association *lambda_edge_association(const struct behavior *, const char *event);
/* The document with the association for `event` put in place of an earlier one or added; with an
   `arn` of NULL without it. Every byte outside of the behavior's LambdaFunctionAssociations stays.
 */
int lambda_edge_associate(struct arena *, struct bytes config, const struct behavior *,
                          const char *arn, const char *event, bool include_body, struct bytes *out,
                          struct error *) MUST_CHECK;

/* What the distribution says now. */
struct distribution {
    struct bytes config;
    const char *etag;
    struct behavior behavior;
    const struct association *current; /* for the job's event, or NULL */
    const char *url, *status;          /* lambda_edge_look; else NULL */
};

char *lambda_edge_distribution_path(const struct job *, const char *below);
/* The configuration alone: what can be sent back. */
int lambda_edge_read_distribution(const struct job *, struct distribution *out,
                                  struct error *) MUST_CHECK;
/* The distribution with status and url: cannot be sent back. */
int lambda_edge_look(const struct job *, struct distribution *out, struct error *) MUST_CHECK;
/* https:// and the distribution's own name, from a Distribution; NULL without one. */
const char *lambda_edge_url(struct arena *, const struct xml *distribution);
/* A CloudFront Function in a viewer event stands against ours there. */
int lambda_edge_check_events(const struct job *, const struct behavior *,
                             struct error *) MUST_CHECK;

#endif
