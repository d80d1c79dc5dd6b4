/* What the files of this sandbox half share: one request on its way, the answers in each service's
   form, and the state of functions, versions and distributions. Knows nothing of the driver.

   State, below "lambda-edge/":
     functions/NAME                  "configuration" as it is answered, "unsettled" (reads until it
                                     is no longer Pending or InProgress; or 15 s after "since"),
                                     "last" (highest version)
     functions/NAME/code             the zip of $LATEST (a blob), as it was uploaded
     functions/NAME/versions/N       the same for a published version; "problem": why it can't
                                     start; "source": the RevisionId that $LATEST had
     functions/NAME/versions/N/code  its zip (a blob)
     distributions/ID                etag, status, unsettled, modified, domain
     distributions/ID/config         the DistributionConfig document (a blob)
     distributions/ID/invalidations/I  status, unsettled, created, batch
     sessions/ACCESS-KEY             temporary credentials: secret, token, expires, whose
     quota                           calls in the running second

   Facts are from contracts/lambda-edge.md (2026-11-22), the captures of the AWS clients and the
   service models beside it; what is inferred says so. */
#ifndef PLATFORMS_LAMBDA_EDGE_SANDBOX_PARTS_H
#define PLATFORMS_LAMBDA_EDGE_SANDBOX_PARTS_H

#include "pkg/json/json.h"
#include "pkg/sandbox/sandbox.h"

struct arena;

#define AWS_PREFIX  "/aws"
#define AWS_ACCOUNT "123456789012"
#define AWS_REGION  "us-east-1"
/* The pair of AWS's own examples: known to every scanner for secrets as none, and the captured
   requests are signed with it. */
#define AWS_ACCESS_KEY "AKIDEXAMPLE"
#define AWS_SECRET_KEY "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
/* Temporary credentials that are over, and somebody of another account, which has nothing. */
#define AWS_EXPIRED_KEY    "ASIAEXPIREDEXAMPLE"
#define AWS_EXPIRED_TOKEN  "expired-example-token"
#define AWS_OTHER_KEY      "AKIDOTHEREXAMPLE"
#define AWS_OTHER_ACCOUNT  "210987654321"
#define AWS_CLOUDFRONT_XML "http://cloudfront.amazonaws.com/doc/2020-05-31/"
#define AWS_STS_XML        "https://sts.amazonaws.com/doc/2011-06-15/"
#define AWS_IAM_XML        "https://iam.amazonaws.com/doc/2010-05-08/"

enum service { SERVICE_STS, SERVICE_LAMBDA, SERVICE_CLOUDFRONT, SERVICE_IAM };

/* Whose credentials a request is signed with. */
struct caller {
    const char *access_key, *secret_key;
    const char *token; /* NULL: long-term credentials */
    int64_t expires;   /* milliseconds since 1970; 0: never */
    const char *account, *arn, *user_id;
};

struct call {
    struct sandbox *sandbox;
    const struct sandbox_request *request;
    struct sandbox_reply *reply;
    struct arena *arena;
    enum service service;
    const char **words; /* of the path, behind the API's date */
    size_t word_count;
    struct caller caller; /* once the signature is checked */
};

void aws_lambda(struct call *);
void aws_cloudfront(struct call *);
void aws_identity(struct call *); /* STS and IAM */
/* What is asked of STS with a token in the body. */
bool aws_needs_no_signature(struct call *);

/* Answers in the service's form; returns -1, so that a failure is one statement. `code` is the
   name of the error. */
int aws_refuse(struct call *, unsigned status, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5);
void aws_answer_json(struct call *, unsigned status, json_t *document); /* takes the reference */
/* `body` begins with the root element. */
void aws_answer_xml(struct call *, unsigned status, const char *body);

/* -1 after the refusal has been answered. */
int aws_check_signature(struct call *) MUST_CHECK;
int aws_save(struct call *, const char *key, json_t *document) MUST_CHECK;
int aws_save_blob(struct call *, const char *key, struct bytes) MUST_CHECK;

/* -1 when nobody has that key. */
int aws_find_caller(struct call *, const char *access_key, struct caller *out) MUST_CHECK;
/* A request with that session token (NULL: none) may be the caller's. */
bool aws_token_fits(const struct caller *, const char *token);

struct role {
    const char *arn, *account, *name, *id;
};
enum role_trouble { ROLE_MISSING, ROLE_UNTRUSTED, ROLE_LAMBDA_ONLY, ROLE_UNREADABLE };

