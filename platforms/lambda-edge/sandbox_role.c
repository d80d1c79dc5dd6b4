/* Roles: a role of any name is there and may be assumed; what is wrong with one, its name says
   (platforms/lambda-edge/README.md, "The sandbox"). */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "platforms/lambda-edge/sandbox_parts.h"

static bool begins(const char *name, const char *word)
{
    return strncmp(name, word, strlen(word)) == 0;
}

bool aws_role_is(const char *name, enum role_trouble trouble)
{
    static const char *const words[] = {"missing", "untrusted", "lambda-only", "unreadable"};
    return begins(name, words[trouble]);
}

/* Letters, digits and the signs that the service model has for roles and sessions. */
static bool is_word(const char *text, size_t most)
{
    size_t size = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                               "_+=,.@-");
    return size > 0 && size <= most && text[size] == '\0';
}

bool aws_is_session_name(const char *name)
{
    return is_word(name, 64) && strlen(name) >= 2;
}

int aws_read_role(struct call *call, const char *arn, struct role *out)
{
    static const char start[] = "arn:aws:iam::";
    char sha1[41];
    *out = (struct role){.arn = arn};
    if (strncmp(arn, start, sizeof start - 1) != 0 ||
        strspn(arn + sizeof start - 1, "0123456789") != 12 ||
        strncmp(arn + sizeof start + 11, ":role/", 6) != 0)
        return -1;
    out->account = arena_copy(call->arena, arn + sizeof start - 1, 12);
    out->name = strrchr(arn, '/') + 1; /* behind the path, if there is one */
    digest_sha1(bytes_of(arn), sha1);
    for (char *each = sha1; *each; each++) /* ids have capitals and digits */
        *each = *each >= 'a' ? (char)(*each - 'a' + 'A') : *each;
    out->id = arena_printf(call->arena, "AROA%.17s", sha1);
    return is_word(out->name, 64) ? 0 : -1;
}

/* Percent-encoding as IAM has it for policies: all but the unreserved. */
static char *encoded(struct arena *arena, const char *plain)
{
    static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    struct buffer *out = buffer_new(arena, LIMIT_MANIFEST);
    for (; *plain; plain++)
        if (buffer_printf(out, strchr(bare, *plain) ? "%c" : "%%%02X", (unsigned char)*plain) != 0)
            break;
    return arena_strdup(arena, buffer_text(out));
}

const char *aws_trust_of(struct call *call, const char *name)
{
    const char *principal =
        aws_role_is(name, ROLE_UNTRUSTED)     ? "{\"Service\":\"ec2.amazonaws.com\"}"
        : aws_role_is(name, ROLE_LAMBDA_ONLY) ? "{\"Service\":\"lambda.amazonaws.com\"}"
                                              : "{\"Service\":[\"edgelambda.amazonaws.com\","
                                                "\"lambda.amazonaws.com\"]}";
    return encoded(call->arena,
                   arena_printf(call->arena,
                                "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                                "\"Principal\":%s,\"Action\":\"sts:AssumeRole\"}]}",
                                principal));
}
