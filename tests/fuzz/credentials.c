/* What is read to find AWS's credentials: the shared files, a command line, what a program prints,
   a time. Nothing that is taken holds what no credential has, and no failure says what was read. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "platforms/lambda-edge/credentials_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_file(struct arena *arena, struct bytes text)
{
    static const char *const sections[] = {"default", "a", "my own"};
    static const char *const keys[] = {"aws_access_key_id", "role_arn", "a"};
    for (size_t s = 0; s < 3; s++)
        for (size_t k = 0; k < 3; k++) {
            const char *value = ini_find(arena, text, sections[s], keys[k]);
            must(!value || (ini_has(text, sections[s]) && !strchr(value, '\n')));
        }
}

/* Words take no more room than the line, and none is made of nothing. */
static void check_words(struct arena *arena, const char *command)
{
    char **words = credentials_words(arena, command);
    size_t total = 0, count = 0;
    for (; words && words[count]; count++)
        total += strlen(words[count]) + 1;
    must(!words || (count && total <= strlen(command) + 1));
}

static void check_output(struct arena *arena, struct bytes output)
{
    struct job job = {.arena = arena};
    struct keys keys = {0};
    struct error error = {0};
    if (credentials_process_output(&job, output, "it", &keys, &error) != 0) {
        must(error.fault == FAULT_INPUT && error.message[0]);
        return;
    }
    must(keys.access[0] && keys.secret[0] && (!keys.token || keys.token[0]) && keys.expires >= 0);
    must(!strpbrk(keys.access, " \r\n") && !strpbrk(keys.secret, " \r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct bytes text = {data, size};
    const char *line = arena_copy(&arena, data, size);
    check_file(&arena, text);
    check_words(&arena, line);
    check_output(&arena, text);
    must(credentials_time(line) >= -1);
    arena_free(&arena);
    return 0;
}
