/* Functions and signatures: requests at the sandbox half of AWS, good and bad. */
#include "tests/unit/lambda_box.h"

#define CREATE(code, runtime)                                                                      \
    "{\"FunctionName\":\"fn\",\"Role\":\"" ROLE                                                    \
    "\",\"Handler\":\"index.handler\",\"Runtime\":\"" runtime "\",\"Code\":{\"ZipFile\":\"@" code  \
    "\"}}"

static const struct step flow[] = {
    {"POST", "/", "Action=GetCallerIdentity&Version=2011-06-15", 200, NULL,
     "<Account>123456789012</Account>"},
    {"POST", "/", "Action=GetCallerIdentity", 400, NULL, "InvalidAction"},
    {"GET", FUNCTIONS "/fn/configuration", NULL, 404, "message", "\"Function not found: " ARN "\""},
    {"POST", FUNCTIONS, CREATE("good", "nodejs24.x"), 201, "State", "\"Pending\""},
    {"POST", FUNCTIONS, CREATE("good", "nodejs24.x"), 409, "message",
     "\"Function already exist: fn\""},
    /* Pending: nothing may change; two reads later it is Active. */
    {"PUT", FUNCTIONS "/fn/code", "{\"ZipFile\":\"@other\"}", 409, NULL, "Pending"},
    {"GET", FUNCTIONS "/fn/configuration", NULL, 200, "State", "\"Pending\""},
    {"GET", FUNCTIONS "/fn", NULL, 200, "Configuration.State", "\"Active\""},
    /* A dry run changes nothing. */
    {"PUT", FUNCTIONS "/fn/code", "{\"ZipFile\":\"@other\",\"DryRun\":true}", 200,
     "LastUpdateStatus", "\"Successful\""},
    {"GET", FUNCTIONS "/fn/configuration", NULL, 200, "LastUpdateStatus", "\"Successful\""},
    {"PUT", FUNCTIONS "/fn/code", "{\"ZipFile\":\"@good\"}", 200, "LastUpdateStatus",
     "\"InProgress\""},
    {"PUT", FUNCTIONS "/fn/configuration", "{\"Timeout\":5}", 409, NULL,
     "The operation cannot be performed at this time. An update is in progress for resource: " ARN},
    {"POST", FUNCTIONS "/fn/versions", "{}", 409, NULL, "in progress"},
    {"GET", FUNCTIONS "/fn/configuration", NULL, 200, "LastUpdateStatus", "\"InProgress\""},
    {"GET", FUNCTIONS "/fn/configuration", NULL, 200, "LastUpdateStatus", "\"Successful\""},
    {"PUT", FUNCTIONS "/fn/configuration", "{\"Timeout\":5,\"MemorySize\":128}", 200, "Timeout",
     "5"},
    {"GET", FUNCTIONS "/fn/configuration", NULL, 200, NULL, NULL},
    {"GET", FUNCTIONS "/fn/configuration", NULL, 200, "LastUpdateStatusReason", "absent"},
    {"POST", FUNCTIONS "/fn/versions", "{\"Description\":\"first\"}", 201, "FunctionArn",
     "\"" ARN ":1\""},
    {"GET", FUNCTIONS "/fn/configuration?Qualifier=1", NULL, 200, "State", "\"Pending\""},
    {"GET", FUNCTIONS "/fn/configuration?Qualifier=1", NULL, 200, "State", "\"Active\""},
    /* Idempotent: nothing changed, no new number; the description stays. */
    {"POST", FUNCTIONS "/fn/versions", "{\"Description\":\"second\"}", 201, "Description",
     "\"first\""},
    {"PUT", FUNCTIONS "/fn/code", "{\"ZipFile\":\"@other\"}", 200, NULL, NULL},
    {"GET", FUNCTIONS "/fn", NULL, 200, NULL, NULL},
    {"GET", FUNCTIONS "/fn", NULL, 200, NULL, NULL},
    {"POST", FUNCTIONS "/fn/versions", "{\"Description\":\"second\"}", 201, "Version", "\"2\""},
    {"GET", FUNCTIONS "/fn/versions?MaxItems=50", NULL, 200, "Versions[2].Description",
     "\"second\""},
    {"GET", FUNCTIONS "/fn/versions?MaxItems=2", NULL, 200, "NextMarker", "\"2\""},
    {"GET", FUNCTIONS "/fn/versions?Marker=2&MaxItems=2", NULL, 200, "Versions[0].Version",
     "\"2\""},
    {"GET", FUNCTIONS "/fn/versions?Marker=2&MaxItems=2", NULL, 200, "NextMarker", "absent"},
    {"GET",
     FUNCTIONS "/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Afn/configuration", NULL,
     200, "Version", "\"$LATEST\""},
    {"GET", FUNCTIONS "/fn%3A2/configuration", NULL, 200, "Version", "\"2\""},
    {"DELETE", FUNCTIONS "/fn?Qualifier=1", NULL, 204, NULL, NULL},
    {"GET", FUNCTIONS "/fn/configuration?Qualifier=1", NULL, 404, NULL, ":1"},
    {"DELETE", FUNCTIONS "/fn?Qualifier=$LATEST", NULL, 400, NULL, "cannot be deleted"},
    {"DELETE", FUNCTIONS "/fn", NULL, 204, NULL, NULL},
    {"GET", FUNCTIONS "/fn", NULL, 404, NULL, NULL},
};

