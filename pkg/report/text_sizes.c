/* Where a module's bytes are: --sizes. */
#include "pkg/base/arena.h"
#include "pkg/report/text.h"
#include "pkg/report/words.h"

enum { MOST_SHOWN = 20, NUMBERS = 14, NAMES = 24 };

/* "      4,711   12.3 %  name" */
static void print_part(struct printer *printer, const struct wasm_part *part, size_t total)
{
    struct arena *arena = printer->arena;
    const char *size = print_number(arena, part->bytes);
    const char *name = part->name
                           ? part->name
                           : arena_printf(arena, "function %lu", (unsigned long)part->function);
    const char *share =
        arena_printf(arena, "%5.1f %%", total ? 100.0 * (double)part->bytes / (double)total : 0.0);
    print_column(printer, NUMBERS - print_width(size));
    print_in(printer, PLAIN, size);
    print_in(printer, DIM, arena_printf(arena, "%9s", share));
    print_column(printer, NAMES);
    if (part->count)
        name = arena_printf(arena, "%s (%s)", name, print_count(arena, part->count, "function"));
    print_wrapped(printer, NAMES, name);
}

static void print_parts(struct printer *printer, const char *heading, const struct wasm_part *parts,
                        size_t count, size_t total)
{
    if (count == 0)
        return;
    print_heading(printer, heading, count);
    for (size_t i = 0; i < count && i < MOST_SHOWN; i++)
        print_part(printer, &parts[i], total);
    print_rest(printer, count, MOST_SHOWN);
}

/* Of each platform that it would be felt on. */
static void print_estimates(struct printer *printer, const struct report_module *module)
{
    bool headed = false;
    for (size_t i = 0; i < module->estimate_count; i++) {
        const char *text = words_module_estimate(printer->arena, &module->estimates[i]);
        if (text && !headed)
            print_heading(printer, "cold start", 0);
        if (text)
            print_wrapped(printer, 2, text);
        headed = headed || text;
    }
}

void text_sizes(struct printer *printer, const struct report_module *module)
{
    const struct wasm_sizes *sizes = module->sizes;
    struct arena *arena = printer->arena;
    if (!sizes)
        return;
    print_estimates(printer, module);
    print_parts(printer, "crates, in bytes", sizes->crates, sizes->crate_count, module->bytes.size);
    print_parts(printer, "functions, in bytes", sizes->functions, sizes->function_count,
                module->bytes.size);
    if (sizes->unknown)
        print_wrapped(printer, 2,
                      arena_printf(arena, "functions are not named: %s", sizes->unknown));
    if (sizes->debug_bytes + sizes->name_bytes == 0)
        return;
    print_heading(printer, "what could be left out", 0);
    print_wrapped(printer, 2,
                  arena_printf(arena, "debug information %s, names of functions %s",
                               print_bytes(arena, sizes->debug_bytes),
                               print_bytes(arena, sizes->name_bytes)));
}
