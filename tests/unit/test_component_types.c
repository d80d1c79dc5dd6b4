/* The rules of components, and a component against a world. */
#include "pkg/wasm/component_type.h"

#include "pkg/compat/companions.h"
#include "pkg/compat/worlds.h"
#include "pkg/wasm/wasm.h"
#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

#define PREAMBLE "!00 61 73 6d 0d 00 01 00 "
#define MODULE   "00 61 73 6d 01 00 00 00 "

/* Each is well-formed: WASM_FACTS takes it, WASM_VALIDATION refuses it at the ^. */
static void refuses_what_is_invalid(void)
{
    static const struct {
        const char *text, *what;
    } rows[] = {
        {"07{01 70 ^00}", "type index 0 is out of bounds: there are 0"},
        {"07{02 40 00 01 00 70 ^00}", "type 0 is no type of values"},
        {"07{01 72 ^00}", "no fields"},
        {"07{01 72 02 'a' 7f ^'A' 7f}", "'A' is there twice"},
        {"07{01 72 01 ^'a_b' 7f}", "'a_b' is no name in kebab case"},
        {"07{01 67 7d ^00}", "a list of length 0"},
        {"07{01 63 ^75 7f}", "a map's key"},
        {"07{02 7f 69 ^00}", "a handle to what is no resource"},
        {"07{03 3f 7f 00 68 00 40 00 ^00 01}", "a result with a borrowed handle"},
        {"07{03 3f 7f 00 68 00 ^66 01 01}", "a stream or future of borrowed handles"},
        {"07{01 ^66 01 74}", "a stream of char"},
        {"07{01 42 01 01 ^3f 7f 00}", "a resource is defined in a type"},
        {"0a{02 00 'a' 03 01 ^00 'a' 03 01}", "'a' is there twice"},
        {"07{01 40 00 01 00} 0a{01 00 'i' 05 ^00}", "the type of this instance is another kind"},
        {"0b{01 00 'f' 01 ^00 00}", "func index 0 is out of bounds"},
        {"07{01 42 00} 0a{01 00 'a:b/c' 05 00} 06{01 01 00 ^00 'x'}",
         "the instance exports no 'x'"},
        {"06{01 03 02 ^02 00}", "nothing is 2 levels further out"},
        {"02{01 00 ^00 00}", "core module index 0 is out of bounds"},
        /* a module with an import gets nothing, and something else */
        {"01{" MODULE "01{01 60 00 00} 02{01 'm' 'f' 00 00}} 02{01 00 ^00 00}",
         "no core instance is supplied as 'm'"},
        {"01{" MODULE "01{01 60 00 00} 02{01 'm' 'f' 00 00}} 02{02 01 00 00 ^00 01 'm' 12 00}",
         "core import 'm' 'f' is not supplied"},
        {"07{01 3f 7f 00} 08{01 02 00} 01{" MODULE
         "01{01 60 00 00} 02{01 'm' 'f' 00 00}} 02{02 01 01 'f' 00 00 00 ^00 01 'm' 12 00}",
         "core import 'm' 'f' is func ()->(), but it gets func (i32)->(i32)"},
        /* () -> () lifted as a function with a parameter */
        {"01{" MODULE "01{01 60 00 00} 03{01 00} 07{01 'f' 00 00} 0a{01 {00 0b}}} 02{01 00 00 00}"
         "06{01 00 00 01 00 'f'} 07{01 40 01 'a' 79 01 00} 08{01 ^00 00 00 00 00}",
         "a core function ()->() is lifted, which should be (i32)->()"},
        {"07{01 40 01 'a' 73 01 00} 0a{01 00 'f' 01 00} 08{01 ^01 00 00 00}", "needs a memory"},
        /* a component with an import gets nothing, and something of another type */
        {"04{00 61 73 6d 0d 00 01 00 07{01 40 00 01 00} 0a{01 00 'f' 01 00}} 05{01 00 ^00 00}",
         "import 'f' is not supplied"},
        {"04{00 61 73 6d 0d 00 01 00 07{01 40 00 01 00} 0a{01 00 'f' 01 00}}"
         "07{01 40 00 00 7f} 0a{01 00 'g' 01 00} 05{01 00 ^00 01 'f' 01 00}",
         "import 'f' gets something of another type"},
        /* what is core is no argument, export or alias of a component's instance */
        {"07{01 3f 7f 00} 08{01 02 00} 05{01 01 01 ^00 'f' 00 00 00}", "an instance exports no"},
        {"04{00 61 73 6d 0d 00 01 00} 07{01 3f 7f 00} 08{01 02 00} 05{01 00 00 01 ^'f' 00 00 00}",
         "a component is not given a"},
        {"07{02 42 00 42 02 01 42 00 04 00 'i' 05 00} 0a{01 00 'j' 05 01} 06{01 00 00 00 ^00 'i'}",
         "an instance exports no"},
        {"07{02 40 00 01 00 40 00 00 7f} 0a{01 00 'f' 01 00} 0b{01 00 'g' 01 00 ^01 01 01}",
         "'g' has another type than its export"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        struct wasm_text text =
            wasm_text(&arena, arena_printf(&arena, PREAMBLE "%s", rows[i].text));
        const char *expected = arena_printf(&arena, "invalid component at offset %zu: ", text.mark);
        unsigned failed = unit_failed;
        CHECK(wasm_scan(&arena, text.bytes, WASM_FACTS, &info, &error) == 0);
        CHECK(wasm_scan(&arena, text.bytes, WASM_VALIDATION, &info, &error) == -1);
        CHECK(strncmp(error.message, expected, strlen(expected)) == 0);
        CHECK(strstr(error.message, rows[i].what) != NULL);
        if (unit_failed > failed)
            fprintf(stderr, "  in %s: %s (expected: %s%s)\n", rows[i].text, error.message, expected,
                    rows[i].what);
        arena_free(&arena);
    }
}

/* Valid, but never called so: not every rule is checked. */
static void never_says_valid(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    struct wasm_text text = wasm_text(&arena, PREAMBLE "07{01 40 00 01 00} 0a{01 00 'f' 01 00}");
    CHECK(wasm_scan(&arena, text.bytes, WASM_VALIDATION, &info, &error) == 0);
    CHECK(info.validity == WASM_NOT_JUDGED);
    CHECK(strstr(info.not_judged, "not every rule") != NULL);
    arena_free(&arena);
}

/* Types that double with each line: as text they would not end. */
static void bounds_the_work(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    const char *types = "6f 02 7f 7f";
    for (unsigned i = 0; i < 60; i++)
        types = arena_printf(&arena, "%s 6f 02 %02x %02x", types, i, i);
    struct wasm_text text = wasm_text(&arena, arena_printf(&arena, PREAMBLE "07{3d %s}", types));
    CHECK(wasm_scan(&arena, text.bytes, WASM_FACTS, &info, &error) == 0);
    CHECK(wasm_scan(&arena, text.bytes, WASM_VALIDATION, &info, &error) == -1);
    CHECK(strstr(error.message, "nests too deep or is too large") != NULL);
    arena_free(&arena);
}

/* Instances of instances, each with the resources of two others. */
static void bounds_the_resources(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    const char *types = "42 01 04 00 'r' 03 01";
    for (unsigned i = 0; i < 30; i++)
        types = arena_printf(&arena, "%s 42 03 02 03 02 01 %02x 04 00 'a' 05 00 04 00 'b' 05 00",
                             types, i);
    struct wasm_text text = wasm_text(&arena, arena_printf(&arena, PREAMBLE "07{1f %s}", types));
    CHECK(wasm_scan(&arena, text.bytes, WASM_FACTS, &info, &error) == 0);
    CHECK(wasm_scan(&arena, text.bytes, WASM_VALIDATION, &info, &error) == -1);
    CHECK(strstr(error.message, "too many resources") != NULL);
    arena_free(&arena);
}

/* --- against a world --- */

#define WORLD(declarations)                                                                        \
    "00{'component-type:w' 00 61 73 6d 0d 00 01 00 07{01 41 02 01 41 " declarations                \
    " 04 00 'a:b/w' 04 00} 0b{01 00 'w' 03 00 00}}"

static const char *differences(struct arena *arena, const struct component_comparison *comparison)
{
    const char *words = "";
    for (size_t i = 0; i < comparison->count; i++) {
        const struct component_difference *item = &comparison->items[i];
        words = arena_printf(arena, "%s%s%s %s: %s, %s", words, i ? "; " : "",
                             component_difference_name(item->kind), item->item,
                             item->found ? item->found : "-", item->wanted ? item->wanted : "-");
    }
    return words;
}

static void compares_with_a_world(void)
{
    static const struct {
        const char *component, *world, *expected;
    } rows[] = {
        {"", WORLD("00"), ""},
        /* fewer imports, more exports */
        {"07{01 40 00 01 00} 0a{01 00 'f' 01 00} 0b{01 00 'g' 01 00 00}",
         WORLD("03 01 40 00 01 00 03 00 'f' 01 00 03 00 'h' 01 00"), ""},
        {"07{01 40 00 01 00} 0a{01 00 'f' 01 00}", WORLD("00"), "extra-import f: func(), -"},
        {"", WORLD("02 01 40 00 01 00 04 00 'g' 01 00"), "missing-export g: -, func()"},
        {"07{01 40 00 00 79} 0a{01 00 'f' 01 00}", WORLD("02 01 40 00 01 00 03 00 'f' 01 00"),
         "import-type f: func() -> u32, func()"},
        {"07{01 43 00 01 00} 0a{01 00 'f' 01 00}", WORLD("02 01 40 00 01 00 03 00 'f' 01 00"),
         "import-type f: async func(), func()"},
        {"07{01 40 01 'a' 79 01 00} 0a{01 00 'f' 01 00} 0b{01 00 'g' 01 00 00}",
         WORLD("04 01 40 01 'a' 79 01 00 03 00 'f' 01 00 01 40 01 'b' 79 01 00 04 00 'g' 01 01"),
         "export-type g: func(a: u32), func(b: u32)"},
        /* a resource of the world in a function of its interface */
        {"07{01 42 04 04 00 'r' 03 01 01 68 00 01 40 01 's' 01 01 00 04 00 'f' 01 02}"
         "0a{01 00 'a:b/c@1.0.0' 05 00}",
         WORLD("02 01 42 04 04 00 'r' 03 01 01 68 00 01 40 01 's' 01 01 00 04 00 'f' 01 02"
               " 03 00 'a:b/c@1.4.0' 05 00"),
         ""},
        {"07{01 42 04 04 00 'r' 03 01 01 69 00 01 40 01 's' 01 01 00 04 00 'f' 01 02}"
         "0a{01 00 'a:b/c@1.0.0' 05 00}",
         WORLD("02 01 42 04 04 00 'r' 03 01 01 68 00 01 40 01 's' 01 01 00 04 00 'f' 01 02"
               " 03 00 'a:b/c@1.0.0' 05 00"),
         "import-type a:b/c@1.0.0#f: func(s: own<r>), func(s: borrow<r>)"},
        {"07{01 42 00} 0a{01 00 'a:b/c@2.0.0' 05 00}",
         WORLD("02 01 42 00 03 00 'a:b/c@1.0.0' 05 00"), "extra-import a:b/c@2.0.0: instance, -"},
        {"07{01 42 00} 0a{01 00 'a:b/c@0.2.0' 05 00}",
         WORLD("02 01 42 00 03 00 'a:b/c@0.2.6' 05 00"), ""},
        {"07{01 42 00} 0a{01 00 'a:b/c@0.0.2' 05 00}",
         WORLD("02 01 42 00 03 00 'a:b/c@0.0.1' 05 00"), "extra-import a:b/c@0.0.2: instance, -"},
        /* the type of an interface with a resource, not an instance of it */
        {"07{01 42 04 04 00 'r' 03 01 01 68 00 01 40 01 's' 01 01 00 04 00 'f' 01 02}"
         "0b{01 00 'u' 03 00 00}",
         WORLD("02 01 42 04 04 00 'r' 03 01 01 68 00 01 40 01 's' 01 01 00 04 00 'f' 01 02"
               " 04 00 'u' 03 00 00"),
         ""},
        /* two versions of one interface, of different types: each finds its own */
        {"07{02 42 02 01 40 00 01 00 04 00 'f' 01 00 42 02 01 40 00 00 79 04 00 'f' 01 00}"
         "0a{02 00 'a:b/c@1.0.0' 05 00 00 'a:b/c@1.1.0' 05 01}",
         WORLD("04 01 42 02 01 40 00 01 00 04 00 'f' 01 00 03 00 'a:b/c@1.0.0' 05 00"
               " 01 42 02 01 40 00 00 79 04 00 'f' 01 00 03 00 'a:b/c@1.1.0' 05 01"),
         ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        struct component_world world;
        struct component_comparison comparison = {0};
        struct wasm_text component =
            wasm_text(&arena, arena_printf(&arena, PREAMBLE "%s", rows[i].component));
        unsigned failed = unit_failed;
        CHECK(wasm_scan(&arena, component.bytes, WASM_VALIDATION, &info, &error) == 0);
        if (CHECK(component_read_world(&arena, wasm_text(&arena, rows[i].world).bytes, &world,
                                       &error) == 0))
            component_compare(&arena, info.component, &world, &comparison);
        CHECK_TEXT(differences(&arena, &comparison), rows[i].expected);
        CHECK(!comparison.given_up);
        if (unit_failed > failed)
            fprintf(stderr, "  in row %zu: %s\n", i, error.message);
        arena_free(&arena);
    }
}

static void refuses_what_is_no_world(void)
{
    static const char *const rows[] = {"", "00{'component-type:w' 00}",
                                       "00{'component-type:w' 00 61 73 6d 0d 00 01 00}",
                                       PREAMBLE "07{01 41 00}"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct component_world world;
        CHECK(component_read_world(&arena, wasm_text(&arena, rows[i]).bytes, &world, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
        arena_free(&arena);
    }
}

/* --- worlds and companions --- */

static void knows_worlds(void)
{
    static const struct {
        const char *imports[3], *exports[2], *name;
        size_t beyond;
    } rows[] = {
        {{"wasi:io/poll@0.2.0"}, {"wasi:http/incoming-handler@0.2.6"}, "wasi:http/proxy@0.2", 0},
        {{"wasi:io/poll@0.2.0", "a:b/c"},
         {"wasi:http/incoming-handler@0.2.6"},
         "wasi:http/proxy@0.2",
         1},
        {{"wasi:filesystem/types@0.2.3"}, {"wasi:cli/run@0.2.3"}, "wasi:cli/command@0.2", 0},
        {{"wasi:http/types@0.3.0"}, {"wasi:http/handler@0.3.0"}, "wasi:http/service@0.3", 0},
        {{"wasi:http/handler@0.3.0"}, {"wasi:http/handler@0.3.0"}, "wasi:http/middleware@0.3", 0},
        {{"wasi:io/poll@0.2.0"}, {"a:b/c@0.2.6"}, NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct wasm_component component = {.imports = (const char **)(uintptr_t)rows[i].imports,
                                           .exports = (const char **)(uintptr_t)rows[i].exports};
        struct world_fit *worlds;
        while (component.import_count < 3 && rows[i].imports[component.import_count])
            component.import_count++;
        while (component.export_count < 2 && rows[i].exports[component.export_count])
            component.export_count++;
        size_t count = compat_worlds(&arena, &component, NULL, 0, &worlds);
        CHECK((count > 0) == (rows[i].name != NULL));
        if (count > 0 && rows[i].name) {
            CHECK_TEXT(worlds[0].name, rows[i].name);
            CHECK(worlds[0].beyond_count == rows[i].beyond);
        }
        arena_free(&arena);
    }
}

static void names_companions(void)
{
#define IMPORT(module, name) "01{01 60 00 00} 02{01 '" module "' '" name "' 00 00}"
    static const struct {
        const char *module, *expected;
    } rows[] = {
        {"01{01 60 00 00}", ""},
        {IMPORT("wasi_snapshot_preview1", "fd_write"), ""},
        {IMPORT("env", "mine"), ""},
        {IMPORT("wbg", "__wbg_log_1"), "wasm-bindgen"},
        {IMPORT("./app_bg.js", "__wbg_log_1"), "wasm-bindgen"},
        {IMPORT("__wbindgen_placeholder__", "x") "00{'__wasm_bindgen_unstable' 00}",
         "wasm-bindgen-unprocessed"},
        {IMPORT("wasi:io/poll@0.2.6", "poll"), "component-core"},
        {IMPORT("cm32p2|wasi:io/poll@0.2", "poll"), "component-core"},
        {"00{'component-type:bindings' 00}", "component-core"},
        {IMPORT("env", "emscripten_memcpy_js"), "emscripten"},
        {IMPORT("a", "a"), "emscripten-minified"},
        {IMPORT("wasi_unstable", "fd_write"), "wasi-unstable"},
        {IMPORT("gojs", "runtime.wasmExit"), "go"},
        {IMPORT("gojs", "runtime.sleepTicks"), "tinygo"},
        {"01{01 60 04 7f 7f 7f 7f 00} 02{01 'env' 'abort' 00 00}", "assemblyscript"},
        {IMPORT("env", "abort"), ""}, /* the same name with another signature is Emscripten's */
        {IMPORT("wasi", "thread-spawn"), "wasi-threads"},
        {"00{'linking' 02}", "object-file"},
    };
#undef IMPORT
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        struct companion *companions;
        const char *words = "";
        CHECK(wasm_scan(&arena, wasm_text(&arena, rows[i].module).bytes, WASM_FACTS, &info,
                        &error) == 0);
        size_t count = compat_companions(&arena, &info, &companions);
        for (size_t k = 0; k < count; k++) {
            words = arena_printf(&arena, "%s%s%s", words, k ? " " : "", companions[k].id);
            CHECK(companions[k].hint && companions[k].sign && companions[k].source);
        }
        CHECK_TEXT(words, rows[i].expected);
        arena_free(&arena);
    }
}

void test_component_types(void)
{
    refuses_what_is_invalid();
    never_says_valid();
    bounds_the_work();
    bounds_the_resources();
    compares_with_a_world();
    refuses_what_is_no_world();
    knows_worlds();
    names_companions();
}
