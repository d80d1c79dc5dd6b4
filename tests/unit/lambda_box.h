/* A sandbox of AWS in a folder of its own, and signed requests at it. */
#ifndef TESTS_UNIT_LAMBDA_BOX_H
#define TESTS_UNIT_LAMBDA_BOX_H

#include "pkg/json/json.h"
#include "pkg/sandbox/sandbox.h"
#include "tests/unit/unit.h"

extern const struct sandbox_api sandbox_lambda_edge;

#define ROLE         "arn:aws:iam::123456789012:role/edge"
#define ARN          "arn:aws:lambda:us-east-1:123456789012:function:fn"
#define DISTRIBUTION "/2020-05-31/distribution/E2QWRUHAPOMQZL"
#define NO_FUNCTIONS                                                                               \
    "<LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations>"
#define FUNCTIONS "/2015-03-31/functions"

struct box {
    struct arena *arena;
    struct sandbox *sandbox;
    int64_t now;
};

/* How a request is spoilt before it is sent. */
struct forgery {
    const char *access_key, *secret_key, *region, *service, *authorization, *token;
    int64_t late_ms;
    bool other_body, unsigned_host;
};

/* A request: @NAME in the body stands for that zip. `where` is a JSON path in the reply, or, for
   XML, NULL when `is` must stand somewhere in it. */
struct step {
    const char *method, *path, *body;
    unsigned status;
    const char *where, *is;
};

#define RUN(box, steps) lambda_box_run((box), (steps), sizeof(steps) / sizeof *(steps))

void lambda_box_open(struct arena *, struct box *, unsigned rate_scale);
/* The request as it is; the clock moves on by a second, so that no quota is in the way. */
struct sandbox_reply lambda_box_deliver(struct box *, const char *method, const char *target,
                                        const struct sandbox_header *headers, size_t count,
                                        struct bytes body);
/* Signed; `path` without prefix, `if_match` may be NULL. */
struct sandbox_reply lambda_box_ask_forged(struct box *, const char *method, const char *path,
                                           const char *body, const char *if_match,
                                           const struct forgery *);
struct sandbox_reply lambda_box_ask(struct box *, const char *method, const char *path,
                                    const char *body);
void lambda_box_run(struct box *, const struct step *steps, size_t count);

const char *lambda_box_text(struct box *, const struct sandbox_reply *);
json_t *lambda_box_document(struct box *, const struct sandbox_reply *);
const char *lambda_box_header(const struct sandbox_reply *, const char *name);
/* A zip in base64: index.mjs and module.wasm; of "no-handler" only the module; "not-a-zip". */
const char *lambda_box_zip(struct arena *, const char *name);
/* `text` with the first `old` in it replaced. */
const char *lambda_box_replaced(struct arena *, const char *text, const char *old, const char *new);

#endif
