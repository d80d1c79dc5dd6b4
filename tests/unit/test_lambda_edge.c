/* The parts of Lambda@Edge's driver that need no network: packing, names, the distribution's
   document, and what refusals become. */
#include <jansson.h>
#include <stdlib.h>

#include "pkg/archive/archive.h"
#include "pkg/base/file.h"
#include "pkg/json/json.h"
#include "platforms/lambda-edge/driver_parts.h"
#include "tests/unit/unit.h"

extern const struct platform platform_lambda_edge;

static const struct platform_entry entry = {&platform_lambda_edge, NULL, "{}",
                                            "export const handler = 1;\n"};

static const char settings[] =
    "{\"function\":\"resize\",\"role\":\"arn:aws:iam::123456789012:role/edge\","
    "\"runtime\":\"nodejs24.x\",\"memory_mb\":128,\"timeout_s\":5,\"distribution\":\"E1EXAMPLE\","
    "\"behavior\":\"default\",\"event\":\"viewer-request\",\"include_body\":false}";

static struct job job_of(struct arena *arena, const char *text)
{
    static const struct profile nothing_known;
    struct job job = {.arena = arena, .entry = &entry, .profile = &nothing_known};
    struct error error = {0};
    if (json_read(arena, bytes_of(text), "settings", FAULT_INPUT, &job.settings, &error) != 0)
        abort();
    return job;
}

static size_t packed_size(struct job *job, struct bytes module, double limit, const char *event)
{
    struct profile_limit limits[] = {
        {.metric = "artifact_bytes", .value = 50e6},
        {.metric = "artifact_bytes", .value = limit, .when_option = "event", .when_value = event}};
    struct profile profile = {.limits = limits, .limit_count = 2};
    struct part part = {"resize.wasm", NULL, NULL, module};
    struct payload payload = {PAYLOAD_BARE, ENTRY_WASI, &part, 1, NULL, 0};
    struct error error = {0};
    struct artifact artifact = {0};
    job->profile = &profile;
    CHECK(platform_lambda_edge.pack(job, &payload, &artifact, &error) == 0);
    return artifact.counted_bytes;
}

/* Near a limit that holds for its event the zip is made with more effort. */
static void test_pack_near_limit(struct arena *arena)
{
    struct job job = job_of(arena, settings);
    struct bytes module;
    struct error error = {0};
    if (!CHECK(file_read(arena, "platforms/lambda-edge/profile.json", LIMIT_ARTIFACT, &module,
                         &error) == 0))
        return;
    size_t usual = packed_size(&job, module, 1e6, "viewer-*");
    CHECK(packed_size(&job, module, (double)usual, "viewer-*") < usual);
    CHECK(packed_size(&job, module, (double)usual, "origin-*") == usual);
}

static void test_pack(struct arena *arena)
{
    struct job job = job_of(arena, settings);
    struct error error = {0};
    struct part module = {"target/x/resize.wasm", NULL, NULL, bytes_of("12345")};
    struct payload payload = {PAYLOAD_BARE, ENTRY_WASI, &module, 1, NULL, 0};
    struct artifact a, b;
    struct archive_item *items;
    size_t count = 0;
    CHECK(platform_lambda_edge.pack(&job, &payload, &a, &error) == 0);
    CHECK(a.part_count == 1 && a.counted_bytes == a.parts[0].body.size);
    struct bytes glue = artifact_glue(&job, a.sha256);
    CHECK(a.unpacked_bytes == 5 + glue.size);
    CHECK(archive_read(arena, a.parts[0].body, 1000, "zip", &items, &count, &error) == 0);
    CHECK(count == 2);
    CHECK_TEXT(items[0].path, "index.mjs");
    CHECK(bytes_equal(items[0].body, glue));
    CHECK_TEXT(items[1].path, "module.wasm");
    CHECK(items[0].mode == 0644 && items[1].mode == 0644);
    CHECK_TEXT(a.settings,
               "{\"runtime\":\"nodejs24.x\",\"memory_mb\":128,\"timeout_s\":5,"
               "\"handler\":\"index.handler\",\"role\":\"arn:aws:iam::123456789012:role/edge\","
               "\"event\":\"viewer-request\",\"behavior\":\"default\",\"distribution\":"
               "\"E1EXAMPLE\",\"include_body\":false}");
    CHECK(platform_lambda_edge.pack(&job, &payload, &b, &error) == 0);
    CHECK_TEXT(b.sha256, a.sha256);
    json_object_set_new(job.settings, "behavior", json_string("/img/*"));
    json_object_del(job.settings, "role");
    CHECK(platform_lambda_edge.pack(&job, &payload, &b, &error) == 0);
    CHECK(strcmp(b.sha256, a.sha256) != 0 && strstr(b.settings, "\"role\":null") != NULL);
}

