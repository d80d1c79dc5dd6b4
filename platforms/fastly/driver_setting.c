/* Domains and backends of a draft. What the manifest names is made or brought up to date; what it
   does not name stays. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "platforms/fastly/driver_parts.h"

enum { LONGEST_LABEL = 54, TLS_PORT = 443 };

/* Letters, digits and single dashes of the name, and eight digits that no other service has. */
char *compute_default_domain(struct arena *arena, const char *name, const char *service_id)
{
    char label[LONGEST_LABEL + 1] = "", digest[65];
    size_t size = 0;
    for (; *name && size < LONGEST_LABEL; name++) {
        char letter = (char)tolower((unsigned char)*name);
        if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))
            label[size++] = letter;
        else if (size > 0 && label[size - 1] != '-')
            label[size++] = '-';
    }
    while (size > 0 && label[size - 1] == '-')
        size--;
    label[size] = '\0';
    digest_sha256(bytes_of(service_id), digest);
    return arena_printf(arena, "%s-%.8s.edgecompute.app", size ? label : "edge", digest);
}

static int list(const struct job *job, const struct service *service, json_int_t number,
                const char *kind, json_t **out, struct error *error)
{
    struct compute_answer answer;
    struct compute_ask ask = {
        .method = "GET",
        .path = compute_version_path(job, service, number, arena_printf(job->arena, "/%s", kind)),
        .what = arena_printf(job->arena, "list the %ss of version %lld", kind, (long long)number)};
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    *out = answer.document;
    return 0;
}

static const json_t *named(const json_t *rows, const char *name)
{
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row)
    {
        if (strcmp(json_find_string(row, "name", ""), name) == 0)
            return row;
    }
    return NULL;
}

/* Adds a domain or backend. After a lost answer, and when another publish fills the same draft, the
   list says whether it was done. */
static int add(const struct job *job, const struct service *service, json_int_t number,
               const char *kind, const char *name, const char *form, struct error *error)
{
    struct compute_answer answer;
    struct compute_ask ask = {
        .method = "POST",
        .path = compute_version_path(job, service, number, arena_printf(job->arena, "/%s", kind)),
        .what = arena_printf(job->arena, "add %s '%s'", kind, name),
        .form = form,
        .once = true};
    for (unsigned attempt = 1; compute_call(job, &ask, &answer, error) != 0; attempt++) {
        struct error unknown = {0};
        json_t *rows;
        bool again = answer.unclear && compute_wait(job, attempt);
        if ((!again && !answer.conflict) || list(job, service, number, kind, &rows, &unknown) != 0)
            return -1;
        if (named(rows, name))
            return 0;
        if (!again)
            return -1;
    }
    return 0;
}

static int add_domain(const struct job *job, const struct service *service, json_int_t number,
                      const char *name, struct error *error)
{
    return add(job, service, number, "domain", name, compute_field(job->arena, "", "name", name),
               error);
}

/* "https://DOMAIN" of the first that names one host. */
static const char *first_url(const struct job *job, const json_t *rows)
{
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row)
    {
        const char *name = json_find_string(row, "name", "*");
        if (name[0] != '*' && name[0] != '\0')
            return arena_printf(job->arena, "https://%s", name);
    }
    return NULL;
}

static void remember_url(const struct job *job, json_int_t number, const char *url)
{
    struct memory *memory = compute_memory(job);
    memory->number = number;
    memory->url = url;
}

static int configure_domains(const struct job *job, const struct service *service,
                             json_int_t number, const json_t *wanted, struct error *error)
{
    size_t index;
    json_t *rows, *domain;
    bool complete = true;
    if (list(job, service, number, "domain", &rows, error) != 0)
        return -1;
    json_array_foreach(wanted, index, domain)
    {
        const char *name = json_string_value(domain);
        if (named(rows, name))
            continue;
        complete = false;
        if (add_domain(job, service, number, name, error) != 0)
            return -1;
    }
    /* In which order the platform lists one that was added, only the platform knows. */
    if (complete && json_array_size(rows) > 0)
        remember_url(job, number, first_url(job, rows));
    if (json_array_size(wanted) > 0 || json_array_size(rows) > 0)
        return 0;
    const char *name = json_find_string(service->details, "name", "edge");
    return add_domain(job, service, number, compute_default_domain(job->arena, name, service->id),
                      error);
}

static bool is_address(const char *host)
{
    unsigned char room[16];
    return inet_pton(AF_INET, host, room) == 1 || inet_pton(AF_INET6, host, room) == 1;
}

/* The API's fields of a backend, as text. */
struct backend {
    const char *values[6];
};

