/* Credentials and endpoints: what only the environment and the vendors' own files say. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/platform/internal.h"

/* `text` without white space around it: CI systems like to put a line end behind a secret. */
static char *trimmed(struct arena *arena, const char *text)
{
    text += strspn(text, " \t\r\n");
    size_t size = strlen(text);
    while (size && strchr(" \t\r\n", text[size - 1]))
        size--;
    return arena_copy(arena, text, size);
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

static int add_secret(struct job *job, struct secret *secrets,
                      const struct profile_credential *credential, const char *value,
                      struct error *error)
{
    if (!value)
        return 0;
    value = trimmed(job->arena, value);
    if (value[0] == '\0')
        return 0;
    if (!is_printable(value)) {
        error_set(error, FAULT_INPUT, "credential %s holds characters that no credential has",
                  credential->environment);
        return error_hint(error, "set %s to the bare secret, without quotes or line breaks",
                          credential->environment);
    }
    secrets[job->secret_count++] = (struct secret){credential->name, value};
    return 0;
}

static int check_secrets(const struct job *job, struct error *error)
{
    for (size_t i = 0; i < job->profile->credential_count; i++) {
        const struct profile_credential *credential = &job->profile->credentials[i];
        if (!credential->required || job_secret(job, credential->name))
            continue;
        error_set(error, FAULT_INPUT, "%s: credential %s is not set", job->target->name,
                  credential->environment);
        return error_hint(error, "set %s in the environment; it needs: %s", credential->environment,
                          credential->rights);
    }
    return 0;
}

/* The first of the variables that is set, and its name; else what the profile says. */
static const char *endpoint_url(const struct job *job, const struct profile_endpoint *endpoint,
                                const char **variable)
{
    const char *names = endpoint->environment ? endpoint->environment : "";
    for (*variable = NULL; *names; names += strspn(names, " ")) {
        size_t size = strcspn(names, " ");
        *variable = arena_copy(job->arena, names, size);
        const char *url = world_environment(job->world, *variable);
        if (url)
            return url;
        names += size;
    }
    *variable = NULL;
    return endpoint->url;
}

/* A scheme, a host, perhaps a path. No user in it: it would be a secret in a url. */
static bool is_base_url(const char *url)
{
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    return scheme && url[scheme] && url[scheme] != '/' && is_printable(url) && !strpbrk(url, "@?#");
}

static int check_endpoints(const struct job *job, struct error *error)
{
    for (size_t i = 0; i < job->profile->endpoint_count; i++) {
        const char *variable;
        const char *url = endpoint_url(job, &job->profile->endpoints[i], &variable);
        if (is_base_url(url))
            continue;
        error_set(error, FAULT_INPUT, "%s is no url of an API",
                  variable ? variable : job->profile->endpoints[i].name);
        return error_hint(error, "write it as https://HOST/PATH, without user, query and fragment");
    }
    return 0;
}

const char *job_endpoint(const struct job *job, const char *name)
{
    for (size_t i = 0; i < job->profile->endpoint_count; i++) {
        const struct profile_endpoint *endpoint = &job->profile->endpoints[i];
        const char *variable;
        if (strcmp(endpoint->name, name) != 0)
            continue;
        const char *url = endpoint_url(job, endpoint, &variable);
        size_t size = strlen(url);
        while (size && url[size - 1] == '/')
            size--;
        return arena_copy(job->arena, url, size);
    }
    return NULL;
}

int job_unlock(struct job *job, struct error *error)
{
    const struct profile *profile = job->profile;
    struct secret *secrets =
        arena_alloc(job->arena, profile->credential_count + 1, sizeof *secrets);
    job->secrets = secrets;
    job->secret_count = 0;
    for (size_t i = 0; i < profile->credential_count; i++) {
        const struct profile_credential *credential = &profile->credentials[i];
        const char *value = world_environment(job->world, credential->environment);
        if (add_secret(job, secrets, credential, value, error) != 0)
            return -1;
    }
    if (check_secrets(job, error) != 0 || check_endpoints(job, error) != 0)
        return -1;
    return http_open(job->arena, job->world, &job->http, error);
}
