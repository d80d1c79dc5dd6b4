/* credential_process: a program that prints credentials. What it prints is secret. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/process/process.h"
#include "platforms/lambda-edge/credentials_parts.h"

enum { TIMEOUT_MS = 60000, OUTPUT_LIMIT = 64 << 10 };

/* Takes one word into `to`; the end of it, or NULL when a quote stays open. */
static const char *take_word(const char *at, char **to)
{
    char quote = '\0';
    for (; *at; at++) {
        bool escapes =
            *at == '\\' && quote != '\'' && at[1] && (!quote || at[1] == '"' || at[1] == '\\');
        if (escapes)
            *(*to)++ = *++at;
        else if (quote ? *at == quote : *at == '"' || *at == '\'')
            quote = quote ? '\0' : *at;
        else if (!quote && strchr(" \t\r\n", *at))
            break;
        else
            *(*to)++ = *at;
    }
    *(*to)++ = '\0';
    return quote ? NULL : at;
}

char **credentials_words(struct arena *arena, const char *command)
{
    size_t size = strlen(command), count = 0;
    char *text = arena_alloc(arena, size + 2, 1);
    char **words = arena_alloc(arena, size / 2 + 2, sizeof *words);
    for (;;) {
        command += strspn(command, " \t\r\n");
        if (!*command)
            break;
        words[count++] = text;
        command = take_word(command, &text);
        if (!command)
            return NULL;
    }
    return count ? words : NULL;
}

/* A value of another type than a string is as good as none: what is missing is named. */
static const char *string(const json_t *document, const char *key)
{
    return json_string_value(json_object_get(document, key));
}

int credentials_process_output(const struct job *job, struct bytes output, const char *origin,
                               struct keys *out, struct error *error)
{
    json_t *document = NULL;
    struct error ignored = {0};
    /* The reader's words may show what is secret. */
    if (json_read(job->arena, output, "output", FAULT_INPUT, &document, &ignored) != 0 ||
        !json_is_object(document))
        return error_set(error, FAULT_INPUT, "what comes from %s is no JSON object", origin);
    const json_t *version = json_object_get(document, "Version");
    if (!json_is_integer(version) || json_integer_value(version) != 1)
        return error_set(error, FAULT_INPUT, "what comes from %s is not of \"Version\": 1", origin);
    const json_t *expires = json_object_get(document, "Expiration");
    if (expires && !json_is_string(expires) && !json_is_null(expires))
        return error_set(error, FAULT_INPUT, "the \"Expiration\" from %s is no string", origin);
    return credentials_keys(job, string(document, "AccessKeyId"),
                            string(document, "SecretAccessKey"), string(document, "SessionToken"),
                            json_string_value(expires), origin, out, error);
}

/* The last line that it had to say about its failure: that is for people. */
static const char *complaint(struct arena *arena, struct bytes errors)
{
    while (errors.size && strchr(" \t\r\n", errors.data[errors.size - 1]))
        errors.size--;
    size_t begin = errors.size;
    while (begin && errors.data[begin - 1] != '\n')
        begin--;
    size_t size = errors.size - begin;
    if (size == 0)
        return "";
    return arena_printf(
        arena, ": %s",
        text_safe(arena, (const char *)errors.data + begin, size < 200 ? size : 200));
}

int credentials_process(const struct job *job, const char *command, const char *profile,
                        struct keys *out, struct error *error)
{
    const char *origin =
        arena_printf(job->arena, "credential_process of the AWS profile '%s'", profile);
    char **words = credentials_words(job->arena, command);
    struct process_result result;
    if (!words)
        return error_set(error, FAULT_INPUT, "the %s is no command", origin);
    struct process_request request = {
        .argv = (const char *const *)words, .output_limit = OUTPUT_LIMIT, .timeout_ms = TIMEOUT_MS};
    if (process_run(job->arena, job->world, &request, &result, error) != 0)
        return error_prefix(error, "%s", origin);
    if (result.timed_out)
        return error_set(error, FAULT_INPUT, "the %s did not end within %d s", origin,
                         TIMEOUT_MS / 1000);
    if (result.status != 0) {
        error_set(error, FAULT_INPUT, "the %s ended with status %d%s", origin, result.status,
                  complaint(job->arena, result.errors));
        return error_hint(error, "run the command by hand, and sign in where it says so");
    }
    return credentials_process_output(job, result.output, origin, out, error);
}