static const char *const backend_fields[] = {
    "address", "port", "override_host", "use_ssl", "ssl_cert_hostname", "ssl_sni_hostname"};

enum { FIELD_COUNT = sizeof backend_fields / sizeof *backend_fields };

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

static char *backend_form(struct arena *arena, const char *name, const struct backend *backend)
{
    char *form = compute_field(arena, "", "name", name);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        form = compute_field(arena, form, backend_fields[i], backend->values[i]);
    return form;
}

/* A listed value has the wanted text; numbers and truth come in several types. */
static bool has_value(const json_t *row, const char *field, const char *wanted)
{
    char number[32];
    const json_t *value = json_object_get(row, field);
    if (!wanted)
        return true;
    if (json_is_string(value))
        return strcmp(json_string_value(value), wanted) == 0;
    if (json_is_boolean(value))
        return json_is_true(value) == (strcmp(wanted, "1") == 0);
    snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    return json_is_integer(value) && strcmp(number, wanted) == 0;
}

static bool is_same(const json_t *row, const struct backend *backend)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (!has_value(row, backend_fields[i], backend->values[i]))
            return false;
    return true;
}

static int update_backend(const struct job *job, const struct service *service, json_int_t number,
                          const char *name, const struct backend *backend, struct error *error)
{
    struct compute_answer answer;
    const char *below = arena_printf(job->arena, "/backend/%s", http_escape(job->arena, name));
    struct compute_ask ask = {.method = "PUT",
                              .path = compute_version_path(job, service, number, below),
                              .what = arena_printf(job->arena, "change backend '%s'", name),
                              .form = backend_form(job->arena, name, backend)};
    return compute_call(job, &ask, &answer, error);
}

static int configure_backends(const struct job *job, const struct service *service,
                              json_int_t number, const json_t *wanted, struct error *error)
{
    size_t index;
    json_t *rows, *row;
    if (json_array_size(wanted) == 0)
        return 0;
    if (list(job, service, number, "backend", &rows, error) != 0)
        return -1;
    json_array_foreach(wanted, index, row)
    {
        const char *name = json_find_string(row, "name", "");
        struct backend backend = read_backend(job->arena, row);
        const json_t *before = named(rows, name);
        int status = 0;
        if (!before)
            status = add(job, service, number, "backend", name,
                         backend_form(job->arena, name, &backend), error);
        else if (!is_same(before, &backend))
            status = update_backend(job, service, number, name, &backend, error);
        if (status != 0)
            return -1;
    }
    return 0;
}

/* A service that nothing was ever live of, without any backend: the vendor's CLI gives such a one
   a backend that leads nowhere (section 3), so we do too. */
static int add_originless(const struct job *job, const struct service *service, json_int_t number,
                          struct error *error)
{
    json_t *rows;
    struct backend nowhere = {{"127.0.0.1", "80"}};
    if (list(job, service, number, "backend", &rows, error) != 0)
        return -1;
    if (json_array_size(rows) > 0)
        return 0;
    return add(job, service, number, "backend", "originless",
               backend_form(job->arena, "originless", &nowhere), error);
}

int compute_configure(const struct job *job, const struct service *service, json_int_t number,
                      const struct artifact *artifact, struct error *error)
{
    json_t *settings;
    if (json_read(job->arena, bytes_of(artifact->settings), "settings", FAULT_INPUT, &settings,
                  error) != 0)
        return -1;
    const json_t *backends = json_object_get(settings, "backends");
    if (configure_domains(job, service, number, json_object_get(settings, "domains"), error) != 0 ||
        configure_backends(job, service, number, backends, error) != 0)
        return -1;
    if (service->active || json_array_size(backends) > 0)
        return 0;
    return add_originless(job, service, number, error);
}

/* What the last record says of it holds still. */
static bool is_recorded(const struct job *job, const struct service *service, json_int_t number)
{
    return job->previous && job->previous_url && job->resource &&
           strcmp(job->resource, service->id) == 0 && strtoll(job->previous, NULL, 10) == number;
}

int compute_url(const struct job *job, const struct service *service, json_int_t number,
                const char **out, struct error *error)
{
    json_t *rows;
    const struct memory *memory = compute_memory(job);
    *out = memory->url;
    if (memory->number == number)
        return 0;
    if (is_recorded(job, service, number)) {
        *out = job->previous_url;
        return 0;
    }
    if (list(job, service, number, "domain", &rows, error) != 0)
        return -1;
    *out = first_url(job, rows);
    remember_url(job, number, *out);
    return 0;
}
