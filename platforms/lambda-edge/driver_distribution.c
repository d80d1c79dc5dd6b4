/* CloudFront replaces a distribution's whole configuration, so the document that it sent goes back
   byte for byte but for one element (section 2): a client that builds it anew from the fields it
   knows would delete the others. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

enum { MOST_PATTERNS = 20, MOST_ASSOCIATIONS = 16 };

static int unknown_shape(const char *what, struct error *error)
{
    return error_set(error, FAULT_REMOTE, "the distribution's configuration is not understood: %s",
                     what);
}

/* True when there is more than one child of that name. */
static bool is_double(const struct xml *element, const char *name)
{
    const struct xml *first = xml_child(element, name);
    for (const struct xml *child = first ? first->next : NULL; child; child = child->next)
        if (strcmp(child->name, name) == 0)
            return true;
    return false;
}

/* The behaviors that are chosen by a path pattern. */
static const struct xml *patterned(const struct xml *config)
{
    const struct xml *items = xml_child(xml_child(config, "CacheBehaviors"), "Items");
    return items ? items->child : NULL;
}

static int no_such_behavior(struct arena *arena, const struct xml *config, const char *name,
                            struct error *error)
{
    const char *known = "default";
    size_t count = 0;
    for (const struct xml *item = patterned(config); item && count < MOST_PATTERNS;
         item = item->next, count++) {
        const char *pattern = xml_text(item, "PathPattern");
        if (pattern)
            known = arena_printf(arena, "%s, %s", known, lambda_edge_safe(arena, pattern));
    }
    error_set(error, FAULT_REMOTE, "the distribution has no cache behavior '%s'", name);
    return error_hint(error, "set 'behavior' to one of: %s", known);
}

static const struct xml *find_behavior(const struct xml *config, const char *name)
{
    if (strcmp(name, "default") == 0)
        return xml_child(config, "DefaultCacheBehavior");
    for (const struct xml *item = patterned(config); item; item = item->next) {
        const char *pattern = xml_text(item, "PathPattern");
        if (pattern && strcmp(pattern, name) == 0)
            return item;
    }
    return NULL;
}

/* What a list says of its own length is what is in it. */
static bool is_consistent(const struct xml *list, size_t count)
{
    const char *quantity = xml_text(list, "Quantity");
    char expected[24];
    snprintf(expected, sizeof expected, "%zu", count);
    return quantity && strcmp(quantity, expected) == 0;
}

static size_t count_children(const struct xml *element)
{
    size_t count = 0;
    for (const struct xml *child = element ? element->child : NULL; child; child = child->next)
        count++;
    return count;
}

static int read_associations(struct arena *arena, const struct xml *list, struct behavior *out,
                             struct error *error)
{
    const struct xml *items = xml_child(list, "Items");
    size_t count = count_children(items);
    if (count > MOST_ASSOCIATIONS)
        return unknown_shape("a cache behavior has too many associations", error);
    out->associations = arena_alloc(arena, count + 1, sizeof *out->associations);
    for (const struct xml *item = items ? items->child : NULL; item; item = item->next) {
        const char *body = xml_text(item, "IncludeBody");
        struct association association = {
            xml_text(item, "LambdaFunctionARN"), xml_text(item, "EventType"),
            body && strcmp(body, "true") == 0, item->start, item->end};
        if (!association.arn || !association.event)
            return unknown_shape("an association lacks its function or its event", error);
        if (lambda_edge_association(out, association.event))
            return unknown_shape("an event has two functions", error);
        out->associations[out->association_count++] = association;
    }
    if (!is_consistent(list, count))
        return unknown_shape("the number of associations differs from their list", error);
    return 0;
}

static void read_functions(struct arena *arena, const struct xml *behavior, struct behavior *out)
{
    const struct xml *items = xml_child(xml_child(behavior, "FunctionAssociations"), "Items");
    out->function_events = arena_alloc(arena, count_children(items) + 1, sizeof(char *));
    for (const struct xml *item = items ? items->child : NULL; item; item = item->next) {
        const char *event = xml_text(item, "EventType");
        if (event)
            out->function_events[out->function_count++] = event;
    }
}