static const struct step refused[] = {
    {"POST", FUNCTIONS, CREATE("not-a-zip", "nodejs24.x"), 400, NULL,
     "Could not unzip uploaded file"},
    {"POST", FUNCTIONS, CREATE("empty", "nodejs24.x"), 400, NULL, "non-empty zip"},
    {"POST", FUNCTIONS, CREATE("good", "nodejs99.x"), 400, NULL, "Value nodejs99.x at 'runtime'"},
    {"POST", FUNCTIONS, CREATE("good", "nodejs18.x"), 400, NULL,
     "The runtime parameter of nodejs18.x is no longer supported"},
    {"POST", FUNCTIONS, "{\"FunctionName\":\"a b\"}", 400, NULL, "functionName"},
    {"POST", FUNCTIONS, "{\"FunctionName\":\"..\"}", 400, NULL, "functionName"},
    {"POST", FUNCTIONS, "{\"FunctionName\":\"fn\"}", 400, NULL, "Runtime and Handler"},
    {"POST", FUNCTIONS, "not json", 400, NULL, "Could not parse"},
    {"POST", FUNCTIONS, "[]", 400, NULL, "Could not parse"},
    {"GET", FUNCTIONS "/..%2F..%2Fquota", NULL, 400, NULL, "functionName"},
    {"GET", FUNCTIONS "/fn/nosuch", NULL, 404, NULL, NULL},
    {"PATCH", FUNCTIONS "/fn", NULL, 404, NULL, NULL},
    {"GET", "/2015-03-31/nosuch", NULL, 404, NULL, NULL},
    {"GET", "/nosuch", NULL, 404, NULL, NULL},
    {"POST", FUNCTIONS, CREATE("good", "nodejs24.x"), 201, NULL, NULL},
    {"GET", FUNCTIONS "/fn", NULL, 200, NULL, NULL},
    {"GET", FUNCTIONS "/fn", NULL, 200, NULL, NULL},
    {"PUT", FUNCTIONS "/fn/code", "{\"ZipFile\":\"eA==\",\"RevisionId\":\"stale\"}", 412, NULL,
     "The Revision Id provided does not match"},
    {"PUT", FUNCTIONS "/fn/code", "{\"ZipFile\":\"eA\"}", 400, NULL, "base64"},
    {"PUT", FUNCTIONS "/fn/code", "{}", 400, NULL, "source"},
    {"PUT", FUNCTIONS "/fn/configuration", "{\"Timeout\":901}", 400, NULL, "timeout"},
    {"PUT", FUNCTIONS "/fn/configuration", "{\"MemorySize\":64}", 400, NULL, "memorySize"},
    {"PUT", FUNCTIONS "/fn/configuration", "{\"MemorySize\":\"128\"}", 400, NULL, "Integer"},
    {"PUT", FUNCTIONS "/fn/configuration", "{\"Role\":\"me\"}", 400, NULL, "'role'"},
    {"PUT", FUNCTIONS "/fn/configuration", "{\"Role\":\"arn:aws:iam::210987654321:role/edge\"}",
     403, NULL, "Cross-account"},
    {"POST", FUNCTIONS "/fn/versions", "{\"CodeSha256\":\"eA==\"}", 400, NULL,
     "is different from current CodeSHA256"},
    {"POST", FUNCTIONS "/fn/versions", "{\"RevisionId\":\"stale\"}", 412, NULL, NULL},
    {"GET", FUNCTIONS "/fn/configuration?Qualifier=live", NULL, 404, NULL, ":live"},
    {"GET", FUNCTIONS "/fn/versions?MaxItems=x", NULL, 400, NULL, NULL},
    {"GET", "/2020-05-31/distribution/EMISSING/config", NULL, 404, NULL, "NoSuchDistribution"},
    {"GET", "/2020-05-31/distribution/..%2Fquota", NULL, 404, NULL, "NoSuchDistribution"},
    {"GET", "/2020-05-31/nosuch", NULL, 404, NULL, NULL},
    {"PUT", DISTRIBUTION "/config", "<x/>", 400, NULL, "InvalidIfMatchVersion"},
    {"POST", DISTRIBUTION "/invalidation", "<x/>", 400, NULL, "MalformedInput"},
    {"GET", DISTRIBUTION "/invalidation/INONE", NULL, 404, NULL, "NoSuchInvalidation"},
};

