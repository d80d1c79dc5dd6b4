/* Who asks: an API token, or the account's e-mail and key (contract section 1). Tokens that are
   over, switched off or may only read end in a word that says so. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/sandbox_call.h"

static const char *const endings[] = {
    [TOKEN_FINE] = "",
    [TOKEN_EXPIRED] = ".expired",
    [TOKEN_DISABLED] = ".disabled",
    [TOKEN_READ_ONLY] = ".read-only",
};

static bool is_token(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_.~+/=";
    return *text && text[strspn(text, letters)] == '\0';
}

static int refuse_header(struct call *call, int code, const char *message)
{
    workers_fail_with(call, 400,
                      json_pack("{s:i, s:s, s:[{s:i, s:s}]}", "code", 6003, "message",
                                "Invalid request headers", "error_chain", "code", code, "message",
                                message));
    return -1;
}

/* 9103 and its words are widely seen, but not in the contract. */
static int check_key(struct call *call, const char *key)
{
    const char *email = sandbox_header(call->request, "X-Auth-Email");
    if (!email) {
        workers_fail(call, 400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
        return -1;
    }
    if (strlen(key) != 37 || strspn(key, "0123456789abcdef") != 37)
        return refuse_header(call, 6103, "Invalid format for X-Auth-Key header");
    call->legacy = true;
    if (strcmp(key, WORKERS_KEY) == 0 && strcmp(email, WORKERS_EMAIL) == 0)
        return 0;
    workers_fail(call, 403, 9103, "Unknown X-Auth-Key or X-Auth-Email");
    return -1;
}

static bool asks_about_token(const struct call *call)
{
    return strcmp(call->request->path, "/client/v4/user/tokens/verify") == 0;
}

static int check_token(struct call *call, const char *token)
{
    size_t size = strlen(WORKERS_TOKEN);
    const char *end = strncmp(token, WORKERS_TOKEN, size) == 0 ? token + size : "?";
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (strcmp(endings[i], end) != 0)
            continue;
        call->trouble = (enum token_trouble)i;
        if (i == TOKEN_FINE || i == TOKEN_READ_ONLY || asks_about_token(call))
            return 0;
    }
    if (asks_about_token(call)) /* widely seen, not in the contract */
        workers_fail(call, 401, 1000, "Invalid API Token");
    else
        workers_fail(call, 401, 10000, "Authentication error");
    return -1;
}

int workers_authenticate(struct call *call)
{
    const char *value = sandbox_header(call->request, "Authorization");
    const char *key = sandbox_header(call->request, "X-Auth-Key");
    if (!value && key)
        return check_key(call, key);
    if (!value) {
        workers_fail(call, 401, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
        return -1;
    }
    if (strncmp(value, "Bearer ", 7) != 0 || !is_token(value + 7))
        return refuse_header(call, 6111, "Invalid format for Authorization header");
    return check_token(call, value + 7);
}

/* A missing right has the code of a bad token (contract section 5). */
int workers_authorize(struct call *call, const char **words, size_t count)
{
    bool reads = strcmp(call->request->method, "GET") == 0;
    bool workers = count > 2 && strcmp(words[2], "workers") == 0;
    if (call->trouble != TOKEN_READ_ONLY || reads || !workers)
        return 0;
    workers_fail(call, 403, 10000, "Authentication error");
    return -1;
}