/* The root, or what a Distribution holds. */
static int find_config(struct arena *arena, struct bytes document, const struct xml **out,
                       struct error *error)
{
    struct xml *root;
    if (lambda_edge_xml(arena, document, &root, error) != 0)
        return -1;
    *out = strcmp(root->name, "Distribution") == 0 ? xml_child(root, "DistributionConfig") : root;
    if (!*out || strcmp((*out)->name, "DistributionConfig") != 0)
        return unknown_shape("it is none", error);
    if (is_double(*out, "DefaultCacheBehavior") || is_double(*out, "CacheBehaviors"))
        return unknown_shape("an element is there twice", error);
    return 0;
}

static int read_behavior(struct arena *arena, const struct xml *behavior, const char *name,
                         struct behavior *out, struct error *error)
{
    *out = (struct behavior){.name = name};
    if (is_double(behavior, "LambdaFunctionAssociations") ||
        is_double(behavior, "FunctionAssociations"))
        return unknown_shape("an element is there twice", error);
    read_functions(arena, behavior, out);
    const struct xml *list = xml_child(behavior, "LambdaFunctionAssociations");
    if (!list && behavior->close == behavior->end)
        return unknown_shape("a cache behavior is empty", error);
    out->start = list ? list->start : behavior->close;
    out->end = list ? list->end : behavior->close;
    return list ? read_associations(arena, list, out, error) : 0;
}

int lambda_edge_find_behavior(struct arena *arena, struct bytes document, const char *name,
                              struct behavior *out, struct error *error)
{
    const struct xml *config;
    if (find_config(arena, document, &config, error) != 0)
        return -1;
    const struct xml *behavior = find_behavior(config, name);
    if (!behavior)
        return no_such_behavior(arena, config, name, error);
    return read_behavior(arena, behavior, name, out, error);
}

int lambda_edge_behaviors(struct arena *arena, struct bytes document, struct behavior **out,
                          size_t *count, struct error *error)
{
    const struct xml *config;
    *count = 0;
    if (find_config(arena, document, &config, error) != 0)
        return -1;
    const struct xml *standard = xml_child(config, "DefaultCacheBehavior");
    size_t most = 1;
    for (const struct xml *item = patterned(config); item; item = item->next)
        most++;
    *out = arena_alloc(arena, most, sizeof **out);
    struct error ignored = {0};
    if (standard && read_behavior(arena, standard, "default", *out, &ignored) == 0)
        ++*count;
    for (const struct xml *item = patterned(config); item; item = item->next) {
        const char *pattern = xml_text(item, "PathPattern");
        if (pattern && strcmp(pattern, "default") != 0 &&
            read_behavior(arena, item, pattern, *out + *count, &ignored) == 0)
            ++*count;
    }
    return 0;
}

const struct association *lambda_edge_association(const struct behavior *behavior,
                                                  const char *event)
{
    for (size_t i = 0; i < behavior->association_count; i++)
        if (strcmp(behavior->associations[i].event, event) == 0)
            return &behavior->associations[i];
    return NULL;
}

/* -1 when the buffer is full. */
static int add_association(struct buffer *out, const char *arn, const char *event,
                           bool include_body)
{
    return buffer_printf(out,
                         "<LambdaFunctionAssociation><LambdaFunctionARN>%s</LambdaFunctionARN>"
                         "<EventType>%s</EventType><IncludeBody>%s</IncludeBody>"
                         "</LambdaFunctionAssociation>",
                         arn, event, include_body ? "true" : "false");
}

static int add_list(struct buffer *out, struct bytes config, const struct behavior *behavior,
                    const char *arn, const char *event, bool include_body)
{
    const struct association *old = lambda_edge_association(behavior, event);
    size_t count = behavior->association_count - (old ? 1 : 0) + (arn ? 1 : 0);
    int status = buffer_printf(out, "<LambdaFunctionAssociations><Quantity>%zu</Quantity>", count);
    if (status == 0 && count)
        status = buffer_printf(out, "<Items>");
    for (size_t i = 0; i < behavior->association_count && status == 0; i++) {
        const struct association *item = &behavior->associations[i];
        if (item != old)
            status = buffer_add(out, config.data + item->start, item->end - item->start);
        else if (arn)
            status = add_association(out, arn, event, include_body);
    }
    if (status == 0 && !old && arn)
        status = add_association(out, arn, event, include_body);
    if (status == 0 && count)
        status = buffer_printf(out, "</Items>");
    return status ? -1 : buffer_printf(out, "</LambdaFunctionAssociations>");
}

