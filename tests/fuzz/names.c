/* Names of all kinds, above all the name section: what is told of a module never depends on it but
   for the names, which are safe to print and within bounds; what is wrong in it is no fault. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/wasm/wasm.h"
#include "tests/fuzz/shared/mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
MUTATE_MODULES

/* A module that uses a feature in each of four functions, so that their names are looked for. */
static const uint8_t module[] = {
    0,  'a', 's',  'm',  1,    0,    0,    0,                        /* header */
    1,  5,   1,    0x60, 0,    1,    0x7f,                           /* ()->(i32) */
    3,  5,   4,    0,    0,    0,    0,                              /* four functions */
    7,  11,  2,    2,    'f',  '0',  0,    0,    2, 'f',  '3', 0, 3, /* two exports */
    10, 33,  4,                                                      /* bodies */
    5,  0,   0x41, 0,    0xc0, 0x0b,                                 /* i32.extend8_s */
    9,  0,   0x43, 0,    0,    0,    0,    0xfc, 0, 0x0b,            /* i32.trunc_sat_f32_s */
    5,  0,   0xd0, 0x70, 0xd1, 0x0b,                                 /* ref.is_null */
    9,  0,   0x41, 0,    0xfd, 0x0f, 0xfd, 0x15, 0, 0x0b,            /* i8x16 */
};

static void require(bool what)
{
    if (!what)
        abort();
}

/* Safe text stays what it is when made safe once more. */
static void check_text(struct arena *arena, const char *text)
{
    for (const char *c = text; c && *c; c++)
        require((unsigned char)*c >= 0x20 && *c != 0x7f);
    if (text)
        require(strcmp(text_safe(arena, text, strlen(text)), text) == 0);
}

static void check_names(struct arena *arena, const struct wasm_info *info)
{
    for (size_t i = 0; i < info->use_count; i++)
        check_text(arena, info->uses[i].function_name);
    for (size_t i = 0; i < WASM_MEASURE_COUNT; i++)
        check_text(arena, info->largest[i].function_name);
    for (size_t i = 0; i < info->export_count; i++)
        check_text(arena, wasm_export_name(arena, &info->exports[i]));
    for (size_t i = 0; i < info->import_count; i++)
        check_text(arena, info->imports[i].name);
    for (size_t i = 0; i < info->section_count; i++)
        check_text(arena, info->sections[i].name);
}

static size_t put_size(uint8_t *out, size_t value)
{
    size_t used = 0;
    for (; value >= 0x80; value >>= 7)
        out[used++] = (uint8_t)(value | 0x80);
    out[used++] = (uint8_t)value;
    return used;
}

/* The module above with `data` as the content of its name section. */
static struct bytes with_names(struct arena *arena, const uint8_t *data, size_t size)
{
    uint8_t *out = arena_alloc(arena, sizeof module + size + 16, 1);
    size_t used = sizeof module;
    memcpy(out, module, used);
    out[used++] = 0;
    used += put_size(out + used, size + 5);
    memcpy(out + used, "\4name", 5);
    used += 5;
    if (size)
        memcpy(out + used, data, size);
    return (struct bytes){out, used + size};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info plain, named;
    struct bytes file = {data, size}, alone = {module, sizeof module};
    if (wasm_scan(&arena, file, WASM_FACTS, &named, &error) == 0)
        check_names(&arena, &named);
    require(wasm_scan(&arena, alone, WASM_FACTS, &plain, &error) == 0);
    require(wasm_scan(&arena, with_names(&arena, data, size), WASM_VALIDATION, &named, &error) ==
            wasm_scan(&arena, alone, WASM_VALIDATION, &plain, &error));
    check_names(&arena, &named);
    require(named.features == plain.features && named.export_count == plain.export_count);
    arena_free(&arena);
    return 0;
}