static void test_pack_main(struct arena *arena)
{
    struct job job = job_of(arena, settings);
    struct part parts[] = {{"main.js", NULL, NULL, bytes_of("m")},
                           {"lib/a.wasm", NULL, NULL, bytes_of("a")},
                           {"data.json", NULL, NULL, bytes_of("d")}};
    static const char *const bad[] = {"main.ts", "main", "my.main.js", ".js.txt"};
    struct payload payload = {PAYLOAD_MAIN, ENTRY_NONE, parts, 3, NULL, 0};
    struct artifact artifact;
    struct archive_item *items;
    struct error error = {0};
    size_t count = 0;
    CHECK(platform_lambda_edge.pack(&job, &payload, &artifact, &error) == 0);
    CHECK(strstr(artifact.settings, "\"handler\":\"main.handler\"") != NULL);
    CHECK(archive_read(arena, artifact.parts[0].body, 9, "zip", &items, &count, &error) == 0);
    CHECK(count == 3);
    CHECK_TEXT(items[0].path, "data.json");
    parts[2].name = "lib/a.wasm";
    CHECK(platform_lambda_edge.pack(&job, &payload, &artifact, &error) == -1);
    CHECK_TEXT(error.message, "'lib/a.wasm' would be in the package twice");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        parts[0].name = bad[i];
        CHECK(platform_lambda_edge.pack(&job, &payload, &artifact, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
    }
    payload.form = PAYLOAD_PACKAGE;
    CHECK(platform_lambda_edge.pack(&job, &payload, &artifact, &error) == -1);
}

#define SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define COMMIT "0123456789abcdef0123456789abcdef01234567"

#define CODE "MjTaA47Ii6pgG2rAtPkjhSnKgL598ye6hYrydyNKG1g="

static void test_descriptions(struct arena *arena)
{
    struct deployment out = {0};
    char *text = lambda_edge_description(arena, SHA256, COMMIT, CODE);
    CHECK_TEXT(text, "edge-deploy sha256:" SHA256 " git:" COMMIT " code:" CODE);
    CHECK(strlen(lambda_edge_description(arena, SHA256, SHA256, CODE)) <= 256);
    CHECK(lambda_edge_read_description(arena, text, CODE, &out));
    CHECK_TEXT(out.artifact_sha256, SHA256);
    CHECK_TEXT(out.commit, COMMIT);
    out = (struct deployment){0};
    text = lambda_edge_description(arena, SHA256, NULL, CODE);
    CHECK(lambda_edge_read_description(arena, text, CODE, &out));
    CHECK(out.commit == NULL && out.artifact_sha256 != NULL);
    out = (struct deployment){0};
    CHECK(!lambda_edge_read_description(arena, text, "A" CODE, &out) && !out.artifact_sha256);
    CHECK(!lambda_edge_read_description(arena, "", "", &out));
    CHECK(!lambda_edge_read_description(arena, "edge-deploy sha256:12", CODE, &out));
    CHECK(!lambda_edge_read_description(arena, "edge-deploy sha256:" SHA256, CODE, &out));
    CHECK(!lambda_edge_read_description(arena, "git 0123abc", CODE, &out));
}

static void test_names(struct arena *arena)
{
    static const char *const versions[] = {"",        "0",  "01", "1234567890",
                                           "$LATEST", "1 ", "-1", "1a"};
    static const char *const arns[] = {
        "",
        "arn:aws:lambda:us-east-1:123456789012:function:resize",
        "arn:aws:lambda:us-east-1:123456789012:function:resize:",
        "arn:aws:lambda:us-east-1:123456789012:function:resize:$LATEST",
        "arn:aws:lambda:us-east-1:123456789012:function:resize:live",
        "arn:aws:lambda:us-east-1:123456789012:function:resize:7:8",
        "arn:aws:lambda:us-east-1:123456789012:function::7",
        "arn:aws:lambda:eu-west-1:123456789012:function:resize:7",
        "arn:aws:lambda:us-east-1:123456789012:layer:resize:7",
        "arn:aws:lambda:us-east-1:123456789012:function:re<size:7",
        "arn:aws:lambda:us-east-1:123456789012:function:resize:7\n"};
    struct function_name name;
    CHECK(lambda_edge_is_version("1") && lambda_edge_is_version("999999999"));
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        CHECK(!lambda_edge_is_version(versions[i]));
    for (size_t i = 0; i < sizeof arns / sizeof *arns; i++)
        if (!CHECK(lambda_edge_read_arn(arena, arns[i], &name) == -1))
            fprintf(stderr, "  %s\n", arns[i]);
    CHECK(lambda_edge_read_arn(
              arena, "arn:aws-us-gov:lambda:us-east-1:123456789012:function:a_B-1:7", &name) == 0);
    CHECK_TEXT(name.name, "a_B-1");
    CHECK_TEXT(name.version, "7");
}

#define ARN(name, version) "arn:aws:lambda:us-east-1:123456789012:function:" name ":" version
#define ITEM(arn, event)                                                                           \
    "<LambdaFunctionAssociation><LambdaFunctionARN>" arn "</LambdaFunctionARN><EventType>" event   \
    "</EventType><IncludeBody>false</IncludeBody></LambdaFunctionAssociation>"
#define NONE "<LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations>"
#define LIST(count, items)                                                                         \
    "<LambdaFunctionAssociations><Quantity>" count "</Quantity><Items>" items                      \
    "</Items></LambdaFunctionAssociations>"

/* A document as nobody would write it, so that anything which is not copied shows. */
#define HEAD                                                                                       \
    "\xef\xbb\xbf<?xml version='1.0' encoding=\"UTF-8\"?>\r\n<!-- gr\xc3\xbc\xc3\x9f -->"          \
    "<DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\n"             \
    "  <Comment>a &amp; b <![CDATA[<LambdaFunctionAssociations>]]></Comment><New  a = '1'/>"
#define FUNCTIONS                                                                                  \
    "<FunctionAssociations><Quantity>1</Quantity><Items><FunctionAssociation><FunctionARN>f"       \
    "</FunctionARN><EventType>viewer-response</EventType></FunctionAssociation></Items>"           \
    "</FunctionAssociations>"
#define DEFAULT(list, rest)                                                                        \
    "<DefaultCacheBehavior><TargetOriginId>o</TargetOriginId>" list rest "</DefaultCacheBehavior>"
#define PATTERN(pattern, list)                                                                     \
    "<CacheBehavior><PathPattern>" pattern "</PathPattern>" list "</CacheBehavior>"
#define PATTERNS(items)                                                                            \
    "<CacheBehaviors><Quantity>2</Quantity><Items>" items "</Items></CacheBehaviors>"
#define TAIL "<Staging >false</Staging>\t</DistributionConfig>\n<!-- end -->\n"

static const char ours[] = ARN("resize", "8");
#define OURS                                                                                       \
    "<LambdaFunctionAssociation><LambdaFunctionARN>" ARN(                                          \
        "resize", "8") "</LambdaFunctionARN><EventType>viewer-request</"                           \
                       "EventType><IncludeBody>true</IncludeBody>"                                 \
                       "</LambdaFunctionAssociation>"

static void test_splice(struct arena *arena)
{
    static const struct {
        const char *behavior, *before, *after;
    } rows[] = {
        {"default", HEAD DEFAULT(NONE, FUNCTIONS) TAIL,
         HEAD DEFAULT(LIST("1", OURS), FUNCTIONS) TAIL},
        {"default",
         HEAD DEFAULT("<LambdaFunctionAssociations><Quantity>0</Quantity><Items/></"
                      "LambdaFunctionAssociations>",
                      "") TAIL,
         HEAD DEFAULT(LIST("1", OURS), "") TAIL},
        {"default", HEAD DEFAULT("", FUNCTIONS) TAIL,
         HEAD DEFAULT("", FUNCTIONS LIST("1", OURS)) TAIL},
        {"default", HEAD DEFAULT(LIST("1", ITEM(ARN("resize", "7"), "viewer-request")), "") TAIL,
         HEAD DEFAULT(LIST("1", OURS), "") TAIL},
        {"default",
         HEAD DEFAULT(LIST("3", ITEM(ARN("x", "1"), "origin-request") ITEM(
                                    ARN("resize", "7"),
                                    "viewer-request") "<LambdaFunctionAssociation "
                                                      "><EventType>viewer-response</EventType>"
                                                      "<Extra>&#x26;</Extra><LambdaFunctionARN>y</"
                                                      "LambdaFunctionARN>"
                                                      "</LambdaFunctionAssociation>"),
                      "") TAIL,
         HEAD DEFAULT(LIST("3", ITEM(ARN("x", "1"), "origin-request") OURS
                           "<LambdaFunctionAssociation ><EventType>viewer-response</EventType>"
                           "<Extra>&#x26;</Extra><LambdaFunctionARN>y</LambdaFunctionARN>"
                           "</LambdaFunctionAssociation>"),
                      "") TAIL},
        {"default", HEAD DEFAULT(LIST("1", ITEM(ARN("x", "1"), "origin-request")), "") TAIL,
         HEAD DEFAULT(LIST("2", ITEM(ARN("x", "1"), "origin-request") OURS), "") TAIL},
        {"/b&c/*",
         HEAD DEFAULT(NONE, "") PATTERNS(PATTERN("/a", NONE) PATTERN("/b&amp;c/*", NONE)) TAIL,
         HEAD DEFAULT(NONE, "") PATTERNS(PATTERN("/a", NONE) PATTERN("/b&amp;c/*", LIST("1", OURS)))
             TAIL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct behavior behavior;
        struct error error = {0};
        struct bytes out = {0};
        struct bytes before = bytes_of(rows[i].before);
        if (!CHECK(lambda_edge_find_behavior(arena, before, rows[i].behavior, &behavior, &error) ==
                   0)) {
            fprintf(stderr, "  %s\n", error.message);
            continue;
        }
        CHECK(lambda_edge_associate(arena, before, &behavior, ours, "viewer-request", true, &out,
                                    &error) == 0);
        CHECK_TEXT((const char *)out.data, rows[i].after);
        /* What was written is read again. */
        CHECK(lambda_edge_find_behavior(arena, out, rows[i].behavior, &behavior, &error) == 0);
        const struct association *now = lambda_edge_association(&behavior, "viewer-request");
        CHECK(now && now->include_body);
        CHECK_TEXT(now ? now->arn : NULL, ours);
    }
}

/* Taken out, the others stay as they were, byte for byte. */
static void test_splice_out(struct arena *arena)
{
    static const struct {
        const char *before, *event, *after;
    } rows[] = {
        {LIST("1", ITEM(ARN("x", "1"), "origin-request")), "origin-request", NONE},
        {LIST("2", ITEM(ARN("x", "1"), "origin-request") ITEM(ARN("y", "2"), "viewer-request")),
         "origin-request", LIST("1", ITEM(ARN("y", "2"), "viewer-request"))},
        {LIST("1", ITEM(ARN("x", "1"), "origin-request")), "viewer-request",
         LIST("1", ITEM(ARN("x", "1"), "origin-request"))},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct behavior behavior, *all;
        struct error error = {0};
        struct bytes out = {0};
        size_t count = 0;
        const char *before = arena_printf(arena, "%s%s%s", HEAD "<DefaultCacheBehavior>",
                                          rows[i].before, "</DefaultCacheBehavior>" TAIL);
        CHECK(lambda_edge_find_behavior(arena, bytes_of(before), "default", &behavior, &error) ==
              0);
        CHECK(lambda_edge_associate(arena, bytes_of(before), &behavior, NULL, rows[i].event, false,
                                    &out, &error) == 0);
        CHECK_TEXT((const char *)out.data,
                   arena_printf(arena, "%s%s%s", HEAD "<DefaultCacheBehavior>", rows[i].after,
                                "</DefaultCacheBehavior>" TAIL));
        CHECK(lambda_edge_behaviors(arena, out, &all, &count, &error) == 0 && count == 1);
    }
}

/* A 200 that lacks what we rely on, or has it in another type, is no configuration. */
static void test_shapes(struct arena *arena)
{
    static const struct {
        const char *json, *words; /* of the refusal; NULL: good */
    } rows[] = {
        {"{\"FunctionArn\":\"a\",\"CodeSha256\":\"b\",\"Version\":\"1\",\"Timeout\":3,"
         "\"MemorySize\":128,\"Layers\":null}",
         NULL},
        {"{}", "'FunctionArn' is missing"},
        {"{\"FunctionArn\":\"a\",\"CodeSha256\":7}", "'CodeSha256' is of another type"},
        {"{\"FunctionArn\":\"a\",\"CodeSha256\":\"b\",\"Version\":\"1\",\"Timeout\":\"3\","
         "\"MemorySize\":128}",
         "'Timeout' is of another type"},
        {"{\"FunctionArn\":\"a\",\"CodeSha256\":\"b\",\"Version\":\"1\",\"Timeout\":3,"
         "\"MemorySize\":128,\"Environment\":[]}",
         "'Environment' is of another type"},
        {"[1]", "'FunctionArn' is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        json_t *json = NULL;
        CHECK(json_read(arena, bytes_of(rows[i].json), "x", FAULT_REMOTE, &json, &error) == 0);
        CHECK(lambda_edge_check_shape(json, "read it", &error) == (rows[i].words ? -1 : 0));
        CHECK(!rows[i].words || strstr(error.message, rows[i].words));
    }
}

static const char *nested(struct arena *arena, unsigned depth)
{
    struct buffer *text = buffer_new(arena, 1 << 20);
    for (unsigned i = 0; i < depth; i++)
        CHECK(buffer_printf(text, "<a>") == 0);
    for (unsigned i = 0; i < depth; i++)
        CHECK(buffer_printf(text, "</a>") == 0);
    return buffer_text(text);
}

static void test_hostile_documents(struct arena *arena)
{
    const struct {
        const char *document, *words; /* of the refusal */
    } rows[] = {
        {"", "no element found"},
        {"<DistributionConfig>", "no usable XML"},
        {"<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>",
         "it has a document type"},
        {"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "it has a document type"},
        {"<a>&unknown;</a>", "no usable XML"},
        {nested(arena, 65), "nested too deeply"},
        {nested(arena, 64), "it is none"},
        {"<Distribution/>", "it is none"},
        {"<DistributionConfig/>", "no cache behavior 'default'"},
        {HEAD "<DefaultCacheBehavior/>" TAIL, "a cache behavior is empty"},
        {HEAD DEFAULT(NONE NONE, "") TAIL, "an element is there twice"},
        {HEAD DEFAULT(NONE, "") DEFAULT(NONE, "") TAIL, "an element is there twice"},
        {HEAD DEFAULT(LIST("2", ITEM("x", "viewer-request")), "") TAIL, "differs from their list"},
        {HEAD DEFAULT(LIST("2", ITEM("x", "a") ITEM("y", "a")), "") TAIL, "two functions"},
        {HEAD DEFAULT(LIST("1", "<LambdaFunctionAssociation/>"), "") TAIL, "lacks its function"},
        {"<?xml version='1.0' encoding='UTF-16'?><DistributionConfig/>", "no cache behavior"},
        {"\xff\xfe<\0a\0/\0>\0", "no usable XML"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct behavior behavior;
        struct error error = {0};
        CHECK(lambda_edge_find_behavior(arena, bytes_of(rows[i].document), "default", &behavior,
                                        &error) == -1);
        CHECK(error.fault == FAULT_REMOTE);
        if (!CHECK(strstr(error.message, rows[i].words) != NULL))
            fprintf(stderr, "  %s\n", error.message);
    }
    struct behavior behavior;
    struct error error = {0};
    CHECK(lambda_edge_find_behavior(
              arena, bytes_of(HEAD DEFAULT(NONE, "") PATTERNS(PATTERN("/a*", NONE)) TAIL), "/b",
              &behavior, &error) == -1);
    CHECK_TEXT(error.hint, "set 'behavior' to one of: default, /a*");
}

static void test_event_conflicts(struct arena *arena)
{
    static const struct {
        const char *event;
        int status;
    } rows[] = {{"viewer-request", -1}, {"viewer-response", -1}, {"origin-request", 0}};
    struct behavior behavior;
    struct error error = {0};
    CHECK(lambda_edge_find_behavior(arena, bytes_of(HEAD DEFAULT(NONE, FUNCTIONS) TAIL), "default",
                                    &behavior, &error) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct job job = job_of(arena, settings);
        json_object_set_new(job.settings, "event", json_string(rows[i].event));
        CHECK(lambda_edge_check_events(&job, &behavior, &error) == rows[i].status);
    }
}

static struct http_reply reply_of(long status, struct http_header *header, const char *body)
{
    return (struct http_reply){status, header, header ? 1 : 0, bytes_of(body), 0};
}

#define REFUSED(code, text)                                                                        \
    "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"http://cloudfront.amazonaws.com/doc/"         \
    "2020-05-31/\"><Error><Type>Sender</Type><Code>" code "</Code><Message>" text                  \
    "</Message></Error><RequestId>r</RequestId></ErrorResponse>"

static void test_codes_that_ask_again(void)
{
    static const struct {
        long status;
        const char *type, *body;
        bool again;
    } rows[] = {
        {400, NULL, REFUSED("Throttling", "Rate exceeded"), true},
        {400, NULL, REFUSED("PriorRequestNotComplete", ""), true},
        {400, "ThrottlingException", "{}", true},
        {400, "InvalidParameterValueException", "{\"message\":\"<Code>Throttling\"}", false},
        {400, NULL, REFUSED("InvalidArgument", "Throttling"), false},
        {403, NULL, REFUSED("Throttling", ""), false},
        {400, NULL, "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_header header = {"x-amzn-errortype", rows[i].type};
        struct http_reply reply =
            reply_of(rows[i].status, rows[i].type ? &header : NULL, rows[i].body);
        CHECK(lambda_edge_asks_again(&reply) == rows[i].again);
    }
}

static void test_cloudfront_refusals(struct arena *arena)
{
    static const struct {
        long status;
        const char *body, *message, *hint; /* words of them */
    } rows[] = {
        {412, REFUSED("PreconditionFailed", "The request failed"), "changed in between: The",
         "publish"},
        {404, REFUSED("NoSuchDistribution", "x"), "no such distribution in this account (NoS",
         "'distribution'"},
        {403, REFUSED("AccessDenied", "User: a is not authorized"), "lack a permission: User: a",
         "allow them 'right'"},
        {403,
         REFUSED("AccessDenied",
                 "User: a is not authorized to perform: cloudfront:UpdateDistribution "
                 "on resource: b because no identity-based policy allows it"),
         "lack a permission: User: a", "allow them 'cloudfront:UpdateDistribution'"},
        {403,
         REFUSED("AccessDenied", "User: a is not authorized to perform: lambda:GetFunction on "
                                 "resource: b with an explicit deny in a service control policy"),
         "explicit deny", "a policy denies 'lambda:GetFunction': have that changed"},
        {403, REFUSED("AccessDenied", "x is not authorized to perform: '; rm"), "lack a permission",
         "allow them 'right'"},
        {403, REFUSED("SignatureDoesNotMatch", "no. The Canonical String is TOKEN"),
         "does not fit the access key (Sig", "AWS_SECRET_ACCESS_KEY"},
        {403, REFUSED("ExpiredToken", "expired"), "credentials have expired", "AWS_SESSION_TOKEN"},
        {400,
         REFUSED("InvalidLambdaFunctionAssociation",
                 "The function execution role must be assumable with edgelambda.amazonaws.com as "
                 "well as"),
         "CloudFront may not assume the role (Inv", "edgelambda.amazonaws.com assume"},
        {400,
         REFUSED(
             "InvalidLambdaFunctionAssociation",
             "The function code size is larger than the maximum allowed size: 2 Max allowed: 1"),
         "as large as this: The function code size", "make the module smaller"},
        {400, REFUSED("Br\xc2\x9b-", "\na&lt;b"), "cannot do it:  a<b (Br\\u{9b}-, HTTP 400", ""},
        {400, REFUSED("Unheard", "of"), "cannot do it: of (Unheard, HTTP 400, request unknown)",
         ""},
        {400,
         REFUSED("InvalidLambdaFunctionAssociation",
                 "Lambda@Edge cannot retrieve the specified Lambda function. Update the policy"),
         "CloudFront may not read the function: Lambda@Edge", "allow the credentials 'right'"},
        {500, "<html>", "says no reason (no code, HTTP 500", ""},
    };
    struct ask ask = {.service = SERVICE_CLOUDFRONT, .what = "do it", .right = "right"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_reply reply = reply_of(rows[i].status, NULL, rows[i].body);
        struct answer answer;
        struct error error = {0};
        CHECK(lambda_edge_read_reply(arena, &ask, &reply, 0, &answer, &error) == -1);
        CHECK(error.fault == FAULT_REMOTE && strstr(error.message, "TOKEN") == NULL);
        if (!CHECK(strstr(error.message, rows[i].message) && strstr(error.hint, rows[i].hint)))
            fprintf(stderr, "  %s\n  %s\n", error.message, error.hint);
        CHECK(strchr(error.message, '\x1b') == NULL && strchr(error.message, '\n') == NULL);
    }
}

static void test_lambda_refusals(struct arena *arena)
{
    static const struct {
        long status;
        const char *type, *body, *message;
    } rows[] = {
        {404, "ResourceNotFoundException", "{\"Type\":\"User\",\"message\":\"Function not found\"}",
         "no such function or version: Function not found (ResourceNotFoundException)"},
        {409, "ResourceConflictException:http://x/", "{\"Message\":\"An update is in progress\"}",
         "is under way: An update is in progress (ResourceConflictException)"},
        {400, "com.amazonaws#InvalidParameterValueException",
         "{\"message\":\"The role defined for the function cannot be assumed by Lambda.\"}",
         "Lambda may not assume the role (InvalidParameterValueException)"},
        {413, NULL, "{\"__type\":\"RequestTooLargeException\"}",
         "too large to be sent directly (RequestTooLargeException)"},
        {502, NULL, "<html>bad gateway</html>", "(no code, HTTP 502, request unknown)"},
        {200, NULL, "[1]", "the answer is no JSON object (HTTP 200)"},
        {200, NULL, "", "the answer is no JSON object (HTTP 200)"},
    };
    struct ask ask = {.service = SERVICE_LAMBDA, .what = "do it", .right = "right"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_header header = {"X-Amzn-ErrorType", rows[i].type};
        struct http_reply reply =
            reply_of(rows[i].status, rows[i].type ? &header : NULL, rows[i].body);
        struct answer answer;
        struct error error = {0};
        CHECK(lambda_edge_read_reply(arena, &ask, &reply, 0, &answer, &error) == -1);
        if (!CHECK(strstr(error.message, rows[i].message) != NULL))
            fprintf(stderr, "  %s\n", error.message);
    }
    struct http_header type = {"x-amzn-errortype", "ResourceNotFoundException"};
    struct http_reply reply = reply_of(404, &type, "{}");
    struct answer answer;
    struct error error = {0};
    ask.may_lack = true;
    CHECK(lambda_edge_read_reply(arena, &ask, &reply, 0, &answer, &error) == 0 && answer.absent);
}

static void test_wrong_clock(struct arena *arena)
{
    static const struct {
        int64_t now;
        const char *words;
    } rows[] = {{INT64_C(1795348800000), "does not fit the access key"},
                {INT64_C(1795352400000), "this machine's clock is 3600 s ahead"},
                {INT64_C(1795345200000), "this machine's clock is 3600 s behind"}};
    struct ask ask = {.service = SERVICE_LAMBDA, .what = "do it", .right = "right"};
    struct http_header headers[] = {{"x-amzn-errortype", "InvalidSignatureException"},
                                    {"Date", "Sun, 22 Nov 2026 12:00:00 GMT"}};
    struct http_reply reply = {403, headers, 2, bytes_of("{\"message\":\"no\"}"), 0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer;
        struct error error = {0};
        CHECK(lambda_edge_read_reply(arena, &ask, &reply, rows[i].now, &answer, &error) == -1);
        if (!CHECK(strstr(error.message, rows[i].words) != NULL))
            fprintf(stderr, "  %s\n", error.message);
    }
}

static void test_throttling(void)
{
    struct http_header type = {"X-Amzn-ErrorType", "ThrottlingException"};
    struct http_reply reply = reply_of(400, NULL, REFUSED("Throttling", "Rate exceeded"));
    CHECK(lambda_edge_asks_again(&reply));
    reply = reply_of(400, &type, "{}");
    CHECK(lambda_edge_asks_again(&reply));
    reply = reply_of(400, NULL, REFUSED("InvalidArgument", "Throttling"));
    CHECK(!lambda_edge_asks_again(&reply));
    reply = reply_of(200, NULL, "<Code>Throttling</Code>");
    CHECK(!lambda_edge_asks_again(&reply));
}

/* The distribution that AWS's own client sent, with the association that it then sent. */
static void test_captured(struct arena *arena)
{
    const char *path = unit_shared(arena, "contracts/lambda-edge/capture-aws-sdk-js-v3.json");
    if (!path) {
        unit_skip("lambda-edge: the captured requests are not there");
        return;
    }
    json_t *document = json_load_file(path, 0, NULL), *exchange;
    unsigned checked = 0;
    size_t i;
    json_array_foreach(json_object_get(document, "exchanges"), i, exchange)
    {
        const char *method = json_find_string(exchange, "request.method", "");
        const char *body = json_find_string(exchange, "request.body.text", "");
        struct behavior behavior;
        struct error error = {0};
        struct bytes out;
        if (strcmp(method, "PUT") != 0 || !strstr(body, "<DistributionConfig"))
            continue;
        CHECK(lambda_edge_find_behavior(arena, bytes_of(body), "default", &behavior, &error) == 0);
        const struct association *is = lambda_edge_association(&behavior, "viewer-request");
        checked++;
        /* One of them, which was refused, left out what we always write. */
        if (!is || !strstr(body, "<IncludeBody>"))
            continue;
        CHECK(lambda_edge_associate(arena, bytes_of(body), &behavior, is->arn, is->event,
                                    is->include_body, &out, &error) == 0);
        CHECK_TEXT((const char *)out.data, body);
    }
    CHECK(checked >= 4);
    json_decref(document);
}

void test_lambda_edge(void)
{
    struct arena arena = {0};
    test_pack(&arena);
    test_pack_near_limit(&arena);
    test_pack_main(&arena);
    test_descriptions(&arena);
    test_names(&arena);
    test_splice(&arena);
    test_splice_out(&arena);
    test_shapes(&arena);
    test_codes_that_ask_again();
    test_hostile_documents(&arena);
    test_event_conflicts(&arena);
    test_cloudfront_refusals(&arena);
    test_lambda_refusals(&arena);
    test_wrong_clock(&arena);
    test_throttling();
    test_captured(&arena);
    arena_free(&arena);
}