int lambda_edge_associate(struct arena *arena, struct bytes config, const struct behavior *behavior,
                          const char *arn, const char *event, bool include_body, struct bytes *out,
                          struct error *error)
{
    struct buffer *buffer = buffer_new(arena, LIMIT_REPLY);
    if (buffer_add(buffer, config.data, behavior->start) != 0 ||
        add_list(buffer, config, behavior, arn, event, include_body) != 0 ||
        buffer_add(buffer, config.data + behavior->end, config.size - behavior->end) != 0)
        return unknown_shape("it is too large", error);
    *out = buffer_bytes(buffer);
    return 0;
}

char *lambda_edge_distribution_path(const struct job *job, const char *below)
{
    return arena_printf(job->arena, "/2020-05-31/distribution/%s%s",
                        http_escape(job->arena, job_text(job, "distribution")), below);
}

/* A wrong id and credentials of another account look alike: whose they are is worth a request. */
static int tell_account(const struct job *job, struct error *error)
{
    struct error kept = *error;
    const char *account = lambda_edge_account(job);
    *error = kept;
    if (!account)
        return -1;
    return error_hint(error,
                      "these credentials are of account %s: check 'distribution', or use "
                      "credentials of its account",
                      account);
}

static int read_distribution(const struct job *job, const char *below, const char *right,
                             struct distribution *out, struct error *error)
{
    const char *id = lambda_edge_safe(job->arena, job_text(job, "distribution"));
    struct answer answer;
    struct ask ask = {.service = SERVICE_CLOUDFRONT,
                      .method = "GET",
                      .path = lambda_edge_distribution_path(job, below),
                      .what = arena_printf(job->arena, "read the distribution '%s'", id),
                      .right = right};
    *out = (struct distribution){0};
    if (lambda_edge_call(job, &ask, &answer, error) != 0)
        return answer.absent ? tell_account(job, error) : -1;
    out->config = answer.xml;
    out->etag = answer.etag;
    if (lambda_edge_find_behavior(job->arena, out->config, job_text(job, "behavior"),
                                  &out->behavior, error) != 0)
        return error_prefix(error, "cannot read the distribution '%s'", id);
    out->current = lambda_edge_association(&out->behavior, job_text(job, "event"));
    return 0;
}

int lambda_edge_read_distribution(const struct job *job, struct distribution *out,
                                  struct error *error)
{
    if (read_distribution(job, "/config", "cloudfront:GetDistributionConfig", out, error) != 0)
        return -1;
    return out->etag ? 0 : unknown_shape("the answer has no ETag", error);
}

const char *lambda_edge_url(struct arena *arena, const struct xml *distribution)
{
    const char *domain = xml_text(distribution, "DomainName");
    bool usable = domain && domain[0] &&
                  domain[strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == '\0';
    return usable ? arena_printf(arena, "https://%s", domain) : NULL;
}

int lambda_edge_look(const struct job *job, struct distribution *out, struct error *error)
{
    struct xml *root;
    if (read_distribution(job, "", "cloudfront:GetDistribution", out, error) != 0 ||
        lambda_edge_xml(job->arena, out->config, &root, error) != 0)
        return -1;
    out->url = lambda_edge_url(job->arena, root);
    out->status = xml_text(root, "Status");
    if (out->url && out->status)
        return 0;
    return unknown_shape(out->url ? "it has no status" : "it has no domain name", error);
}

static bool is_viewer(const char *event)
{
    return strncmp(event, "viewer-", 7) == 0;
}

/* "Restrictions on all edge functions": the two kinds cannot be combined in viewer events, of
   which a behavior has two (section 2). */
int lambda_edge_check_events(const struct job *job, const struct behavior *behavior,
                             struct error *error)
{
    const char *event = job_text(job, "event");
    for (size_t i = 0; i < behavior->function_count && is_viewer(event); i++) {
        if (!is_viewer(behavior->function_events[i]))
            continue;
        error_set(error, FAULT_REMOTE,
                  "the cache behavior '%s' has a CloudFront Function for %s, which cannot be "
                  "combined with a Lambda function for %s",
                  job_text(job, "behavior"),
                  lambda_edge_safe(job->arena, behavior->function_events[i]), event);
        return error_hint(error, "remove the CloudFront Function from the behavior, or set 'event' "
                                 "to an origin event");
    }
    return 0;
}
