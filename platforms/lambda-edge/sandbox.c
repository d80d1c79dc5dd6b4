/* AWS on loopback, as far as Lambda@Edge needs it: STS, IAM, Lambda and CloudFront under one
   prefix, told apart by path, and STS from IAM by what the request is signed for. Who may ask, how
   often, and in which form is answered. Written from contracts/lambda-edge.md, not from the driver.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/lambda-edge/sandbox_parts.h"

/* Requests a second (contract section 3). CloudFront's figure is not published: inference. */
enum { GET_FUNCTION_RATE = 100, LAMBDA_RATE = 15, CLOUDFRONT_RATE = 15 };

char *aws_time(struct call *call, const char *zone)
{
    struct tm parts;
    char text[32];
    time_t seconds = (time_t)(call->request->now / 1000);
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    return arena_printf(call->arena, "%s.%03d%s", text, (int)(call->request->now % 1000), zone);
}

/* The Date header is of the clock that signatures are checked against: clients correct theirs by
   it (contract section 3). */
static void add_common_headers(struct call *call)
{
    struct tm parts;
    char text[40];
    time_t seconds = (time_t)(call->request->now / 1000);
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    sandbox_reply_header(call->reply, "Date", arena_strdup(call->arena, text));
    sandbox_reply_header(call->reply, "x-amzn-requestid", sandbox_uuid(call->sandbox, call->arena));
}

void aws_answer_json(struct call *call, unsigned status, json_t *document)
{
    sandbox_reply_json(call->request, call->reply, status, document);
    add_common_headers(call);
}

void aws_answer_xml(struct call *call, unsigned status, const char *body)
{
    sandbox_reply_text(call->reply, status, "text/xml",
                       arena_printf(call->arena, "<?xml version=\"1.0\"?>\n%s", body));
    add_common_headers(call);
}

static void refuse_json(struct call *call, unsigned status, const char *code, const char *message)
{
    json_t *document = json_pack("{s:s}", "Type", status < 500 ? "User" : "Service");
    json_object_set_new(document, "message", json_text(message, strlen(message)));
    json_object_set_new(document, "Message", json_text(message, strlen(message)));
    if (status == 429)
        json_object_set_new(document, "Reason", json_string("CallerRateLimitExceeded"));
    aws_answer_json(call, status, document);
    sandbox_reply_header(call->reply, "x-amzn-errortype", code);
}

static void refuse_xml(struct call *call, unsigned status, const char *code, const char *message)
{
    const char *space = call->service == SERVICE_STS   ? AWS_STS_XML
                        : call->service == SERVICE_IAM ? AWS_IAM_XML
                                                       : AWS_CLOUDFRONT_XML;
    aws_answer_xml(
        call, status,
        arena_printf(call->arena,
                     "<ErrorResponse xmlns=\"%s\"><Error><Type>%s</Type><Code>%s</Code>"
                     "<Message>%s</Message></Error><RequestId>%s</RequestId>"
                     "</ErrorResponse>",
                     space, status < 500 ? "Sender" : "Receiver", code,
                     aws_xml_escape(call->arena, text_safe(call->arena, message, strlen(message))),
                     sandbox_uuid(call->sandbox, call->arena)));
}

int aws_refuse(struct call *call, unsigned status, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *message = arena_vprintf(call->arena, format, arguments);
    va_end(arguments);
    if (call->service == SERVICE_LAMBDA)
        refuse_json(call, status, code, message);
    else
        refuse_xml(call, status, code, message);
    return -1;
}

int aws_save(struct call *call, const char *key, json_t *document)
{
    if (sandbox_save(call->sandbox, key, document) == 0)
        return 0;
    return aws_refuse(call, 500, "ServiceException", "the sandbox cannot write its state");
}

int aws_save_blob(struct call *call, const char *key, struct bytes blob)
{
    if (sandbox_save_blob(call->sandbox, key, blob) == 0)
        return 0;
    return aws_refuse(call, 500, "ServiceException", "the sandbox cannot write its state");
}

bool aws_settles(json_t *document)
{
    json_int_t left = json_find_integer(document, "unsettled", 0);
    json_object_set_new(document, "unsettled", json_integer(left > 0 ? left - 1 : 0));
    return left == 0;
}

/* Counts the call in the running second of its quota; -1 after a refusal. The second is that of the
   caller's signed date, which is right within minutes: a client whose waits are virtual is counted
   as if it had waited. */
static int check_rate(struct call *call, const char *quota, unsigned rate)
{
    const char *second = sandbox_header(call->request, "x-amz-date");
    json_int_t most = rate / sandbox_rate_scale(call->sandbox);
    json_t *all = sandbox_load(call->sandbox, call->arena, "lambda-edge/quota");
    if (!all)
        all = json_own(call->arena, json_object());
    json_t *row = json_object_get(all, quota);
    bool is_running = strcmp(json_find_string(row, "second", ""), second) == 0;
    json_int_t count = is_running ? json_find_integer(row, "count", 0) : 0;
    if (count >= (most > 0 ? most : 1)) {
        bool is_json = call->service == SERVICE_LAMBDA;
        (void)aws_refuse(call, is_json ? 429 : 400,
                         is_json ? "TooManyRequestsException" : "Throttling", "Rate exceeded");
        if (is_json)
            sandbox_reply_header(call->reply, "Retry-After", "1");
        return -1;
    }
    json_object_set_new(all, quota, json_pack("{s:s, s:I}", "second", second, "count", count + 1));
    return aws_save(call, "lambda-edge/quota", all);
}

