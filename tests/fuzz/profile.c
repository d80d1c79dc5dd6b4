/* A profile: none may crash; one that parses judges a module, and the report of it is JSON. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/json/json.h"
#include "pkg/report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(struct arena *arena, const struct profile *profile)
{
    static struct wasm_import imports[] = {{"m", "g", "()->(i64)", WASM_FUNC, 1},
                                           {"m", "h", "()->()", WASM_FUNC, 2}};
    static struct wasm_export exports[] = {{{(const uint8_t *)"f", 1}, "()->()", WASM_FUNC, 0}};
    static struct wasm_memory memories[] = {{.min_pages = 9, .page_size = 65536}};
    struct wasm_info info = {.features = UINT64_C(0x7ffffffff),
                             .imports = imports,
                             .import_count = 2,
                             .exports = exports,
                             .export_count = 1,
                             .memories = memories,
                             .memory_count = 1,
                             .table_count = 2};
    struct shipped_module module = {.path = "m", .bytes = {NULL, 0}, .info = &info};
    struct shipment shipment = {.target = "t",
                                .platform = profile->name,
                                .modules = &module,
                                .module_count = 1,
                                .bare = true,
                                .today = "2026-11-22"};
    struct verdict verdict;
    compat_check(arena, profile, &shipment, NULL, &verdict);
    struct report report = {.command = "check", .verdicts = &verdict, .verdict_count = 1};
    const char *text = json_print(arena, report_json(arena, &report));
    struct error error = {0};
    json_t *again;
    if (json_read(arena, bytes_of(text), "report", FAULT_INPUT, &again, &error) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error error = {0};
    struct profile profile;
    const char *text = arena_copy(&arena, data, size);
    if (profile_parse(&arena, text, "fuzz", NULL, &profile, &error) == 0)
        judge(&arena, &profile);
    else if (error.fault != FAULT_INPUT || !error.message[0])
        abort();
    if (profile_parse(&arena, text, "fuzz", "2026-01-01", &profile, &error) == 0)
        judge(&arena, &profile);
    arena_free(&arena);
    return 0;
}
