#include "pkg/json/json.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"

enum {
    DEEPEST = 64,
    MOST_VALUES = 500000, /* three bytes of text can be an array of over a hundred in memory */
    /* 15 digits: a number that a person wrote comes out as it was written. */
    PRINT_FLAGS = JSON_ENCODE_ANY | JSON_REAL_PRECISION(15),
};

static void release(void *handle)
{
    json_decref(handle);
}

json_t *json_own(struct arena *arena, json_t *value)
{
    if (value)
        arena_defer(arena, release, value);
    return value;
}

static void seed(void)
{
    json_object_seed(0);
}

struct position {
    size_t line, column;
};

/* What there is too much of, NULL when all is within bounds; `at` is then where it was seen. Text
   that is no JSON may be judged wrongly here and is refused by the parser. */
static const char *find_excess(struct bytes text, struct position *at)
{
    size_t depth = 0, line_start = 0, values = 0;
    bool in_string = false;
    *at = (struct position){1, 0};
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c == '\n') {
            at->line++;
            line_start = i + 1;
        } else if (in_string) {
            in_string = c != '"';
            i += c == '\\';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{' || c == ',') {
            at->column = i - line_start + 1;
            depth += c != ',';
            if (depth > DEEPEST)
                return "nested deeper than 64";
            if (++values > MOST_VALUES)
                return "more than 500000 values";
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return NULL;
}

/* jansson passes over a NUL byte behind a number; nothing of JSON has one. */
static bool has_nul(struct bytes text, struct position *at)
{
    const uint8_t *nul = memchr(text.data, 0, text.size);
    *at = (struct position){1, 1};
    for (const uint8_t *c = text.data; nul && c < nul; c++)
        *at = *c == '\n' ? (struct position){at->line + 1, 1}
                         : (struct position){at->line, at->column + 1};
    return nul != NULL;
}

static struct bytes without_mark(struct bytes text)
{
    if (text.size >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
        return (struct bytes){text.data + 3, text.size - 3};
    return text;
}

/* jansson's words, without advice to those who call it. */
static const char *problem_text(struct arena *arena, const json_error_t *problem)
{
    enum json_error_code code = json_error_code(problem);
    if (code == json_error_null_character || code == json_error_null_byte_in_key)
        return "\\u0000 is not allowed";
    return text_safe(arena, problem->text, strlen(problem->text));
}

int json_read(struct arena *arena, struct bytes text, const char *origin, enum fault fault,
              json_t **out, struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct position at;
    json_error_t problem;
    pthread_once(&once, seed);
    text = without_mark(text);
    if (text.size == 0)
        return error_set(error, fault, "%s:1:1: is empty, a JSON document is expected", origin);
    if (has_nul(text, &at))
        return error_set(error, fault, "%s:%zu:%zu: a NUL byte is not allowed", origin, at.line,
                         at.column);
    const char *excess = find_excess(text, &at);
    if (excess)
        return error_set(error, fault, "%s:%zu:%zu: %s", origin, at.line, at.column, excess);
    json_t *document = json_loadb((const char *)text.data, text.size,
                                  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (!document) {
        error_set(error, fault, "%s:%d:%d: %s", origin, problem.line, problem.column,
                  problem_text(arena, &problem));
        if (json_error_code(&problem) == json_error_duplicate_key)
            error_hint(error, "remove one of the two");
        return -1;
    }
    *out = json_own(arena, document);
    return 0;
}

static char *print(struct arena *arena, const json_t *value, size_t flags)
{
    char *text = json_dumps(value, flags | PRINT_FLAGS);
    assert(text);
    if (!text)
        return arena_strdup(arena, "null");
    arena_defer(arena, free, text);
    return text;
}

char *json_print(struct arena *arena, const json_t *value)
{
    return print(arena, value, JSON_COMPACT);
}

char *json_print_indented(struct arena *arena, const json_t *value)
{
    /* ASCII: it may go to a terminal, some of which obey U+009B and the bidi controls. */
    return print(arena, value, JSON_INDENT(2) | JSON_ENSURE_ASCII);
}

/* A new reference; depth is bounded by json_read. */
static json_t *merge(const json_t *document, const json_t *patch)
{
    if (!json_is_object(patch))
        return json_deep_copy(patch);
    json_t *out = json_is_object(document) ? json_copy((json_t *)document) : json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)patch, key, value)
    {
        if (json_is_null(value))
            json_object_del(out, key);
        else
            json_object_set_new(out, key, merge(json_object_get(document, key), value));
    }
    return out;
}

json_t *json_merge_patch(struct arena *arena, const json_t *document, const json_t *patch)
{
    /* Deep: the result shares nothing that somebody could change. */
    json_t *merged = merge(document, patch);
    json_t *copy = json_deep_copy(merged);
    json_decref(merged);
    return json_own(arena, copy);
}

/* How many bytes at `data` are one well-formed UTF-8 character; 0 when none. */
static size_t character(const uint8_t *data, size_t size)
{
    uint8_t lead = data[0];
    size_t need = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (need == 0 || lead > 0xf4 || need > size)
        return 0;
    for (size_t i = 1; i < need; i++)
        if (data[i] >> 6 != 2)
            return 0;
    /* Overlong, surrogate, beyond U+10FFFF: told by the second byte. */
    bool wrong = (lead == 0xe0 && data[1] < 0xa0) || (lead == 0xed && data[1] > 0x9f) ||
                 (lead == 0xf0 && data[1] < 0x90) || (lead == 0xf4 && data[1] > 0x8f);
    return wrong ? 0 : need;
}

json_t *json_text(const char *data, size_t size)
{
    struct arena scratch = {0};
    const uint8_t *in = (const uint8_t *)data;
    char *text = arena_alloc(&scratch, size + 1, 3), *end = text;
    for (size_t at = 0; at < size;) {
        size_t taken = character(in + at, size - at);
        memcpy(end, taken ? data + at : "\xef\xbf\xbd", taken ? taken : 3);
        end += taken ? taken : 3;
        at += taken ? taken : 1;
    }
    json_t *out = json_stringn(text, (size_t)(end - text));
    arena_free(&scratch);
    return out;
}
