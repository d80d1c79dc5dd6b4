/* The shared files: sections and `key = value`. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/credentials_parts.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct bytes trimmed(struct bytes text)
{
    while (text.size && is_space(text.data[0]))
        text = (struct bytes){text.data + 1, text.size - 1};
    while (text.size && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

static struct bytes next_line(struct bytes *text)
{
    const uint8_t *end = text->size ? memchr(text->data, '\n', text->size) : NULL;
    struct bytes line = {text->data, end ? (size_t)(end - text->data) : text->size};
    size_t taken = line.size + (end ? 1 : 0);
    *text = (struct bytes){text->data + taken, text->size - taken};
    return line;
}

/* A name with spaces stands in quotes. */
static struct bytes unquoted(struct bytes text)
{
    if (text.size >= 2 && (text.data[0] == '"' || text.data[0] == '\'') &&
        text.data[text.size - 1] == text.data[0])
        return (struct bytes){text.data + 1, text.size - 2};
    return text;
}

/* "[ profile NAME ]" and "[NAME]" are both NAME. */
static bool is_section(struct bytes line, const char *name)
{
    static const char prefix[] = "profile";
    const uint8_t *end = memchr(line.data, ']', line.size);
    if (!end)
        return false;
    struct bytes got = trimmed((struct bytes){line.data + 1, (size_t)(end - line.data) - 1});
    size_t size = sizeof prefix - 1;
    if (got.size > size && memcmp(got.data, prefix, size) == 0 && is_space(got.data[size]))
        got = trimmed((struct bytes){got.data + size, got.size - size});
    return bytes_equal(unquoted(got), bytes_of(name));
}

/* A comment begins a line, or stands behind white space. */
static struct bytes without_comment(struct bytes value)
{
    for (size_t i = 1; i < value.size; i++)
        if ((value.data[i] == '#' || value.data[i] == ';') && is_space(value.data[i - 1]))
            return trimmed((struct bytes){value.data, i});
    return value;
}

bool ini_has(struct bytes text, const char *section)
{
    while (text.size) {
        struct bytes line = next_line(&text);
        if (line.size && line.data[0] == '[' && is_section(line, section))
            return true;
    }
    return false;
}

char *ini_find(struct arena *arena, struct bytes text, const char *section, const char *key)
{
    bool inside = false;
    while (text.size) {
        struct bytes line = next_line(&text);
        const uint8_t *equals = line.size ? memchr(line.data, '=', line.size) : NULL;
        /* An indented line continues a value that is none of ours. */
        if (line.size == 0 || is_space(line.data[0]) || line.data[0] == '#' || line.data[0] == ';')
            continue;
        if (line.data[0] == '[') {
            inside = is_section(line, section);
            continue;
        }
        if (!inside || !equals)
            continue;
        size_t at = (size_t)(equals - line.data);
        struct bytes value = trimmed((struct bytes){equals + 1, line.size - at - 1});
        if (bytes_equal(trimmed((struct bytes){line.data, at}), bytes_of(key))) {
            value = without_comment(value);
            return arena_copy(arena, value.data, value.size);
        }
    }
    return NULL;
}
