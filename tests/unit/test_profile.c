/* The three shipped profiles, and what a profile may not say. */
#include <jansson.h>

#include "pkg/base/file.h"
#include "pkg/compat/profile.h"
#include "pkg/json/json.h"
#include "tests/unit/unit.h"

static const char *read_text(struct arena *arena, const char *path)
{
    struct bytes bytes = {0};
    struct error error = {0};
    if (!CHECK(file_read(arena, path, LIMIT_MANIFEST, &bytes, &error) == 0))
        return "{}";
    return (const char *)bytes.data;
}

static bool parse(struct arena *arena, const char *name, const char *variant, struct profile *out)
{
    struct error error = {0};
    const char *path = arena_printf(arena, "platforms/%s/profile.json", name);
    int result = profile_parse(arena, read_text(arena, path), name, variant, out, &error);
    if (result != 0)
        fprintf(stderr, "  %s\n", error.message);
    return CHECK(result == 0);
}

/* Nothing of a shipped profile may be unsaid, in any variant. */
static void check_complete(const struct profile *profile)
{
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++) {
        const struct profile_feature *feature = &profile->features[i];
        CHECK(json_object_get(json_object_get(profile->json, "features"), wasm_features[i].id));
        CHECK(feature->evidence && feature->as_of);
        CHECK(feature->support != SUPPORT_PARTIAL || feature->note);
    }
    CHECK(profile->source_count > 0);
    CHECK(profile->imports_closed && profile->import_count >= 46);
    CHECK(profile->export_count + profile->entry_count >= 2);
    CHECK(profile->limit_count > 0 && profile->option_count > 0);
    CHECK(profile->credential_count > 0 && profile->endpoint_count > 0);
    CHECK(profile->component.needs != NULL);
}

static void shipped_profiles(void)
{
    static const char *const names[] = {"cloudflare", "fastly", "lambda-edge"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct arena arena = {0};
        struct profile profile, other;
        if (parse(&arena, names[i], NULL, &profile)) {
            check_complete(&profile);
            CHECK_TEXT(profile.name, names[i]);
            for (size_t v = 0; v < profile.variant_count; v++)
                if (parse(&arena, names[i], profile.variants[v], &other)) {
                    check_complete(&other);
                    CHECK_TEXT(other.variant, profile.variants[v]);
                }
        }
        arena_free(&arena);
    }
}

