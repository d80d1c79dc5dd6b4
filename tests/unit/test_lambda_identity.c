/* STS and IAM at the sandbox half of AWS: temporary credentials and what they open, roles and whom
   they trust. */
#include "pkg/digest/digest.h"
#include "tests/unit/lambda_box.h"

#define STS "&Version=2011-06-15"
#define IAM "&Version=2010-05-08"
#define ASSUME                                                                                     \
    "Action=AssumeRole&RoleSessionName=ci&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2F"
#define WEB "Action=AssumeRoleWithWebIdentity&RoleSessionName=ci&RoleArn=arn%3Aaws%3Aiam%3A%3A"

/* The text of an element of a reply; "" when it has none. */
static char *element(struct box *box, const struct sandbox_reply *reply, const char *name)
{
    const char *open = arena_printf(box->arena, "<%s>", name);
    const char *found = strstr(lambda_box_text(box, reply), open);
    found = found ? found + strlen(open) : "";
    return arena_copy(box->arena, found, strcspn(found, "<"));
}

static struct sandbox_reply ask(struct box *box, const char *path, const char *body,
                                const struct forgery *as)
{
    return lambda_box_ask_forged(box, *body ? "POST" : "GET", path, body, NULL, as);
}

static struct forgery session_of(struct box *box, const struct sandbox_reply *reply)
{
    return (struct forgery){.access_key = element(box, reply, "AccessKeyId"),
                            .secret_key = element(box, reply, "SecretAccessKey"),
                            .token = element(box, reply, "SessionToken")};
}

static void expect(struct box *box, struct sandbox_reply reply, unsigned status, const char *word)
{
    const char *type = lambda_box_header(&reply, "x-amzn-errortype");
    const char *text = lambda_box_text(box, &reply);
    if (!CHECK(reply.status == status && (strstr(text, word) || (type && strstr(type, word)))))
        fprintf(stderr, "  %u, not %u with %s: %s\n", reply.status, status, word, text);
}

/* What STS gives out opens everything, with its token, until it is over. */
static void test_session(struct arena *arena)
{
    struct box box;
    struct forgery user = {0};
    lambda_box_open(arena, &box, 1);
    struct sandbox_reply reply = ask(&box, "/", ASSUME "deploy&DurationSeconds=900" STS, &user);
    expect(&box, reply, 200, "<Arn>arn:aws:sts::123456789012:assumed-role/deploy/ci</Arn>");
    struct forgery session = session_of(&box, &reply), other = session;
    expect(&box, ask(&box, "/", "Action=GetCallerIdentity" STS, &session), 200,
           "<Arn>arn:aws:sts::123456789012:assumed-role/deploy/ci</Arn>");
    expect(&box, ask(&box, DISTRIBUTION, "", &session), 200, "<Id>");
    other.token = NULL;
    expect(&box, ask(&box, FUNCTIONS "/fn", "", &other), 403, "UnrecognizedClientException");
    other.token = "another";
    expect(&box, ask(&box, DISTRIBUTION, "", &other), 403, "InvalidClientTokenId");
    /* One role after another: an hour at most. */
    expect(&box, ask(&box, "/", ASSUME "next&DurationSeconds=3601" STS, &session), 400,
           "role chaining");
    reply = ask(&box, "/", ASSUME "next" STS, &session);
    expect(&box, reply, 200, "assumed-role/next/ci");
    struct forgery chained = session_of(&box, &reply);
    box.now += 15 * 60 * 1000;
    expect(&box, ask(&box, FUNCTIONS "/fn", "", &session), 403, "ExpiredTokenException");
    expect(&box, ask(&box, DISTRIBUTION, "", &session), 403, "<Code>ExpiredToken</Code>");
    expect(&box, ask(&box, DISTRIBUTION, "", &chained), 200, "<Id>");
}

