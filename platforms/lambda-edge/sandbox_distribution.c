/* CloudFront's distributions: read, update by ETag, create, list, invalidate. A configuration is
   kept byte for byte between its root tags, as it came. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/sandbox_parts.h"

#define CONFIG_START "<DistributionConfig xmlns=\"" AWS_CLOUDFRONT_XML "\">"
#define CONFIG_END   "</DistributionConfig>"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

struct distribution {
    const char *id;
    json_t *document;
    const char *config; /* CONFIG_START ... CONFIG_END */
};

static char *key_of(struct call *call, const char *id, const char *below)
{
    return arena_printf(call->arena, "lambda-edge/distributions/%s%s", id, below);
}

static int load(struct call *call, const char *id, struct distribution *out)
{
    struct bytes config;
    *out = (struct distribution){.id = id};
    out->document = sandbox_load(call->sandbox, call->arena, key_of(call, id, ""));
    if (!out->document ||
        sandbox_load_blob(call->sandbox, call->arena, key_of(call, id, "/config"), &config) != 0)
        return -1;
    out->config = arena_copy(call->arena, config.data, config.size);
    return 0;
}

/* Keeps `config` (what is between the root tags) under a new ETag; InProgress when `unsettled`. */
static int keep(struct call *call, const char *id, json_t *document, struct bytes config,
                unsigned unsettled)
{
    const char *etag =
        arena_printf(call->arena, "E%s", sandbox_random(call->sandbox, call->arena, 12, letters));
    const char *text =
        arena_printf(call->arena, "%s%s%s", CONFIG_START,
                     (char *)arena_copy(call->arena, config.data, config.size), CONFIG_END);
    json_object_set_new(document, "etag", json_string(etag));
    json_object_set_new(document, "status", json_string(unsettled ? "InProgress" : "Deployed"));
    json_object_set_new(document, "unsettled", json_integer((json_int_t)unsettled));
    json_object_set_new(document, "modified", json_string(aws_time(call, "Z")));
    if (aws_save_blob(call, key_of(call, id, "/config"), bytes_of(text)) != 0)
        return -1;
    return aws_save(call, key_of(call, id, ""), document);
}

static json_t *new_document(struct call *call)
{
    const char *word =
        sandbox_random(call->sandbox, call->arena, 13, "abcdefghijklmnopqrstuvwxyz0123456789");
    return json_own(call->arena,
                    json_pack("{s:o}", "domain", json_sprintf("d%s.cloudfront.net", word)));
}

static int plant_seed(struct call *call)
{
    struct distribution seed;
    if (load(call, aws_seed_id, &seed) == 0)
        return 0;
    return keep(call, aws_seed_id, new_document(call), bytes_of(aws_seed_config), 0);
}

static int find(struct call *call, struct distribution *out)
{
    if (strspn(call->words[1], letters) == strlen(call->words[1]) &&
        load(call, call->words[1], out) == 0)
        return 0;
    return aws_refuse(call, 404, "NoSuchDistribution",
                      "The specified distribution does not exist.");
}

static const char *status_of(const struct distribution *distribution)
{
    return json_find_string(distribution->document, "status", "");
}

static char *describe(struct call *call, const struct distribution *distribution)
{
    return arena_printf(call->arena,
                        "<Id>%s</Id><ARN>arn:aws:cloudfront::" AWS_ACCOUNT
                        ":distribution/%s</ARN><Status>%s"
                        "</Status><LastModifiedTime>%s</LastModifiedTime>",
                        distribution->id, distribution->id, status_of(distribution),
                        json_find_string(distribution->document, "modified", ""));
}

static void answer(struct call *call, unsigned status, const struct distribution *distribution)
{
    aws_answer_xml(
        call, status,
        arena_printf(call->arena,
                     "<Distribution xmlns=\"%s\">%s<InProgressInvalidationBatches>0"
                     "</InProgressInvalidationBatches><DomainName>%s</DomainName>"
                     "<ActiveTrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity>"
                     "</ActiveTrustedSigners><DistributionConfig>%s</Distribution>",
                     AWS_CLOUDFRONT_XML, describe(call, distribution),
                     json_find_string(distribution->document, "domain", ""),
                     distribution->config + strlen(CONFIG_START)));
    sandbox_reply_header(call->reply, "ETag", json_find_string(distribution->document, "etag", ""));
}

/* One read: a distribution that is InProgress is Deployed behind it. */
static void get(struct call *call)
{
    struct distribution distribution;
    if (find(call, &distribution) != 0)
        return;
    if (strcmp(status_of(&distribution), "InProgress") == 0) {
        if (aws_settles(distribution.document))
            json_object_set_new(distribution.document, "status", json_string("Deployed"));
        if (aws_save(call, key_of(call, distribution.id, ""), distribution.document) != 0)
            return;
    }
    answer(call, 200, &distribution);
}

static void get_config(struct call *call)
{
    struct distribution distribution;
    if (find(call, &distribution) != 0)
        return;
    aws_answer_xml(call, 200, distribution.config);
    sandbox_reply_header(call->reply, "ETag", json_find_string(distribution.document, "etag", ""));
}

