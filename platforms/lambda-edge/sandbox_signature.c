/* Who asks: the request's signature, worked out again from what came over the wire. Errors in the
   words of contract section 3; where it has only the name, AWS's common errors. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "pkg/digest/sigv4.h"
#include "platforms/lambda-edge/sandbox_parts.h"

enum { SKEW_MS = 15 * 60 * 1000 };

/* An Authorization header taken apart, and the date it is for. */
struct claim {
    const char *access_key, *date, *region, *service, *ending;
    const char *signed_headers, *signature, *timestamp;
};

/* Each kind of refusal has its name in the two dialects. */
static int refuse(struct call *call, const char *json_code, const char *xml_code,
                  const char *message)
{
    bool is_json = call->service == SERVICE_LAMBDA;
    (void)aws_refuse(call, 403, is_json ? json_code : xml_code, "%s", message);
    return -1;
}

static int refuse_signature(struct call *call, const char *message)
{
    return refuse(call, "InvalidSignatureException", "SignatureDoesNotMatch", message);
}

/* The value behind `name`= in the comma-separated list; NULL when absent. */
static const char *field(struct arena *arena, const char *list, const char *name)
{
    size_t size = strlen(name);
    while (list) {
        list += strspn(list, " ,");
        if (strncmp(list, name, size) == 0 && list[size] == '=')
            return arena_copy(arena, list + size + 1, strcspn(list + size + 1, ", "));
        list = strchr(list, ',');
    }
    return NULL;
}

/* Cuts the word before the next '/' off `rest`. */
static const char *cut(char **rest)
{
    char *word = *rest, *slash = strchr(word, '/');
    *rest = slash ? slash + 1 : word + strlen(word);
    if (slash)
        *slash = '\0';
    return word;
}

static int read_claim(struct call *call, struct claim *out)
{
    static const char scheme[] = "AWS4-HMAC-SHA256 ";
    const char *text = sandbox_header(call->request, "Authorization");
    if (!text)
        return refuse(call, "MissingAuthenticationTokenException", "MissingAuthenticationToken",
                      "Missing Authentication Token");
    bool has_scheme = strncmp(text, scheme, sizeof scheme - 1) == 0;
    const char *list = has_scheme ? text + sizeof scheme - 1 : "";
    char *scope = arena_strdup(call->arena, field(call->arena, list, "Credential"));
    out->signed_headers = field(call->arena, list, "SignedHeaders");
    out->signature = field(call->arena, list, "Signature");
    out->timestamp = sandbox_header(call->request, "x-amz-date");
    if (!scope || !out->signed_headers || !out->signature || !out->timestamp)
        return refuse(call, "IncompleteSignatureException", "IncompleteSignature",
                      "Authorization header requires 'Credential' parameter. Authorization header "
                      "requires 'Signature' parameter. Authorization header requires "
                      "'SignedHeaders' parameter. Authorization header requires existence of "
                      "either a 'X-Amz-Date' or a 'Date' header.");
    out->access_key = cut(&scope);
    out->date = cut(&scope);
    out->region = cut(&scope);
    out->service = cut(&scope);
    out->ending = scope;
    return 0;
}

static const char *service_name(enum service service)
{
    static const char *const names[] = {"sts", "lambda", "cloudfront", "iam"};
    return names[service];
}

static int check_scope(struct call *call, const struct claim *claim)
{
    const char *service = service_name(call->service);
    if (aws_find_caller(call, claim->access_key, &call->caller) != 0 ||
        !aws_token_fits(&call->caller, sandbox_header(call->request, "x-amz-security-token")))
        return refuse(call, "UnrecognizedClientException", "InvalidClientTokenId",
                      "The security token included in the request is invalid.");
    if (strcmp(claim->region, AWS_REGION) != 0)
        return refuse_signature(call, "Credential should be scoped to a valid region.");
    if (strcmp(claim->service, service) != 0)
        return refuse_signature(
            call, arena_printf(call->arena, "Credential should be scoped to correct service: '%s'.",
                               service));
    if (strcmp(claim->ending, "aws4_request") != 0)
        return refuse_signature(
            call, "Credential should be scoped with a valid terminator: 'aws4_request'.");
    if (strncmp(claim->date, claim->timestamp, 8) != 0 || strlen(claim->date) != 8)
        return refuse_signature(call, "Date in Credential scope does not match YYYYMMDD from "
                                      "ISO-8601 version of date from HTTP.");
    return 0;
}

