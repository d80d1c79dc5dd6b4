/* Domains and backends of a draft. What the manifest names is made or brought up to date; what it
   does not name stays. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/digest/digest.h"
#include "platforms/fastly/driver_parts.h"

enum { LONGEST_LABEL = 54 };

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

/* Each row has a name, or the answer is none. */
int compute_list(const struct job *job, const struct service *service, json_int_t number,
                 const char *kind, json_t **out, struct error *error)
{
    struct compute_answer answer;
    size_t index;
    json_t *row;
    struct compute_ask ask = {
        .method = "GET",
        .path = compute_version_path(job, service, number, arena_printf(job->arena, "/%s", kind)),
        .what = arena_printf(job->arena, "list the %.*ss of version %lld", (int)strcspn(kind, "?"),
                             kind, (long long)number),
        .shape = SHAPE_LIST};
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    json_array_foreach(answer.document, index, row)
    {
        if (json_find_string(row, "name", NULL))
            continue;
        return compute_odd(error, "cannot %s: the answer has one without a name", ask.what);
    }
    *out = answer.document;
    return 0;
}

/* Host names have no case, names of backends have. */
static const json_t *named(const json_t *rows, const char *kind, const char *name)
{
    size_t index;
    json_t *row;
    bool is_host = strcmp(kind, "domain") == 0;
    json_array_foreach(rows, index, row)
    {
        const char *other = json_find_string(row, "name", "");
        if ((is_host ? strcasecmp(other, name) : strcmp(other, name)) == 0)
            return row;
    }
    return NULL;
}

static struct change add_domain(struct arena *arena, const char *name)
{
    return (struct change){.kind = "domain",
                           .name = name,
                           .form = compute_field(arena, "", "name", name),
                           .what = arena_printf(arena, "add domain '%s'", name)};
}

/* A version without any domain answers nowhere. */
static struct change default_domain(const struct job *job, const struct service *service)
{
    const char *name = json_find_string(service->details, "name", "edge");
    if (service->id)
        return add_domain(job->arena, compute_default_domain(job->arena, name, service->id));
    return (struct change){.kind = "domain", .what = "add a domain under edgecompute.app"};
}

static int read_settings(const struct job *job, const struct artifact *artifact, json_t **out,
                         struct error *error)
{
    return json_read(job->arena, bytes_of(artifact->settings), "settings", FAULT_INPUT, out, error);
}

/* `service` may be empty: one that is yet to be made. */
static int differ(const struct job *job, const struct service *service,
                  const struct artifact *artifact, const json_t *domains, const json_t *backends,
                  struct changes *out, struct error *error)
{
    size_t index;
    json_t *settings, *row;
    if (read_settings(job, artifact, &settings, error) != 0)
        return -1;
    const json_t *hosts = json_object_get(settings, "domains");
    const json_t *origins = json_object_get(settings, "backends");
    *out = (struct changes){.domains = domains};
    out->items = arena_alloc(job->arena, json_array_size(hosts) + json_array_size(origins) + 2,
                             sizeof *out->items);
    json_array_foreach(hosts, index, row)
    {
        const char *name = json_string_value(row);
        if (!named(domains, "domain", name))
            out->items[out->count++] = add_domain(job->arena, name);
    }
    if (json_array_size(hosts) == 0 && json_array_size(domains) == 0)
        out->items[out->count++] = default_domain(job, service);
    json_array_foreach(origins, index, row)
    {
        const json_t *before = named(backends, "backend", json_find_string(row, "name", ""));
        out->count += compute_backend_change(job->arena, row, before, &out->items[out->count]);
    }
    if (!service->active && json_array_size(origins) == 0 && json_array_size(backends) == 0)
        out->items[out->count++] = compute_originless(job->arena);
    return 0;
}

int compute_changes(const struct job *job, const struct service *service, json_int_t number,
                    const struct artifact *artifact, struct changes *out, struct error *error)
{
    json_t *domains = NULL, *backends = NULL;
    bool looks = !service->active || json_array_size(json_object_get(job->settings, "backends"));
    if (number && (compute_list(job, service, number, "domain", &domains, error) != 0 ||
                   (looks && compute_list(job, service, number, "backend", &backends, error) != 0)))
        return -1;
    return differ(job, service, artifact, domains, backends, out, error);
}

/* After a lost answer, and when another publish fills the same draft, the list says whether it was
   added. */
