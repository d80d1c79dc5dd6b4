#include <arpa/inet.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/http/transfer.h"

static void free_handle(void *handle)
{
    curl_url_cleanup(handle);
}

/* NULL when the url has no such part. */
static const char *part(struct arena *arena, CURLU *handle, CURLUPart what)
{
    char *value = NULL;
    if (curl_url_get(handle, what, &value, CURLU_NO_DEFAULT_PORT) != CURLUE_OK)
        return NULL;
    const char *out = arena_strdup(arena, value);
    curl_free(value);
    return out;
}

static bool is_loopback(const char *name)
{
    struct in_addr address;
    if (inet_pton(AF_INET, name, &address) == 1)
        return ntohl(address.s_addr) >> 24 == 127;
    return strcmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0;
}

/* Where AWS answers a machine (RFC 3927, and the IPv6 addresses that AWS names): whoever is asked
   there is on the same link. */
static bool is_link_local(const char *name)
{
    static const char *const names[] = {"169.254.169.254", "169.254.170.2", "169.254.170.23",
                                        "[fd00:ec2::254]", "[fd00:ec2::23]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static int refuse(struct arena *arena, const char *text, const char *why, struct error *error)
{
    /* What stands before an '@' may be a password, what stands behind a '?' a token. */
    size_t size = strcspn(text, "?#");
    const char *at = memchr(text, '@', size);
    const char *shown = at ? "" : text_safe(arena, text, size < 200 ? size : 200);
    return error_set(error, FAULT_INPUT, "the url '%s' cannot be used: %s", shown, why);
}

int url_parse(struct arena *arena, const char *text, bool link_local, struct url *out,
              struct error *error)
{
    *out = (struct url){.handle = curl_url()};
    if (!out->handle)
        return error_set(error, FAULT_REMOTE, "out of memory");
    arena_defer(arena, free_handle, out->handle);
    if (curl_url_set(out->handle, CURLUPART_URL, text, CURLU_PATH_AS_IS) != CURLUE_OK)
        return refuse(arena, text, "it is malformed", error);
    const char *scheme = part(arena, out->handle, CURLUPART_SCHEME);
    const char *port = part(arena, out->handle, CURLUPART_PORT);
    out->name = part(arena, out->handle, CURLUPART_HOST);
    out->path = part(arena, out->handle, CURLUPART_PATH);
    out->query = part(arena, out->handle, CURLUPART_QUERY);
    if (!scheme || !out->name || !out->path)
        return refuse(arena, text, "it is malformed", error);
    if (part(arena, out->handle, CURLUPART_USER) || part(arena, out->handle, CURLUPART_PASSWORD))
        return refuse(arena, text, "it holds credentials", error);
    out->plain = strcmp(scheme, "http") == 0;
    link_local = link_local && is_link_local(out->name);
    out->direct = is_loopback(out->name) || link_local;
    if (!out->plain && strcmp(scheme, "https") != 0)
        return refuse(arena, text, "only https is spoken", error);
    if (out->plain && !out->direct)
        return refuse(arena, text, "http is spoken with this machine only, with others https",
                      error);
    out->query = out->query ? out->query : "";
    out->host = port ? arena_printf(arena, "%s:%s", out->name, port) : out->name;
    const char *shown = arena_printf(arena, "%s://%s%s", scheme, out->host, out->path);
    size_t size = strlen(shown);
    out->shown = text_safe(arena, shown, size < 200 ? size : 200);
    return 0;
}
