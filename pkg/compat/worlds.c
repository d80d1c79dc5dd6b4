#include "pkg/compat/worlds.h"

#include "pkg/base/arena.h"
#include "pkg/base/text.h"

enum { NAMES_MOST = 24 };

/* What stands in a world, with * for its versions. A world that imports a package's types imports
   the interfaces they are in too. */
static const struct world_row {
    const char *name, *about, *source;
    bool is_async;
    const char *only_with; /* meant only when this is imported; NULL: always */
    const char *exports[2], *imports[NAMES_MOST];
} rows[] = {
    {"wasi:http/proxy@0.2",
     "answers HTTP requests",
     "WASI 0.2, wasi-http wit/proxy.wit",
     false,
     NULL,
     {"wasi:http/incoming-handler@0.2.*"},
     {"wasi:io/*@0.2.*", "wasi:clocks/*@0.2.*", "wasi:random/*@0.2.*", "wasi:cli/std*@0.2.*",
      "wasi:http/types@0.2.*", "wasi:http/outgoing-handler@0.2.*"}},
    {"wasi:cli/command@0.2",
     "a program that runs and ends",
     "WASI 0.2, wasi-cli wit/command.wit",
     false,
     NULL,
     {"wasi:cli/run@0.2.*"},
     {"wasi:io/*@0.2.*", "wasi:clocks/*@0.2.*", "wasi:random/*@0.2.*", "wasi:cli/*@0.2.*",
      "wasi:filesystem/*@0.2.*", "wasi:sockets/*@0.2.*"}},
    {"wasi:http/middleware@0.3",
     "answers HTTP requests and hands them on, asynchronously",
     "WASI 0.3.0, proposals/http/wit/worlds.wit",
     true,
     "wasi:http/handler@0.3.*",
     {"wasi:http/handler@0.3.*"},
     {"wasi:clocks/*@0.3.*", "wasi:random/*@0.3.*", "wasi:cli/types@0.3.*", "wasi:cli/std*@0.3.*",
      "wasi:http/types@0.3.*", "wasi:http/client@0.3.*", "wasi:http/handler@0.3.*"}},
    {"wasi:http/service@0.3",
     "answers HTTP requests, asynchronously",
     "WASI 0.3.0, proposals/http/wit/worlds.wit",
     true,
     NULL,
     {"wasi:http/handler@0.3.*"},
     {"wasi:clocks/*@0.3.*", "wasi:random/*@0.3.*", "wasi:cli/types@0.3.*", "wasi:cli/std*@0.3.*",
      "wasi:http/types@0.3.*", "wasi:http/client@0.3.*"}},
    {"wasi:cli/command@0.3",
     "a program that runs and ends, asynchronously",
     "WASI 0.3.0, proposals/cli/wit/command.wit",
     true,
     NULL,
     {"wasi:cli/run@0.3.*"},
     {"wasi:clocks/*@0.3.*", "wasi:random/*@0.3.*", "wasi:cli/*@0.3.*", "wasi:filesystem/*@0.3.*",
      "wasi:sockets/*@0.3.*"}},
};

static bool matches_one(const char *name, const char *const *patterns, size_t count)
{
    for (size_t i = 0; i < count && patterns[i]; i++)
        if (text_matches(patterns[i], name))
            return true;
    return false;
}

static bool exports_all(const struct wasm_component *component, const char *const *patterns,
                        size_t count)
{
    for (size_t i = 0; i < count && patterns[i]; i++) {
        bool found = false;
        for (size_t e = 0; e < component->export_count && !found; e++)
            found = text_matches(patterns[i], component->exports[e]);
        if (!found)
            return false;
    }
    return count > 0;
}

static bool imports_one(const struct wasm_component *component, const char *pattern)
{
    for (size_t i = 0; i < component->import_count; i++)
        if (text_matches(pattern, component->imports[i]))
            return true;
    return false;
}

static void find_beyond(struct arena *arena, const struct wasm_component *component,
                        const char *const *patterns, size_t count, struct world_fit *out)
{
    out->beyond = arena_alloc(arena, component->import_count + 1, sizeof *out->beyond);
    for (size_t i = 0; i < component->import_count; i++)
        if (!matches_one(component->imports[i], patterns, count))
            out->beyond[out->beyond_count++] = component->imports[i];
}

size_t compat_worlds(struct arena *arena, const struct wasm_component *component,
                     const struct profile *profiles, size_t profile_count, struct world_fit **out)
{
    size_t row_count = sizeof rows / sizeof *rows, count = 0;
    *out = arena_alloc(arena, profile_count + row_count, sizeof **out);
    for (size_t i = 0; i < profile_count; i++) {
        const struct profile_component *known = &profiles[i].component;
        if (!known->world || !exports_all(component, known->exports, known->export_count))
            continue;
        struct world_fit *fit = &(*out)[count++];
        *fit = (struct world_fit){.name = known->world,
                                  .about = arena_printf(arena, "for %s", profiles[i].title),
                                  .source = known->evidence};
        find_beyond(arena, component, known->imports, known->import_count, fit);
    }
    for (size_t i = 0; i < row_count; i++) {
        if (!exports_all(component, rows[i].exports, 2) ||
            (rows[i].only_with && !imports_one(component, rows[i].only_with)))
            continue;
        struct world_fit *fit = &(*out)[count++];
        *fit = (struct world_fit){.name = rows[i].name,
                                  .about = rows[i].about,
                                  .source = rows[i].source,
                                  .is_async = rows[i].is_async};
        find_beyond(arena, component, rows[i].imports, NAMES_MOST, fit);
    }
    return count;
}
