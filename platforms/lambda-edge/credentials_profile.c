/* The shared config and credentials files: a profile says how to get its keys, perhaps by those of
   another profile. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "platforms/lambda-edge/credentials_parts.h"

enum { LONGEST_CHAIN = 8 };

struct files {
    const struct job *job;
    struct bytes config, credentials; /* empty when there is no such file */
};

/* The profiles that led to one another, the first one first. */
struct chain {
    const struct files *files;
    const char *names[LONGEST_CHAIN];
    size_t count;
};

static int read_file(const struct job *job, const char *variable, const char *below_home,
                     struct bytes *out, struct error *error)
{
    const char *path = world_environment(job->world, variable);
    const char *home = world_environment(job->world, "HOME");
    *out = (struct bytes){NULL, 0};
    if (!path && home)
        path = path_join(job->arena, home, below_home);
    if (!path || !file_exists(path))
        return 0;
    return file_read(job->arena, path, LIMIT_MANIFEST, out, error);
}

/* Both files may hold a part of a profile; where both say the same, the credentials file counts. */
static const char *setting(const struct files *files, const char *profile, const char *key)
{
    const char *value = ini_find(files->job->arena, files->credentials, profile, key);
    if (!value)
        value = ini_find(files->job->arena, files->config, profile, key);
    return value && value[0] ? value : NULL;
}

static const char *shown(const struct files *files, const char *text)
{
    return text_safe(files->job->arena, text, strnlen(text, 100));
}

static bool exists(const struct files *files, const char *profile)
{
    return ini_has(files->config, profile) || ini_has(files->credentials, profile);
}

/* What is wrong with a profile is an error that names it. */
static int fault(const struct files *files, const char *profile, const char *what,
                 struct error *error)
{
    return error_set(error, FAULT_INPUT, "the AWS profile '%s' %s", shown(files, profile), what);
}

static int static_keys(const struct files *files, const char *profile, struct keys *out,
                       struct error *error)
{
    const char *access = setting(files, profile, "aws_access_key_id");
    const char *secret = setting(files, profile, "aws_secret_access_key");
    const char *origin =
        arena_printf(files->job->arena, "the AWS profile '%s'", shown(files, profile));
    if (!access || !secret)
        return fault(files, profile,
                     access ? "has no aws_secret_access_key" : "has no aws_access_key_id", error);
    return credentials_keys(files->job, access, secret,
                            setting(files, profile, "aws_session_token"), NULL, origin, out, error);
}

static bool has_keys(const struct files *files, const char *profile)
{
    return setting(files, profile, "aws_access_key_id") ||
           setting(files, profile, "aws_secret_access_key");
}

static int from_source(const struct files *files, const char *profile, const char *source,
                       struct keys *out, struct error *error)
{
    *out = (struct keys){0};
    int status;
    if (strcmp(source, "Environment") == 0)
        status = credentials_environment(files->job, out, error);
    else if (strcmp(source, "EcsContainer") == 0)
        status = credentials_container(files->job, out, error);
    else if (strcmp(source, "Ec2InstanceMetadata") == 0)
        status = credentials_instance(files->job, true, out, error);
    else
        return fault(files, profile,
                     arena_printf(files->job->arena,
                                  "has the credential_source '%s', which is unknown",
                                  shown(files, source)),
                     error);
    if (status != 0 || out->access)
        return status;
    return fault(
        files, profile,
        arena_printf(files->job->arena, "has the credential_source %s, which has none", source),
        error);
}

static int resolve(struct chain *chain, const char *profile, struct keys *out, struct error *error);

/* The keys with which a role is assumed. A profile may name itself, for the keys that stand in
   it. */
