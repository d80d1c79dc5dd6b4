#include "pkg/compat/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"

int reader_fault(struct reader *reader, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *what = arena_vprintf(reader->arena, format, arguments);
    va_end(arguments);
    return error_set(reader->error, FAULT_INPUT, "%s:%zu: %s%s%s", reader->origin,
                     json_line(reader->text, path), path, *path ? ": " : "", what);
}

int reader_suggest(struct reader *reader, const char *word, const char *const *words, size_t count)
{
    const char *nearest = text_nearest(word, words, count);
    char list[200] = "";
    if (nearest)
        return error_hint(reader->error, "did you mean '%s'?", nearest);
    for (size_t i = 0, used = 0; i < count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
    return count ? error_hint(reader->error, "write one of: %s", list) : -1;
}

static int read_text(struct reader *reader, const char *path, const json_t *value, const char **out)
{
    *out = json_string_value(value);
    if (!*out || !**out)
        return reader_fault(reader, path, "must be a text that is not empty");
    return 0;
}

static int read_choice(struct reader *reader, const char *path, const struct key *key,
                       const char *word)
{
    size_t count = 0;
    while (key->choices[count] && strcmp(key->choices[count], word) != 0)
        count++;
    if (key->choices[count])
        return 0;
    reader_fault(reader, path, "'%s' is none of its words", word);
    return reader_suggest(reader, word, key->choices, count);
}

static int read_words(struct reader *reader, const char *path, const json_t *value,
                      const char ***out, size_t *count)
{
    if (!json_is_array(value))
        return reader_fault(reader, path, "must be an array of texts");
    *count = json_array_size(value);
    *out = arena_alloc(reader->arena, *count + 1, sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        const char *where = arena_printf(reader->arena, "%s[%zu]", path, i);
        if (read_text(reader, where, json_array_get(value, i), &(*out)[i]) != 0)
            return -1;
    }
    return 0;
}

static int read_pair(struct reader *reader, const char *path, const json_t *value, const char **key,
                     const char **text)
{
    void *member = json_object_iter((json_t *)value);
    if (!json_is_object(value) || json_object_size(value) != 1)
        return reader_fault(reader, path, "must be an object of one key");
    *key = json_object_iter_key(member);
    *text = json_string_value(json_object_iter_value(member));
    return *text ? 0 : reader_fault(reader, path, "must hold a text");
}

static int read_number(struct reader *reader, const char *path, const json_t *value, double *out)
{
    *out = json_number_value(value);
    if (!json_is_number(value) || !(*out >= 0))
        return reader_fault(reader, path, "must be a number that is not negative");
    return 0;
}

static int read_value(struct reader *reader, const char *path, const struct key *key, json_t *value,
                      char *out)
{
    void *at = out + key->offset, *second = out + key->second;
    switch (key->kind) {
    case KEY_TEXT:
        return read_text(reader, path, value, at);
    case KEY_DATE:
        if (read_text(reader, path, value, at) != 0)
            return -1;
        return text_is_date(*(const char **)at)
                   ? 0
                   : reader_fault(reader, path, "must be a date YYYY-MM-DD");
    case KEY_CHOICE:
        if (read_text(reader, path, value, at) != 0)
            return -1;
        return read_choice(reader, path, key, *(const char **)at);
    case KEY_NUMBER:
        return read_number(reader, path, value, at);
    case KEY_FLAG:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value) ? 0 : reader_fault(reader, path, "must be true or false");
    case KEY_WORDS:
        return read_words(reader, path, value, at, second);
    case KEY_PAIR:
        return read_pair(reader, path, value, at, second);
    case KEY_OBJECT:
        *(json_t **)at = value;
        return json_is_object(value) ? 0 : reader_fault(reader, path, "must be an object");
    case KEY_ARRAY:
        *(json_t **)at = value;
        return json_is_array(value) ? 0 : reader_fault(reader, path, "must be an array");
    }
    return -1;
}

static const struct key *find_key(struct key_table table, const char *name)
{
    for (size_t i = 0; i < table.count; i++)
        if (strcmp(table.keys[i].name, name) == 0)
            return &table.keys[i];
    return NULL;
}

static int unknown_key(struct reader *reader, const char *path, struct key_table table,
                       const char *name)
{
    const char **names = arena_alloc(reader->arena, table.count, sizeof *names);
    for (size_t i = 0; i < table.count; i++)
        names[i] = table.keys[i].name;
    reader_fault(reader, json_path(reader->arena, path, name), "unknown key");
    return reader_suggest(reader, name, names, table.count);
}

int reader_object(struct reader *reader, const char *path, const json_t *object,
                  struct key_table table, void *out)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return reader_fault(reader, path, "must be an object");
    json_object_foreach((json_t *)object, name, value)
    {
        const struct key *key = find_key(table, name);
        if (!key)
            return unknown_key(reader, path, table, name);
        if (read_value(reader, json_path(reader->arena, path, name), key, value, out) != 0)
            return -1;
    }
    for (size_t i = 0; i < table.count; i++)
        if (table.keys[i].required && !json_object_get(object, table.keys[i].name))
            return reader_fault(reader, path, "'%s' is missing", table.keys[i].name);
    return 0;
}

int reader_members(struct reader *reader, const char *path, const json_t *object,
                   struct key_table table, size_t size, void *out, size_t *count)
{
    const char *name;
    json_t *value;
    char *items = arena_alloc(reader->arena, json_object_size(object) + 1, size);
    *(void **)out = items;
    *count = 0;
    json_object_foreach((json_t *)object, name, value)
    {
        char *item = items + size * (*count)++;
        *(const char **)(void *)item = name;
        if (reader_object(reader, json_path(reader->arena, path, name), value, table, item) != 0)
            return -1;
    }
    return 0;
}

int reader_elements(struct reader *reader, const char *path, const json_t *array,
                    struct key_table table, size_t size, void *out, size_t *count)
{
    char *items = arena_alloc(reader->arena, json_array_size(array) + 1, size);
    *(void **)out = items;
    *count = json_array_size(array);
    for (size_t i = 0; i < *count; i++)
        if (reader_object(reader, arena_printf(reader->arena, "%s[%zu]", path, i),
                          json_array_get(array, i), table, items + size * i) != 0)
            return -1;
    return 0;
}
