/* Words and numbers in strict forms: what goes into a path, a query or a document. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

#define MARK   "edge-deploy sha256:"
#define COMMIT " git:"
#define CODE   " code:"

enum { SHA256_SIZE = 64, SHORTEST_COMMIT = 40, LONGEST_NAME = 140 };

static const char digits[] = "0123456789";
static const char hex[] = "0123456789abcdef";
static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool lambda_edge_is_version(const char *text)
{
    size_t size = strspn(text, digits);
    return size >= 1 && size <= 9 && text[size] == '\0' && text[0] != '0';
}

/* The next word of `*at`, which ends in a colon or at the end; NULL when it is none. */
static const char *next_word(struct arena *arena, const char **at)
{
    size_t size = strspn(*at, word);
    const char *out = arena_printf(arena, "%.*s", (int)size, *at);
    char end = (*at)[size];
    *at += size + (end == ':');
    return size == 0 || size > LONGEST_NAME || (end && end != ':') ? NULL : out;
}

int lambda_edge_read_arn(struct arena *arena, const char *arn, struct function_name *out)
{
    static const char *const expected[] = {"arn", NULL, "lambda", "us-east-1", NULL, "function"};
    const char *at = arn;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const char *part = next_word(arena, &at);
        if (!part || (expected[i] && strcmp(part, expected[i]) != 0))
            return -1;
    }
    out->name = next_word(arena, &at);
    out->version = next_word(arena, &at);
    return out->name && out->version && lambda_edge_is_version(out->version) && !*at ? 0 : -1;
}

char *lambda_edge_description(struct arena *arena, const char *sha256, const char *commit,
                              const char *code_sha256)
{
    return arena_printf(arena, MARK "%s%s%s" CODE "%s", sha256, commit ? COMMIT : "",
                        commit ? commit : "", code_sha256);
}

bool lambda_edge_read_description(struct arena *arena, const char *text, const char *code_sha256,
                                  struct deployment *out)
{
    const char *code = strstr(text, CODE);
    if (strncmp(text, MARK, strlen(MARK)) != 0 || !code ||
        strcmp(code + strlen(CODE), code_sha256) != 0)
        return false;
    text += strlen(MARK);
    if (strspn(text, hex) != SHA256_SIZE)
        return false;
    out->artifact_sha256 = arena_copy(arena, text, SHA256_SIZE);
    text += SHA256_SIZE;
    if (strncmp(text, COMMIT, strlen(COMMIT)) == 0 &&
        strspn(text + strlen(COMMIT), hex) >= SHORTEST_COMMIT)
        out->commit = arena_copy(arena, text + strlen(COMMIT), strspn(text + strlen(COMMIT), hex));
    return true;
}
