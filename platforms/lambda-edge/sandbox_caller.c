/* Who a key is, and the temporary credentials that STS has given out. Keys that are there from the
   start stand in a table, so that tests can be somebody whose credentials are over. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/sandbox_parts.h"

/* The session token of AWS's own examples: the captured requests with a token are of the long-term
   example key, and carry it. */
#define EXAMPLE_TOKEN                                                                              \
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpS"  \
    "PfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYw" \
    "T7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKml" \
    "zm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="

static const struct caller known[] = {
    {AWS_ACCESS_KEY, AWS_SECRET_KEY, NULL, 0, AWS_ACCOUNT,
     "arn:aws:iam::" AWS_ACCOUNT ":user/sandbox", "AIDASANDBOXEXAMPLE"},
    {AWS_OTHER_KEY, AWS_SECRET_KEY, NULL, 0, AWS_OTHER_ACCOUNT,
     "arn:aws:iam::" AWS_OTHER_ACCOUNT ":user/other", "AIDAOTHEREXAMPLE"},
    {AWS_EXPIRED_KEY, AWS_SECRET_KEY, AWS_EXPIRED_TOKEN, 1, AWS_ACCOUNT,
     "arn:aws:sts::" AWS_ACCOUNT ":assumed-role/deploy/over", "AROASANDBOXEXAMPLE:over"},
};

static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+";

static char *session_key(struct call *call, const char *access_key)
{
    return arena_printf(call->arena, "lambda-edge/sessions/%s", access_key);
}

int aws_find_caller(struct call *call, const char *access_key, struct caller *out)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].access_key, access_key) != 0)
            continue;
        *out = known[i];
        return 0;
    }
    if (strncmp(access_key, "ASIA", 4) != 0 || strlen(access_key) != 20 ||
        strspn(access_key, upper) != 20)
        return -1;
    json_t *session = sandbox_load(call->sandbox, call->arena, session_key(call, access_key));
    *out = (struct caller){.access_key = access_key,
                           .secret_key = json_find_string(session, "secret", ""),
                           .token = json_find_string(session, "token", ""),
                           .expires = json_find_integer(session, "expires", 1),
                           .account = json_find_string(session, "account", ""),
                           .arn = json_find_string(session, "arn", ""),
                           .user_id = json_find_string(session, "user_id", "")};
    return session ? 0 : -1;
}

bool aws_token_fits(const struct caller *caller, const char *token)
{
    if (!token || caller->token)
        return token ? strcmp(caller->token, token) == 0 : !caller->token;
    return strcmp(caller->access_key, AWS_ACCESS_KEY) == 0 && strcmp(token, EXAMPLE_TOKEN) == 0;
}

/* One that nobody has: its end counts. */
static char *new_access_key(struct call *call)
{
    size_t count;
    char end[5] = {0};
    sandbox_list(call->sandbox, call->arena, "lambda-edge/sessions", &count);
    for (int i = 3; i >= 0; i--, count /= 32)
        end[i] = upper[count % 32];
    return arena_printf(call->arena, "ASIA%s%s",
                        sandbox_random(call->sandbox, call->arena, 12, upper), end);
}

int aws_open_session(struct call *call, const struct role *role, const char *name,
                     json_int_t seconds, struct caller *out)
{
    struct sandbox *sandbox = call->sandbox;
    struct arena *arena = call->arena;
    *out = (struct caller){
        .access_key = new_access_key(call),
        .secret_key = sandbox_random(sandbox, arena, 40, all),
        .token = arena_printf(arena, "IQoJ%s==", sandbox_random(sandbox, arena, 250, all)),
        .expires = call->request->now + seconds * 1000,
        .account = role->account,
        .arn = arena_printf(arena, "arn:aws:sts::%s:assumed-role/%s/%s", role->account, role->name,
                            name),
        .user_id = arena_printf(arena, "%s:%s", role->id, name)};
    json_t *document = json_own(arena, json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "secret",
                                                 out->secret_key, "token", out->token, "expires",
                                                 (json_int_t)out->expires, "account", out->account,
                                                 "arn", out->arn, "user_id", out->user_id));
    return aws_save(call, session_key(call, out->access_key), document);
}
