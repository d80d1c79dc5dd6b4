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

/* The secrets found so far. */
struct wallet {
    struct arena *arena;
    const struct world *world;
    const struct profile *profile;
    struct secret *secrets;
    size_t count;
    struct error *error;
};

static int add_secret(struct wallet *wallet, const struct profile_credential *credential,
                      const char *value)
{
    if (!value)
        return 0;
    value = trimmed(wallet->arena, value);
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

/* Whether the environment has one of those that the file could supply: a key from here and a secret
   from there do not belong together. */
static bool is_file_needed(const struct wallet *wallet)
{
    const struct profile *profile = wallet->profile;
    for (size_t i = 0; i < profile->credential_count; i++)
        if (profile->credentials[i].file_key &&
            world_environment(wallet->world, profile->credentials[i].environment))
            return false;
    return profile->credential_file.path != NULL;
}

static const char *file_section(const struct world *world, const struct profile_file *file)
{
    const char *section = world_environment(world, file->section_environment);
    return section ? section : file->section;
}

static int read_file(struct wallet *wallet)
{
    const struct profile_file *file = &wallet->profile->credential_file;
    const char *path = world_environment(wallet->world, file->environment);
    const char *home = world_environment(wallet->world, "HOME");
    struct bytes text;
    if (!path && !home)
        return 0;
    if (!path)
        path = path_join(wallet->arena, home, file->path);
    if (!file_exists(path))
        return 0;
    if (file_read(wallet->arena, path, LIMIT_MANIFEST, &text, wallet->error) != 0)
        return -1;
    for (size_t i = 0; i < wallet->profile->credential_count; i++) {
        const struct profile_credential *credential = &wallet->profile->credentials[i];
        if (credential->file_key &&
            add_secret(wallet, credential,
                       ini_find(wallet->arena, text, file_section(wallet->world, file),
                                credential->file_key)) != 0)
            return -1;
    }
    return 0;
}

int platform_secrets(struct arena *arena, const struct world *world, const struct profile *profile,
                     const struct secret **out, size_t *count, struct error *error)
{
    /* Room for both: a credential of the file is none of the environment's. */
    struct wallet wallet = {arena, world, profile, NULL, 0, error};
    wallet.secrets = arena_alloc(arena, profile->credential_count + 1, sizeof *wallet.secrets);
    for (size_t i = 0; i < profile->credential_count; i++) {
        const struct profile_credential *credential = &profile->credentials[i];
        if (add_secret(&wallet, credential, world_environment(world, credential->environment)) != 0)
            return -1;
    }
    if (is_file_needed(&wallet) && read_file(&wallet) != 0)
        return -1;
    *out = wallet.secrets;
    *count = wallet.count;
    return 0;
}

static int check_secrets(const struct job *job, struct error *error)
{
    const struct profile_file *file = &job->profile->credential_file;
    for (size_t i = 0; i < job->profile->credential_count; i++) {
        const struct profile_credential *credential = &job->profile->credentials[i];
        const char *other = "";
        if (!credential->required || job_secret(job, credential->name))
            continue;
        if (credential->file_key && file->path)
            other = arena_printf(job->arena, " (or %s in [%.40s] of ~/%s)", credential->file_key,
                                 file_section(job->world, file), file->path);
        error_set(error, FAULT_INPUT, "%s: credential %s is not set", job->target->name,
                  credential->environment);
        return error_hint(error, "set %s%s; it needs: %s", credential->environment, other,
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

static int check_options(const struct job *job, struct error *error)
{
    for (size_t i = 0; i < job->profile->option_count; i++) {
        const struct profile_option *option = &job->profile->options[i];
        if (option->required && !json_object_get(job->settings, option->name))
            return fault_missing_option(job->manifest, job->target, option, error);
    }
    return 0;
}

int job_unlock(struct job *job, struct error *error)
{
    const struct platform *platform = job->entry->platform;
    if (check_options(job, error) != 0 ||
        platform_secrets(job->arena, job->world, job->profile, &job->secrets, &job->secret_count,
                         error) != 0 ||
        check_endpoints(job, error) != 0 ||
        http_open(job->arena, job->world, &job->http, error) != 0 ||
        (platform->unlock && platform->unlock(job, error) != 0))
        return -1;
    return check_secrets(job, error);
}
