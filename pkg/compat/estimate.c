/* What a module adds to the cold start, told by the sizes of its sections alone. */
#include <stddef.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/check.h"
#include "pkg/compat/sections.h"

#define AT(member) offsetof(struct profile_cold_start, member)
static const struct key cold_start_keys[] = {
    {"over", KEY_TEXT, true, AT(over), 0, NULL},
    {"code_ms_per_kib", KEY_NUMBER, true, AT(code_ms_per_kib), 0, NULL},
    {"other_ms_per_kib", KEY_NUMBER, true, AT(other_ms_per_kib), 0, NULL},
    {"source", KEY_TEXT, true, AT(source), 0, NULL},
    {"as_of", KEY_DATE, true, AT(as_of), 0, NULL},
};
#undef AT

int section_cold_start(struct reader *reader, const json_t *json, struct profile *out)
{
    return json ? reader_object(reader, "cold_start", json, KEY_TABLE(cold_start_keys),
                                &out->cold_start)
                : 0;
}

static double code_bytes(const struct wasm_info *info)
{
    double sum = 0;
    for (size_t i = 0; i < info->section_count; i++)
        if (!info->sections[i].custom && strcmp(info->sections[i].name, "code") == 0)
            sum += (double)info->sections[i].size;
    return sum;
}

struct estimate compat_estimate(struct arena *arena, const struct profile *profile,
                                const struct shipped_module *modules, size_t count)
{
    const struct profile_cold_start *known = &profile->cold_start;
    double code = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        if (modules[i].info->component)
            return (struct estimate){0};
        code += code_bytes(modules[i].info);
        all += (double)modules[i].bytes.size;
    }
    if (!known->over || all <= 0)
        return (struct estimate){0};
    double other = all > code ? all - code : 0;
    double ms = (code * known->code_ms_per_kib + other * known->other_ms_per_kib) / 1024;
    return (struct estimate){
        .cold_start_ms = ms < 1e9 ? (uint64_t)(ms + 0.5) : 1000000000,
        .over = known->over,
        .basis = arena_printf(arena, "section sizes: %g ms a KiB of code, %g ms of all else",
                              known->code_ms_per_kib, known->other_ms_per_kib),
        .source = arena_printf(arena, "%s (as of %s)", known->source, known->as_of),
    };
}
