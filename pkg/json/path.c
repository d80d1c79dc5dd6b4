/* Paths into documents, and the lines they stand on. The finder walks the text itself, because
   the parser keeps no positions; it goes forward only, so it is linear, and a NUL ends it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/json/json.h"

static bool is_plain(const char *key)
{
    for (const unsigned char *c = (const unsigned char *)key; *c; c++)
        if (*c <= ' ' || *c == 0x7f || strchr(".[]\"\\", *c))
            return false;
    return key[0] != '\0';
}

char *json_path(struct arena *arena, const char *path, const char *key)
{
    if (is_plain(key))
        return arena_printf(arena, "%s%s%s", path, path[0] ? "." : "", key);
    json_t *text = json_own(arena, json_text(key, strlen(key)));
    return arena_printf(arena, "%s[%s]", path, json_print(arena, text));
}

/* A run of characters of a string literal, decoded byte by byte. */
struct spelling {
    const char *at;
    char pending[4]; /* of an escape that is several bytes */
    unsigned pending_count, pending_used;
};

static unsigned hex4(const char *text)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdefABCDEF";
        const char *found = text[i] ? strchr(digits, text[i]) : NULL;
        if (!found)
            return 0xfffd;
        size_t digit = (size_t)(found - digits);
        value = value << 4 | (unsigned)(digit > 15 ? digit - 6 : digit);
    }
    return value;
}

static void put_point(struct spelling *spelling, uint32_t point)
{
    unsigned more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char leads[4] = {0, 0xc0, 0xe0, 0xf0};
    spelling->pending[0] = (char)(leads[more] | point >> (6 * more));
    for (unsigned i = 1; i <= more; i++)
        spelling->pending[i] = (char)(0x80 | (point >> (6 * (more - i)) & 0x3f));
    spelling->pending_count = more + 1;
    spelling->pending_used = 0;
}

/* `at` stands behind a backslash. */
static void decode_escape(struct spelling *spelling)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    char c = *spelling->at;
    const char *found = c ? strchr(letters, c) : NULL;
    if (c)
        spelling->at++;
    if (c != 'u') {
        put_point(spelling, (uint32_t)(unsigned char)(found ? meanings[found - letters] : c));
        return;
    }
    uint32_t point = hex4(spelling->at);
    for (int i = 0; i < 4 && *spelling->at && *spelling->at != '"'; i++)
        spelling->at++;
    if (point >> 10 == 0x36 && spelling->at[0] == '\\' && spelling->at[1] == 'u') {
        uint32_t low = hex4(spelling->at + 2);
        if (low >> 10 == 0x37) {
            point = 0x10000 + ((point & 0x3ff) << 10 | (low & 0x3ff));
            spelling->at += 6;
        }
    }
    put_point(spelling, point);
}

/* The next byte, or -1 at the closing quote or the end of the text. */
static int next_byte(struct spelling *spelling)
{
    if (spelling->pending_used == spelling->pending_count) {
        if (*spelling->at == '\0' || *spelling->at == '"')
            return -1;
        if (*spelling->at != '\\')
            return (unsigned char)*spelling->at++;
        spelling->at++;
        decode_escape(spelling);
    }
    return (unsigned char)spelling->pending[spelling->pending_used++];
}

static const char *skip_string(const char *at)
{
    while (*at && *at != '"')
        at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

static const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r' || *at == ',' || *at == ':')
        at++;
    return at;
}

static const char *skip_value(const char *at)
{
    size_t depth = 0;
    do {
        at = skip_space(at);
        if (*at == '"')
            at = skip_string(at + 1);
        else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            if (depth == 0)
                return at;
            depth--;
            at++;
        } else {
            at += strcspn(at, " \t\n\r,:\"{}[]");
        }
    } while (*at && depth > 0);
    return at;
}

/* One step of a path: a key (plain, or as a string literal) or an index. */
struct step {
    struct spelling key;
    size_t key_size; /* of a plain key */
    size_t index;
    enum { STEP_END, STEP_PLAIN, STEP_QUOTED, STEP_INDEX } kind;
};

