/* The lower half of what the driver's files share: documents, requests, names. */
#ifndef PLATFORMS_LAMBDA_EDGE_DRIVER_CALL_H
#define PLATFORMS_LAMBDA_EDGE_DRIVER_CALL_H

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
enum service { SERVICE_LAMBDA, SERVICE_CLOUDFRONT, SERVICE_IAM, SERVICE_STS };

/* What is asked, and how its failure is told. */
struct ask {
    enum service service;
    const char *method, *path; /* behind the endpoint, escaped */
    const char *what;          /* "create the function": behind "cannot" */
    const char *right;         /* the permission it takes */
    json_t *json;              /* body of a Lambda call, or NULL */
    struct bytes xml;          /* body of a CloudFront call */
    const char *form;          /* body of an IAM or STS call, or NULL */
    const char *etag;          /* If-Match, or NULL */
    bool may_lack;             /* that it is not there is an answer, not a failure */
    bool once;                 /* we can do without: one try, and not for long */
};

struct answer {
    json_t *json;     /* of Lambda; NULL when absent */
    struct bytes xml; /* of the others */
    const char *etag; /* NULL when there was none */
    const char *code; /* of the refusal; "" when there was none */
    const char *text; /* the platform's words for it; "" when there were none */
    bool absent;
    bool uncertain; /* of a failure: it may have been done all the same */
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

/* driver_refusal.c: -1 with what a refusal means. */
int lambda_edge_refuse(struct arena *, const struct ask *, const struct answer *,
                       const struct http_reply *, int64_t now, struct error *) MUST_CHECK;
/* True when `code` is `name`, or that with "Exception" behind it. */
bool lambda_edge_is_code(const char *code, const char *name);
/* On one line, made harmless, without the request that AWS gives back for a bad signature. */
const char *lambda_edge_safe(struct arena *, const char *text);

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
