/* Distributions and their associations: what CloudFront takes, and what its edge validator refuses.
 */
#include "pkg/digest/digest.h"
#include "tests/unit/lambda_box.h"

static const char *association(struct arena *arena, const char *arn, const char *event,
                               const char *body)
{
    return arena_printf(arena,
                        "<LambdaFunctionAssociations><Quantity>1</Quantity><Items>"
                        "<LambdaFunctionAssociation><LambdaFunctionARN>%s</LambdaFunctionARN>"
                        "<EventType>%s</EventType><IncludeBody>%s</IncludeBody>"
                        "</LambdaFunctionAssociation></Items></LambdaFunctionAssociations>",
                        arn, event, body);
}

static struct sandbox_reply put_config(struct box *box, const char *config, const char *etag)
{
    return lambda_box_ask_forged(box, "PUT", DISTRIBUTION "/config", config, etag,
                                 &(struct forgery){0});
}

/* A version of function `fn` with that code and those settings, Active. */
static void make_version(struct box *box, const char *settings)
{
    const char *body = arena_printf(
        box->arena,
        "{\"FunctionName\":\"fn\",\"Role\":\"" ROLE "\",\"Handler\":\"index.handler\",\"Runtime\":"
        "\"nodejs24.x\",\"Publish\":true,\"Code\":{\"ZipFile\":\"%s\"}%s}",
        lambda_box_zip(box->arena, "good"), settings);
    CHECK(lambda_box_ask(box, "POST", FUNCTIONS, body).status == 201);
    CHECK(lambda_box_ask(box, "GET", FUNCTIONS "/fn?Qualifier=1", NULL).status == 200);
    CHECK(lambda_box_ask(box, "GET", FUNCTIONS "/fn?Qualifier=1", NULL).status == 200);
}

