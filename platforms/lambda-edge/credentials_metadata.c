/* What the machine itself is allowed: a container's credentials, and an EC2 instance's. */
#include <string.h>
#include <strings.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/lambda-edge/credentials_parts.h"

enum { CONTAINER_MS = 2000, INSTANCE_MS = 1000, REPLY_LIMIT = 64 << 10 };

static const char *string(const json_t *document, const char *key)
{
    return json_string_value(json_object_get(document, key));
}

/* Both answer with the same members. */
static int read_keys(const struct job *job, const struct http_reply *reply, const char *origin,
                     struct keys *out, struct error *error)
{
    json_t *document = NULL;
    struct error ignored = {0};
    /* The reader's words may show what is secret. */
    if (json_read(job->arena, reply->body, "answer", FAULT_REMOTE, &document, &ignored) != 0 ||
        !json_is_object(document))
        return error_set(error, FAULT_REMOTE, "what comes from %s is no JSON object", origin);
    const char *code = string(document, "Code");
    if (code && strcmp(code, "Success") != 0)
        return error_set(error, FAULT_REMOTE, "no credentials come from %s: %s", origin,
                         text_safe(job->arena, code, strnlen(code, 100)));
    if (credentials_keys(job, string(document, "AccessKeyId"), string(document, "SecretAccessKey"),
                         string(document, "Token"), string(document, "Expiration"), origin, out,
                         error) == 0)
        return 0;
    error->fault = FAULT_REMOTE;
    return -1;
}

/* Without encryption only this machine and the addresses that AWS keeps for it are asked. */
static bool is_container_address(const char *url)
{
    static const char *const hosts[] = {"http://169.254.170.2", "http://169.254.170.23",
                                        "http://[fd00:ec2::23]"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t size = strlen(hosts[i]);
        if (strncasecmp(url, hosts[i], size) == 0 && strchr(":/?", url[size]))
            return true;
    }
    return false;
}

static int authorization(const struct job *job, const char **out, struct error *error)
{
    const char *file = world_environment(job->world, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    *out = world_environment(job->world, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    return file ? credentials_file(job, file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", out, error)
                : 0;
}

int credentials_container(const struct job *job, struct keys *out, struct error *error)
{
    static const char origin[] = "the container's credential service";
    const char *relative = world_environment(job->world, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *url = world_environment(job->world, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const char *token = NULL;
    struct http_reply reply;
    *out = (struct keys){0};
    if (relative && relative[0] != '/')
        return error_set(error, FAULT_INPUT,
                         "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with '/'");
    if (relative)
        url = arena_printf(job->arena, "http://169.254.170.2%s", relative);
    if (!url)
        return 0;
    if (authorization(job, &token, error) != 0)
        return -1;
    struct http_request request = {.method = "GET",
                                   .url = url,
                                   .reply_limit = REPLY_LIMIT,
                                   .timeout_ms = CONTAINER_MS,
                                   .link_local = is_container_address(url)};
    if (token)
        request.credentials = (struct http_credentials){
            .scheme = HTTP_AUTH_HEADER, .header = "Authorization", .secret = token};
    if (http_send(job->http, job->arena, &request, &reply, error) != 0)
        return error_prefix(error, "%s", origin);
    if (reply.status != 200) {
        error_set(error, FAULT_REMOTE, "no credentials come from %s: HTTP %ld", origin,
                  reply.status);
        return error_hint(error, "check AWS_CONTAINER_CREDENTIALS_FULL_URI, its token, and that "
                                 "the task has a role");
    }
    return read_keys(job, &reply, origin, out, error);
}

/* The instance's metadata, version 2: each request carries a token that a first one got. */
struct metadata {
    const struct job *job;
    const char *base, *token;
    bool link_local;
};

static int ask(const struct metadata *metadata, const char *method, const char *path,
               struct http_reply *out, struct error *error)
{
    struct http_header age = {"X-aws-ec2-metadata-token-ttl-seconds", "21600"};
    struct http_request request = {
        .method = method,
        .url = arena_printf(metadata->job->arena, "%s%s", metadata->base, path),
        .headers = &age,
        .header_count = metadata->token ? 0 : 1,
        .repeat = HTTP_REPEAT_BY_CALLER,
        .reply_limit = REPLY_LIMIT,
        .timeout_ms = INSTANCE_MS,
        .link_local = metadata->link_local};
    if (metadata->token)
        request.credentials = (struct http_credentials){.scheme = HTTP_AUTH_HEADER,
                                                        .header = "X-aws-ec2-metadata-token",
                                                        .secret = metadata->token};
    if (http_send(metadata->job->http, metadata->job->arena, &request, out, error) != 0)
        return -1;
    if (out->status == 200)
        return 0;
    return error_set(error, FAULT_REMOTE, "HTTP %ld", out->status);
}

static const char *first_line(struct arena *arena, struct bytes body)
{
    size_t size = 0;
    while (size < body.size && body.data[size] > ' ' && body.data[size] != 0x7f)
        size++;
    return arena_copy(arena, body.data ? (const void *)body.data : "", size);
}

static int ask_instance(struct metadata *metadata, struct keys *out, struct error *error)
{
    static const char folder[] = "/latest/meta-data/iam/security-credentials/";
    struct arena *arena = metadata->job->arena;
    struct http_reply reply;
    if (ask(metadata, "PUT", "/latest/api/token", &reply, error) != 0)
        return -1;
    metadata->token = first_line(arena, reply.body);
    if (ask(metadata, "GET", folder, &reply, error) != 0)
        return -1;
    const char *role = first_line(arena, reply.body);
    if (!role[0])
        return error_set(error, FAULT_REMOTE, "it has no role");
    const char *path = arena_printf(arena, "%s%s", folder, http_escape(arena, role));
    if (ask(metadata, "GET", path, &reply, error) != 0)
        return -1;
    return read_keys(metadata->job, &reply, "the instance's metadata", out, error);
}

static struct metadata metadata_of(const struct job *job)
{
    const char *base = world_environment(job->world, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const char *mode = world_environment(job->world, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (!base)
        base = mode && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]"
                                                     : "http://169.254.169.254";
    size_t size = strlen(base);
    while (size && base[size - 1] == '/')
        size--;
    return (struct metadata){job, arena_copy(job->arena, base, size), NULL, true};
}

/* Nobody there, or no role, is no failure of the last resort: one try of a second. */
int credentials_instance(const struct job *job, bool wanted, struct keys *out, struct error *error)
{
    const char *disabled = world_environment(job->world, "AWS_EC2_METADATA_DISABLED");
    struct metadata metadata = metadata_of(job);
    struct error failure = {0};
    *out = (struct keys){0};
    if (disabled && strcasecmp(disabled, "true") == 0)
        return 0;
    if (ask_instance(&metadata, out, &failure) == 0)
        return 0;
    *out = (struct keys){0};
    if (world_stopped(job->world, error) != 0)
        return -1;
    if (!wanted && !world_environment(job->world, "AWS_EC2_METADATA_SERVICE_ENDPOINT"))
        return 0;
    *error = failure;
    return error_prefix(error, "the instance's metadata");
}
