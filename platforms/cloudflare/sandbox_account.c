/* Who the token is, the account, its workers.dev subdomain, and resources that clients only look
   at before they deploy. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/sandbox_call.h"

static json_t *account(void)
{
    return json_pack("{s:s, s:s, s:s}", "id", WORKERS_ACCOUNT, "name", "edge-deploy sandbox",
                     "type", "standard");
}

/* Statuses and dates: the API reference, "Verify Token". A key is no token. */
static void verify_token(struct call *call)
{
    const char *status = call->trouble == TOKEN_EXPIRED    ? "expired"
                         : call->trouble == TOKEN_DISABLED ? "disabled"
                                                           : "active";
    if (call->legacy) {
        workers_fail(call, 400, 1000, "Invalid API Token");
        return;
    }
    workers_answer(call, json_pack("{s:s, s:s, s:s*}", "id", "5a4db0c5a4db0c5a4db0c5a4db0c0001",
                                   "status", status, "expires_on",
                                   call->trouble == TOKEN_EXPIRED ? "2026-01-01T00:00:00Z" : NULL));
}

static void get_user(struct call *call)
{
    workers_answer(call, json_pack("{s:s, s:s, s:b}", "id", "5a4db0c5a4db0c5a4db0c5a4db0c0002",
                                   "email", "sandbox@example.com", "suspended", 0));
}

static void list_accounts(struct call *call)
{
    workers_answer_page(call, json_pack("[o]", account()), 1, 1, 20);
}

static void get_account(struct call *call)
{
    workers_answer(call, account());
}

static void list_memberships(struct call *call)
{
    json_t *membership =
        json_pack("{s:s, s:s, s:o, s:[s], s:b}", "id", "5a4db0c5a4db0c5a4db0c5a4db0c0003", "status",
                  "accepted", "account", account(), "roles", "Super Administrator - All Privileges",
                  "api_access_enabled", 1);
    workers_answer_page(call, json_pack("[o]", membership), 1, 1, 20);
}

char *workers_subdomain(struct call *call)
{
    json_t *state = sandbox_load(call->sandbox, call->arena, "cloudflare/account");
    return arena_strdup(call->arena, json_find_string(state, "subdomain", "edge-deploy-sandbox"));
}

static void get_subdomain(struct call *call)
{
    workers_answer(call, json_pack("{s:s}", "subdomain", workers_subdomain(call)));
}

static bool is_label(const char *text)
{
    size_t size = strlen(text);
    return size >= 1 && size <= 63 && text[0] != '-' && text[size - 1] != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

static void put_subdomain(struct call *call)
{
    const char *name = json_find_string(call->body, "subdomain", "");
    if (!is_label(name)) {
        workers_fail(call, 400, 10026, "'subdomain' must be a DNS label");
        return;
    }
    json_t *state = json_own(call->arena, json_pack("{s:s}", "subdomain", name));
    if (workers_save(call, "cloudflare/account", state) == 0)
        workers_answer(call, json_incref(state));
}

/* 10032 says that nobody has it: what a client that looks for a free one wants to hear. */
static void look_up_subdomain(struct call *call)
{
    if (strcmp(call->args[0], workers_subdomain(call)) == 0)
        workers_answer(call, json_pack("{s:s}", "subdomain", call->args[0]));
    else
        workers_fail(call, 404, 10032, "workers.api.error.subdomain_available");
}

static void get_account_settings(struct call *call)
{
    workers_answer(call,
                   json_pack("{s:s, s:b}", "default_usage_model", "standard", "green_compute", 0));
}

static void list_nothing(struct call *call)
{
    workers_answer_page(call, json_array(), 0, 1, 1000);
}

/* A bucket of any name is taken to be there: the sandbox has no storage. */
static void get_bucket(struct call *call)
{
    workers_answer(
        call, json_pack("{s:s, s:s}", "name", call->args[0], "creation_date", workers_now(call)));
}

const struct route workers_account_routes[] = {
    {"GET", "user/tokens/verify", 0, verify_token},
    {"GET", "user", 0, get_user},
    {"GET", "accounts", 0, list_accounts},
    {"GET", "memberships", 0, list_memberships},
    {"GET", "accounts/@", 0, get_account},
    {"GET", "accounts/@/workers/subdomain", 0, get_subdomain},
    {"PUT", "accounts/@/workers/subdomain", ROUTE_JSON, put_subdomain},
    {"GET", "accounts/@/workers/subdomains/?", 0, look_up_subdomain},
    {"GET", "accounts/@/workers/account-settings", 0, get_account_settings},
    {"GET", "accounts/@/workers/durable_objects/namespaces", 0, list_nothing},
    {"GET", "accounts/@/storage/kv/namespaces", 0, list_nothing},
    {"GET", "accounts/@/r2/buckets/?", 0, get_bucket},
    {0},
};