static int check_quota(struct call *call)
{
    bool is_get_function = strcmp(call->request->method, "GET") == 0 && call->word_count == 2;
    if (call->service == SERVICE_STS || call->service == SERVICE_IAM)
        return 0;
    if (call->service == SERVICE_CLOUDFRONT)
        return check_rate(call, "cloudfront", CLOUDFRONT_RATE);
    if (is_get_function)
        return check_rate(call, "get-function", GET_FUNCTION_RATE);
    return check_rate(call, "lambda", LAMBDA_RATE);
}

static enum service service_at_root(const struct sandbox_request *request)
{
    const char *claim = sandbox_header(request, "Authorization");
    return claim && strstr(claim, "/iam/aws4_request") ? SERVICE_IAM : SERVICE_STS;
}

static struct call open_call(struct sandbox *sandbox, const struct sandbox_request *request,
                             struct sandbox_reply *reply)
{
    struct call call = {.sandbox = sandbox,
                        .request = request,
                        .reply = reply,
                        .arena = request->arena,
                        .service = service_at_root(request)};
    size_t count;
    const char **words = sandbox_words(request, &count);
    if (count && words[count - 1][0] == '\0')
        count--; /* older clients end POST /functions/ with a slash */
    if (count && strcmp(words[0], "2015-03-31") == 0)
        call.service = SERVICE_LAMBDA;
    if (count && strcmp(words[0], "2020-05-31") == 0)
        call.service = SERVICE_CLOUDFRONT;
    call.words = words + (count ? 1 : 0);
    call.word_count = count ? count - 1 : 0;
    return call;
}

/* The state is one account's; another one has nothing, and may not pass this one's roles. */
static int check_account(struct call *call)
{
    if (strcmp(call->caller.account, AWS_ACCOUNT) == 0)
        return 0;
    if (call->service == SERVICE_CLOUDFRONT)
        return aws_refuse(call, 404, "NoSuchDistribution",
                          "The specified distribution does not exist.");
    if (strcmp(call->request->method, "POST") == 0)
        return aws_refuse(call, 403, "AccessDeniedException",
                          "Cross-account pass role is not allowed.");
    return aws_refuse(call, 404, "ResourceNotFoundException",
                      "Function not found: arn:aws:lambda:" AWS_REGION ":%s:function:%s",
                      call->caller.account, call->word_count > 1 ? call->words[1] : "");
}

static void handle(struct sandbox *sandbox, const struct sandbox_request *request,
                   struct sandbox_reply *reply)
{
    struct call call = open_call(sandbox, request, reply);
    bool is_root = call.service == SERVICE_STS || call.service == SERVICE_IAM;
    if (is_root && strcmp(request->path, "/") != 0 && request->path[0]) {
        (void)aws_refuse(&call, 404, "UnknownOperation", "the sandbox has no such path");
        return;
    }
    if (!aws_needs_no_signature(&call) && aws_check_signature(&call) != 0)
        return;
    if (check_quota(&call) != 0 || (!is_root && check_account(&call) != 0))
        return;
    if (call.service == SERVICE_LAMBDA)
        aws_lambda(&call);
    else if (call.service == SERVICE_CLOUDFRONT)
        aws_cloudfront(&call);
    else
        aws_identity(&call);
}

/* Words for an injected error. */
static void refuse(struct sandbox *sandbox, const struct sandbox_request *request, unsigned status,
                   struct sandbox_reply *reply)
{
    static const struct {
        unsigned status;
        const char *lambda, *other, *message;
    } rows[] = {
        {400, "InvalidParameterValueException", "InvalidArgument", "The request is not valid."},
        {404, "ResourceNotFoundException", "NoSuchDistribution",
         "The specified resource does not exist."},
        {409, "ResourceConflictException", "CNAMEAlreadyExists",
         "The operation cannot be performed at this time. An update is in progress."},
        {412, "PreconditionFailedException", "PreconditionFailed",
         "The request failed because it didn't meet the preconditions in one or more "
         "request-header fields."},
        {413, "RequestTooLargeException", "RequestEntityTooLarge", "The request is too large."},
        {429, "TooManyRequestsException", "Throttling", "Rate exceeded"},
        {503, "ServiceException", "ServiceUnavailable", "Service unavailable."},
    };
    struct call call = open_call(sandbox, request, reply);
    const char *lambda = "ServiceException", *other = "InternalError";
    const char *message = "We encountered an internal error. Please try again.";
    if (status == 403) {
        aws_deny_request(&call);
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].status == status) {
            lambda = rows[i].lambda;
            other = rows[i].other;
            message = rows[i].message;
        }
    }
    (void)aws_refuse(&call, status, call.service == SERVICE_LAMBDA ? lambda : other, "%s", message);
}

const struct sandbox_api sandbox_lambda_edge = {
    .prefix = AWS_PREFIX,
    .handle = handle,
    .refuse = refuse,
    .environment = {{"AWS_ENDPOINT_URL", "%s" AWS_PREFIX},
                    {"AWS_ACCESS_KEY_ID", AWS_ACCESS_KEY},
                    {"AWS_SECRET_ACCESS_KEY", AWS_SECRET_KEY},
                    {"AWS_REGION", AWS_REGION},
                    {NULL, NULL}},
};
