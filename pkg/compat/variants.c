/* Features and the variants that change them. A named variant is the base and its own changes; a
   dated one is the base and the changes of all dates that are not after it. */
#include <stddef.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/sections.h"
#include "pkg/json/json.h"

struct feature_words {
    const char *name, *support, *evidence, *as_of, *note;
    json_t *uses, *with;
};

#define AT(member) offsetof(struct feature_words, member)
static const struct key feature_keys[] = {
    {"support", KEY_CHOICE, true, AT(support), 0, support_words},
    {"evidence", KEY_TEXT, true, AT(evidence), 0, NULL},
    {"as_of", KEY_DATE, true, AT(as_of), 0, NULL},
    {"note", KEY_TEXT, false, AT(note), 0, NULL},
    {"uses", KEY_OBJECT, false, AT(uses), 0, NULL},
    {"with", KEY_OBJECT, false, AT(with), 0, NULL},
};

/* Of a case: the same, but that it says what is the case. */
static const struct key case_keys[] = {
    {"support", KEY_CHOICE, true, AT(support), 0, support_words},
    {"evidence", KEY_TEXT, true, AT(evidence), 0, NULL},
    {"as_of", KEY_DATE, true, AT(as_of), 0, NULL},
    {"note", KEY_TEXT, true, AT(note), 0, NULL},
};
#undef AT

static int unknown_feature(struct reader *reader, const char *path, const char *name)
{
    const char *names[WASM_FEATURE_COUNT];
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        names[i] = wasm_features[i].id;
    reader_fault(reader, json_path(reader->arena, path, name), "unknown feature");
    const char *nearest = text_nearest(name, names, WASM_FEATURE_COUNT);
    return nearest ? error_hint(reader->error, "did you mean '%s'?", nearest) : -1;
}

static struct profile_feature make_feature(const struct feature_words *words)
{
    return (struct profile_feature){.support = support_of(words->support),
                                    .evidence = words->evidence,
                                    .as_of = words->as_of,
                                    .note = words->note};
}

static int read_cases(struct reader *reader, const char *path, const struct feature_words *feature,
                      struct profile_feature *out)
{
    struct feature_words *uses, *with;
    size_t use_count, with_count;
    const char *with_path = json_path(reader->arena, path, "with");
    if (reader_members(reader, json_path(reader->arena, path, "uses"), feature->uses,
                       KEY_TABLE(case_keys), sizeof *uses, &uses, &use_count) != 0 ||
        reader_members(reader, with_path, feature->with, KEY_TABLE(case_keys), sizeof *with, &with,
                       &with_count) != 0)
        return -1;
    struct profile_case *cases = arena_alloc(reader->arena, use_count + with_count, sizeof *cases);
    for (size_t i = 0; i < use_count; i++)
        cases[out->case_count++] =
            (struct profile_case){uses[i].name, WASM_FEATURE_COUNT, make_feature(&uses[i])};
    for (size_t i = 0; i < with_count; i++) {
        enum wasm_feature other = wasm_feature_find(with[i].name);
        if (other == WASM_FEATURE_COUNT)
            return unknown_feature(reader, with_path, with[i].name);
        cases[out->case_count++] = (struct profile_case){NULL, other, make_feature(&with[i])};
    }
    out->cases = cases;
    return 0;
}

/* What `json` says of features, over `out`; NULL: nothing. */
static int read_features(struct reader *reader, const char *path, const json_t *json,
                         struct profile_feature out[WASM_FEATURE_COUNT])
{
    struct feature_words *words;
    size_t count;
    if (reader_members(reader, path, json, KEY_TABLE(feature_keys), sizeof *words, &words,
                       &count) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        enum wasm_feature feature = wasm_feature_find(words[i].name);
        const char *where = json_path(reader->arena, path, words[i].name);
        if (feature == WASM_FEATURE_COUNT)
            return unknown_feature(reader, path, words[i].name);
        out[feature] = make_feature(&words[i]);
        if (out[feature].support == SUPPORT_PARTIAL && !words[i].note)
            return reader_fault(reader, where, "partial needs a 'note' that says what works");
        if (read_cases(reader, where, &words[i], &out[feature]) != 0)
            return -1;
    }
    return 0;
}

