#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/record/store.h"

enum {
    LONGEST_LINE = 64 << 10,
    MOST_FEATURES = 128,
    SCHEMA = 1,
    /* A clock that is further ahead than this is wrong, and not followed. */
    FURTHEST_AHEAD = 24 * 60 * 60,
};

enum member_type { MEMBER_REQUIRED, MEMBER_TEXT, MEMBER_SIZE };

/* The keys of a line in their order; the features, percent and dirty follow. */
static const struct member {
    const char *key;
    enum member_type type;
    size_t offset;
} members[] = {
#define MEMBER(key, type)                                                                          \
    {                                                                                              \
#key, type, offsetof(struct record, key)                                                   \
    }
    MEMBER(time, MEMBER_REQUIRED),
    MEMBER(event, MEMBER_REQUIRED),
    MEMBER(target, MEMBER_REQUIRED),
    MEMBER(platform, MEMBER_REQUIRED),
    MEMBER(variant, MEMBER_TEXT),
    MEMBER(environment, MEMBER_TEXT),
    MEMBER(resource, MEMBER_TEXT),
    MEMBER(version, MEMBER_REQUIRED),
    MEMBER(previous_version, MEMBER_TEXT),
    MEMBER(url, MEMBER_TEXT),
    MEMBER(artifact_sha256, MEMBER_TEXT),
    MEMBER(module_sha256, MEMBER_TEXT),
    MEMBER(module_bytes, MEMBER_SIZE),
    MEMBER(gzip_bytes, MEMBER_SIZE),
    MEMBER(artifact_bytes, MEMBER_SIZE),
    MEMBER(built_bytes, MEMBER_SIZE),
    MEMBER(built_gzip_bytes, MEMBER_SIZE),
    MEMBER(toolchain, MEMBER_TEXT),
    MEMBER(optimizer, MEMBER_TEXT),
    MEMBER(tool, MEMBER_TEXT),
    MEMBER(run, MEMBER_TEXT),
#undef MEMBER
};
enum { MEMBER_COUNT = sizeof members / sizeof *members };

static json_t *member_json(const struct record *record, const struct member *member)
{
    const void *at = (const char *)record + member->offset;
    if (member->type == MEMBER_SIZE)
        return json_integer((json_int_t) * (const uint64_t *)at);
    const char *text = *(const char *const *)at;
    return text ? json_text(text, strlen(text)) : json_null();
}

static json_t *texts(const char *const *items, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_text(items[i], strlen(items[i])));
    return array;
}

/* The optimizer mostly changes none: then one list says both. */
static bool has_own_built(const struct record *record)
{
    bool same = record->built_feature_count == record->feature_count;
    for (size_t i = 0; same && i < record->feature_count; i++)
        same = strcmp(record->built_features[i], record->features[i]) == 0;
    return record->built_features && !same;
}

char *record_line(struct arena *arena, const struct record *record)
{
    json_t *line = json_own(arena, json_object());
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        json_object_set_new(line, members[i].key, member_json(record, &members[i]));
        if (i == 0)
            json_object_set_new(line, "schema", json_integer(SCHEMA));
    }
    json_object_set_new(line, "features", texts(record->features, record->feature_count));
    if (has_own_built(record))
        json_object_set_new(line, "built_features",
                            texts(record->built_features, record->built_feature_count));
    if (record->debug_sha256)
        json_object_set_new(line, "debug_sha256",
                            json_text(record->debug_sha256, strlen(record->debug_sha256)));
    json_object_set_new(line, "percent", json_integer(record->percent));
    json_object_set_new(line, "dirty", json_boolean(record->dirty));
    return json_print(arena, line);
}

static const char *safe(struct arena *arena, const json_t *value)
{
    return text_safe(arena, json_string_value(value), json_string_length(value));
}

static int read_member(struct arena *arena, const json_t *line, const struct member *member,
                       struct record *out)
{
    const json_t *value = json_object_get(line, member->key);
    void *at = (char *)out + member->offset;
    if (member->type == MEMBER_SIZE) {
        bool usable = json_is_integer(value) && json_integer_value(value) >= 0;
        *(uint64_t *)at = usable ? (uint64_t)json_integer_value(value) : 0;
        return 0;
    }
    if (json_is_string(value) && json_string_length(value) > 0)
        *(const char **)at = safe(arena, value);
    else if (member->type == MEMBER_REQUIRED)
        return -1;
    return 0;
}

static const char **read_texts(struct arena *arena, const json_t *array, size_t *count)
{
    size_t limit = json_array_size(array);
    if (limit > MOST_FEATURES)
        limit = MOST_FEATURES;
    const char **items = arena_alloc(arena, limit + 1, sizeof *items);
    *count = 0;
    for (size_t i = 0; i < limit; i++)
        if (json_is_string(json_array_get(array, i)))
            items[(*count)++] = safe(arena, json_array_get(array, i));
    return items;
}

static void read_features(struct arena *arena, const json_t *line, struct record *out)
{
    const json_t *built = json_object_get(line, "built_features");
    out->features = read_texts(arena, json_object_get(line, "features"), &out->feature_count);
    out->built_features = out->features;
    out->built_feature_count = out->feature_count;
    if (json_is_array(built))
        out->built_features = read_texts(arena, built, &out->built_feature_count);
}

/* 2026-11-22T13:15:00Z and nothing else, so that the order of texts is the order of times. */
static bool is_time(const char *text)
{
    static const char shape[] = "0000-00-00T00:00:00Z";
    if (strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++)
        if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    return true;
}

int record_parse(struct arena *arena, const char *line, size_t size, struct record *out)
{
    json_t *document;
    struct error ignored;
    *out = (struct record){0};
    if (size == 0 || size > LONGEST_LINE || line[0] != '{' ||
        json_read(arena, (struct bytes){(const uint8_t *)line, size}, "record", FAULT_INPUT,
                  &document, &ignored) != 0)
        return -1;
    if (!json_is_object(document) || json_find_integer(document, "schema", 0) != SCHEMA)
        return -1;
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if (read_member(arena, document, &members[i], out) != 0)
            return -1;
    if (!is_time(out->time))
        return -1;
    read_features(arena, document, out);
    const json_t *debug = json_object_get(document, "debug_sha256");
    if (json_is_string(debug) && json_string_length(debug) > 0)
        out->debug_sha256 = safe(arena, debug);
    json_int_t percent = json_find_integer(document, "percent", 100);
    out->percent = percent >= 0 && percent <= 100 ? (unsigned)percent : 100;
    out->dirty = json_find_bool(document, "dirty", false);
    return 0;
}

static int64_t digits(const char *text, size_t count)
{
    int64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* Days from 1970-01-01 of a date of the Gregorian calendar, years counted from March. */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t seconds_of(const char *time)
{
    int64_t day = days(digits(time, 4), digits(time + 5, 2), digits(time + 8, 2));
    return ((day * 24 + digits(time + 11, 2)) * 60 + digits(time + 14, 2)) * 60 +
           digits(time + 17, 2);
}

char *record_time(struct arena *arena, struct record_store *store, const struct record *newest)
{
    int64_t now = world_stamp(store->world), last = newest ? seconds_of(newest->time) : INT64_MIN;
    const char *others = store_newest_time(arena, store);
    if (others && seconds_of(others) > last)
        last = seconds_of(others);
    if (last >= now && last < now + FURTHEST_AHEAD)
        now = last + 1;
    return text_time(arena, now);
}
