/* One signed request and its answer. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

#define REGION "us-east-1" /* of Lambda@Edge and, for signing, of CloudFront (section 1) */

enum { ONCE_MS = 5000 }; /* for what we can do without */

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
    if (ask->service != SERVICE_LAMBDA)
        return 0;
    if (json_read(arena, reply->body, "answer", FAULT_REMOTE, &out->json, error) != 0 ||
        !json_is_object(out->json)) {
        out->uncertain = true;
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
    out->uncertain = reply->status < 400 || reply->status >= 500;
    out->absent = reply->status == 404 && (lambda_edge_is_code(out->code, "ResourceNotFound") ||
                                           lambda_edge_is_code(out->code, "NoSuchDistribution") ||
                                           lambda_edge_is_code(out->code, "NoSuchEntity"));
    if (out->absent && ask->may_lack)
        return 0;
    return lambda_edge_refuse(arena, ask, out, reply, now, error);
}

/* The SDKs' list of codes that are worth another try (section 3), without those that always come
   with a 429 or a 5xx. */
bool lambda_edge_asks_again(const struct http_reply *reply)
{
    static const char *const codes[] = {"Throttling",
                                        "ThrottledException",
                                        "TooManyRequests",
                                        "RequestLimitExceeded",
                                        "RequestThrottled",
                                        "RequestTimeout",
                                        "PriorRequestNotComplete",
                                        "TransactionInProgress",
                                        "SlowDown"};
    static const char mark[] = "<Code>";
    if (reply->status != 400)
        return false;
    const char *code = http_header(reply, "x-amzn-errortype");
    if (!code && reply->body.size) {
        code = strstr((const char *)reply->body.data, mark);
        code = code ? code + strlen(mark) : NULL;
    }
    for (size_t i = 0; code && i < sizeof codes / sizeof *codes; i++)
        if (strncmp(code, codes[i], strlen(codes[i])) == 0)
            return true;
    return false;
}

/* Names for endpoint and signature are the same, and so are the types of all bodies of one service.
 */
static const struct {
    const char *name, *type;
} services[] = {
    [SERVICE_LAMBDA] = {"lambda", "application/json"},
    [SERVICE_CLOUDFRONT] = {"cloudfront", "application/xml"},
    [SERVICE_IAM] = {"iam", "application/x-www-form-urlencoded"},
    [SERVICE_STS] = {"sts", "application/x-www-form-urlencoded"},
};

static struct http_credentials credentials(const struct job *job, enum service service)
{
    return (struct http_credentials){.scheme = HTTP_AUTH_AWS,
                                     .access_key = job_secret(job, "access_key"),
                                     .secret_key = job_secret(job, "secret_key"),
                                     .session_token = job_secret(job, "session_token"),
                                     .region = REGION,
                                     .service = services[service].name};
}

static struct bytes body_of(const struct job *job, const struct ask *ask)
{
    if (ask->json)
        return bytes_of(json_print(job->arena, ask->json));
    return ask->form ? bytes_of(ask->form) : ask->xml;
}

/* Variables are named by the refusal's own hint. */
static int name_origin(const struct job *job, struct error *error)
{
    if (!job->secrets_origin || strcmp(job->secrets_origin, "the environment") == 0)
        return -1;
    return error_hint(error, "they are from %s: renew them there, then run this again",
                      job->secrets_origin);
}

/* Every call leaves the same state when it is done twice, or says that it was done: all may be
   repeated. */
int lambda_edge_call(const struct job *job, const struct ask *ask, struct answer *out,
                     struct error *error)
{
    const char *endpoint = job_endpoint(job, services[ask->service].name);
    struct http_header headers[2];
    struct http_reply reply;
    struct http_request request = {.method = ask->method,
                                   .url = arena_printf(job->arena, "%s%s", endpoint, ask->path),
                                   .headers = headers,
                                   .body = body_of(job, ask),
                                   .credentials = credentials(job, ask->service),
                                   .repeat = ask->once ? HTTP_REPEAT_BY_CALLER : HTTP_REPEAT_SAFE,
                                   .timeout_ms = ask->once ? ONCE_MS : 0,
                                   .reads = ask->form, /* IAM and STS are only asked */
                                   .again = lambda_edge_asks_again};
    if (request.body.size)
        headers[request.header_count++] =
            (struct http_header){"Content-Type", services[ask->service].type};
    if (ask->etag)
        headers[request.header_count++] = (struct http_header){"If-Match", ask->etag};
    *out = (struct answer){.code = "", .text = "", .uncertain = true};
    if (http_send(job->http, job->arena, &request, &reply, error) != 0)
        return error_prefix(error, "cannot %s", ask->what);
    if (lambda_edge_read_reply(job->arena, ask, &reply, world_now(job->world), out, error) == 0)
        return 0;
    if (reply.retry_after_s > 0)
        return error_hint(error, "try again in %lld s", (long long)reply.retry_after_s);
    return lambda_edge_is_code(out->code, "ExpiredToken") ? name_origin(job, error) : -1;
}
