/* The scanner against others' modules: the probes, the minimal modules of wasm-feature-detect, and
   the WebAssembly specification's test suite as modules. They lie in ../shared, when it is there.
 */
#include <archive.h>
#include <archive_entry.h>
#include <jansson.h>
#include <stdlib.h>

#include "pkg/base/file.h"
#include "pkg/wasm/opcodes.h"
#include "pkg/wasm/wasm.h"
#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

static bool has_word(const char *words, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += size)
        if ((at == words || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    return false;
}

/* The features of a JSON array in the order of our table, with blanks. */
static const char *sorted_words(struct arena *arena, const json_t *array)
{
    const char *words = "";
    for (unsigned i = 0; i < WASM_FEATURE_COUNT; i++) {
        size_t at;
        json_t *each;
        json_array_foreach(array, at,
                           each) if (strcmp(json_string_value(each), wasm_features[i].id) == 0)
            words = arena_printf(arena, "%s%s%s", words, *words ? " " : "", wasm_features[i].id);
    }
    return words;
}

static const char *features_of(struct arena *arena, struct bytes module)
{
    struct error error = {0};
    struct wasm_info info;
    if (wasm_scan(arena, module, WASM_FACTS, &info, &error) != 0)
        return arena_strdup(arena, error.message);
    return wasm_feature_words(arena, &info);
}

static json_t *load(const char *path)
{
    json_t *document = path ? json_load_file(path, 0, NULL) : NULL;
    if (!document)
        unit_skip("wasm: data of ../shared is not there");
    return document;
}

static const char *probe_features(struct arena *arena, const char *name)
{
    struct error error = {0};
    struct bytes module;
    const char *path = unit_shared(arena, arena_printf(arena, "evidence/probes/%s.wasm", name));
    if (!path || file_read(arena, path, LIMIT_MODULE, &module, &error) != 0)
        return "not there";
    return features_of(arena, module);
}

static void finds_the_probes_features(void)
{
    struct arena arena = {0};
    json_t *names = load(unit_shared(&arena, "evidence/probes/names.json"));
    const char *feature;
    json_t *probes, *probe;
    size_t i;
    json_object_foreach(json_object_get(names, "probes"), feature, probes)
        json_array_foreach(probes, i, probe)
    {
        const char *words = probe_features(&arena, json_string_value(probe));
        bool expected = strcmp(feature, "mvp") == 0 ? !*words : has_word(words, feature);
        if (!CHECK(expected))
            fprintf(stderr, "  probe %s: '%s'\n", json_string_value(probe), words);
    }
    json_array_foreach(json_object_get(names, "not_a_feature"), i, probe)
        CHECK_TEXT(probe_features(&arena, json_string_value(probe)), "");
    json_decref(names);
    arena_free(&arena);
}

/* Modules with their features, as {"hex", "features"}. */
static void finds_features_of_hex(const char *file, const char *list)
{
    struct arena arena = {0};
    json_t *document = load(unit_shared(&arena, file));
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(document, list), i, row)
    {
        const char *hex = json_string_value(json_object_get(row, "hex"));
        struct bytes module = wasm_text(&arena, arena_printf(&arena, "!%s", hex)).bytes;
        if (!CHECK_TEXT(features_of(&arena, module),
                        sorted_words(&arena, json_object_get(row, "features"))))
            fprintf(stderr, "  in %s of %s\n", json_string_value(json_object_get(row, "name")),
                    file);
    }
    json_decref(document);
    arena_free(&arena);
}

struct entry {
    const char *path;
    struct bytes data;
};

struct entries {
    struct entry *items;
    size_t count, capacity;
};

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static void unpack(struct arena *arena, const char *path, struct entries *out)
{
    struct archive *archive = archive_read_new();
    archive_read_support_filter_xz(archive);
    archive_read_support_format_tar(archive);
    struct archive_entry *entry;
    if (!CHECK(archive_read_open_filename(archive, path, 1 << 16) == ARCHIVE_OK))
        return;
    while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
        size_t size = (size_t)archive_entry_size(entry);
        uint8_t *data = arena_alloc(arena, size + 1, 1);
        if (!CHECK(archive_read_data(archive, data, size) == (la_ssize_t)size))
            break;
        out->items = arena_grow(arena, out->items, out->count, &out->capacity, sizeof *out->items);
        out->items[out->count++] =
            (struct entry){arena_strdup(arena, archive_entry_pathname(entry)), {data, size}};
    }
    archive_read_free(archive);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_path);
}