/* The body's DistributionConfig, checked; -1 after a refusal. */
static int read_config(struct call *call, const struct xml_node **out)
{
    struct bytes body = call->request->body;
    if (body.size == 0)
        return aws_refuse(call, 400, "MissingBody",
                          "This operation requires a body. Ensure that the body is present and the "
                          "Content-Type header is set.");
    const struct xml_node *root = aws_parse_xml(call->arena, body);
    if (root && strcmp(root->name, "DistributionConfigWithTags") == 0)
        root = aws_xml_child(root, "DistributionConfig");
    if (!root || strcmp(root->name, "DistributionConfig") != 0) /* inference: the words */
        return aws_refuse(call, 400, "MalformedInput", "Could not parse the request body.");
    *out = root;
    return aws_check_config(call, root);
}

static struct bytes inner(const struct call *call, const struct xml_node *node)
{
    return (struct bytes){call->request->body.data + node->inner_start,
                          node->inner_end - node->inner_start};
}

/* If-Match is not optional, whatever the model says (contract section 8, point 6). */
static int check_match(struct call *call, const struct distribution *distribution)
{
    const char *wanted = sandbox_header(call->request, "If-Match");
    if (!wanted || wanted[0] != 'E' || strspn(wanted, letters) != strlen(wanted))
        return aws_refuse(call, 400, "InvalidIfMatchVersion",
                          "The If-Match version is missing or not valid for the resource.");
    if (strcmp(wanted, json_find_string(distribution->document, "etag", "")) != 0)
        return aws_refuse(call, 412, "PreconditionFailed",
                          "The request failed because it didn't meet the preconditions in one or "
                          "more request-header fields.");
    return 0;
}

static const char *caller_reference(struct call *call, const struct distribution *distribution)
{
    const char *text =
        aws_xml_text(aws_parse_xml(call->arena, bytes_of(distribution->config)), "CallerReference");
    return text ? text : "";
}

static void update(struct call *call)
{
    struct distribution distribution;
    const struct xml_node *config = NULL;
    if (find(call, &distribution) != 0 || check_match(call, &distribution) != 0 ||
        read_config(call, &config) != 0)
        return;
    if (strcmp(aws_xml_text(config, "CallerReference"), caller_reference(call, &distribution)) !=
        0) {
        (void)aws_refuse(call, 400, "IllegalUpdate",
                         "The update contains modifications that are not allowed.");
        return;
    }
    if (keep(call, distribution.id, distribution.document, inner(call, config), 1) == 0 &&
        find(call, &distribution) == 0)
        answer(call, 200, &distribution);
}

static void create(struct call *call)
{
    struct distribution other;
    const struct xml_node *config = NULL;
    size_t count;
    if (read_config(call, &config) != 0)
        return;
    const char **ids =
        sandbox_list(call->sandbox, call->arena, "lambda-edge/distributions", &count);
    for (size_t i = 0; i < count; i++) {
        if (load(call, ids[i], &other) == 0 &&
            strcmp(caller_reference(call, &other), aws_xml_text(config, "CallerReference")) == 0) {
            (void)aws_refuse(call, 409, "DistributionAlreadyExists",
                             "The caller reference that you are using to create a distribution is "
                             "associated with another distribution. Already exists: %s",
                             ids[i]);
            return;
        }
    }
    const char *id =
        arena_printf(call->arena, "E%s", sandbox_random(call->sandbox, call->arena, 13, letters));
    if (keep(call, id, new_document(call), inner(call, config), 1) != 0 ||
        load(call, id, &other) != 0)
        return;
    answer(call, 201, &other);
    sandbox_reply_header(call->reply, "Location",
                         arena_printf(call->arena,
                                      "https://cloudfront.amazonaws.com/2020-05-31/distribution/%s",
                                      id));
}

/* A summary has those elements of the configuration that the model names for it. */
static int add_summary(struct call *call, const struct distribution *distribution,
                       struct buffer *out)
{
    static const char *const names[] = {"Aliases",        "Origins",
                                        "OriginGroups",   "DefaultCacheBehavior",
                                        "CacheBehaviors", "CustomErrorResponses",
                                        "Comment",        "PriceClass",
                                        "Enabled",        "ViewerCertificate",
                                        "Restrictions",   "WebACLId",
                                        "HttpVersion",    "IsIPV6Enabled",
                                        "Staging"};
    const struct xml_node *config = aws_parse_xml(call->arena, bytes_of(distribution->config));
    if (buffer_printf(out, "<DistributionSummary>%s<DomainName>%s</DomainName>",
                      describe(call, distribution),
                      json_find_string(distribution->document, "domain", "")) != 0)
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct xml_node *node = aws_xml_child(config, names[i]);
        if (node &&
            buffer_add(out, distribution->config + node->start, node->end - node->start) != 0)
            return -1;
    }
    return buffer_printf(out, "</DistributionSummary>");
}