static int add(const struct job *job, const struct service *service, json_int_t number,
               const struct change *change, struct error *error)
{
    struct compute_answer answer;
    struct compute_ask ask = {
        .method = "POST",
        .path = compute_version_path(job, service, number,
                                     arena_printf(job->arena, "/%s", change->kind)),
        .what = change->what,
        .form = change->form,
        .once = true};
    for (unsigned attempt = 1; compute_call(job, &ask, &answer, error) != 0; attempt++) {
        struct error unknown = {0};
        json_t *rows;
        bool again = answer.unclear && compute_wait(job, attempt);
        if ((!answer.unclear && !answer.conflict) ||
            compute_list(job, service, number, change->kind, &rows, &unknown) != 0)
            return -1;
        if (named(rows, change->kind, change->name))
            return 0;
        if (!again)
            return -1;
    }
    return 0;
}

static int apply(const struct job *job, const struct service *service, json_int_t number,
                 const struct change *change, struct error *error)
{
    struct compute_answer answer;
    const char *below = change->exists ? arena_printf(job->arena, "/%s/%s", change->kind,
                                                      http_escape(job->arena, change->name))
                                       : "";
    struct compute_ask ask = {
        .method = "PUT",
        .path = compute_version_path(job, service, number, below),
        .what = arena_printf(job->arena, "change %s '%s'", change->kind, change->name),
        .form = change->form};
    if (!change->exists)
        return add(job, service, number, change, error);
    return compute_call(job, &ask, &answer, error);
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
            return arena_printf(job->arena, "https://%s",
                                text_safe(job->arena, name, strlen(name)));
    }
    return NULL;
}

static void remember_url(const struct job *job, json_int_t number, const char *url)
{
    struct memory *memory = compute_memory(job);
    memory->number = number;
    memory->url = url;
}

static bool has_domain(const struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        if (strcmp(changes->items[i].kind, "domain") == 0)
            return true;
    return false;
}

int compute_configure(const struct job *job, const struct service *service, json_int_t number,
                      const struct artifact *artifact, struct error *error)
{
    struct changes changes;
    if (compute_changes(job, service, number, artifact, &changes, error) != 0)
        return -1;
    for (size_t i = 0; i < changes.count; i++)
        if (apply(job, service, number, &changes.items[i], error) != 0)
            return -1;
    /* In which order the platform lists one that was added, only the platform knows. */
    if (!has_domain(&changes))
        remember_url(job, number, first_url(job, changes.domains));
    return 0;
}

int compute_is_complete(const struct job *job, const struct service *service, json_int_t number,
                        const struct artifact *artifact, bool *out, struct error *error)
{
    struct changes changes;
    *out = false;
    if (compute_changes(job, service, number, artifact, &changes, error) != 0)
        return -1;
    return changes.count ? 0 : compute_holds(job, service, number, artifact, true, out, error);
}

/* The platform's rules for staging (section 3): the live version answers there already, and with
   the same domains. */
int compute_check_stage(const struct job *job, const struct service *service, struct error *error)
{
    size_t index;
    json_t *rows, *row;
    if (!service->id || !service->active) {
        error_set(error, FAULT_INPUT, "this cannot be staged: nothing is live yet");
        return error_hint(error, "publish once without --stage");
    }
    if (compute_list(job, service, service->active, "domain", &rows, error) != 0)
        return -1;
    json_array_foreach(json_object_get(job->settings, "domains"), index, row)
    {
        if (named(rows, "domain", json_string_value(row)))
            continue;
        error_set(error, FAULT_INPUT,
                  "this cannot be staged: live version %lld has no domain '%s', and a change of "
                  "domains cannot be staged",
                  (long long)service->active, json_string_value(row));
        return error_hint(error, "publish without --stage, or leave 'domains' as they are live");
    }
    return 0;
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
    if (compute_list(job, service, number, "domain", &rows, error) != 0)
        return -1;
    *out = first_url(job, rows);
    remember_url(job, number, *out);
    return 0;
}

/* go-fastly's domain.go: with this question each domain has a "staging_ip". */
int compute_staged_url(const struct job *job, const struct service *service, json_int_t number,
                       const char **url, const char **address, struct error *error)
{
    size_t index;
    json_t *rows, *row;
    unsigned char room[16];
    if (compute_list(job, service, number, "domain?include=staging_ips", &rows, error) != 0)
        return -1;
    *url = first_url(job, rows);
    *address = NULL;
    json_array_foreach(rows, index, row)
    {
        const char *ip = json_find_string(row, "staging_ip", "");
        const char *name = json_find_string(row, "name", "");
        if (!*url || strcmp(*url + strlen("https://"), name) != 0)
            continue;
        if (inet_pton(AF_INET, ip, room) == 1 || inet_pton(AF_INET6, ip, room) == 1)
            *address = ip;
    }
    return 0;
}
