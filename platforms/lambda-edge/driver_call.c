/* One signed request, and what the platform's refusals mean in words for the user. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/lambda-edge/driver_parts.h"

#define REGION "us-east-1" /* of Lambda@Edge and, for signing, of CloudFront (section 1) */

enum { SKEW_S = 300 }; /* a signature is taken for five minutes */

/* Section 3. Codes without a final "Exception". A sentence that ends in a colon is followed by the
   platform's own text. In a hint %s is the permission that the request takes. */
static const struct refusal {
    const char *code, *sentence, *hint;
} refusals[] = {
    {"AccessDenied", "the credentials lack a permission:", "allow them '%s'"},
    {"UnauthorizedOperation", "the credentials lack a permission:", "allow them '%s'"},
    {"InvalidClientTokenId", "the access key is not known",
     "check AWS_ACCESS_KEY_ID; temporary credentials need AWS_SESSION_TOKEN too"},
    {"UnrecognizedClient", "the access key is not known",
     "check AWS_ACCESS_KEY_ID; temporary credentials need AWS_SESSION_TOKEN too"},
    {"SignatureDoesNotMatch", "the secret key does not fit the access key",
     "set AWS_SECRET_ACCESS_KEY again, and check this machine's clock"},
    {"InvalidSignature", "the secret key does not fit the access key",
     "set AWS_SECRET_ACCESS_KEY again, and check this machine's clock"},
    {"MissingAuthenticationToken", "the request was not signed:", "check the AWS_ variables"},
    {"IncompleteSignature", "the request was not signed well:", "check the AWS_ variables"},
    {"ExpiredToken", "the temporary credentials have expired",
     "get new ones: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"},
    {"RequestExpired", "the signature is too old:", "check this machine's clock"},
    {"ResourceNotFound", "there is no such function or version:",
     "check 'function', and that the version was not deleted"},
    {"NoSuchDistribution", "there is no such distribution in this account",
     "check 'distribution', and whose credentials these are"},
    {"ResourceConflict",
     "another change of the function is under way:", "publish again when it is done"},
    {"PreconditionFailed", "it has changed in between:", "publish again"},
    {"InvalidIfMatchVersion", "it has changed in between:", "publish again"},
    {"RequestTooLarge", "the package is too large to be sent directly:",
     "run 'edge-deploy inspect --sizes' to see what weighs"},
    {"CodeStorageExceeded",
     "the account's storage for code is full:", "delete old versions of its functions"},
    {"InvalidZipFile", "the package is not accepted:", "run it again with -v and report it"},
    {"TooManyLambdaFunctionAssociations", "the distribution has as many functions as it may:",
     "remove an association, or ask AWS for a higher quota"},
    {"TooManyDistributionsWithLambdaAssociations",
     "the account has as many distributions with functions as it may:",
     "ask AWS for a higher quota"},
    {"TooManyDistributionsWithSingleFunctionARN",
     "the version is in as many distributions as it may:", "ask AWS for a higher quota"},
    {"TooManyRequests", "too many requests:", "try again later"},
    {"Throttling", "too many requests:", "try again later"},
    {"Service", "the platform had an internal error:", "try again later"},
    {"InternalError", "the platform had an internal error:", "try again later"},
};

/* InvalidParameterValue and InvalidLambdaFunctionAssociation have many causes, and the text says
   which (section 3). */
static const struct {
    const char *words, *sentence, *hint;
} causes[] = {
    {"cannot be assumed by Lambda", "Lambda may not assume the role",
     "let lambda.amazonaws.com and edgelambda.amazonaws.com assume the role"},
    {"must be assumable with edgelambda", "CloudFront may not assume the role",
     "let lambda.amazonaws.com and edgelambda.amazonaws.com assume the role"},
    {"function code size is larger", "CloudFront takes no function as large as this:",
     "make the module smaller, or set 'event' to an origin event"},
    {"function memory size is larger", "CloudFront takes no function with as much memory:",
     "set 'memory_mb' to 128, or 'event' to an origin event"},
    {"function timeout is larger", "CloudFront takes no function with as long a timeout:",
     "set 'timeout_s' to 5, or 'event' to an origin event"},
    {"cannot have environment variables",
     "CloudFront takes no function with variables:", "remove the function's environment variables"},
    {"cannot have a layer",
     "CloudFront takes no function with layers:", "remove the function's layers"},
    {"architecture of arm64",
     "CloudFront takes no function for arm64:", "make the function anew for x86_64"},
    {"must be in region",
     "CloudFront takes functions of us-east-1 only:", "make the function in us-east-1"},
    {"cannot retrieve the specified Lambda function",
     "CloudFront may not read the function:", "allow the credentials '%s'"},
    {"does not match the CodeSha256",
     "the function's code has changed in between:", "publish again when nobody else does"},
    {"CodeSHA256",
     "the function's code has changed in between:", "publish again when nobody else does"},
    {"Signature expired", "the signature is too old:", "check this machine's clock"},
    {"Signature not yet current", "the signature is too new:", "check this machine's clock"},
    {"replicated function",
     "CloudFront still has copies of the version:", "try again in some hours"},
};