static void list(struct call *call)
{
    size_t count, found = 0;
    struct distribution distribution;
    struct buffer *items = buffer_new(call->arena, LIMIT_REPLY);
    const char **ids =
        sandbox_list(call->sandbox, call->arena, "lambda-edge/distributions", &count);
    for (size_t i = 0; i < count && found < 100; i++)
        if (load(call, ids[i], &distribution) == 0 && add_summary(call, &distribution, items) == 0)
            found++;
    aws_answer_xml(call, 200,
                   arena_printf(call->arena,
                                "<DistributionList xmlns=\"%s\"><Marker></Marker><MaxItems>100"
                                "</MaxItems><IsTruncated>false</IsTruncated><Quantity>%zu"
                                "</Quantity><Items>%s</Items></DistributionList>",
                                AWS_CLOUDFRONT_XML, found, buffer_text(items)));
}

static void answer_invalidation(struct call *call, unsigned status, const char *id,
                                const json_t *document)
{
    aws_answer_xml(call, status,
                   arena_printf(call->arena,
                                "<Invalidation xmlns=\"%s\"><Id>%s</Id><Status>%s</Status>"
                                "<CreateTime>%s</CreateTime><InvalidationBatch>%s"
                                "</InvalidationBatch></Invalidation>",
                                AWS_CLOUDFRONT_XML, id, json_find_string(document, "status", ""),
                                json_find_string(document, "created", ""),
                                json_find_string(document, "batch", "")));
}

static void invalidate(struct call *call)
{
    struct distribution distribution;
    if (find(call, &distribution) != 0)
        return;
    const struct xml_node *batch = aws_parse_xml(call->arena, call->request->body);
    if (!batch || strcmp(batch->name, "InvalidationBatch") != 0 || !aws_xml_child(batch, "Paths") ||
        !aws_xml_child(batch, "CallerReference")) {
        (void)aws_refuse(call, 400, "MalformedInput", "Could not parse the request body.");
        return;
    }
    struct bytes text = inner(call, batch);
    const char *id =
        arena_printf(call->arena, "I%s", sandbox_random(call->sandbox, call->arena, 13, letters));
    json_t *document =
        json_own(call->arena, json_pack("{s:s, s:i, s:s, s:o}", "status", "InProgress", "unsettled",
                                        1, "created", aws_time(call, "Z"), "batch",
                                        json_text((const char *)text.data, text.size)));
    const char *below = arena_printf(call->arena, "/invalidations/%s", id);
    if (aws_save(call, key_of(call, distribution.id, below), document) != 0)
        return;
    answer_invalidation(call, 201, id, document);
    sandbox_reply_header(
        call->reply, "Location",
        arena_printf(call->arena,
                     "https://cloudfront.amazonaws.com/2020-05-31/distribution/%s/invalidation/%s",
                     distribution.id, id));
}

static void get_invalidation(struct call *call)
{
    struct distribution distribution;
    if (find(call, &distribution) != 0)
        return;
    const char *id = call->words[3];
    bool is_id = strspn(id, letters) == strlen(id);
    const char *key =
        key_of(call, distribution.id, arena_printf(call->arena, "/invalidations/%s", id));
    json_t *document = is_id ? sandbox_load(call->sandbox, call->arena, key) : NULL;
    if (!document) {
        (void)aws_refuse(call, 404, "NoSuchInvalidation",
                         "The specified invalidation does not exist.");
        return;
    }
    if (aws_settles(document))
        json_object_set_new(document, "status", json_string("Completed"));
    if (aws_save(call, key, document) == 0)
        answer_invalidation(call, 200, id, document);
}

bool aws_is_associated(struct call *call, const char *name, json_int_t version)
{
    struct distribution distribution;
    size_t count;
    const char *arn = aws_function_arn(call->arena, name, version);
    const char *needle = arena_printf(call->arena, version ? "%s<" : "%s:", arn);
    const char **ids =
        sandbox_list(call->sandbox, call->arena, "lambda-edge/distributions", &count);
    for (size_t i = 0; i < count; i++)
        if (load(call, ids[i], &distribution) == 0 && strstr(distribution.config, needle))
            return true;
    return false;
}

void aws_cloudfront(struct call *call)
{
    static const struct {
        const char *method, *last; /* behind distribution/ID; NULL: distribution itself */
        size_t word_count;
        void (*answer)(struct call *);
    } routes[] = {{"GET", NULL, 1, list},
                  {"POST", NULL, 1, create},
                  {"GET", NULL, 2, get},
                  {"GET", "config", 3, get_config},
                  {"PUT", "config", 3, update},
                  {"POST", "invalidation", 3, invalidate},
                  {"GET", "invalidation", 4, get_invalidation}};
    bool is_known = call->word_count >= 1 && strcmp(call->words[0], "distribution") == 0;
    if (plant_seed(call) != 0)
        return;
    for (size_t i = 0; is_known && i < sizeof routes / sizeof *routes; i++) {
        bool same = routes[i].word_count == call->word_count &&
                    (!routes[i].last || strcmp(call->words[2], routes[i].last) == 0);
        if (same && strcmp(call->request->method, routes[i].method) == 0) {
            routes[i].answer(call);
            return;
        }
    }
    (void)aws_refuse(call, 404, "UnknownOperation",
                     "the sandbox does not know this operation of CloudFront");
}