int section_features(struct reader *reader, const json_t *json, struct profile *out)
{
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        out->features[i] = (struct profile_feature){.evidence = "the profile does not mention it",
                                                    .as_of = out->as_of};
    return read_features(reader, "features", json, out->features);
}

struct variant {
    const char *name, *title;
    json_t *features, *facts;
};

static const struct key variant_keys[] = {
    {"title", KEY_TEXT, false, offsetof(struct variant, title), 0, NULL},
    {"features", KEY_OBJECT, false, offsetof(struct variant, features), 0, NULL},
    {"facts", KEY_ARRAY, false, offsetof(struct variant, facts), 0, NULL},
};

static const char *const fact_names[] = {"deprecated", "create-blocked", "update-blocked",
                                         "preview",    "change",         NULL};
static const char *const severities[] = {"error", "warning", "note", NULL};

static const struct key fact_keys[] = {
    {"name", KEY_CHOICE, true, offsetof(struct profile_runtime_fact, name), 0, fact_names},
    {"date", KEY_DATE, true, offsetof(struct profile_runtime_fact, date), 0, NULL},
    {"text", KEY_TEXT, true, offsetof(struct profile_runtime_fact, text), 0, NULL},
    {"source", KEY_TEXT, true, offsetof(struct profile_runtime_fact, source), 0, NULL},
    {"severity", KEY_CHOICE, false, offsetof(struct profile_runtime_fact, severity), 0, severities},
};

/* Reads the variant whether it holds or not: a mistake in it must not wait until it is used. */
static int read_variant(struct reader *reader, const struct variant *variant, bool holds,
                        size_t *fact_capacity, struct profile *out)
{
    const char *path = json_path(reader->arena, "variants.entries", variant->name);
    struct profile_feature features[WASM_FEATURE_COUNT];
    struct profile_runtime_fact *facts;
    size_t count;
    memcpy(features, out->features, sizeof features);
    if (read_features(reader, json_path(reader->arena, path, "features"), variant->features,
                      features) != 0 ||
        reader_elements(reader, json_path(reader->arena, path, "facts"), variant->facts,
                        KEY_TABLE(fact_keys), sizeof *facts, &facts, &count) != 0)
        return -1;
    if (!holds)
        return 0;
    memcpy(out->features, features, sizeof features);
    for (size_t i = 0; i < count; i++) {
        out->facts = arena_grow(reader->arena, out->facts, out->fact_count, fact_capacity,
                                sizeof *out->facts);
        out->facts[out->fact_count++] = facts[i];
    }
    return 0;
}

struct choice {
    const char *option, *by, *fallback;
    json_t *entries;
};

static const char *const ways[] = {"name", "date", NULL};

static const struct key choice_keys[] = {
    {"option", KEY_TEXT, true, offsetof(struct choice, option), 0, NULL},
    {"by", KEY_CHOICE, false, offsetof(struct choice, by), 0, ways},
    {"default", KEY_TEXT, true, offsetof(struct choice, fallback), 0, NULL},
    {"entries", KEY_OBJECT, true, offsetof(struct choice, entries), 0, NULL},
};

/* The names with the default first. */
static int list_variants(struct reader *reader, const struct choice *choice,
                         const struct variant *entries, size_t count, struct profile *out)
{
    out->variants = arena_alloc(reader->arena, count + 1, sizeof *out->variants);
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].name, choice->fallback) == 0)
            out->variants[out->variant_count++] = entries[i].name;
    if (out->variant_count == 0)
        return reader_fault(reader, "variants.default", "'%s' is none of the entries",
                            choice->fallback);
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].name, choice->fallback) != 0)
            out->variants[out->variant_count++] = entries[i].name;
    return 0;
}

static int apply_named(struct reader *reader, const struct variant *entries, size_t count,
                       struct profile *out)
{
    bool found = false;
    size_t capacity = 0;
    for (size_t i = 0; i < count; i++) {
        bool holds = strcmp(entries[i].name, out->variant) == 0;
        found = found || holds;
        if (read_variant(reader, &entries[i], holds, &capacity, out) != 0)
            return -1;
    }
    if (found)
        return 0;
    error_set(reader->error, FAULT_INPUT, "%s: unknown %s '%s'", out->name, out->variant_option,
              out->variant);
    return reader_suggest(reader, out->variant, out->variants, out->variant_count);
}