static struct bytes find_entry(const struct entries *entries, const char *path)
{
    struct entry key = {path, {NULL, 0}};
    const struct entry *found =
        bsearch(&key, entries->items, entries->count, sizeof *entries->items, by_path);
    return found ? found->data : (struct bytes){NULL, 0};
}

/* What came out, by group: "core-3.0 valid". */
struct tally {
    const char *group;
    unsigned right, all;
};

enum { GROUPS_MOST = 32 };

static void count_group(struct arena *arena, struct tally tallies[GROUPS_MOST], const char *group,
                        bool right)
{
    struct tally *tally = tallies;
    while (tally->group && strcmp(tally->group, group) != 0)
        tally++;
    if (!tally->group)
        tally->group = arena_strdup(arena, group);
    tally->right += right;
    tally->all++;
}

/* Where the manifest says what WebAssembly 3.0 does not, with what is right there. */
static const struct {
    const char *start, *verdict, *why;
} manifest_exceptions[] = {
    {"modules/proposals__threads__imports.4", "valid", "a 1.0 suite: several tables are in 2.0"},
    {"modules/proposals__threads__imports.7", "valid", "a 1.0 suite: several memories are in 3.0"},
    {"modules/proposals__threads__memory.9.", "valid", "a 1.0 suite: several memories are in 3.0"},
    {"modules/proposals__threads__memory.10.", "valid", "a 1.0 suite: several memories are in 3.0"},
    {"modules/proposals__custom-descriptors__br_on_cast.2.", "invalid",
     "uses nothing of the proposal but its looser rule for casts"},
    {"modules/proposals__custom-descriptors__br_on_cast_fail.2.", "invalid",
     "uses nothing of the proposal but its looser rule for casts"},
};
static unsigned exceptions_met;

static const char *expected_verdict(const char *file, const char *expect, const char *message)
{
    bool several = message && strncmp(message, "multiple ", 9) == 0;
    for (size_t i = 0; i < sizeof manifest_exceptions / sizeof *manifest_exceptions; i++) {
        const char *start = manifest_exceptions[i].start;
        bool counts = several || strcmp(manifest_exceptions[i].verdict, "invalid") == 0;
        if (counts && strncmp(file, start, strlen(start)) == 0) {
            exceptions_met++;
            return manifest_exceptions[i].verdict;
        }
    }
    return expect;
}

/* "valid", "not judged", or an error's first word. */
static const char *verdict_of(struct arena *arena, struct bytes module, struct error *error)
{
    struct wasm_info info;
    if (wasm_scan(arena, module, WASM_VALIDATION, &info, error) != 0)
        return strncmp(error->message, "invalid ", 8) == 0 ? "invalid" : "malformed";
    return info.validity == WASM_VALID ? "valid" : "not judged";
}

static void check_verdict(struct arena *arena, const struct entries *entries, json_t *row,
                          struct tally tallies[GROUPS_MOST])
{
    const char *expect = json_string_value(json_object_get(row, "expect"));
    const char *file = json_string_value(json_object_get(row, "file"));
    const char *message = json_string_value(json_object_get(row, "message"));
    struct bytes data = find_entry(entries, arena_printf(arena, "spec-modules/%s", file));
    struct arena own = {0};
    struct error error = {0};
    const char *verdict = verdict_of(&own, data, &error);
    bool right = strcmp(verdict, expected_verdict(file, expect, message)) == 0;
    if (!CHECK(right))
        fprintf(stderr, "  %s is %s, not %s: %s\n", file, verdict, expect, error.message);
    const char *proposal = json_string_value(json_object_get(row, "proposal"));
    count_group(arena, tallies, arena_printf(&own, "%s %s", proposal, expect),
                strcmp(verdict, expect) == 0);
    arena_free(&own);
}

/* Valid modules have the features of the manifest, malformed ones are refused as malformed;
   invalid ones (of wrong types) can be read. There is no exception to any of that. */
