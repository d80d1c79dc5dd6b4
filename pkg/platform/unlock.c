/* Credentials and endpoints: what only the environment says, and what the platform's hook finds. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/platform/internal.h"

enum { LEAST_LEFT_MS = 60000 };

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

/* The secrets found so far. */
struct wallet {
    struct arena *arena;
    const struct world *world;
    struct secret *secrets;
    size_t count;
    struct error *error;
};

static int add_secret(struct wallet *wallet, const struct profile_credential *credential)
{
    const char *value = world_environment(wallet->world, credential->environment);
    value = value ? trimmed(wallet->arena, value) : "";
    if (value[0] == '\0')
        return 0;
    if (!is_printable(value)) {
        error_set(wallet->error, FAULT_INPUT,
                  "credential %s holds characters that no credential has", credential->environment);
        return error_hint(wallet->error, "set %s to the bare secret, without quotes or line breaks",
                          credential->environment);
    }
    wallet->secrets[wallet->count++] = (struct secret){credential->name, value};
    return 0;
}

/* Whether `name` is among them. */
static bool has_secret(const struct secret *secrets, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(secrets[i].name, name) == 0)
            return true;
    return false;
}

/* What stands instead of one that is there is not wanted. */
static bool is_wanted(const struct wallet *wallet, const struct profile_credential *credential)
{
    return !credential->instead_of ||
           !has_secret(wallet->secrets, wallet->count, credential->instead_of);
}

static int read_environment(struct job *job, struct error *error)
{
    const struct profile *profile = job->profile;
    struct wallet wallet = {job->arena, job->world, NULL, 0, error};
    wallet.secrets = arena_alloc(job->arena, profile->credential_count + 1, sizeof *wallet.secrets);
    for (unsigned instead = 0; instead < 2; instead++)
        for (size_t i = 0; i < profile->credential_count; i++) {
            const struct profile_credential *credential = &profile->credentials[i];
            if ((credential->instead_of != NULL) == instead && is_wanted(&wallet, credential) &&
                add_secret(&wallet, credential) != 0)
                return -1;
        }
    job->secrets = wallet.secrets;
    job->secret_count = wallet.count;
    job->secrets_origin = wallet.count ? "the environment" : NULL;
    return 0;
}

/* Of those that stand instead of `name`: how many there are, how many are set, the first that is
   not. */
static size_t count_others(const struct job *job, const char *name, size_t *set,
                           const struct profile_credential **missing)
{
    size_t count = 0;
    *set = 0;
    *missing = NULL;
    for (size_t i = 0; i < job->profile->credential_count; i++) {
        const struct profile_credential *other = &job->profile->credentials[i];
        if (!other->instead_of || strcmp(other->instead_of, name) != 0)
            continue;
        count++;
        if (job_secret(job, other->name))
            ++*set;
        else if (!*missing)
            *missing = other;
    }
    return count;
}

static const char *file_words(const struct job *job, const struct profile_credential *credential)
{
    const struct profile_file *file = &job->profile->credential_file;
    if (!credential->file_key || !file->path)
        return "";
    const char *section = world_environment(job->world, file->section_environment);
    return arena_printf(job->arena, " (or %s in [%.40s] of ~/%s)", credential->file_key,
                        section ? section : file->section, file->path);
}

static int check_secrets(const struct job *job, struct error *error)
{
    for (size_t i = 0; i < job->profile->credential_count; i++) {
        const struct profile_credential *credential = &job->profile->credentials[i], *missing;
        size_t set, others = count_others(job, credential->name, &set, &missing);
        if (!credential->required || job_secret(job, credential->name) || (others && !missing))
            continue;
        if (set)
            credential = missing;
        error_set(error, FAULT_INPUT, "%s: credential %s is not set", job->target->name,
                  credential->environment);
        return error_hint(error, "set %s%s; it needs: %s", credential->environment,
                          file_words(job, credential), credential->rights);
    }
    return 0;
}

/* A publish takes longer than what is left of them. */
static int check_expiry(const struct job *job, struct error *error)
{
    int64_t left = job->secrets_expire - world_now(job->world);
    if (!job->secrets_expire || left >= LEAST_LEFT_MS)
        return 0;
    error_set(error, FAULT_INPUT, "the credentials from %s %s %s", job->secrets_origin,
              left <= 0 ? "expired at" : "expire at",
              text_time(job->arena, job->secrets_expire / 1000));
    return error_hint(error, "get new ones, and check this machine's clock: it says %s",
                      text_time(job->arena, world_now(job->world) / 1000));
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

static int check_options(const struct job *job, struct error *error)
{
    for (size_t i = 0; i < job->profile->option_count; i++) {
        const struct profile_option *option = &job->profile->options[i];
        if (option->required && !json_object_get(job->settings, option->name))
            return fault_missing_option(job->manifest, job->target, option, error);
    }
    return 0;
}

int job_find_secrets(struct job *job, struct error *error)
{
    const struct platform *platform = job->entry->platform;
    if (read_environment(job, error) != 0 || check_endpoints(job, error) != 0 ||
        http_open(job->arena, job->world, &job->http, error) != 0)
        return -1;
    return platform->unlock ? platform->unlock(job, error) : 0;
}

int job_unlock(struct job *job, struct error *error)
{
    if (check_options(job, error) != 0 || job_find_secrets(job, error) != 0 ||
        check_secrets(job, error) != 0)
        return -1;
    return check_expiry(job, error);
}