static void test_associations(struct arena *arena)
{
    static const struct {
        const char *settings, *arn, *event, *body, *message;
    } rows[] = {
        {"", ARN ":1", "viewer-request", "true", NULL},
        {"", ARN ":1", "origin-response", "false", NULL},
        {",\"MemorySize\":1024,\"Timeout\":30", ARN ":1", "origin-request", "true", NULL},
        {",\"MemorySize\":1024", ARN ":1", "viewer-request", "false",
         "CloudFront event: 1024 Max allowed: 128 Function: " ARN ":1"},
        {",\"Timeout\":30", ARN ":1", "viewer-response", "false", ": 30 Max allowed: 5"},
        {",\"Timeout\":31", ARN ":1", "origin-request", "false", ": 31 Max allowed: 30"},
        {",\"Environment\":{\"Variables\":{\"A\":\"1\"}}", ARN ":1", "origin-request", "false",
         "The function cannot have environment variables."},
        {",\"Environment\":{\"Variables\":{}}", ARN ":1", "origin-request", "false", NULL},
        {",\"Layers\":[\"arn:aws:lambda:us-east-1:123456789012:layer:x:1\"]", ARN ":1",
         "origin-request", "false", "The function cannot have a layer."},
        {",\"Architectures\":[\"arm64\"]", ARN ":1", "origin-request", "false",
         "Lambda@Edge does not support functions with an architecture of arm64"},
        {",\"VpcConfig\":{\"SubnetIds\":[\"subnet-1\"]}", ARN ":1", "origin-request", "false",
         "VPC"},
        {"", ARN ":$LATEST", "viewer-request", "false", "must reference a specific function"},
        {"", ARN ":live", "viewer-request", "false", "must reference a specific function"},
        {"", ARN, "viewer-request", "false", "must reference a specific function"},
        {"", ARN ":2", "viewer-request", "false", "cannot retrieve the specified Lambda function"},
        {"", "arn:aws:lambda:us-east-1:123456789012:function:other:1", "viewer-request", "false",
         "cannot retrieve"},
        {"", "arn:aws:lambda:us-east-1:210987654321:function:fn:1", "viewer-request", "false",
         "cannot retrieve"},
        {"", "arn:aws:lambda:eu-west-1:123456789012:function:fn:1", "viewer-request", "false",
         "The function must be in region 'us-east-1'."},
        {"", "fn:1", "viewer-request", "false", "not valid"},
        {"", "arn:aws:lambda:us-east-1:123456789012:function:../fn:1", "viewer-request", "false",
         "cannot retrieve"},
        {"", ARN ":1", "viewer", "false", "event type"},
        {"", ARN ":1", "viewer-response", "true", "IncludeBody"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct box box;
        lambda_box_open(arena, &box, 1);
        make_version(&box, rows[i].settings);
        struct sandbox_reply before = lambda_box_ask(&box, "GET", DISTRIBUTION "/config", NULL);
        const char *config =
            lambda_box_replaced(arena, lambda_box_text(&box, &before), NO_FUNCTIONS,
                                association(arena, rows[i].arn, rows[i].event, rows[i].body));
        struct sandbox_reply reply = put_config(&box, config, lambda_box_header(&before, "ETag"));
        const char *message = rows[i].message ? rows[i].message : "<Status>InProgress</Status>";
        bool ok = CHECK(reply.status == (rows[i].message ? 400 : 200));
        ok &= CHECK(strstr(lambda_box_text(&box, &reply), message) != NULL);
        if (!ok)
            fprintf(stderr, "  %zu: %s\n", i, lambda_box_text(&box, &reply));
    }
}

static void test_configurations(struct arena *arena)
{
    static const struct {
        const char *old, *new;
        unsigned status;
        const char *code;
    } rows[] = {
        {"<Quantity>2</Quantity>", "<Quantity>3</Quantity>", 400, "InconsistentQuantities"},
        {"<Quantity>1</Quantity>", "<Quantity>-1</Quantity>", 400, "InconsistentQuantities"},
        {"<Quantity>1</Quantity>", "<Quantity></Quantity>", 400, "InconsistentQuantities"},
        {"<TargetOriginId>origin-1<", "<TargetOriginId>other<", 404, "NoSuchOrigin"},
        {"edge-deploy-sandbox", "another", 400, "IllegalUpdate"},
        {"<Comment>site &amp; test</Comment>", "", 400, "InvalidArgument"},
        {"</DistributionConfig>", "", 400, "MalformedInput"},
        {"<DistributionConfig ", "<!DOCTYPE x [<!ENTITY a \"b\">]><DistributionConfig ", 400,
         "MalformedInput"},
        {"<FunctionAssociations><Quantity>0</Quantity></FunctionAssociations>",
         "<FunctionAssociations><Quantity>1</Quantity><Items><FunctionAssociation><FunctionARN>a"
         "</FunctionARN><EventType>viewer-response</EventType></FunctionAssociation></Items>"
         "</FunctionAssociations>",
         400, "InvalidFunctionAssociation"},
        {"<Comment>site &amp; test</Comment>", "<Comment>caf\xc3\xa9 &lt;</Comment><New>kept</New>",
         200, "caf\xc3\xa9 &lt;</Comment><New>kept</New>"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct box box;
        lambda_box_open(arena, &box, 1);
        make_version(&box, "");
        struct sandbox_reply before = lambda_box_ask(&box, "GET", DISTRIBUTION "/config", NULL);
        const char *config =
            lambda_box_replaced(arena, lambda_box_text(&box, &before), NO_FUNCTIONS,
                                association(arena, ARN ":1", "viewer-request", "false"));
        struct sandbox_reply reply =
            put_config(&box, lambda_box_replaced(arena, config, rows[i].old, rows[i].new),
                       lambda_box_header(&before, "ETag"));
        bool ok = CHECK(reply.status == rows[i].status);
        ok &= CHECK(strstr(lambda_box_text(&box, &reply), rows[i].code) != NULL);
        if (!ok)
            fprintf(stderr, "  %zu: %u %s\n", i, reply.status, lambda_box_text(&box, &reply));
    }
}

/* ETags, status, replicas: the life of an association. */
static void test_association_life(struct arena *arena)
{
    struct box box;
    lambda_box_open(arena, &box, 1);
    make_version(&box, "");
    struct sandbox_reply first = lambda_box_ask(&box, "GET", DISTRIBUTION "/config", NULL);
    const char *plain = lambda_box_text(&box, &first), *etag = lambda_box_header(&first, "ETag");
    const char *bound = lambda_box_replaced(
        arena, plain, NO_FUNCTIONS, association(arena, ARN ":1", "viewer-request", "false"));
    CHECK(put_config(&box, bound, NULL).status == 400);
    CHECK(put_config(&box, bound, "\"quoted\"").status == 400);
    CHECK(put_config(&box, bound, "EOLD").status == 412);
    CHECK(put_config(&box, "", etag).status == 400);
    struct sandbox_reply reply = put_config(&box, bound, etag);
    CHECK(reply.status == 200 && strcmp(lambda_box_header(&reply, "ETag"), etag) != 0);
    CHECK(put_config(&box, bound, etag).status == 412);
    etag = lambda_box_header(&reply, "ETag");
    static const struct step waiting[] = {
        {"GET", DISTRIBUTION, NULL, 200, NULL, "<Status>InProgress</Status>"},
        {"GET", DISTRIBUTION, NULL, 200, NULL, "<Status>Deployed</Status>"},
        {"GET", DISTRIBUTION "/config", NULL, 200, NULL, ARN ":1<"},
        {"DELETE", FUNCTIONS "/fn?Qualifier=1", NULL, 400, NULL,
         "Lambda was unable to delete " ARN ":1 because it is a replicated function."},
        {"DELETE", FUNCTIONS "/fn", NULL, 400, NULL, "replicated function"},
        {"GET", "/2020-05-31/distribution", NULL, 200, NULL,
         "<Quantity>1</Quantity><Items><DistributionSummary><Id>E2QWRUHAPOMQZL</Id>"},
        {"POST", "/2020-05-31/distribution", "", 400, NULL, "MissingBody"},
        {"POST", DISTRIBUTION "/invalidation",
         "<InvalidationBatch><Paths><Quantity>1</Quantity><Items><Path>/*</Path></Items></Paths>"
         "<CallerReference>r</CallerReference></InvalidationBatch>",
         201, NULL, "<Status>InProgress</Status>"},
    };
    RUN(&box, waiting);
    struct sandbox_reply config = lambda_box_ask(&box, "GET", DISTRIBUTION "/config", NULL);
    CHECK_TEXT(lambda_box_text(&box, &config), bound);
    /* A second distribution, by the same caller reference and by another. */
    CHECK(lambda_box_ask(&box, "POST", "/2020-05-31/distribution", bound).status == 409);
    reply = lambda_box_ask(&box, "POST", "/2020-05-31/distribution",
                           lambda_box_replaced(arena, bound, "edge-deploy-sandbox", "another"));
    CHECK(reply.status == 201 && lambda_box_header(&reply, "Location") &&
          lambda_box_header(&reply, "ETag"));
    CHECK(put_config(&box, plain, etag).status == 200);
    /* What a test reads: the document as it was sent. */
    struct bytes kept;
    CHECK(sandbox_load_blob(box.sandbox, arena, "lambda-edge/distributions/E2QWRUHAPOMQZL/config",
                            &kept) == 0 &&
          strstr(plain, (const char *)arena_copy(arena, kept.data, kept.size)));
    CHECK(sandbox_load_blob(box.sandbox, arena, "lambda-edge/functions/fn/versions/1/code",
                            &kept) == 0);
    CHECK_TEXT(digest_base64(arena, kept), lambda_box_zip(arena, "good"));
}

void test_lambda_distribution(void)
{
    struct arena arena = {0};
    test_associations(&arena);
    test_configurations(&arena);
    test_association_life(&arena);
    arena_free(&arena);
}