static int apply_dated(struct reader *reader, const struct variant *entries, size_t count,
                       struct profile *out)
{
    size_t capacity = 0;
    if (!text_is_date(out->variant)) {
        error_set(reader->error, FAULT_INPUT, "%s: %s '%s' is no date", out->name,
                  out->variant_option, out->variant);
        return error_hint(reader->error, "write it as YYYY-MM-DD");
    }
    for (size_t i = 0; i < count; i++) {
        if (!text_is_date(entries[i].name) ||
            (i > 0 && strcmp(entries[i - 1].name, entries[i].name) >= 0))
            return reader_fault(reader, "variants.entries", "must be dates, the oldest first");
        bool holds = strcmp(entries[i].name, out->variant) <= 0;
        if (read_variant(reader, &entries[i], holds, &capacity, out) != 0)
            return -1;
    }
    if (strcmp(entries[0].name, out->variant) <= 0)
        return 0;
    error_set(reader->error, FAULT_INPUT, "%s: %s '%s' is before the first one", out->name,
              out->variant_option, out->variant);
    return error_hint(reader->error, "write a date that is not before %s", entries[0].name);
}

/* --- the next one --- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* -1, 0 or 1, numbers within the names by value: nodejs8.x is before nodejs18.x. */
static int name_order(const char *a, const char *b)
{
    while (*a && *b) {
        size_t left = is_digit(*a) ? strspn(a, "0123456789") : 1;
        size_t right = is_digit(*b) ? strspn(b, "0123456789") : 1;
        int order = left == right || !is_digit(*a) || !is_digit(*b) ? strncmp(a, b, left)
                    : left < right                                  ? -1
                                                                    : 1;
        if (order != 0)
            return order < 0 ? -1 : 1;
        a += left;
        b += right;
    }
    return (*a != '\0') - (*b != '\0');
}

static bool is_preview(const struct variant *variant)
{
    size_t index;
    json_t *fact;
    json_array_foreach(variant->facts, index, fact)
    {
        const char *name = json_string_value(json_object_get(fact, "name"));
        if (name && strcmp(name, "preview") == 0)
            return true;
    }
    return false;
}

static const struct variant *find_next(const struct variant *entries, size_t count,
                                       const char *variant)
{
    const struct variant *next = NULL;
    for (size_t i = 0; i < count; i++)
        if (name_order(entries[i].name, variant) > 0 && !is_preview(&entries[i]) &&
            (!next || name_order(entries[i].name, next->name) < 0))
            next = &entries[i];
    return next;
}

/* A named variant changes the base, a dated one what held before it. */
static int read_next(struct reader *reader, const struct variant *entries, size_t count,
                     const struct profile *base, struct profile *out)
{
    const struct variant *variant = find_next(entries, count, out->variant);
    if (!variant)
        return 0;
    struct profile *whole = arena_copy(reader->arena, base, sizeof *base);
    struct profile_next *next = arena_alloc(reader->arena, 1, sizeof *next);
    size_t capacity = 0;
    whole->fact_count = 0;
    whole->facts = NULL;
    if (read_variant(reader, variant, true, &capacity, whole) != 0)
        return -1;
    *next = (struct profile_next){variant->name, whole->features, whole->facts, whole->fact_count};
    out->next = next;
    return 0;
}

int section_variants(struct reader *reader, const json_t *json, const char *variant,
                     struct profile *out)
{
    struct choice choice = {0};
    struct variant *entries;
    size_t count;
    out->variant = "";
    if (!json && variant && *variant)
        return error_set(reader->error, FAULT_INPUT, "%s: has no variants, but '%s' is asked for",
                         out->name, variant);
    if (!json)
        return 0;
    if (reader_object(reader, "variants", json, KEY_TABLE(choice_keys), &choice) != 0 ||
        reader_members(reader, "variants.entries", choice.entries, KEY_TABLE(variant_keys),
                       sizeof *entries, &entries, &count) != 0 ||
        list_variants(reader, &choice, entries, count, out) != 0)
        return -1;
    out->variant = arena_strdup(reader->arena, variant ? variant : choice.fallback);
    out->variant_option = choice.option;
    bool dated = choice.by && strcmp(choice.by, "date") == 0;
    const struct profile *base = arena_copy(reader->arena, out, sizeof *out);
    if ((dated ? apply_dated : apply_named)(reader, entries, count, out) != 0)
        return -1;
    return read_next(reader, entries, count, dated ? out : base, out);
}