static int source_keys(struct chain *chain, const char *profile, struct keys *out,
                       struct error *error)
{
    const struct files *files = chain->files;
    const char *other = setting(files, profile, "source_profile");
    const char *source = setting(files, profile, "credential_source");
    if (other && source)
        return fault(files, profile, "has both source_profile and credential_source", error);
    if (source)
        return from_source(files, profile, source, out, error);
    if (!other) {
        fault(files, profile, "has a role_arn, and nothing to assume it with", error);
        return error_hint(error,
                          "add source_profile, credential_source or web_identity_token_file");
    }
    if (strcmp(other, profile) == 0 && has_keys(files, profile))
        return static_keys(files, profile, out, error);
    if (!exists(files, other))
        return fault(files, profile,
                     arena_printf(files->job->arena,
                                  "has the source_profile '%s', which is not there",
                                  shown(files, other)),
                     error);
    if (resolve(chain, other, out, error) != 0)
        return -1;
    if (out->access)
        return 0;
    return fault(files, other, "has no credentials, and another one needs them", error);
}

static int assume(struct chain *chain, const char *profile, struct keys *out, struct error *error)
{
    const struct files *files = chain->files;
    const char *token_file = setting(files, profile, "web_identity_token_file");
    struct role role = {.arn = setting(files, profile, "role_arn"),
                        .session = setting(files, profile, "role_session_name"),
                        .external_id = setting(files, profile, "external_id"),
                        .duration = setting(files, profile, "duration_seconds")};
    struct keys source = {0};
    if (token_file) {
        role.token_kind = "its web identity token";
        if (credentials_file(files->job, token_file, "web_identity_token_file", &role.token,
                             error) != 0)
            return -1;
        return credentials_assume(files->job, &role, NULL, out, error);
    }
    if (setting(files, profile, "mfa_serial")) {
        fault(files, profile, "needs a code of a device (mfa_serial), which is not asked for here",
              error);
        return error_hint(error,
                          "run 'aws configure export-credentials --profile %s --format env' "
                          "and set what it prints",
                          shown(files, profile));
    }
    if (source_keys(chain, profile, &source, error) != 0)
        return -1;
    return credentials_assume(files->job, &role, &source, out, error);
}

/* Signing in takes a browser, and what it leaves is the business of AWS's command line. */
static int refuse_sign_in(const struct files *files, const char *profile, struct error *error)
{
    const char *name = shown(files, profile);
    fault(files, profile, "signs in by a browser, which is not done here", error);
    return error_hint(error,
                      "make a profile with 'credential_process = aws configure export-credentials "
                      "--profile %s --format process', and name that one in AWS_PROFILE",
                      name);
}

static int get_keys(struct chain *chain, const char *profile, struct keys *out, struct error *error)
{
    const struct files *files = chain->files;
    const char *command = setting(files, profile, "credential_process");
    if (setting(files, profile, "role_arn"))
        return assume(chain, profile, out, error);
    if (has_keys(files, profile))
        return static_keys(files, profile, out, error);
    if (command)
        return credentials_process(files->job, command, shown(files, profile), out, error);
    if (setting(files, profile, "sso_session") || setting(files, profile, "sso_start_url") ||
        setting(files, profile, "login_session"))
        return refuse_sign_in(files, profile, error);
    return 0;
}

static int resolve(struct chain *chain, const char *profile, struct keys *out, struct error *error)
{
    for (size_t i = 0; i < chain->count; i++)
        if (strcmp(chain->names[i], profile) == 0)
            return fault(chain->files, profile, "leads to itself by source_profile", error);
    if (chain->count == LONGEST_CHAIN)
        return fault(chain->files, chain->names[0], "leads through more than 8 profiles", error);
    chain->names[chain->count++] = profile;
    return get_keys(chain, profile, out, error);
}

int credentials_profile(const struct job *job, struct keys *out, struct error *error)
{
    const struct profile_file *file = &job->profile->credential_file;
    const char *named = world_environment(job->world, file->section_environment);
    const char *profile = named ? named : file->section;
    struct files files = {.job = job};
    struct chain chain = {.files = &files};
    *out = (struct keys){0};
    if (read_file(job, "AWS_CONFIG_FILE", ".aws/config", &files.config, error) != 0 ||
        read_file(job, file->environment, file->path, &files.credentials, error) != 0)
        return -1;
    if (exists(&files, profile))
        return resolve(&chain, profile, out, error);
    if (!named)
        return 0;
    error_set(error, FAULT_INPUT, "there is no AWS profile '%s'", shown(&files, profile));
    return error_hint(error, "check %s, ~/.aws/config and ~/%s", file->section_environment,
                      file->path);
}