static void test_known_keys(struct arena *arena)
{
    struct box box;
    struct forgery over = {.access_key = "ASIAEXPIREDEXAMPLE", .token = "expired-example-token"};
    struct forgery else_where = {.access_key = "AKIDOTHEREXAMPLE"};
    struct forgery with_token = {.token = "any"};
    lambda_box_open(arena, &box, 1);
    expect(&box, ask(&box, "/", "Action=GetCallerIdentity" STS, &over), 403,
           "<Code>ExpiredToken</Code>");
    expect(&box, ask(&box, FUNCTIONS "/fn", "", &over), 403, "ExpiredTokenException");
    expect(&box, ask(&box, DISTRIBUTION, "", &with_token), 403, "InvalidClientTokenId");
    expect(&box, ask(&box, "/", "Action=GetCallerIdentity" STS, &else_where), 200,
           "<Account>210987654321</Account>");
    expect(&box, ask(&box, FUNCTIONS "/fn", "", &else_where), 404,
           "arn:aws:lambda:us-east-1:210987654321:function:fn");
    expect(&box, ask(&box, FUNCTIONS, "{}", &else_where), 403, "Cross-account");
    expect(&box, ask(&box, DISTRIBUTION, "", &else_where), 404, "NoSuchDistribution");
}

static void test_refused_roles(struct arena *arena)
{
    static const struct {
        const char *body, *word;
        unsigned status;
    } rows[] = {
        {ASSUME "untrusted" STS,
         "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: "
         "sts:AssumeRole on resource: arn:aws:iam::123456789012:role/untrusted",
         403},
        {ASSUME "missing" STS, "is not authorized", 403},
        {"Action=AssumeRole&RoleSessionName=ci&RoleArn=me" STS, "me is invalid", 400},
        {"Action=AssumeRole&RoleSessionName=c%20i&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole"
         "%2Fr" STS,
         "roleSessionName", 400},
        {ASSUME "r&DurationSeconds=60" STS, "durationSeconds", 400},
        {ASSUME "r&DurationSeconds=43201" STS, "durationSeconds", 400},
        {"Action=GetRole&RoleName=edge" IAM, "InvalidAction", 400}, /* not signed for IAM */
    };
    struct box box;
    lambda_box_open(arena, &box, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(&box, ask(&box, "/", rows[i].body, &(struct forgery){0}), rows[i].status,
               rows[i].word);
}

static void test_get_role(struct arena *arena)
{
    static const struct {
        const char *name, *word;
        unsigned status;
    } rows[] = {
        {"edge", "edgelambda.amazonaws.com%22%2C%22lambda.amazonaws.com", 200},
        {"lambda-only", "%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D", 200},
        {"untrusted", "ec2.amazonaws.com", 200},
        {"missing-one", "The role with name missing-one cannot be found.", 404},
        {"unreadable", "is not authorized to perform: iam:GetRole on resource: role unreadable",
         403},
        {"a%2Fb", "roleName", 400},
    };
    struct box box;
    lambda_box_open(arena, &box, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(&box,
               ask(&box, "/", arena_printf(arena, "Action=GetRole&RoleName=%s" IAM, rows[i].name),
                   &(struct forgery){.service = "iam"}),
               rows[i].status, rows[i].word);
}

/* A role that only Lambda may assume is found out when CloudFront is told of the function. */
static void test_trust_matters(struct arena *arena)
{
    struct box box;
    struct forgery user = {0};
    lambda_box_open(arena, &box, 1);
    const char *create = "{\"FunctionName\":\"fn\",\"Role\":\"arn:aws:iam::123456789012:role/%s\","
                         "\"Handler\":\"index.handler\",\"Runtime\":\"nodejs24.x\",\"Publish\":"
                         "true,\"Code\":{\"ZipFile\":\"%s\"}}";
    const char *zip = lambda_box_zip(arena, "good");
    expect(&box,
           ask(&box, FUNCTIONS,
               lambda_box_replaced(arena, lambda_box_replaced(arena, create, "%s", "untrusted"),
                                   "%s", zip),
               &user),
           400, "The role defined for the function cannot be assumed by Lambda.");
    expect(&box,
           ask(&box, FUNCTIONS,
               lambda_box_replaced(arena, lambda_box_replaced(arena, create, "%s", "lambda-only"),
                                   "%s", zip),
               &user),
           201, "lambda-only");
    for (int i = 0; i < 2; i++)
        (void)lambda_box_ask(&box, "GET", FUNCTIONS "/fn/configuration?Qualifier=1", NULL);
    struct sandbox_reply got = lambda_box_ask(&box, "GET", DISTRIBUTION "/config", NULL);
    const char *config = lambda_box_replaced(
        arena, lambda_box_text(&box, &got), NO_FUNCTIONS,
        "<LambdaFunctionAssociations><Quantity>1</Quantity><Items><LambdaFunctionAssociation>"
        "<LambdaFunctionARN>" ARN ":1</LambdaFunctionARN><EventType>viewer-request</EventType>"
        "</LambdaFunctionAssociation></Items></LambdaFunctionAssociations>");
    expect(&box,
           lambda_box_ask_forged(&box, "PUT", DISTRIBUTION "/config", config,
                                 lambda_box_header(&got, "ETag"), &user),
           400, "must be assumable with edgelambda.amazonaws.com as well as lambda.amazonaws.com");
}

static const char *token_of(struct arena *arena, const char *claims)
{
    char *body = digest_base64(arena, bytes_of(claims));
    for (char *each = body; *each; each++)
        *each = *each == '+' ? '-' : *each == '/' ? '_' : *each == '=' ? '\0' : *each;
    return arena_printf(arena, "e30.%s.c2lnbmF0dXJl", body);
}

/* Unsigned: the token says who asks. */
static void test_web_identity(struct arena *arena)
{
    static const struct {
        const char *claims, *role, *word;
        unsigned status;
    } rows[] = {
        {"{\"iss\":\"https://token.actions.example.com\",\"sub\":\"repo:a/b:ref:refs/heads/main\","
         "\"aud\":\"sts.amazonaws.com\",\"exp\":9999999999}",
         "ci", "<Provider>arn:aws:iam::123456789012:oidc-provider/token.actions.example.com<", 200},
        {"{\"iss\":\"https://a\",\"sub\":\"s\",\"aud\":\"other\",\"exp\":9999999999}", "ci",
         "Incorrect token audience", 400},
        {"{\"iss\":\"https://a\",\"sub\":\"s\",\"aud\":\"sts.amazonaws.com\",\"exp\":1}", "ci",
         "<Code>ExpiredTokenException</Code>", 400},
        {"{\"iss\":\"https://a\",\"sub\":\"s\",\"aud\":\"sts.amazonaws.com\",\"exp\":9999999999}",
         "untrusted", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403},
        {"[]", "ci", "InvalidIdentityToken", 400},
    };
    struct sandbox_header form = {"Content-Type", "application/x-www-form-urlencoded"};
    struct box box;
    lambda_box_open(arena, &box, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *body =
            arena_printf(arena, "%s%s&WebIdentityToken=%s" STS, WEB "123456789012%3Arole%2F",
                         rows[i].role, token_of(arena, rows[i].claims));
        struct sandbox_reply reply =
            lambda_box_deliver(&box, "POST", "/aws/", &form, 1, bytes_of(body));
        expect(&box, reply, rows[i].status, rows[i].word);
        if (reply.status != 200)
            continue;
        struct forgery session = session_of(&box, &reply);
        expect(&box, ask(&box, DISTRIBUTION, "", &session), 200, "<Id>");
    }
    expect(&box,
           lambda_box_deliver(&box, "POST", "/aws/", &form, 1,
                              bytes_of(WEB "123456789012%3Arole%2Fci&WebIdentityToken=x" STS)),
           400, "not a valid JWT");
    expect(&box,
           lambda_box_deliver(&box, "POST", "/aws/", &form, 1,
                              bytes_of("Action=GetCallerIdentity" STS)),
           403, "MissingAuthenticationToken");
}

void test_lambda_identity(void)
{
    struct arena arena = {0};
    test_session(&arena);
    test_known_keys(&arena);
    test_refused_roles(&arena);
    test_get_role(&arena);
    test_trust_matters(&arena);
    test_web_identity(&arena);
    arena_free(&arena);
}
