/* What is said of a component, and of a module that does not stand alone. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/report/text.h"

enum { MOST_SHOWN = 200, MOST_BEYOND = 12 };

void text_companions(struct printer *printer, const struct report_context *context)
{
    if (context->companion_count)
        print_heading(printer, "does not stand alone", 0);
    for (size_t i = 0; i < context->companion_count; i++) {
        const struct companion *companion = &context->companions[i];
        print_wrapped(printer, 2,
                      arena_printf(printer->arena, "%s: %s (%s)", companion->id, companion->needs,
                                   companion->sign));
        print_column(printer, 2);
        print_in(printer, DIM, "what to do:");
        print_column(printer, 14);
        print_wrapped(printer, 14, companion->hint);
    }
}

/* --- worlds --- */

/* A world that fits in full makes what fits but for some imports not worth a word. */
static bool is_shown(const struct report_context *context, const struct world_fit *world)
{
    for (size_t i = 0; i < context->world_count; i++)
        if (context->worlds[i].beyond_count == 0)
            return world->beyond_count == 0;
    return true;
}

static void print_world(struct printer *printer, const struct world_fit *world)
{
    print_column(printer, 2);
    print_in(printer, BOLD, world->name);
    print_column(printer, 32);
    print_wrapped(printer, 32, world->about);
    if (world->beyond_count)
        print_wrapped(printer, 4, "but it also imports, which this world does not offer:");
    for (size_t i = 0; i < world->beyond_count && i < MOST_BEYOND; i++)
        print_wrapped(printer, 6, world->beyond[i]);
    if (world->beyond_count > MOST_BEYOND)
        print_wrapped(
            printer, 6,
            arena_printf(printer->arena, "and %zu more", world->beyond_count - MOST_BEYOND));
}

static void print_hosts(struct printer *printer, const struct report_context *context)
{
    static const char *const words[] = {"not known", "no", "in part", "yes"};
    print_heading(printer, "runs as it is", 0);
    for (size_t i = 0; i < context->host_count; i++) {
        const struct profile_component *known = context->hosts[i].known;
        print_column(printer, 2);
        print_in(printer, PLAIN, context->hosts[i].title);
        print_column(printer, 24);
        print_in(printer,
                 known->support == SUPPORT_YES  ? GREEN
                 : known->support == SUPPORT_NO ? RED
                                                : YELLOW,
                 words[known->support]);
        print_column(printer, 34);
        print_wrapped(printer, 34, known->note ? known->note : "");
        if (known->needs && known->support != SUPPORT_YES) {
            print_column(printer, 24);
            print_in(printer, DIM, "so");
            print_column(printer, 34);
            print_wrapped(printer, 34, known->needs);
        }
    }
}

void text_worlds(struct printer *printer, const struct report_module *module)
{
    const struct report_context *context = module->context;
    if (!context)
        return;
    print_heading(printer, "world", 0);
    for (size_t i = 0; i < context->world_count; i++)
        if (is_shown(context, &context->worlds[i]))
            print_world(printer, &context->worlds[i]);
    if (context->world_count == 0)
        print_wrapped(printer, 2,
                      "one of its own: it exports none of the interfaces that a known world asks "
                      "for (--wit DIR --world NAME compares it with yours)");
    if (wasm_uses(module->info, WASM_FEATURE_COMPONENT_ASYNC))
        print_wrapped(printer, 2,
                      "asynchronous: it has streams, futures or async functions (WASI 0.3), which "
                      "hosts of WASI 0.2 do not run");
    text_wit(printer, context);
    print_hosts(printer, context);
}

/* --- --wit --- */

