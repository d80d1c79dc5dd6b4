#include "platforms/fastly/sandbox_toml.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"

enum { DEEPEST = 16 };

struct reader {
    struct arena *arena;
    const char *at, *end;
    unsigned depth;
};

static bool looking_at(const struct reader *reader, const char *text)
{
    size_t size = strlen(text);
    return (size_t)(reader->end - reader->at) >= size && memcmp(reader->at, text, size) == 0;
}

static char peek(const struct reader *reader)
{
    return reader->at < reader->end ? *reader->at : '\0';
}

/* Blanks, and with `lines` also line ends and comments. */
static void skip(struct reader *reader, bool lines)
{
    while (reader->at < reader->end) {
        char c = *reader->at;
        if (c == '#' && lines)
            while (reader->at < reader->end && *reader->at != '\n')
                reader->at++;
        else if (c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r')))
            reader->at++;
        else
            return;
    }
}

static bool is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static int put_point(struct buffer *out, unsigned long point)
{
    char text[4];
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return -1;
    for (size_t i = size; i-- > 1; point >>= 6)
        text[i] = (char)(0x80 | (point & 0x3f));
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    text[0] = (char)(leads[size] | point);
    return buffer_add(out, text, size);
}

/* Behind a backslash. */
static int escape(struct reader *reader, struct buffer *out)
{
    static const char letters[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
    char c = peek(reader);
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter) {
        reader->at++;
        return buffer_add(out, &values[letter - letters], 1);
    }
    size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits == 0 || (size_t)(reader->end - reader->at) <= digits)
        return -1;
    char hex[9] = {0};
    memcpy(hex, reader->at + 1, digits);
    if (strspn(hex, "0123456789abcdefABCDEF") != digits)
        return -1;
    reader->at += digits + 1;
    return put_point(out, strtoul(hex, NULL, 16));
}

/* A backslash before a line end joins lines in """ strings. */
static bool joins_lines(struct reader *reader)
{
    const char *at = reader->at;
    while (at < reader->end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    if (at == reader->end || *at != '\n')
        return false;
    while (at < reader->end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    reader->at = at;
    return true;
}

static int read_string(struct reader *reader, json_t **out)
{
    char quote = *reader->at;
    const char close[] = {quote, quote, quote, '\0'};
    bool is_long = looking_at(reader, close);
    struct buffer *text = buffer_new(reader->arena, LIMIT_MANIFEST);
    reader->at += is_long ? 3 : 1;
    if (is_long && looking_at(reader, "\r\n"))
        reader->at += 2;
    else if (is_long && peek(reader) == '\n')
        reader->at++;
    while (reader->at < reader->end &&
           !(is_long ? looking_at(reader, close) : *reader->at == quote)) {
        char c = *reader->at++;
        bool bad = c == '\0' || (!is_long && c == '\n');
        if (c == '\\' && quote == '"' && is_long && joins_lines(reader))
            continue;
        if (bad ||
            (c == '\\' && quote == '"' ? escape(reader, text) : buffer_add(text, &c, 1)) != 0)
            return -1;
    }
    if (reader->at >= reader->end)
        return -1;
    reader->at += is_long ? 3 : 1;
    *out = json_own(reader->arena, json_text(buffer_text(text), text->size));
    return 0;
}

/* Integers become integers; floats, dates and times stay text. */
static int read_plain(struct reader *reader, json_t **out)
{
    const char *start = reader->at;
    while (reader->at < reader->end && (is_bare(*reader->at) || strchr("+.:", *reader->at)))
        reader->at++;
    char *word = arena_copy(reader->arena, start, (size_t)(reader->at - start)), *end;
    if (!*word)
        return -1;
    long long number = strtoll(word, &end, 10);
    if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
        *out = json_boolean(*word == 't');
    else if (*end == '\0')
        *out = json_own(reader->arena, json_integer(number));
    else if (strchr("+-0123456789", *word) || strcmp(word, "inf") == 0 || strcmp(word, "nan") == 0)
        *out = json_own(reader->arena, json_string(word));
    else
        return -1;
    return 0;
}

static int read_value(struct reader *, json_t **out);

static int read_array(struct reader *reader, json_t **out)
{
    *out = json_own(reader->arena, json_array());
    reader->at++;
    for (;;) {
        json_t *item;
        skip(reader, true);
        if (peek(reader) == ']')
            break;
        if (read_value(reader, &item) != 0)
            return -1;
        json_array_append(*out, item);
        skip(reader, true);
        if (peek(reader) == ',')
            reader->at++;
        else if (peek(reader) != ']')
            return -1;
    }
    reader->at++;
    return 0;
}

/* Dotted keys keep their dots. */
static int read_pair(struct reader *reader, json_t *into)
{
    struct buffer *key = buffer_new(reader->arena, LIMIT_MANIFEST);
    json_t *part, *value;
    for (;;) {
        const char *start = reader->at;
        while (reader->at < reader->end && is_bare(*reader->at))
            reader->at++;
        int failed = 0;
        if (reader->at > start)
            failed = buffer_add(key, start, (size_t)(reader->at - start));
        else if (peek(reader) == '"' || peek(reader) == '\'')
            failed =
                read_string(reader, &part) || buffer_printf(key, "%s", json_string_value(part));
        else
            failed = -1;
        skip(reader, false);
        if (failed != 0)
            return -1;
        if (peek(reader) != '.')
            break;
        reader->at++;
        skip(reader, false);
        if (buffer_add(key, ".", 1) != 0)
            return -1;
    }
    if (peek(reader) != '=')
        return -1;
    reader->at++;
    skip(reader, false);
    if (read_value(reader, &value) != 0 || json_object_get(into, buffer_text(key)))
        return -1;
    return json_object_set(into, buffer_text(key), value);
}

static int read_table(struct reader *reader, json_t **out)
{
    *out = json_own(reader->arena, json_object());
    reader->at++;
    skip(reader, false);
    while (peek(reader) != '}') {
        if (read_pair(reader, *out) != 0)
            return -1;
        skip(reader, false);
        if (peek(reader) == ',')
            reader->at++;
        else if (peek(reader) != '}')
            return -1;
        skip(reader, false);
    }
    reader->at++;
    return 0;
}

static int read_value(struct reader *reader, json_t **out)
{
    char c = peek(reader);
    if (reader->depth >= DEEPEST)
        return -1;
    reader->depth++;
    int result = c == '"' || c == '\'' ? read_string(reader, out)
                 : c == '['            ? read_array(reader, out)
                 : c == '{'            ? read_table(reader, out)
                                       : read_plain(reader, out);
    reader->depth--;
    return result;
}

json_t *toml_top_level(struct arena *arena, struct bytes text)
{
    struct reader reader = {arena, (const char *)text.data, (const char *)text.data + text.size, 0};
    json_t *out = json_own(arena, json_object());
    if (text.size == 0 || text.size > LIMIT_MANIFEST)
        return text.size ? NULL : out;
    for (skip(&reader, true); reader.at < reader.end && *reader.at != '['; skip(&reader, true)) {
        if (read_pair(&reader, out) != 0)
            return NULL;
        skip(&reader, false);
        if (reader.at < reader.end && !strchr("\r\n#", *reader.at))
            return NULL;
    }
    return out;
}
