/* What the platform's refusals mean in words for the user. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/lambda-edge/driver_parts.h"

enum { SKEW_S = 300 }; /* a signature is taken for five minutes */

/* Section 3. Codes without a final "Exception". A sentence that ends in a colon is followed by the
   platform's own text. In a hint %s is the permission that the request takes. */
static const struct refusal {
    const char *code, *sentence, *hint;
} refusals[] = {
    {"InvalidClientTokenId", "the access key is not known",
     "check AWS_ACCESS_KEY_ID; temporary credentials need AWS_SESSION_TOKEN too"},
    {"UnrecognizedClient", "the access key is not known",
     "check AWS_ACCESS_KEY_ID; temporary credentials need AWS_SESSION_TOKEN too"},
    {"SignatureDoesNotMatch", "the secret key does not fit the access key",
     "set AWS_SECRET_ACCESS_KEY again, and check this machine's clock"},
    {"InvalidSignature", "the secret key does not fit the access key",
     "set AWS_SECRET_ACCESS_KEY again, and check this machine's clock"},
    {"MissingAuthenticationToken", "the request was not signed:", "check the AWS_ variables"},
    {"IncompleteSignature", "the request was not signed well:", "check the AWS_ variables"},
    {"ExpiredToken", "the temporary credentials have expired",
     "get new ones: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"},
    {"RequestExpired", "the signature is too old:", "check this machine's clock"},
    {"ResourceNotFound", "there is no such function or version:",
     "check 'function', and that the version was not deleted"},
    {"NoSuchDistribution", "there is no such distribution in this account",
     "check 'distribution', and whose credentials these are"},
    {"ResourceConflict",
     "another change of the function is under way:", "publish again when it is done"},
    {"PreconditionFailed", "it has changed in between:", "publish again"},
    {"InvalidIfMatchVersion", "it has changed in between:", "publish again"},
    {"RequestTooLarge", "the package is too large to be sent directly:",
     "run 'edge-deploy inspect --sizes' to see what weighs"},
    {"CodeStorageExceeded",
     "the account's storage for code is full:", "delete old versions of its functions"},
    {"InvalidZipFile", "the package is not accepted:", "run it again with -v and report it"},
    {"TooManyLambdaFunctionAssociations", "the distribution has as many functions as it may:",
     "remove an association, or ask AWS for a higher quota"},
    {"TooManyDistributionsWithLambdaAssociations",
     "the account has as many distributions with functions as it may:",
     "ask AWS for a higher quota"},
    {"TooManyDistributionsWithSingleFunctionARN",
     "the version is in as many distributions as it may:", "ask AWS for a higher quota"},
    {"TooManyRequests", "too many requests:", "try again later"},
    {"Throttling", "too many requests:", "try again later"},
    {"Service", "the platform had an internal error:", "try again later"},
    {"InternalError", "the platform had an internal error:", "try again later"},
};

/* InvalidParameterValue and InvalidLambdaFunctionAssociation have many causes, and the text says
   which (section 3). */
static const struct {
    const char *words, *sentence, *hint;
} causes[] = {
    {"cannot be assumed by Lambda", "Lambda may not assume the role",
     "let lambda.amazonaws.com and edgelambda.amazonaws.com assume the role"},
    {"must be assumable with edgelambda", "CloudFront may not assume the role",
     "let lambda.amazonaws.com and edgelambda.amazonaws.com assume the role"},
    {"function code size is larger", "CloudFront takes no function as large as this:",
     "make the module smaller, or set 'event' to an origin event"},
    {"function memory size is larger", "CloudFront takes no function with as much memory:",
     "set 'memory_mb' to 128, or 'event' to an origin event"},
    {"function timeout is larger", "CloudFront takes no function with as long a timeout:",
     "set 'timeout_s' to 5, or 'event' to an origin event"},
    {"cannot have environment variables",
     "CloudFront takes no function with variables:", "remove the function's environment variables"},
    {"cannot have a layer",
     "CloudFront takes no function with layers:", "remove the function's layers"},
    {"architecture of arm64",
     "CloudFront takes no function for arm64:", "make the function anew for x86_64"},
    {"must be in region",
     "CloudFront takes functions of us-east-1 only:", "make the function in us-east-1"},
    {"cannot retrieve the specified Lambda function",
     "CloudFront may not read the function:", "allow the credentials '%s'"},
    {"does not match the CodeSha256",
     "the function's code has changed in between:", "publish again when nobody else does"},
    {"CodeSHA256",
     "the function's code has changed in between:", "publish again when nobody else does"},
    {"Cross-account pass role", "the role is of another account than the credentials:",
     "set 'role' to one of the credentials' account, or use credentials of the role's"},
    {"Signature expired", "the signature is too old:", "check this machine's clock"},
    {"Signature not yet current", "the signature is too new:", "check this machine's clock"},
    {"replicated function",
     "CloudFront still has copies of the version:", "try again in some hours"},
};

