/* Backends: what the API is told of one that the manifest names. What the manifest does not name of
   it (timeouts, shield, weight, ...) is never sent, so it stays (a PUT changes what it is sent). */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/fastly/driver_parts.h"

enum { TLS_PORT = 443 };

static bool is_address(const char *host)
{
    unsigned char room[16];
    return inet_pton(AF_INET, host, room) == 1 || inet_pton(AF_INET6, host, room) == 1;
}

static const char *const fields[] = {
    "address", "port", "override_host", "use_ssl", "ssl_cert_hostname", "ssl_sni_hostname"};

enum { FIELD_COUNT = sizeof fields / sizeof *fields };

/* The API's fields of a backend, as text; NULL: as it is. */
struct backend {
    const char *values[FIELD_COUNT];
};

/* Port 443 speaks TLS, and the certificate is to name the host that is asked for; the API's own
   defaults are plain text and no name. */
static struct backend read_backend(struct arena *arena, const json_t *row)
{
    const char *address = json_find_string(row, "address", "");
    const char *host = json_find_string(row, "override_host", NULL);
    const char *asked = host ? host : is_address(address) ? NULL : address;
    const char *cert = json_find_string(row, "ssl_cert_hostname", NULL);
    const char *sni = json_find_string(row, "ssl_sni_hostname", NULL);
    json_int_t port = json_find_integer(row, "port", TLS_PORT);
    bool tls = port == TLS_PORT || cert || sni;
    return (struct backend){{address, arena_printf(arena, "%lld", (long long)port), host,
                             tls ? "1" : NULL, tls && !cert ? asked : cert,
                             tls && !sni ? asked : sni}};
}

/* A name that the manifest leaves open follows the host when it did so before; one that somebody
   has set by hand stays. */
static const char *follow(const json_t *before, const json_t *wanted, const char *field,
                          const char *derived)
{
    const char *now = json_find_string(before, field, "");
    const char *host = json_find_string(before, "override_host", "");
    bool is_named = json_find_string(wanted, field, NULL) != NULL;
    bool names_host = json_find_string(wanted, "override_host", NULL) != NULL;
    if (is_named || !*now || strcmp(now, json_find_string(before, "address", "")) == 0 ||
        (names_host && strcmp(now, host) == 0))
        return derived;
    return NULL;
}

/* A listed value as text; numbers and truth come in several types. */
static const char *value_of(struct arena *arena, const json_t *row, const char *field)
{
    const json_t *value = json_object_get(row, field);
    if (json_is_string(value))
        return text_safe(arena, json_string_value(value), json_string_length(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? "1" : "0";
    if (json_is_integer(value))
        return arena_printf(arena, "%lld", (long long)json_integer_value(value));
    return "";
}

/* What differs, as a form and in words. */
static struct change describe(struct arena *arena, const char *name, const struct backend *backend,
                              const json_t *before)
{
    const char *what = arena_printf(arena, "change backend '%s':", name), *separator = " ";
    struct change change = {.kind = "backend", .name = name, .form = "", .exists = true};
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const char *value = backend->values[i];
        const char *now = value_of(arena, before, fields[i]);
        if (!value || strcmp(value, now) == 0)
            continue;
        change.form = compute_field(arena, change.form, fields[i], value);
        what = arena_printf(arena, "%s%s%s %s%s%s", what, separator, fields[i], *now ? now : "",
                            *now ? " -> " : "", value);
        separator = ", ";
    }
    change.what = what;
    return change;
}

static struct change add(struct arena *arena, const char *name, const struct backend *backend)
{
    char *form = compute_field(arena, "", "name", name);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        form = compute_field(arena, form, fields[i], backend->values[i]);
    return (struct change){.kind = "backend",
                           .name = name,
                           .form = form,
                           .what = arena_printf(arena, "add backend '%s' (%s:%s)", name,
                                                backend->values[0], backend->values[1])};
}

bool compute_backend_change(struct arena *arena, const json_t *wanted, const json_t *before,
                            struct change *out)
{
    const char *name = json_find_string(wanted, "name", "");
    struct backend backend = read_backend(arena, wanted);
    if (!before) {
        *out = add(arena, name, &backend);
        return true;
    }
    backend.values[4] = follow(before, wanted, fields[4], backend.values[4]);
    backend.values[5] = follow(before, wanted, fields[5], backend.values[5]);
    *out = describe(arena, name, &backend, before);
    return *out->form != '\0';
}

/* A service that nothing was ever live of, without any backend: the vendor's CLI gives such a one
   a backend that leads nowhere (section 3), so we do too. */
struct change compute_originless(struct arena *arena)
{
    return add(arena, "originless", &(struct backend){{"127.0.0.1", "80"}});
}