static void test_start_problems(struct arena *arena)
{
    static const struct {
        const char *zip, *runtime, *problem;
    } rows[] = {
        {"good", "nodejs20.x", NULL},
        {"multimemory", "nodejs24.x", NULL},
        {"multimemory", "nodejs20.x", "CompileError: WebAssembly.Module(): multimemory"},
        {"component", "nodejs24.x", "expected version 01 00 00 00, found 0d 00 01 00"},
        {"garbage", "nodejs24.x", "CompileError"},
        {"no-handler", "nodejs24.x", "Cannot find module 'index'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct box box;
        lambda_box_open(arena, &box, 1);
        const char *body = arena_printf(
            arena,
            "{\"FunctionName\":\"fn\",\"Role\":\"" ROLE
            "\",\"Handler\":\"index.handler\",\"Runtime\":\"%s\",\"Publish\":true,\"Code\":"
            "{\"ZipFile\":\"%s\"}}",
            rows[i].runtime, lambda_box_zip(arena, rows[i].zip));
        CHECK(lambda_box_ask(&box, "POST", FUNCTIONS, body).status == 201);
        CHECK(lambda_box_ask(&box, "GET", FUNCTIONS "/fn/configuration?Qualifier=1", NULL).status ==
              200);
        struct sandbox_reply reply =
            lambda_box_ask(&box, "GET", FUNCTIONS "/fn/configuration?Qualifier=1", NULL);
        json_t *version = lambda_box_document(&box, &reply);
        CHECK_TEXT(json_find_string(version, "State", ""), rows[i].problem ? "Failed" : "Active");
        if (!CHECK(strstr(json_find_string(version, "StateReason", ""),
                          rows[i].problem ? rows[i].problem : "") != NULL))
            fprintf(stderr, "  %s: %s\n", rows[i].zip, lambda_box_text(&box, &reply));
    }
}

static void test_signatures(struct arena *arena)
{
    static const struct {
        struct forgery forgery;
        const char *lambda, *other, *message;
    } rows[] = {
        {{.access_key = "AKIDOTHER"},
         "UnrecognizedClientException",
         "InvalidClientTokenId",
         "The security token included in the request is invalid."},
        {{.secret_key = "wrong"},
         "InvalidSignatureException",
         "SignatureDoesNotMatch",
         "does not match the signature you provided"},
        {{.other_body = true},
         "InvalidSignatureException",
         "SignatureDoesNotMatch",
         "does not match the signature you provided"},
        {{.region = "eu-west-1"},
         "InvalidSignatureException",
         "SignatureDoesNotMatch",
         "valid region"},
        {{.service = "s3"},
         "InvalidSignatureException",
         "SignatureDoesNotMatch",
         "correct service"},
        {{.late_ms = 15 * 60 * 1000 + 1000},
         "InvalidSignatureException",
         "SignatureDoesNotMatch",
         "Signature expired"},
        {{.late_ms = -15 * 60 * 1000 - 2000},
         "InvalidSignatureException",
         "SignatureDoesNotMatch",
         "Signature not yet current"},
        {{.unsigned_host = true},
         "InvalidSignatureException",
         "SignatureDoesNotMatch",
         "'host' must be"},
        {{.authorization = "Bearer x"},
         "IncompleteSignatureException",
         "IncompleteSignature",
         "Authorization header requires"},
        {{.authorization = "AWS4-HMAC-SHA256 Credential=/,,SignedHeaders=;;,Signature=,"},
         "UnrecognizedClientException",
         "InvalidClientTokenId",
         "token"},
    };
    static const char *const paths[] = {FUNCTIONS "/fn", DISTRIBUTION, "/"};
    struct box box;
    lambda_box_open(arena, &box, 1);
    CHECK(lambda_box_deliver(&box, "GET", "/aws" FUNCTIONS "/fn", NULL, 0, bytes_of("")).status ==
          403);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < sizeof paths / sizeof *paths; j++) {
            struct sandbox_reply reply =
                lambda_box_ask_forged(&box, "POST", paths[j], "x", NULL, &rows[i].forgery);
            bool ok = CHECK(reply.status == 403);
            ok &= CHECK(strstr(lambda_box_text(&box, &reply), rows[i].message) != NULL);
            if (j == 0)
                ok &= CHECK_TEXT(lambda_box_header(&reply, "x-amzn-errortype"), rows[i].lambda);
            else
                ok &= CHECK(strstr(lambda_box_text(&box, &reply),
                                   arena_printf(arena, "<Code>%s</Code>", rows[i].other)) != NULL);
            if (!ok)
                fprintf(stderr, "  %zu: %s\n", i, lambda_box_text(&box, &reply));
        }
    }
    /* Up to 15 minutes are fine, either way. */
    struct forgery late = {.late_ms = 14 * 60 * 1000}, early = {.late_ms = -14 * 60 * 1000};
    CHECK(lambda_box_ask_forged(&box, "GET", DISTRIBUTION, "", NULL, &late).status == 200);
    CHECK(lambda_box_ask_forged(&box, "GET", DISTRIBUTION, "", NULL, &early).status == 200);
}