static void check_spec_module(struct arena *arena, const struct entries *entries, json_t *row,
                              struct tally tallies[GROUPS_MOST])
{
    const char *expect = json_string_value(json_object_get(row, "expect"));
    const char *file = json_string_value(json_object_get(row, "file"));
    struct bytes data = find_entry(entries, arena_printf(arena, "spec-modules/%s", file));
    if (!CHECK(data.data != NULL))
        return;
    struct arena own = {0};
    const char *words = features_of(&own, data);
    bool malformed = strncmp(words, "malformed ", 10) == 0;
    bool right = malformed == (strcmp(expect, "malformed") == 0);
    if (strcmp(expect, "valid") == 0)
        right = strcmp(words, sorted_words(&own, json_object_get(row, "features"))) == 0;
    if (!CHECK(right))
        fprintf(stderr, "  %s, %s: '%s'\n", file, expect, words);
    const char *proposal = json_string_value(json_object_get(row, "proposal"));
    count_group(arena, tallies, arena_printf(&own, "%s %s", proposal, expect), right);
    arena_free(&own);
}

static void agrees_with_the_specification(void)
{
    struct arena arena = {0};
    const char *path = unit_shared(&arena, "wasm/spec-modules.tar.xz");
    if (!path) {
        unit_skip("wasm: the specification's modules are not there");
        return;
    }
    struct entries entries = {0};
    struct tally tallies[GROUPS_MOST] = {0}, judged[GROUPS_MOST] = {0};
    unpack(&arena, path, &entries);
    struct bytes manifest = find_entry(&entries, "spec-modules/manifest.jsonl");
    const char *at = (const char *)manifest.data;
    for (const char *end; at && (end = strchr(at, '\n')); at = end + 1) {
        json_t *row = json_loadb(at, (size_t)(end - at), 0, NULL);
        check_spec_module(&arena, &entries, row, tallies);
        check_verdict(&arena, &entries, row, judged);
        json_decref(row);
    }
    CHECK(tallies[0].all > 0);
    CHECK(exceptions_met == 10);
    for (const struct tally *tally = judged; tally->group; tally++)
        printf("wasm: specification, judged as %s: %u of %u\n", tally->group, tally->right,
               tally->all);
    for (const struct tally *tally = tallies; tally->group; tally++)
        printf("wasm: specification, %s: %u of %u\n", tally->group, tally->right, tally->all);
    arena_free(&arena);
}

/* Our tables of features and instructions against the lists they were written from. */
static void has_all_features(void)
{
    struct arena arena = {0};
    json_t *document = load(unit_shared(&arena, "wasm/features.json"));
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(document, "features"), i, row)
    {
        const char *id = json_string_value(json_object_get(row, "id"));
        enum wasm_feature feature = wasm_feature_find(id);
        if (!CHECK((feature == WASM_FEATURE_COUNT) == (strcmp(id, "mvp") == 0)))
            fprintf(stderr, "  no feature %s\n", id);
        if (feature != WASM_FEATURE_COUNT)
            CHECK_TEXT(wasm_features[feature].title,
                       json_string_value(json_object_get(row, "title")));
    }
    json_decref(document);
    arena_free(&arena);
}

static const struct opcode *find_opcode(const json_t *row)
{
    const char *prefix = json_string_value(json_object_get(row, "prefix"));
    uint32_t code = (uint32_t)json_integer_value(json_object_get(row, "code"));
    if (prefix)
        return opcode_find((uint8_t)strtoul(prefix, NULL, 16), code);
    return code < 256 && opcodes[code].name ? &opcodes[code] : NULL;
}

static void has_all_instructions(void)
{
    struct arena arena = {0};
    json_t *document = load(unit_shared(&arena, "wasm/opcodes.json"));
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(document, "opcodes"), i, row)
    {
        const char *name = json_string_value(json_object_get(row, "name"));
        const struct opcode *opcode = find_opcode(row);
        if (!CHECK(opcode != NULL)) {
            fprintf(stderr, "  no instruction %s\n", name);
            continue;
        }
        CHECK_TEXT(opcode->name, name);
        CHECK(opcode->feature ==
              wasm_feature_find(json_string_value(json_object_get(row, "feature"))));
        CHECK(opcode->alignment == json_integer_value(json_object_get(row, "natural_align_log2")));
    }
    json_decref(document);
    arena_free(&arena);
}

void test_wasm_spec(void)
{
    has_all_features();
    has_all_instructions();
    finds_the_probes_features();
    finds_features_of_hex("wasm/micro.json", "modules");
    finds_features_of_hex("wasm/components.json", "examples");
    agrees_with_the_specification();
}
