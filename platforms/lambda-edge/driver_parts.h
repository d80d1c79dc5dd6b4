/* What the files of this driver share: one signed request and its answer, a document with the byte
   offsets of its elements, and what a distribution says of one cache behavior. Knows nothing of
   the sandbox half. Facts are from contracts/lambda-edge.md (2026-11-22), whose sections the
   comments name. */
#ifndef PLATFORMS_LAMBDA_EDGE_DRIVER_PARTS_H
#define PLATFORMS_LAMBDA_EDGE_DRIVER_PARTS_H

#include "pkg/json/json.h"
#include "pkg/platform/platform.h"

/* driver_xml.c: a document as a tree; `start` to `end` are the bytes of the whole element. */
struct xml {
    const char *name, *text; /* text: decoded, of an element without children; else "" */
    size_t start, end;
    size_t close; /* where its closing tag begins; `end` for <NAME/> */
    struct xml *child, *next;
};

/* FAULT_REMOTE: not well-formed, with a document type, or too deep or large. */
int lambda_edge_xml(struct arena *, struct bytes, struct xml **out, struct error *) MUST_CHECK;
/* The first child of that name, NULL when there is none (also of NULL). */
const struct xml *xml_child(const struct xml *, const char *name);
/* Its text; NULL when there is no such child. */
const char *xml_text(const struct xml *, const char *name);

/* driver_call.c */
enum service { SERVICE_LAMBDA, SERVICE_CLOUDFRONT };

/* What is asked, and how its failure is told. */
struct ask {
    enum service service;
    const char *method, *path; /* behind the endpoint, escaped */
    const char *what;          /* "create the function": behind "cannot" */
    const char *right;         /* the permission it takes */
    json_t *json;              /* body of a Lambda call, or NULL */
    struct bytes xml;          /* body of a CloudFront call */
    const char *etag;          /* If-Match, or NULL */
    bool may_lack;             /* that it is not there is an answer, not a failure */
};

struct answer {
    json_t *json;     /* of Lambda; NULL when absent */
    struct bytes xml; /* of CloudFront */
    const char *etag; /* NULL when there was none */
    const char *code; /* of the refusal; "" when there was none */
    const char *text; /* the platform's words for it; "" when there were none */
    bool absent;
};

/* Reads a reply: 0 when it is a success, or `ask` may lack it. `now` (milliseconds) is what a
   refusal for a wrong clock is compared with. */
int lambda_edge_read_reply(struct arena *, const struct ask *, const struct http_reply *,
                           int64_t now, struct answer *out, struct error *) MUST_CHECK;

/* Sends and reads. */
int lambda_edge_call(const struct job *, const struct ask *, struct answer *out,
                     struct error *) MUST_CHECK;
/* True for a reply that asks to come again although it is a 400 (section 3). */
bool lambda_edge_asks_again(const struct http_reply *);

/* driver_distribution.c: the associations of one cache behavior. */
struct association {
    const char *arn, *event;
    bool include_body;
    size_t start, end; /* bytes of the element */
};

struct behavior {
    size_t start, end; /* bytes of its LambdaFunctionAssociations; the same when it has none */
    struct association *associations;
    size_t association_count;
    const char **function_events; /* events that have a CloudFront Function */
    size_t function_count;
};

/* Finds the behavior ("default" or a path pattern) in a DistributionConfig. FAULT_REMOTE names the
   patterns there are. */
int lambda_edge_find_behavior(struct arena *, struct bytes config, const char *name,
                              struct behavior *out, struct error *) MUST_CHECK;
/* The association for an event, or NULL. */
const struct association *lambda_edge_association(const struct behavior *, const char *event);
/* The document with the association for `event` put in place of an earlier one or added; every
   byte outside of the behavior's LambdaFunctionAssociations stays. */
int lambda_edge_associate(struct arena *, struct bytes config, const struct behavior *,
                          const char *arn, const char *event, bool include_body, struct bytes *out,
                          struct error *) MUST_CHECK;

/* What the distribution says now. */
struct distribution {
    struct bytes config;
    const char *etag;
    struct behavior behavior;
    const struct association *current; /* for the job's event, or NULL */
};

int lambda_edge_read_distribution(const struct job *, struct distribution *out,
                                  struct error *) MUST_CHECK;
/* A CloudFront Function in a viewer event stands against ours there. */
int lambda_edge_check_events(const struct job *, const struct behavior *,
                             struct error *) MUST_CHECK;

/* driver_lambda.c */
/* The function's configuration ($LATEST or a version); answer->absent when there is none. */
int lambda_edge_configuration(const struct job *, const char *version, struct answer *out,
                              struct error *) MUST_CHECK;
int lambda_edge_upload(const struct job *, const struct artifact *, struct deployment *out,
                       struct error *) MUST_CHECK;

/* credentials.c: the plug's unlock. */
int lambda_edge_unlock(struct job *, struct error *) MUST_CHECK;

/* driver_pack.c */
int lambda_edge_pack(const struct job *, const struct payload *, struct artifact *out,
                     struct error *) MUST_CHECK;

/* driver_name.c: words and numbers in strict forms. */
/* A published version: 1 to 9 digits, no leading zero. */
bool lambda_edge_is_version(const char *text);
/* arn:PARTITION:lambda:us-east-1:ACCOUNT:function:NAME:VERSION. The parts; -1 for anything else. */
struct function_name {
    const char *name, *version;
};
int lambda_edge_read_arn(struct arena *, const char *arn, struct function_name *out) MUST_CHECK;
/* What a version's description says of the artifact and the commit in it; and of the code, because
   a version that somebody else publishes without a description has the last one's. */
char *lambda_edge_description(struct arena *, const char *sha256, const char *commit,
                              const char *code_sha256);
/* Takes them out again into `out`; false when the description is not ours, or of other code. */
bool lambda_edge_read_description(struct arena *, const char *text, const char *code_sha256,
                                  struct deployment *out);

#endif
