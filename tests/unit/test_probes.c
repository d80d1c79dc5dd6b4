#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/proof/probes.h"
#include "tests/unit/unit.h"

static void notation(struct arena *arena)
{
    static const struct {
        const char *text, *bytes;
        size_t size;
    } rows[] = {
        {"!", "", 0},
        {"", "\0asm\1\0\0\0", 8},
        {"! 00 61 0d", "\0a\r", 3},
        {"! {01 {} 'ab'}", "\5\1\0\2ab", 6},
        {"!$run", "\7\7\1\3run\0\0", 9},
        {"!$t", "\1\5\1\140\0\1\177\3\2\1\0", 11},
        {"!$type$function", "\1\5\1\140\0\1\177\3\2\1\0", 11},
    };
    static const char *const wrong[] = {"{", "}", "'a", "0", "0g", "$nothing", "$", "{ 'a }", "-"};
    struct bytes bytes;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(probes_assemble(arena, rows[i].text, &bytes) == 0);
        CHECK(bytes_equal(bytes, (struct bytes){(const uint8_t *)rows[i].bytes, rows[i].size}));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(probes_assemble(arena, wrong[i], &bytes) != 0);
    char *deep = arena_alloc(arena, 20001, 1);
    memset(deep, '{', 20000);
    CHECK(probes_assemble(arena, deep, &bytes) != 0);
}

static const struct wasm_use *find_use(const struct wasm_info *info, enum wasm_feature feature)
{
    for (size_t i = 0; i < info->use_count; i++)
        if (info->uses[i].feature == feature)
            return &info->uses[i];
    return NULL;
}

static bool has_way(const struct wasm_use *use, const char *what)
{
    for (const struct wasm_way *way = use ? use->ways : NULL; way; way = way->next)
        if (way->what && strcmp(way->what, what) == 0)
            return true;
    return false;
}

/* Every probe needs what it measures, and every feature has one. */
static void probes(struct arena *arena)
{
    bool measured[WASM_FEATURE_COUNT] = {0};
    struct error error = {0};
    struct probe *all;
    size_t count, controls = 0;
    CHECK(probes_read(arena, &all, &count, &error) == 0);
    for (size_t i = 0; i < count; i++) {
        const struct probe *probe = &all[i];
        if (probe->feature == WASM_FEATURE_COUNT) {
            CHECK(probe->info->use_count == 0);
            controls++;
            continue;
        }
        const struct wasm_use *use = find_use(probe->info, probe->feature);
        CHECK(use != NULL);
        CHECK(!probe->use || has_way(use, probe->use));
        CHECK(probe->with == WASM_FEATURE_COUNT || find_use(probe->info, probe->with));
        if (!probe->use && probe->with == WASM_FEATURE_COUNT)
            measured[probe->feature] = true;
    }
    CHECK(controls == 1);
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        CHECK(measured[i]);
}

void test_probes(void)
{
    void (*const tests[])(struct arena *) = {notation, probes};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        struct arena arena = {0};
        tests[i](&arena);
        arena_free(&arena);
    }
}