/* -1 when the text is no role's ARN. */
int aws_read_role(struct call *, const char *arn, struct role *out) MUST_CHECK;
bool aws_role_is(const char *name, enum role_trouble);
bool aws_is_session_name(const char *name);
/* Its trust policy, percent-encoded. */
const char *aws_trust_of(struct call *, const char *name);
/* Temporary credentials for the role; -1 after a refusal. */
int aws_open_session(struct call *, const struct role *, const char *name, json_int_t seconds,
                     struct caller *out) MUST_CHECK;

/* Answers that the caller may not. */
void aws_deny(struct call *, const char *action, const char *resource);
void aws_deny_request(struct call *); /* whatever the request asks for */

/* Milliseconds since 1970 in AWS's forms: "2026-01-02T03:04:05.000" and what follows. */
char *aws_time(struct call *, const char *zone);

/* The document's "unsettled" counted down by one read; true when it has come to rest just now. */
bool aws_settles(json_t *document);

/* A function or, with a version number, a version of it. */
struct function {
    const char *name;
    json_int_t version; /* 0: $LATEST */
    json_t *document, *configuration;
};

/* A function as a path names it: NAME, NAME:QUALIFIER, ACCOUNT:function:NAME or an ARN. `qualifier`
   is left alone when there is none. -1 after a refusal. */
int aws_read_name(struct call *, const char *text, const char **name,
                  const char **qualifier) MUST_CHECK;
/* Keys of its state and of its zip. */
char *aws_function_key(struct arena *, const char *name, json_int_t version);
char *aws_code_key(struct arena *, const char *name, json_int_t version);
/* Pending and InProgress come to rest: Active, or Failed when the document has a "problem". */
void aws_settle(const struct function *);
bool aws_is_settled(const struct function *);
/* -1 when there is none. */
int aws_load_function(struct call *, const char *name, json_int_t version,
                      struct function *out) MUST_CHECK;
const char *aws_function_arn(struct arena *, const char *name, json_int_t version);
/* The decimal number of at most nine digits without a leading zero that `text` is; else 0. */
json_int_t aws_version_number(const char *text);

/* Checks a zip as it comes: -1 after the refusal has been answered. */
int aws_check_zip(struct call *, struct bytes zip) MUST_CHECK;
/* Why the function could not be started; NULL when it could. */
const char *aws_start_problem(struct call *, const struct function *);
/* -1 after a refusal: a runtime that is not known, or may not be used any more. */
int aws_check_runtime(struct call *, const char *runtime) MUST_CHECK;
/* -1 after a refusal: settings of a create or update that Lambda does not take. */
int aws_check_settings(struct call *, const json_t *settings) MUST_CHECK;
/* Puts the settings of a create or update into the configuration, as it is answered. */
void aws_apply_settings(struct arena *, const json_t *settings, json_t *configuration);

void aws_publish_version(struct call *, struct function *latest, const json_t *wishes);
void aws_list_versions(struct call *, const struct function *latest);
void aws_delete_version(struct call *, const struct function *);

/* XML. `text` is that of an element without children, "" for one with children. */
struct xml_node {
    const char *name, *text;
    size_t start, end;             /* of the whole element, in bytes of the document */
    size_t inner_start, inner_end; /* of what is between its tags */
    struct xml_node *child, *next;
};

/* NULL when it is not well-formed, has a document type, or is too deep or too large. */
struct xml_node *aws_parse_xml(struct arena *, struct bytes);
const struct xml_node *aws_xml_child(const struct xml_node *, const char *name);
/* The text of a child; NULL when there is no such child. */
const char *aws_xml_text(const struct xml_node *, const char *name);
char *aws_xml_escape(struct arena *, const char *text);

/* The distribution that is there from the start: what is between the root tags of its
   configuration. */
extern const char aws_seed_id[], aws_seed_config[];

/* -1 after a refusal: what CloudFront does not take as the configuration of a distribution. */
int aws_check_config(struct call *, const struct xml_node *config) MUST_CHECK;
/* -1 after a refusal: what its edge validator does not take. */
int aws_check_associations(struct call *, const struct xml_node *config) MUST_CHECK;
/* True when a distribution names that version of the function (0: any version). */
bool aws_is_associated(struct call *, const char *name, json_int_t version);

#endif