/* On one line, made harmless. AWS answers a bad signature with the whole request as it should have
   been signed, the session token in it: that part is left out. */
const char *lambda_edge_safe(struct arena *arena, const char *text)
{
    char *line = arena_strdup(arena, text);
    char *canonical = strstr(line, "The Canonical String");
    if (canonical)
        *canonical = '\0';
    for (char *c = line; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t')
            *c = ' ';
    return text_safe(arena, line, strlen(line));
}

static bool ends_in_colon(const char *sentence)
{
    return sentence[strlen(sentence) - 1] == ':';
}

static int tell(struct arena *arena, const struct ask *ask, const struct answer *answer,
                const char *sentence, const char *hint, struct error *error)
{
    bool with_text = ends_in_colon(sentence) && answer->text[0];
    int size = (int)strlen(sentence) - (ends_in_colon(sentence) && !with_text);
    error_set(error, FAULT_REMOTE, "cannot %s: %.*s%s%s (%s)", ask->what, size, sentence,
              with_text ? " " : "", with_text ? lambda_edge_safe(arena, answer->text) : "",
              lambda_edge_safe(arena, answer->code));
    const char *mark = strstr(hint, "%s");
    if (mark)
        return error_hint(error, "%.*s%s%s", (int)(mark - hint), hint, ask->right, mark + 2);
    return error_hint(error, "%s", hint);
}

/* A wrong clock looks like a wrong key; the reply's Date tells them apart. */
static bool is_skewed(const struct http_reply *reply, int64_t now, long long *seconds)
{
    const char *date = http_header(reply, "Date");
    int64_t theirs = date ? http_date(date) : -1;
    *seconds = theirs < 0 ? 0 : (long long)(now / 1000 - theirs);
    return llabs(*seconds) > SKEW_S;
}

static bool is_about_time(const struct answer *answer)
{
    static const char *const codes[] = {"SignatureDoesNotMatch", "InvalidSignature",
                                        "RequestExpired", "RequestTimeTooSkewed"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strncmp(answer->code, codes[i], strlen(codes[i])) == 0)
            return true;
    return false;
}

bool lambda_edge_is_code(const char *code, const char *name)
{
    size_t size = strlen(name);
    return strncmp(code, name, size) == 0 &&
           (code[size] == '\0' || strcmp(code + size, "Exception") == 0);
}

/* AWS names the right that is missing; where a policy denies it, allowing it once more is no help.
 */
static int lacks_right(struct arena *arena, const struct ask *ask, const struct answer *answer,
                       struct error *error)
{
    static const char mark[] = "not authorized to perform: ";
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:*-";
    const char *action = strstr(answer->text, mark);
    size_t size = action ? strspn(action + strlen(mark), letters) : 0;
    const char *right =
        size ? arena_printf(arena, "%.*s", (int)size, action + strlen(mark)) : ask->right;
    tell(arena, ask, answer, "the credentials lack a permission:", "", error);
    if (strstr(answer->text, "explicit deny"))
        return error_hint(error, "a policy denies '%s': have that changed", right);
    return error_hint(error, "allow them '%s'", right);
}

int lambda_edge_refuse(struct arena *arena, const struct ask *ask, const struct answer *answer,
                       const struct http_reply *reply, int64_t now, struct error *error)
{
    long long seconds;
    if (is_about_time(answer) && is_skewed(reply, now, &seconds)) {
        error_set(error, FAULT_REMOTE, "cannot %s: this machine's clock is %lld s %s (%s)",
                  ask->what, llabs(seconds), seconds > 0 ? "ahead" : "behind",
                  lambda_edge_safe(arena, answer->code));
        return error_hint(error, "set the clock");
    }
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (strstr(answer->text, causes[i].words))
            return tell(arena, ask, answer, causes[i].sentence, causes[i].hint, error);
    if (lambda_edge_is_code(answer->code, "AccessDenied") ||
        lambda_edge_is_code(answer->code, "UnauthorizedOperation"))
        return lacks_right(arena, ask, answer, error);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (lambda_edge_is_code(answer->code, refusals[i].code))
            return tell(arena, ask, answer, refusals[i].sentence, refusals[i].hint, error);
    const char *id = http_header(reply, "x-amzn-requestid");
    error_set(error, FAULT_REMOTE, "cannot %s: %s (%s, HTTP %ld, request %s)", ask->what,
              answer->text[0] ? lambda_edge_safe(arena, answer->text)
                              : "the platform says no reason",
              answer->code[0] ? lambda_edge_safe(arena, answer->code) : "no code", reply->status,
              id ? lambda_edge_safe(arena, id) : "unknown");
    return reply->status >= 500 ? error_hint(error, "try again later") : -1;
}
