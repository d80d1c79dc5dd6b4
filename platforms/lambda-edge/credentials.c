/* Where AWS's credentials are, in the order in which AWS's SDKs look. The first place that says
   something decides: what fails there is told, and no other place is asked. */
#include <stdio.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "platforms/lambda-edge/credentials_parts.h"

enum { LONGEST_SECRET = 64 << 10 };

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t days_to(int year, int month, int day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t credentials_time(const char *text)
{
    int year, month, day, hour, minute, second, taken = 0, ahead_hours = 0, ahead_minutes = 0;
    if (strlen(text) > 40 || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour,
                                    &minute, &second, &taken) != 6)
        return -1;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return -1;
    text += taken;
    if (*text == '.')
        text += 1 + strspn(text + 1, "0123456789");
    int64_t seconds = days_to(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    if (strcmp(text, "Z") == 0)
        return seconds * 1000;
    char sign = *text;
    if ((sign != '+' && sign != '-') ||
        sscanf(text + 1, "%2d:%2d%n", &ahead_hours, &ahead_minutes, &taken) != 2 ||
        text[1 + taken] || ahead_hours < 0 || ahead_minutes < 0)
        return -1;
    int ahead = (ahead_hours * 60 + ahead_minutes) * 60;
    return (seconds + (sign == '+' ? -ahead : ahead)) * 1000;
}

static bool is_word(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

int credentials_keys(const struct job *job, const char *access, const char *secret,
                     const char *token, const char *expires, const char *origin, struct keys *out,
                     struct error *error)
{
    const char *const words[] = {access ? access : "", secret ? secret : "", token ? token : ""};
    static const char *const names[] = {"access key", "secret key", "session token"};
    for (size_t i = 0; i < 3; i++) {
        if (i < 2 && !words[i][0])
            return error_set(error, FAULT_INPUT, "no %s comes from %s", names[i], origin);
        if (!is_word(words[i]))
            return error_set(error, FAULT_INPUT,
                             "the %s from %s holds characters that no credential has", names[i],
                             origin);
    }
    int64_t time = expires ? credentials_time(expires) : 0;
    if (time < 0)
        return error_set(error, FAULT_INPUT, "when the credentials from %s expire is no time: '%s'",
                         origin, text_safe(job->arena, expires, strnlen(expires, 40)));
    *out = (struct keys){arena_strdup(job->arena, access), arena_strdup(job->arena, secret),
                         words[2][0] ? arena_strdup(job->arena, token) : NULL, time,
                         arena_strdup(job->arena, origin)};
    return 0;
}

int credentials_environment(const struct job *job, struct keys *out, struct error *error)
{
    const char *access = job_secret(job, "access_key"), *secret = job_secret(job, "secret_key");
    *out = (struct keys){0};
    if (!access || !secret)
        return 0;
    return credentials_keys(job, access, secret, job_secret(job, "session_token"),
                            world_environment(job->world, "AWS_CREDENTIAL_EXPIRATION"),
                            "the environment", out, error);
}

int credentials_file(const struct job *job, const char *path, const char *what, const char **out,
                     struct error *error)
{
    struct bytes text;
    if (file_read(job->arena, path, LONGEST_SECRET, &text, error) != 0)
        return error_prefix(error, "%s", what);
    while (text.size && strchr(" \t\r\n", text.data[text.size - 1]))
        text.size--;
    *out = arena_copy(job->arena, text.data, text.size);
    if (text.size && is_word(*out) && strlen(*out) == text.size)
        return 0;
    return error_set(error, FAULT_INPUT, "%s: '%s' holds no token", what, path);
}

/* The first of the sources that has something. A key from here and a secret from there do not
   belong together: half of a pair in the environment is missing its other half. */
static int find(const struct job *job, struct keys *out, struct error *error)
{
    bool named = world_environment(job->world, "AWS_PROFILE") != NULL;
    if (credentials_environment(job, out, error) != 0)
        return -1;
    if (out->access || job_secret(job, "access_key") || job_secret(job, "secret_key"))
        return 0;
    if (credentials_web_identity(job, out, error) != 0 || out->access)
        return out->access ? 0 : -1;
    if (!named && (credentials_github(job, out, error) != 0 || out->access))
        return out->access ? 0 : -1;
    if (credentials_profile(job, out, error) != 0 || out->access)
        return out->access ? 0 : -1;
    if (credentials_container(job, out, error) != 0 || out->access)
        return out->access ? 0 : -1;
    return credentials_instance(job, false, out, error);
}

/* On GitHub a role alone says what was meant: the job lacks the permission to ask for a token. */
static int check_permission(const struct job *job, struct error *error)
{
    const char *github = world_environment(job->world, "GITHUB_ACTIONS");
    if (!github || job->secret_count || !world_environment(job->world, "AWS_ROLE_ARN"))
        return 0;
    error_set(error, FAULT_INPUT,
              "AWS_ROLE_ARN is set, and this job may not ask GitHub for a token");
    return error_hint(error, "give the job 'permissions: id-token: write'");
}

int lambda_edge_unlock(struct job *job, struct error *error)
{
    struct keys keys = {0};
    if (find(job, &keys, error) != 0)
        return -1;
    if (!keys.access)
        return check_permission(job, error);
    struct secret *secrets = arena_alloc(job->arena, 3, sizeof *secrets);
    secrets[0] = (struct secret){"access_key", keys.access};
    secrets[1] = (struct secret){"secret_key", keys.secret};
    secrets[2] = (struct secret){"session_token", keys.token};
    job->secrets = secrets;
    job->secret_count = keys.token ? 3 : 2;
    job->secrets_origin = keys.origin;
    job->secrets_expire = keys.expires;
    return 0;
}