/* Figures that must not change by accident, each with its document. */
static void known_figures(void)
{
    static const struct {
        const char *platform, *limit;
        double value;
        bool is_warning;
    } rows[] = {
        {"cloudflare", "worker-size", 67108864, false}, /* contracts/cloudflare.md section 6 */
        {"cloudflare", "memory", 134217728, false},     /* section 6 */
        {"fastly", "package", 100000000, false},        /* contracts/fastly.md section 6 */
        {"fastly", "heap", 134217728, false},           /* section 6 */
        {"fastly", "memories", 1, false},               /* section 6 */
        {"lambda-edge", "viewer-zip-classic", 1048576, true}, /* contracts/lambda-edge.md 4 */
        {"lambda-edge", "zip", 52428800, false},              /* section 4 */
        {"lambda-edge", "viewer-timeout-classic", 5, true},   /* section 4 */
        {"lambda-edge", "timeout", 30, false},                /* section 4 */
        {"lambda-edge", "viewer-memory-classic", 128, true},  /* section 4 */
        {"lambda-edge", "memory", 10240, false},              /* section 4 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct profile profile;
        if (parse(&arena, rows[i].platform, NULL, &profile)) {
            const struct profile_limit *limit = profile_limit(&profile, rows[i].limit);
            CHECK(limit && limit->value >= rows[i].value && limit->value <= rows[i].value &&
                  limit->is_warning == rows[i].is_warning);
        }
        arena_free(&arena);
    }
}

/* The runtimes of evidence/lambda-node.json, conservative_profiles. */
static void runtimes(void)
{
    static const struct {
        const char *variant;
        enum wasm_feature feature;
        enum support support;
    } rows[] = {
        {"nodejs18.x", WASM_FEATURE_TAIL_CALL, SUPPORT_NO},
        {"nodejs20.x", WASM_FEATURE_TAIL_CALL, SUPPORT_YES},
        {"nodejs20.x", WASM_FEATURE_MULTIMEMORY, SUPPORT_NO},
        {"nodejs20.x", WASM_FEATURE_EXCEPTION_HANDLING_LEGACY, SUPPORT_YES},
        {"nodejs22.x", WASM_FEATURE_MULTIMEMORY, SUPPORT_YES},
        {"nodejs22.x", WASM_FEATURE_EXNREF, SUPPORT_PARTIAL},
        {"nodejs22.x", WASM_FEATURE_MEMORY64, SUPPORT_PARTIAL},
        {"nodejs22.x", WASM_FEATURE_TABLE64, SUPPORT_NO},
        {"nodejs24.x", WASM_FEATURE_MULTIMEMORY, SUPPORT_YES},
        {"nodejs24.x", WASM_FEATURE_TABLE64, SUPPORT_YES},
        {"nodejs24.x", WASM_FEATURE_EXNREF, SUPPORT_PARTIAL},
        {"nodejs26.x", WASM_FEATURE_EXNREF, SUPPORT_YES},
        {"nodejs26.x", WASM_FEATURE_WIDE_ARITHMETIC, SUPPORT_NO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct profile profile;
        if (parse(&arena, "lambda-edge", rows[i].variant, &profile))
            CHECK_TEXT(support_name(profile.features[rows[i].feature].support),
                       support_name(rows[i].support));
        arena_free(&arena);
    }
}

/* With the evidence at hand, every probe's result is compared with what the profile says. */
static void compare_probes(struct arena *arena, const json_t *names, const char *variant,
                           const json_t *profiles)
{
    struct profile profile;
    if (!parse(arena, "lambda-edge", variant, &profile))
        return;
    const json_t *always = json_object_get(json_object_get(profiles, variant), "always");
    for (size_t f = 0; f < WASM_FEATURE_COUNT; f++) {
        const json_t *probes = json_object_get(names, wasm_features[f].id);
        size_t found = 0;
        for (size_t p = 0; p < json_array_size(probes); p++)
            for (size_t a = 0; a < json_array_size(always); a++)
                found += json_equal(json_array_get(probes, p), json_array_get(always, a)) != 0;
        bool all = found == json_array_size(probes);
        enum support support = profile.features[f].support;
        if (json_array_size(probes) > 0 && !unit_check(all == (support == SUPPORT_YES), __FILE__,
                                                       __LINE__, "profile agrees with probes"))
            fprintf(stderr, "  %s %s\n", variant, wasm_features[f].id);
    }
}

static void evidence(void)
{
    struct arena arena = {0};
    struct error error = {0};
    const char *probes = unit_shared(&arena, "evidence/probes/names.json");
    const char *node = unit_shared(&arena, "evidence/lambda-node.json");
    json_t *names = NULL, *results = NULL;
    const char *variant;
    json_t *value;
    if (!probes || !node) {
        unit_skip("the evidence is not beside the checkout");
        return;
    }
    CHECK(json_read(&arena, bytes_of(read_text(&arena, probes)), probes, FAULT_INPUT, &names,
                    &error) == 0);
    CHECK(json_read(&arena, bytes_of(read_text(&arena, node)), node, FAULT_INPUT, &results,
                    &error) == 0);
    json_t *profiles = json_object_get(results, "conservative_profiles");
    CHECK(json_object_size(profiles) == 5);
    json_object_foreach(profiles, variant, value)
        compare_probes(&arena, json_object_get(names, "probes"), variant, profiles);
    arena_free(&arena);
}

static const struct profile_import *find_import(const struct profile *profile, const char *module,
                                                const char *name)
{
    for (size_t i = 0; i < profile->import_count; i++)
        if (strcmp(profile->imports[i].module, module) == 0 &&
            strcmp(profile->imports[i].name, name) == 0)
            return &profile->imports[i];
    return NULL;
}

/* Against the table of the contract, when it is at hand: every function, with its type. */
static void host_calls(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct profile profile;
    const char *path = unit_shared(&arena, "contracts/fastly/hostcalls.json"), *full;
    json_t *table = NULL, *value;
    size_t count = 0;
    if (!parse(&arena, "fastly", NULL, &profile))
        return;
    CHECK(profile.import_count == 251 + 50 + 46);
    if (!path) {
        unit_skip("the table of host calls is not beside the checkout");
        return;
    }
    CHECK(json_read(&arena, bytes_of(read_text(&arena, path)), path, FAULT_INPUT, &table, &error) ==
          0);
    json_object_foreach(json_object_get(table, "signatures"), full, value)
    {
        const char *dot = strchr(full, '.'), *packed = json_string_value(value);
        const char *module = arena_copy(&arena, full, (size_t)(dot - full));
        const struct profile_import *import = find_import(&profile, module, dot + 1);
        char type[200] = "(";
        size_t used = 1;
        for (const char *c = packed; *c; c++)
            used += (size_t)snprintf(type + used, sizeof type - used, "%s%s",
                                     *c == ':'               ? ")->("
                                     : type[used - 1] == '(' ? ""
                                                             : ",",
                                     *c == 'i'   ? "i32"
                                     : *c == 'I' ? "i64"
                                     : *c == 'f' ? "f32"
                                     : *c == 'F' ? "f64"
                                                 : "");
        snprintf(type + used, sizeof type - used, ")");
        CHECK(import != NULL);
        if (import)
            CHECK_TEXT(import->type, type);
        count++;
    }
    CHECK(count == 297);
    arena_free(&arena);
}

static void dated_variants(void)
{
    static const struct {
        const char *date;
        size_t facts; /* of all thresholds up to that date */
    } rows[] = {{"2021-11-02", 1}, {"2025-05-31", 1}, {"2025-06-01", 2},
                {"2026-11-01", 3}, {"2026-11-17", 4}, {"2030-01-01", 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct profile profile;
        if (parse(&arena, "cloudflare", rows[i].date, &profile)) {
            CHECK(profile.fact_count == rows[i].facts);
            CHECK_TEXT(profile.variant, rows[i].date);
            CHECK_TEXT(profile.variant_option, "compatibility_date");
        }
        arena_free(&arena);
    }
}

/* The variant that comes after: by number and not by place, without previews; of dates the next
   threshold. */
static void next_variants(void)
{
    static const struct {
        const char *platform, *variant, *next, *gained, *not_gained;
    } rows[] = {{"lambda-edge", "nodejs18.x", "nodejs20.x", "tail-call", "gc"},
                {"lambda-edge", "nodejs20.x", "nodejs22.x", "gc", "exnref"},
                {"lambda-edge", "nodejs24.x", NULL, NULL, NULL},
                {"cloudflare", "2025-06-30", "2026-08-04", NULL, NULL},
                {"cloudflare", "2026-11-17", NULL, NULL, NULL},
                {"fastly", NULL, NULL, NULL, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct profile profile;
        if (parse(&arena, rows[i].platform, rows[i].variant, &profile) &&
            CHECK(!profile.next == !rows[i].next) && profile.next) {
            CHECK_TEXT(profile.next->variant, rows[i].next);
            CHECK(profile.next->fact_count > 0);
            const struct profile_feature *then = profile.next->features;
            if (rows[i].gained) {
                CHECK(then[wasm_feature_find(rows[i].gained)].support == SUPPORT_YES);
                CHECK(then[wasm_feature_find(rows[i].not_gained)].support != SUPPORT_YES);
                CHECK(profile.features[wasm_feature_find(rows[i].gained)].support == SUPPORT_NO);
            }
        }
        arena_free(&arena);
    }
}

static void wrong_variants(void)
{
    static const struct {
        const char *platform, *variant, *message, *hint;
    } rows[] = {
        {"lambda-edge", "nodejs21.x", "lambda-edge: unknown runtime 'nodejs21.x'",
         "did you mean 'nodejs24.x'?"},
        {"lambda-edge", "python3.12", "lambda-edge: unknown runtime 'python3.12'",
         "write one of: nodejs24.x, nodejs22.x, nodejs20.x, nodejs18.x, nodejs26.x"},
        {"cloudflare", "2021-01-01",
         "cloudflare: compatibility_date '2021-01-01' is before the first one",
         "write a date that is not before 2021-11-02"},
        {"cloudflare", "2026-02-30", "cloudflare: compatibility_date '2026-02-30' is no date",
         "write it as YYYY-MM-DD"},
        {"fastly", "v2", "fastly: has no variants, but 'v2' is asked for", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct profile profile;
        const char *path = arena_printf(&arena, "platforms/%s/profile.json", rows[i].platform);
        CHECK(profile_parse(&arena, read_text(&arena, path), rows[i].platform, rows[i].variant,
                            &profile, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
        CHECK_TEXT(error.message, rows[i].message);
        CHECK_TEXT(error.hint, rows[i].hint);
        arena_free(&arena);
    }
}

/* A mistake is put into a shipped profile; what comes out names the place. */
static void mistakes(void)
{
    static const struct {
        const char *platform, *patch, *message, *hint;
    } rows[] = {
        {"fastly", "{\"limts\":{}}", "limts: unknown key", "did you mean 'limits'?"},
        {"fastly", "{\"name\":null}", "'name' is missing", ""},
        {"fastly", "{\"as_of\":\"today\"}", "as_of: must be a date YYYY-MM-DD", ""},
        {"fastly", "{\"sources\":[7]}", "sources[0]: must be a text that is not empty", ""},
        {"fastly",
         "{\"features\":{\"simd-128\":{\"support\":\"no\",\"evidence\":\"x\","
         "\"as_of\":\"2026-01-01\"}}}",
         "features.simd-128: unknown feature", "did you mean 'simd128'?"},
        {"fastly", "{\"features\":{\"simd128\":{\"support\":\"maybe\"}}}",
         "features.simd128.support: 'maybe' is none of its words",
         "write one of: unknown, no, partial, yes"},
        {"fastly", "{\"features\":{\"simd128\":{\"support\":\"partial\"}}}",
         "features.simd128: partial needs a 'note' that says what works", ""},
        {"fastly", "{\"limits\":{\"heap\":{\"value\":\"big\"}}}",
         "limits.heap.value: must be a number that is not negative", ""},
        {"fastly", "{\"limits\":{\"heap\":{\"of\":\"memory_byte\"}}}",
         "limits.heap: 'memory_byte' is nothing that can be measured",
         "did you mean 'memory_bytes'?"},
        {"fastly", "{\"limits\":{\"heap\":{\"of\":\"option:port\"}}}",
         "limits.heap: 'port' is none of the options",
         "write one of: service_id, service_name, domains, backends"},
        {"fastly", "{\"imports\":{\"modules\":{\"fastly_abi\":{\"init\":\"i64\"}}}}",
         "imports.modules.fastly_abi.init: 'i64' is no type such as '(i32,i64)->(i32)'", ""},
        {"fastly", "{\"options\":{\"backends\":{\"type\":\"string\"}}}",
         "options.backends: 'fields' belong to an object or to objects", ""},
        {"lambda-edge", "{\"options\":{\"timeout_s\":{\"default\":\"x\"}}}",
         "options.timeout_s: the default 'x' does not fit", ""},
        {"lambda-edge", "{\"options\":{\"event\":{\"values\":null}}}",
         "options.event: an enum has 'values', and only an enum", ""},
        {"lambda-edge", "{\"variants\":{\"default\":\"nodejs16.x\"}}",
         "variants.default: 'nodejs16.x' is none of the entries", ""},
        {"lambda-edge",
         "{\"variants\":{\"entries\":{\"nodejs18.x\":{\"features\":{\"gcc\":{\"support\":\"no\","
         "\"evidence\":\"x\",\"as_of\":\"2026-01-01\"}}}}}}",
         "variants.entries[\"nodejs18.x\"].features.gcc: unknown feature", "did you mean 'gc'?"},
        {"cloudflare",
         "{\"features\":{\"exception-handling-legacy\":{\"with\":{\"exnreff\":{\"support\":\"no\","
         "\"evidence\":\"x\",\"as_of\":\"2026-01-01\",\"note\":\"x\"}}}}}",
         "features.exception-handling-legacy.with.exnreff: unknown feature",
         "did you mean 'exnref'?"},
        {"fastly",
         "{\"features\":{\"atomics\":{\"uses\":{\"x\":{\"support\":\"no\","
         "\"evidence\":\"x\",\"as_of\":\"2026-01-01\"}}}}}",
         "features.atomics.uses.x: 'note' is missing", ""},
        {"cloudflare", "{\"variants\":{\"entries\":{\"2020-01-01\":{}}}}",
         "variants.entries: must be dates, the oldest first", ""},
        {"cloudflare",
         "{\"settings\":[{\"option\":\"script\",\"severity\":\"error\","
         "\"text\":\"x\",\"source\":\"x\",\"as_of\":\"2026-01-01\"}]}",
         "settings[0]: needs one of 'is', 'is_not', 'not_after_today'", ""},
        {"cloudflare",
         "{\"exports\":{\"entries\":[{\"name\":\"x\",\"exports\":[{\"name\":\"f\","
         "\"kind\":\"function\"}],\"imports\":[]}]}}",
         "exports.entries[0].exports[0].kind: 'function' is none of its words",
         "write one of: func, table, memory, global, tag"},
        {"cloudflare", "{\"glue\":\"none\"}", "exports.entries: belong to a platform with glue",
         ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct profile profile;
        json_t *document = NULL, *patch = NULL;
        const char *path = arena_printf(&arena, "platforms/%s/profile.json", rows[i].platform);
        CHECK(json_read(&arena, bytes_of(read_text(&arena, path)), path, FAULT_INPUT, &document,
                        &error) == 0);
        CHECK(json_read(&arena, bytes_of(rows[i].patch), "patch", FAULT_INPUT, &patch, &error) ==
              0);
        const char *text = json_print(&arena, json_merge_patch(&arena, document, patch));
        CHECK(profile_parse(&arena, text, "p", NULL, &profile, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
        CHECK_TEXT(error.message, arena_printf(&arena, "p:1: %s", rows[i].message));
        CHECK_TEXT(error.hint, rows[i].hint);
        arena_free(&arena);
    }
}

static void line_of_a_mistake(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct profile profile;
    CHECK(profile_parse(&arena, "{\n \"name\": \"x\",\n \"titel\": \"y\"\n}", "my.json", NULL,
                        &profile, &error) == -1);
    CHECK_TEXT(error.message, "my.json:3: titel: unknown key");
    CHECK_TEXT(error.hint, "did you mean 'title'?");
    arena_free(&arena);
}

static void unmentioned_feature(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct profile profile;
    CHECK(profile_parse(&arena,
                        "{\"name\":\"x\",\"title\":\"X\",\"as_of\":\"2026-01-01\",\"sources\":[],"
                        "\"glue\":\"none\",\"features\":{},\"options\":{},\"credentials\":{},"
                        "\"endpoints\":{}}",
                        "x", NULL, &profile, &error) == 0);
    CHECK(profile.features[WASM_FEATURE_GC].support == SUPPORT_UNKNOWN);
    CHECK_TEXT(profile.features[WASM_FEATURE_GC].as_of, "2026-01-01");
    arena_free(&arena);
}

static void option_details(void)
{
    struct arena arena = {0};
    struct profile profile;
    if (!parse(&arena, "lambda-edge", NULL, &profile))
        return;
    const struct profile_option *runtime = profile_option(&profile, "runtime");
    const struct profile_option *memory = profile_option(&profile, "memory_mb");
    const struct profile_option *role = profile_option(&profile, "role");
    CHECK(runtime && runtime->value_count == 5 && strcmp(runtime->fallback, "nodejs24.x") == 0);
    CHECK(memory && memory->minimum >= 128 && memory->minimum <= memory->maximum);
    CHECK(role && !role->required && role->minimum > role->maximum);
    CHECK_TEXT(profile.endpoints[0].environment, "AWS_ENDPOINT_URL_LAMBDA AWS_ENDPOINT_URL");
    CHECK_TEXT(profile.variants[0], "nodejs24.x");
    CHECK(profile_option(&profile, "nothing") == NULL &&
          profile_limit(&profile, "nothing") == NULL);
    arena_free(&arena);
}

void test_profile(void)
{
    shipped_profiles();
    known_figures();
    runtimes();
    evidence();
    host_calls();
    dated_variants();
    next_variants();
    wrong_variants();
    mistakes();
    line_of_a_mistake();
    unmentioned_feature();
    option_details();
}