static const char *read_step(const char *path, struct step *out)
{
    *out = (struct step){0};
    if (path[0] == '.')
        path++;
    if (path[0] == '[' && path[1] == '"') {
        out->kind = STEP_QUOTED;
        out->key.at = path + 2;
        path = skip_string(path + 2);
        return *path == ']' ? path + 1 : path;
    }
    if (path[0] == '[') {
        char *end;
        out->kind = STEP_INDEX;
        out->index = strtoul(path + 1, &end, 10);
        return *end == ']' ? end + 1 : path + strlen(path);
    }
    out->key.at = path;
    out->key_size = strcspn(path, ".[");
    out->kind = out->key_size ? STEP_PLAIN : STEP_END;
    return path + out->key_size;
}

/* Does the literal whose first character is `literal` spell the step's key? */
static bool is_spelled(const char *literal, const struct step *step)
{
    struct spelling got = {.at = literal}, wanted = step->key;
    for (size_t i = 0;; i++) {
        int expected = step->kind == STEP_QUOTED ? next_byte(&wanted)
                       : i < step->key_size      ? (unsigned char)step->key.at[i]
                                                 : -1;
        if (next_byte(&got) != expected)
            return false;
        if (expected == -1)
            return true;
    }
}

/* From a value to the one that the step leads to; NULL when there is none. */
static const char *take_step(const char *at, const struct step *step)
{
    if (*at != (step->kind == STEP_INDEX ? '[' : '{'))
        return NULL;
    at = skip_space(at + 1);
    for (size_t i = 0; *at && *at != ']' && *at != '}'; i++) {
        if (step->kind == STEP_INDEX && i == step->index)
            return at;
        if (step->kind != STEP_INDEX) {
            if (*at != '"')
                return NULL;
            bool found = is_spelled(at + 1, step);
            at = skip_space(skip_string(at + 1));
            if (found)
                return at;
        }
        const char *next = skip_space(skip_value(at));
        if (next == at)
            return NULL;
        at = next;
    }
    return NULL;
}

const char *json_locate(const char *text, const char *path)
{
    struct step step;
    const char *at = skip_space(strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text);
    for (path = read_step(path, &step); at && step.kind != STEP_END; path = read_step(path, &step))
        at = take_step(at, &step);
    return at;
}

size_t json_line(const char *text, const char *path)
{
    size_t line = 1;
    const char *at = json_locate(text, path);
    for (const char *c = text; at && c < at; c++)
        line += *c == '\n';
    return line;
}

/* Paths are our own words, hence short; json_object_getn() is newer than Ubuntu 22.04's jansson. */
static const json_t *member(const json_t *object, const char *name, size_t size)
{
    char key[256];
    if (size >= sizeof key)
        return NULL;
    memcpy(key, name, size);
    key[size] = '\0';
    return json_object_get(object, key);
}

json_t *json_find(const json_t *value, const char *path)
{
    struct step step;
    for (path = read_step(path, &step); value && step.kind != STEP_END;
         path = read_step(path, &step)) {
        if (step.kind == STEP_INDEX)
            value = json_array_get(value, step.index);
        else if (step.kind == STEP_PLAIN)
            value = member(value, step.key.at, step.key_size);
        else
            value = NULL;
    }
    return (json_t *)value;
}

const char *json_find_string(const json_t *value, const char *path, const char *fallback)
{
    const char *found = json_string_value(json_find(value, path));
    return found ? found : fallback;
}

json_int_t json_find_integer(const json_t *value, const char *path, json_int_t fallback)
{
    const json_t *found = json_find(value, path);
    return json_is_integer(found) ? json_integer_value(found) : fallback;
}

bool json_find_bool(const json_t *value, const char *path, bool fallback)
{
    const json_t *found = json_find(value, path);
    return json_is_boolean(found) ? json_is_true(found) : fallback;
}