/* On one line, made harmless. AWS answers a bad signature with the whole request as it should have
   been signed, the session token in it: that part is left out. */
static const char *safe(struct arena *arena, const char *text)
{
    char *line = arena_strdup(arena, text);
    char *canonical = strstr(line, "The Canonical String");
    if (canonical)
        *canonical = '\0';
    for (char *c = line; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t')
            *c = ' ';
    return text_safe(arena, line, strlen(line));
}

static bool ends_in_colon(const char *sentence)
{
    return sentence[strlen(sentence) - 1] == ':';
}

static int tell(struct arena *arena, const struct ask *ask, const struct answer *answer,
                const char *sentence, const char *hint, struct error *error)
{
    bool with_text = ends_in_colon(sentence) && answer->text[0];
    int size = (int)strlen(sentence) - (ends_in_colon(sentence) && !with_text);
    error_set(error, FAULT_REMOTE, "cannot %s: %.*s%s%s (%s)", ask->what, size, sentence,
              with_text ? " " : "", with_text ? safe(arena, answer->text) : "",
              safe(arena, answer->code));
    const char *mark = strstr(hint, "%s");
    if (mark)
        return error_hint(error, "%.*s%s%s", (int)(mark - hint), hint, ask->right, mark + 2);
    return error_hint(error, "%s", hint);
}

/* A wrong clock looks like a wrong key; the reply's Date tells them apart. */
static bool is_skewed(const struct http_reply *reply, int64_t now, long long *seconds)
{
    const char *date = http_header(reply, "Date");
    int64_t theirs = date ? http_date(date) : -1;
    *seconds = theirs < 0 ? 0 : (long long)(now / 1000 - theirs);
    return llabs(*seconds) > SKEW_S;
}

static bool is_about_time(const struct answer *answer)
{
    static const char *const codes[] = {"SignatureDoesNotMatch", "InvalidSignature",
                                        "RequestExpired", "RequestTimeTooSkewed"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strncmp(answer->code, codes[i], strlen(codes[i])) == 0)
            return true;
    return false;
}

/* True when `code` is `word`, or that with "Exception" behind it. */
static bool is_code(const char *code, const char *name)
{
    size_t size = strlen(name);
    return strncmp(code, name, size) == 0 &&
           (code[size] == '\0' || strcmp(code + size, "Exception") == 0);
}

static int refuse(struct arena *arena, const struct ask *ask, const struct answer *answer,
                  const struct http_reply *reply, int64_t now, struct error *error)
{
    long long seconds;
    if (is_about_time(answer) && is_skewed(reply, now, &seconds)) {
        error_set(error, FAULT_REMOTE, "cannot %s: this machine's clock is %lld s %s (%s)",
                  ask->what, llabs(seconds), seconds > 0 ? "ahead" : "behind",
                  safe(arena, answer->code));
        return error_hint(error, "set the clock");
    }
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (strstr(answer->text, causes[i].words))
            return tell(arena, ask, answer, causes[i].sentence, causes[i].hint, error);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (is_code(answer->code, refusals[i].code))
            return tell(arena, ask, answer, refusals[i].sentence, refusals[i].hint, error);
    const char *id = http_header(reply, "x-amzn-requestid");
    error_set(error, FAULT_REMOTE, "cannot %s: %s (%s, HTTP %ld, request %s)", ask->what,
              answer->text[0] ? safe(arena, answer->text) : "the platform says no reason",
              answer->code[0] ? safe(arena, answer->code) : "no code", reply->status,
              id ? safe(arena, id) : "unknown");
    return reply->status >= 500 ? error_hint(error, "try again later") : -1;
}

/* x-amzn-errortype: what stands before a ':' and behind a '#' (section 3). */
static void read_json_refusal(struct arena *arena, const struct http_reply *reply,
                              struct answer *out)
{
    struct error ignored;
    json_t *document = NULL;
    const char *type = http_header(reply, "x-amzn-errortype");
    if (json_read(arena, reply->body, "answer", FAULT_REMOTE, &document, &ignored) != 0)
        document = NULL;
    if (!type)
        type = json_find_string(document, "__type", "");
    const char *mark = strchr(type, '#');
    type = mark ? mark + 1 : type;
    out->code = arena_printf(arena, "%.*s", (int)strcspn(type, ":"), type);
    out->text = json_find_string(document, "message", json_find_string(document, "Message", ""));
}

static void read_xml_refusal(struct arena *arena, const struct http_reply *reply,
                             struct answer *out)
{
    struct error ignored;
    struct xml *root = NULL;
    if (lambda_edge_xml(arena, reply->body, &root, &ignored) != 0)
        return;
    const struct xml *failure = xml_child(root, "Error");
    const char *code = xml_text(failure ? failure : root, "Code");
    const char *text = xml_text(failure ? failure : root, "Message");
    out->code = code ? code : "";
    out->text = text ? text : "";
}

static int read_success(struct arena *arena, const struct ask *ask, const struct http_reply *reply,
                        struct answer *out, struct error *error)
{
    out->xml = reply->body;
    out->etag = http_header(reply, "ETag");
    if (ask->service == SERVICE_CLOUDFRONT)
        return 0;
    if (json_read(arena, reply->body, "answer", FAULT_REMOTE, &out->json, error) != 0 ||
        !json_is_object(out->json)) {
        error_set(error, FAULT_REMOTE, "cannot %s: the answer is no JSON object (HTTP %ld)",
                  ask->what, reply->status);
        return error_hint(error, "try again later; check the endpoint if a variable changes it");
    }
    return 0;
}

int lambda_edge_read_reply(struct arena *arena, const struct ask *ask,
                           const struct http_reply *reply, int64_t now, struct answer *out,
                           struct error *error)
{
    *out = (struct answer){.code = "", .text = ""};
    if (reply->status >= 200 && reply->status < 300)
        return read_success(arena, ask, reply, out, error);
    if (ask->service == SERVICE_LAMBDA)
        read_json_refusal(arena, reply, out);
    else
        read_xml_refusal(arena, reply, out);
    out->absent = reply->status == 404 && (is_code(out->code, "ResourceNotFound") ||
                                           is_code(out->code, "NoSuchDistribution"));
    if (out->absent && ask->may_lack)
        return 0;
    return refuse(arena, ask, out, reply, now, error);
}

bool lambda_edge_asks_again(const struct http_reply *reply)
{
    const char *type = http_header(reply, "x-amzn-errortype");
    const char *body = (const char *)reply->body.data;
    return reply->status == 400 && ((type && strncmp(type, "Throttling", 10) == 0) ||
                                    (reply->body.size && strstr(body, "<Code>Throttling") != NULL));
}

static struct http_credentials credentials(const struct job *job, enum service service)
{
    return (struct http_credentials){.scheme = HTTP_AUTH_AWS,
                                     .access_key = job_secret(job, "access_key"),
                                     .secret_key = job_secret(job, "secret_key"),
                                     .session_token = job_secret(job, "session_token"),
                                     .region = REGION,
                                     .service =
                                         service == SERVICE_LAMBDA ? "lambda" : "cloudfront"};
}

/* Every call leaves the same state when it is done twice, or says that it was done: all may be
   repeated. */
int lambda_edge_call(const struct job *job, const struct ask *ask, struct answer *out,
                     struct error *error)
{
    bool is_lambda = ask->service == SERVICE_LAMBDA;
    const char *endpoint = job_endpoint(job, is_lambda ? "lambda" : "cloudfront");
    struct http_header headers[2];
    struct http_reply reply;
    struct http_request request = {.method = ask->method,
                                   .url = arena_printf(job->arena, "%s%s", endpoint, ask->path),
                                   .headers = headers,
                                   .body = ask->xml,
                                   .credentials = credentials(job, ask->service),
                                   .repeat = HTTP_REPEAT_SAFE,
                                   .again = lambda_edge_asks_again};
    if (ask->json)
        request.body = bytes_of(json_print(job->arena, ask->json));
    if (request.body.size)
        headers[request.header_count++] = (struct http_header){
            "Content-Type", is_lambda ? "application/json" : "application/xml"};
    if (ask->etag)
        headers[request.header_count++] = (struct http_header){"If-Match", ask->etag};
    *out = (struct answer){.code = "", .text = ""};
    if (http_send(job->http, job->arena, &request, &reply, error) != 0)
        return error_prefix(error, "cannot %s", ask->what);
    return lambda_edge_read_reply(job->arena, ask, &reply, world_now(job->world), out, error);
}
