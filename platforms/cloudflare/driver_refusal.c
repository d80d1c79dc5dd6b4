/* What the platform's refusals mean in words for the user. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/cloudflare/driver_parts.h"

/* Section 5. A sentence that ends in a colon is followed by the platform's own text. In a hint %s
   is the permission that the request takes. */
static const struct refusal {
    json_int_t code;
    const char *sentence, *hint;
} refusals[] = {
    {6003, "the Authorization header is malformed",
     "set CLOUDFLARE_API_TOKEN again, without spaces or line ends"},
    {1000, "the token is not accepted", "check CLOUDFLARE_API_TOKEN"},
    {9106, "the token is not accepted, or lacks a permission",
     "check CLOUDFLARE_API_TOKEN: it needs '%s' on this account"},
    {9109, "the token is not accepted, or lacks a permission",
     "check CLOUDFLARE_API_TOKEN: it needs '%s' on this account"},
    {10000, "the token is not accepted, or lacks a permission",
     "check CLOUDFLARE_API_TOKEN: it needs '%s' on this account"},
    {10001, "the platform could not read the request:", "run it again with -v and report it"},
    {10002, "the platform had an internal error:", "try again later"},
    {10006, "the platform could not parse the code:", "check the syntax of 'main'"},
    {CODE_NO_SCRIPT, "there is no such Worker or version:",
     "check 'account_id' and 'script', and that the version was not deleted"},
    {10013, "the platform had an unknown error:", "try again when no other deployment is running"},
    {10014, "the token is not allowed to do this:",
     "check CLOUDFLARE_API_TOKEN: it needs '%s' on this account"},
    {10015, "the account is not entitled to this:", "check the account's plan"},
    {10016, "the platform does not accept the Worker's name:",
     "set 'script' to letters, digits, '_' and '-', at most 63"},
    {10018, "the Worker changed in between:", "publish again"},
    {CODE_ROUTE_EXISTS,
     "the route exists already:", "look who uses it, or remove it from 'routes'"},
    {10021, "the Worker does not start:", "run 'edge-deploy check', and start it locally"},
    {10023, "the token is not allowed to do this:",
     "check CLOUDFLARE_API_TOKEN: it needs '%s' on this account"},
    {10026, "the platform could not read the request:", "run it again with -v and report it"},
    {10027, "the Worker is too large:", "run 'edge-deploy inspect --sizes' to see what weighs"},
    {10031, "the workers.dev subdomain is taken:", "choose another one in the dashboard"},
    {10035, "somebody else changes this Worker at the same time:",
     "publish again when the other deployment is done"},
    {10037, "the account has as many Workers as it may:", "delete one, or change the plan"},
    {10052, "a binding has no name:", "look at the Worker's bindings in the dashboard"},
    {10054,
     "a variable or secret is too large:", "look at the Worker's variables in the dashboard"},
    {10055, "there are too many variables:", "look at the Worker's variables in the dashboard"},
    {10056, "a binding leads nowhere:", "look at the Worker's bindings in the dashboard"},
    {10057, "a binding of the version before cannot be kept:",
     "look at the Worker's bindings in the dashboard"},
    {10063, "the account has no workers.dev subdomain",
     "register one in the dashboard, or set 'workers_dev' to false"},
    {10068, "the Worker registers no event handler:", "let 'main' export default { fetch }"},
    {10069, "the Worker registers a handler that is not supported:",
     "let 'main' export default { fetch }"},
    {10075, "this needs the Workers Paid plan:", "check the account's plan"},
    {10085, "an R2 bucket does not exist:", "look at the Worker's bindings in the dashboard"},
    {CODE_NO_SERVICE, "there is no such Worker:", "check 'account_id' and 'script'"},
    {CODE_NO_ENVIRONMENT, "there is no such Worker:", "check 'account_id' and 'script'"},
    {10123, "Durable Objects need a migration:", "deploy this change with wrangler"},
    {10208, "this needs the Workers Paid plan:", "check the account's plan"},
    {10405, "the token is not accepted, or lacks a permission",
     "check CLOUDFLARE_API_TOKEN: it needs '%s' on this account"},
    {CODE_NOT_YET_READABLE, "the version cannot be read yet:", "try again"},
    {100402, "Durable Objects need a migration:", "deploy this change with wrangler"},
    {100405, "Durable Objects need a migration:", "deploy this change with wrangler"},
    {100406, "Durable Objects need a migration:", "deploy this change with wrangler"},
};

/* 10021 has many causes, and its text says which (sections 5 and 10). */
static const struct {
    const char *word, *hint;
} causes[] = {
    {"No such module", "name the file in 'modules' or 'files'"},
    {"CompileError", "run 'edge-deploy check': the runtime cannot compile the module"},
    {"LinkError", "supply the import that the module asks for, or build without it"},
    {"Import #", "supply the import that the module asks for, or build without it"},
    {"tartup", "do less at global scope: parsing and running it may take 1 s"},
    {"disallowed by embedder", "ship the module as a file and import it instead of its bytes"},
};

/* The platform's text on one line, made harmless. */
char *cloudflare_safe(struct arena *arena, const char *text)
{
    char *line = arena_strdup(arena, text);
    for (char *c = line; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t')
            *c = ' ';
    return text_safe(arena, line, strlen(line));
}

bool cloudflare_is_about_credentials(json_int_t code)
{
    static const json_int_t codes[] = {1000, 9106, 9109, 10000, 10014, 10023, 10405};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

int cloudflare_refuse(struct arena *arena, const struct ask *ask, json_int_t code, const char *text,
                      struct error *error)
{
    const struct refusal *row = NULL;
    for (size_t i = 0; !row && i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].code == code)
            row = &refusals[i];
    if (!row) {
        error_set(error, FAULT_REMOTE, "cannot %s: %s (code %lld)", ask->what,
                  cloudflare_safe(arena, text), (long long)code);
        return -1;
    }
    bool with_text = row->sentence[strlen(row->sentence) - 1] == ':';
    error_set(error, FAULT_REMOTE, "cannot %s: %s%s%s (code %lld)", ask->what, row->sentence,
              with_text ? " " : "", with_text ? cloudflare_safe(arena, text) : "", (long long)code);
    const char *hint = row->hint, *mark = strstr(hint, "%s");
    for (size_t i = 0; code == 10021 && i < sizeof causes / sizeof *causes; i++)
        if (strstr(text, causes[i].word)) {
            hint = causes[i].hint;
            break;
        }
    if (mark)
        return error_hint(error, "%.*s%s%s", (int)(mark - hint), hint, ask->right, mark + 2);
    return error_hint(error, "%s", hint);
}
