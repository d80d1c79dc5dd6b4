/* Credentials that were refused: the platform has one code for a token that is none, one that has
   expired and one that lacks a right (section 5). It is asked which. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

/* What is known of the token; NULL: nothing, and with `refused` because it is not accepted at all.
   A user's token and an account's are asked about in different places. */
static const json_t *look(const struct job *job, bool *refused)
{
    const char *const paths[] = {"/user/tokens/verify",
                                 cloudflare_account_path(job, "/tokens/verify")};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct answer answer;
        struct error ignored = {0};
        struct ask ask = {.method = "GET",
                          .path = paths[i],
                          .what = "look at the token",
                          .right = "",
                          .holds = HOLDS_STRING,
                          .key = "status"};
        if (cloudflare_call(job, &ask, &answer, &ignored) == 0)
            return answer.result;
        *refused = i == 0 ? answer.refused : *refused && !answer.unclear;
        if (!*refused)
            return NULL;
    }
    return NULL;
}

/* The accounts that it sees, when ours is not one of them; NULL: not known, or it is. */
static const char *other_account(const struct job *job)
{
    struct answer answer;
    struct error ignored = {0};
    size_t i;
    json_t *account;
    struct ask ask = {.method = "GET",
                      .path = "/accounts?per_page=50",
                      .what = "list the accounts",
                      .right = "",
                      .holds = HOLDS_ARRAY};
    if (cloudflare_call(job, &ask, &answer, &ignored) != 0 || json_array_size(answer.result) == 0 ||
        json_array_size(answer.result) >= 50)
        return NULL;
    json_array_foreach(answer.result, i, account)
    {
        if (strcmp(json_find_string(account, "id", ""), job_text(job, "account_id")) == 0)
            return NULL;
    }
    return json_find_string(json_array_get(answer.result, 0), "id", NULL);
}

/* Asked once a run. */
static void ask_platform(const struct job *job, struct memory *memory)
{
    if (memory->asked_token)
        return;
    memory->asked_token = true;
    memory->token = look(job, &memory->token_refused);
    if (strcmp(json_find_string(memory->token, "status", ""), "active") == 0)
        memory->account = other_account(job);
}

/* A right that is missing, or rights on another account. */
static void blame_right(const struct job *job, const struct ask *ask, json_int_t code,
                        struct error *error)
{
    const char *account = cloudflare_memory(job)->account, *own = job_text(job, "account_id");
    if (account) {
        error_set(error, FAULT_REMOTE,
                  "cannot %s: the token is valid, but not for account '%s': it sees account '%s' "
                  "(code %lld)",
                  ask->what, own, cloudflare_safe(job->arena, account), (long long)code);
        error_hint(error, "check 'account_id', or set CLOUDFLARE_API_TOKEN to a token of that "
                          "account");
        return;
    }
    error_set(error, FAULT_REMOTE,
              "cannot %s: the token is valid, but lacks the permission '%s' (code %lld)", ask->what,
              ask->right, (long long)code);
    error_hint(error, "give CLOUDFLARE_API_TOKEN '%s' on account '%s'%s", ask->right, own,
               strcmp(ask->right, RIGHT_SCRIPTS) == 0 ? "" : " and its zones");
}

void cloudflare_blame(const struct job *job, const struct ask *ask, json_int_t code,
                      struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    if (!job_secret(job, "token") || memory->asking_token || world_interrupted(job->world))
        return;
    memory->asking_token = true;
    ask_platform(job, memory);
    memory->asking_token = false;
    const char *status = json_find_string(memory->token, "status", NULL);
    const char *expiry = json_find_string(memory->token, "expires_on", NULL);
    if (status && strcmp(status, "active") == 0) {
        blame_right(job, ask, code, error);
    } else if (status) {
        error_set(error, FAULT_REMOTE, "cannot %s: the token is %s%s%s (code %lld)", ask->what,
                  cloudflare_safe(job->arena, status), expiry ? " since " : "",
                  expiry ? cloudflare_safe(job->arena, expiry) : "", (long long)code);
        error_hint(error, "make a new token with '%s' and set CLOUDFLARE_API_TOKEN to it",
                   ask->right);
    } else if (memory->token_refused) {
        error_set(error, FAULT_REMOTE,
                  "cannot %s: the platform does not know this token (code %lld)", ask->what,
                  (long long)code);
        error_hint(error, "set CLOUDFLARE_API_TOKEN to a token with '%s' on account '%s'",
                   ask->right, job_text(job, "account_id"));
    }
}
