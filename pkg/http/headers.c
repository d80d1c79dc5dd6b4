#include <string.h>
#include <strings.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/digest/digest.h"
#include "pkg/digest/sigv4.h"
#include "pkg/http/transfer.h"

struct list {
    struct arena *arena;
    struct curl_slist *head;
};

static void free_list(void *handle)
{
    curl_slist_free_all(((struct list *)handle)->head);
}

static int append(struct list *list, const char *line, struct error *error)
{
    struct curl_slist *head = curl_slist_append(list->head, line);
    if (!head)
        return error_set(error, FAULT_REMOTE, "out of memory");
    list->head = head;
    return 0;
}

static bool is_token(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789!#$%&'*+-.^_`|~";
    return name[0] && name[strspn(name, allowed)] == '\0';
}

static bool is_value(const char *value)
{
    for (; *value; value++)
        if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7f)
            return false;
    return true;
}

/* A line break in a value would begin another header. The value is not shown: it may be secret. */
static int add(struct list *list, const char *name, const char *value, struct error *error)
{
    if (!is_token(name))
        return error_set(error, FAULT_INPUT, "a header's name is unusable");
    if (!is_value(value))
        return error_set(error, FAULT_INPUT,
                         "the value of the header '%s' holds a line break or control character",
                         name);
    /* curl's way to say "empty": a semicolon; a colon alone would take the header out. */
    return append(list,
                  value[0] ? arena_printf(list->arena, "%s: %s", name, value)
                           : arena_printf(list->arena, "%s;", name),
                  error);
}

static const char *find(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static int add_signature(struct list *list, const struct world *world,
                         const struct http_request *request, const struct url *url,
                         struct error *error)
{
    const struct http_credentials *credentials = &request->credentials;
    const char *timestamp = sigv4_timestamp(list->arena, world_now(world));
    const struct sigv4_header known[] = {{"host", url->host},
                                         {"x-amz-date", timestamp},
                                         {"x-amz-security-token", credentials->session_token},
                                         {"content-type", find(request, "content-type")},
                                         {"if-match", find(request, "if-match")}};
    struct sigv4_header headers[5];
    size_t count = 0;
    for (size_t i = 0; i < 5; i++)
        if (known[i].value && known[i].value[0])
            headers[count++] = known[i];
    char body[65];
    digest_sha256(request->body, body);
    struct sigv4_key key = {credentials->access_key, credentials->secret_key, credentials->region,
                            credentials->service};
    struct sigv4_request signing = {request->method, url->path, url->query, headers,
                                    count,           body,      false};
    struct sigv4_signature signature;
    sigv4_sign(list->arena, &key, &signing, timestamp, &signature);
    if (add(list, "Host", url->host, error) != 0 ||
        add(list, "X-Amz-Date", timestamp, error) != 0 ||
        add(list, "Authorization", signature.authorization, error) != 0)
        return -1;
    const char *token = credentials->session_token;
    return token && token[0] ? add(list, "X-Amz-Security-Token", token, error) : 0;
}

static int add_credentials(struct list *list, const struct world *world,
                           const struct http_request *request, const struct url *url,
                           struct error *error)
{
    const struct http_credentials *credentials = &request->credentials;
    const char *prefix = credentials->prefix ? credentials->prefix : "";
    switch (credentials->scheme) {
    case HTTP_AUTH_NONE:
        return 0;
    case HTTP_AUTH_HEADER:
        return add(list, credentials->header,
                   arena_printf(list->arena, "%s%s", prefix, credentials->secret), error);
    case HTTP_AUTH_AWS:
        return add_signature(list, world, request, url, error);
    }
    return 0;
}

int transfer_headers(struct arena *arena, const struct world *world,
                     const struct http_request *request, const struct url *url,
                     struct curl_slist **out, struct error *error)
{
    struct list *list = arena_alloc(arena, 1, sizeof *list);
    list->arena = arena;
    arena_defer(arena, free_list, list);
    for (size_t i = 0; i < request->header_count; i++)
        if (add(list, request->headers[i].name, request->headers[i].value, error) != 0)
            return -1;
    if (add_credentials(list, world, request, url, error) != 0) {
        if (error->fault == FAULT_INPUT)
            error_hint(error, "set the credential again, without a line break at its end");
        return -1;
    }
    /* Of curl's own headers: no waiting for "100 Continue", no invented type for a bare body. */
    if (append(list, "Expect:", error) != 0)
        return -1;
    bool typed = request->part_count || find(request, "content-type");
    if (!typed && append(list, "Content-Type:", error) != 0)
        return -1;
    *out = list->head;
    return 0;
}