static int number(const char *text, size_t size)
{
    int value = 0;
    for (size_t i = 0; i < size; i++)
        value = text[i] >= '0' && text[i] <= '9' && value >= 0 ? value * 10 + (text[i] - '0') : -1;
    return value;
}

/* Days since 1970-01-01 in the Gregorian calendar. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* YYYYMMDD'T'HHMMSS'Z' in milliseconds since 1970; -1 when it is no such timestamp. */
static int64_t parse_timestamp(const char *text)
{
    if (strlen(text) != 16 || text[8] != 'T' || text[15] != 'Z')
        return -1;
    int year = number(text, 4), month = number(text + 4, 2), day = number(text + 6, 2);
    int hour = number(text + 9, 2), minute = number(text + 11, 2), second = number(text + 13, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return -1;
    return (days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * 1000;
}

static int check_clock(struct call *call, const struct claim *claim)
{
    int64_t now = call->request->now, when = parse_timestamp(claim->timestamp);
    const char *today = sigv4_timestamp(call->arena, now);
    if (when < 0)
        return refuse(call, "IncompleteSignatureException", "IncompleteSignature",
                      "Date must be in ISO-8601 'basic format'.");
    if (when < now - SKEW_MS)
        return refuse_signature(
            call,
            arena_printf(call->arena, "Signature expired: %s is now earlier than %s (%s - 15 min.)",
                         claim->timestamp, sigv4_timestamp(call->arena, now - SKEW_MS), today));
    if (when > now + SKEW_MS)
        return refuse_signature(
            call,
            arena_printf(call->arena,
                         "Signature not yet current: %s is still later than %s (%s + 15 min.)",
                         claim->timestamp, sigv4_timestamp(call->arena, now + SKEW_MS), today));
    return 0;
}

/* True when `name` is one of the words between the semicolons. */
static bool is_listed(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (const char *word = list; word; word = strchr(word, ';')) {
        word += *word == ';';
        if (strncasecmp(word, name, size) == 0 && (word[size] == ';' || word[size] == '\0'))
            return true;
    }
    return false;
}

static bool is_signed(const struct call *call, const char *list, const char *name)
{
    return !sandbox_header(call->request, name) || is_listed(list, name);
}

static int check_digits(struct call *call, const struct claim *claim)
{
    const struct sandbox_request *request = call->request;
    struct sigv4_header *headers =
        arena_alloc(call->arena, request->header_count + 1, sizeof *headers);
    struct sigv4_key key = {call->caller.access_key, call->caller.secret_key, AWS_REGION,
                            service_name(call->service)};
    struct sigv4_signature out;
    char digest[65];
    size_t count = 0, path_size = strcspn(request->target, "?");
    for (size_t i = 0; i < request->header_count; i++)
        if (is_listed(claim->signed_headers, request->headers[i].name))
            headers[count++] =
                (struct sigv4_header){request->headers[i].name, request->headers[i].value};
    digest_sha256(request->body, digest);
    sigv4_sign(call->arena, &key,
               &(struct sigv4_request){.method = request->method,
                                       .path = arena_copy(call->arena, request->target, path_size),
                                       .query = request->target + path_size +
                                                (request->target[path_size] == '?'),
                                       .headers = headers,
                                       .header_count = count,
                                       .payload_sha256 = digest},
               claim->timestamp, &out);
    if (strcmp(out.signature, claim->signature) == 0)
        return 0;
    return refuse_signature(call,
                            "The request signature we calculated does not match the signature "
                            "you provided. Check your AWS Secret Access Key and signing "
                            "method. Consult the service documentation for details.");
}

static int check_expiry(struct call *call)
{
    if (!call->caller.expires || call->request->now < call->caller.expires)
        return 0;
    return refuse(call, "ExpiredTokenException", "ExpiredToken",
                  "The security token included in the request is expired");
}

int aws_check_signature(struct call *call)
{
    struct claim claim = {0};
    if (read_claim(call, &claim) != 0 || check_scope(call, &claim) != 0 ||
        check_clock(call, &claim) != 0)
        return -1;
    /* A header that decides who asks or what is asked for must be signed. */
    static const char *const needed[] = {"host", "x-amz-date", "x-amz-security-token",
                                         "x-amz-content-sha256"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!is_signed(call, claim.signed_headers, needed[i]))
            return refuse_signature(call, arena_printf(call->arena,
                                                       "'%s' must be a 'SignedHeader' in the AWS "
                                                       "Authorization.",
                                                       needed[i]));
    return check_digits(call, &claim) == 0 ? check_expiry(call) : -1;
}