static void test_quota(struct arena *arena)
{
    struct box box;
    lambda_box_open(arena, &box, 15);
    static const struct {
        const char *path;
        unsigned status;
    } rows[] = {{FUNCTIONS "/fn/configuration", 429}, {DISTRIBUTION, 400}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned first = lambda_box_ask(&box, "GET", rows[i].path, NULL).status;
        box.now -= 1000; /* the same second */
        struct sandbox_reply reply = lambda_box_ask(&box, "GET", rows[i].path, NULL);
        CHECK(first != rows[i].status && reply.status == rows[i].status);
        CHECK(strstr(lambda_box_text(&box, &reply), "Rate exceeded") != NULL);
        CHECK(lambda_box_ask(&box, "GET", rows[i].path, NULL).status == first);
    }
}

static void test_injected(struct arena *arena)
{
    struct box box;
    lambda_box_open(arena, &box, 1);
    static const struct {
        const char *path, *word;
        unsigned status;
    } rows[] = {{FUNCTIONS "/fn", "TooManyRequestsException", 429},
                {FUNCTIONS "/fn", "ServiceException", 500},
                {FUNCTIONS "/fn", "AccessDeniedException", 403},
                {DISTRIBUTION, "PreconditionFailed", 412},
                {DISTRIBUTION,
                 "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: "
                 "cloudfront:GetDistribution on resource: arn:aws:cloudfront::123456789012:"
                 "distribution/E2QWRUHAPOMQZL because no identity-based policy allows the "
                 "cloudfront:GetDistribution action",
                 403},
                {DISTRIBUTION, "InternalError", 502}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sandbox_reply reply = {0};
        struct sandbox_request request = {.arena = arena,
                                          .method = "GET",
                                          .target = rows[i].path,
                                          .path = rows[i].path,
                                          .query = "",
                                          .now = box.now};
        sandbox_lambda_edge.refuse(box.sandbox, &request, rows[i].status, &reply);
        const char *type = lambda_box_header(&reply, "x-amzn-errortype");
        CHECK(reply.status == rows[i].status);
        CHECK(strstr(type ? type : lambda_box_text(&box, &reply), rows[i].word) != NULL);
    }
}

void test_lambda_sandbox(void)
{
    struct arena arena = {0};
    struct box box;
    lambda_box_open(&arena, &box, 1);
    RUN(&box, flow);
    lambda_box_open(&arena, &box, 1);
    RUN(&box, refused);
    test_start_problems(&arena);
    test_signatures(&arena);
    test_quota(&arena);
    test_injected(&arena);
    arena_free(&arena);
}