static const char *sentence(struct arena *arena, const struct component_difference *difference)
{
    const char *found = difference->found ? difference->found : "none";
    const char *wanted = difference->wanted ? difference->wanted : "none";
    switch (difference->kind) {
    case DIFFERENCE_EXTRA_IMPORT:
        return arena_printf(arena, "imports '%s', which the world does not offer%s%s%s",
                            difference->item, difference->near ? "; it offers '" : "",
                            difference->near ? difference->near : "", difference->near ? "'" : "");
    case DIFFERENCE_MISSING_EXPORT:
        return arena_printf(arena, "does not export '%s', which the world asks for%s%s%s",
                            difference->item, difference->near ? "; it exports '" : "",
                            difference->near ? difference->near : "", difference->near ? "'" : "");
    case DIFFERENCE_IMPORT_TYPE:
        return arena_printf(arena, "imports '%s' as %s, but the world offers %s", difference->item,
                            found, wanted);
    case DIFFERENCE_EXPORT_TYPE:
        return arena_printf(arena, "exports '%s' as %s, but the world asks for %s",
                            difference->item, found, wanted);
    }
    return "";
}

void text_wit(struct printer *printer, const struct report_context *context)
{
    const struct report_wit *wit = context->wit;
    if (!wit)
        return;
    const struct component_comparison *comparison = &wit->comparison;
    bool fits = comparison->count == 0 && !comparison->given_up;
    print_heading(printer, "compared with your WIT", 0);
    print_column(printer, 2);
    print_in(printer, fits ? GREEN : RED, fits ? "fits" : "does not fit");
    print_in(printer, PLAIN, " ");
    print_wrapped(printer, 4,
                  arena_printf(printer->arena,
                               "world '%s' of %s (read by %s): %s and %s are as the world has "
                               "them",
                               wit->world, wit->folder, wit->tool,
                               print_count(printer->arena, comparison->matched_imports, "import"),
                               print_count(printer->arena, comparison->matched_exports, "export")));
    for (size_t i = 0; i < comparison->count && i < MOST_SHOWN; i++) {
        print_column(printer, 4);
        print_in(printer, PLAIN, "-");
        print_column(printer, 6);
        print_wrapped(printer, 6, sentence(printer->arena, &comparison->items[i]));
    }
    print_rest(printer, comparison->count, MOST_SHOWN);
    if (comparison->other_versions)
        print_wrapped(
            printer, 4,
            arena_printf(printer->arena,
                         "%s in another version of the same track, which hosts accept: "
                         "%s",
                         print_count(printer->arena, comparison->other_versions, "interface"),
                         comparison->other_version));
    if (comparison->given_up)
        print_wrapped(
            printer, 4,
            arena_printf(printer->arena, "not all was compared: %s", comparison->given_up));
}

/* --- what is in it --- */

static void print_names(struct printer *printer, const char *heading, const char *const *names,
                        size_t count)
{
    if (count == 0)
        return;
    print_heading(printer, heading, count);
    for (size_t i = 0; i < count && i < MOST_SHOWN; i++)
        print_wrapped(printer, 2, names[i]);
    print_rest(printer, count, MOST_SHOWN);
}

static const char *feature_words(struct arena *arena, const struct wasm_info *info)
{
    const char *words = "";
    for (size_t i = 0; i < info->use_count; i++)
        words = arena_printf(arena, "%s%s%s", words, i ? " " : "; ",
                             wasm_features[info->uses[i].feature].id);
    return words;
}

void text_component(struct printer *printer, const struct report_module *module)
{
    const struct wasm_component *component = module->info->component;
    print_names(printer, "imported interfaces", component->imports, component->import_count);
    print_names(printer, "exported interfaces", component->exports, component->export_count);
    if (component->module_count)
        print_heading(printer, "core modules inside", component->module_count);
    for (size_t i = 0; i < component->module_count && i < MOST_SHOWN; i++) {
        const struct wasm_info *info = &component->modules[i];
        print_wrapped(printer, 2,
                      arena_printf(printer->arena, "%s, %s, %s, %s%s",
                                   print_bytes(printer->arena, info->size),
                                   text_spec(printer->arena, info),
                                   print_count(printer->arena, info->import_count, "import"),
                                   print_count(printer->arena, info->export_count, "export"),
                                   feature_words(printer->arena, info)));
    }
    print_rest(printer, component->module_count, MOST_SHOWN);
}
