/* Words of a module, and of all verdicts together. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "pkg/report/text.h"
#include "pkg/report/words.h"

enum { MOST_FEATURES = 40, MOST_PARTS = 8 };

const char *words_kind(const struct wasm_info *info)
{
    return info->kind == WASM_COMPONENT ? "component" : "core module";
}

/* --- a module --- */

static void add(struct lines *lines, const char *label, const char *text)
{
    if (!text)
        return;
    lines->items = arena_grow(lines->arena, lines->items, lines->count, &lines->capacity,
                              sizeof *lines->items);
    lines->items[lines->count++] = (struct line){label, text};
}

static const char *describe_size(struct arena *arena, const struct report_module *module)
{
    const char *text = print_bytes(arena, module->bytes.size);
    if (module->gzip_bytes)
        text = arena_printf(arena, "%s; gzip %s", text, print_number(arena, module->gzip_bytes));
    if (module->brotli_bytes)
        text =
            arena_printf(arena, "%s; brotli %s", text, print_number(arena, module->brotli_bytes));
    return text;
}

static const char *describe_features(struct arena *arena, const struct wasm_info *info)
{
    const char *text = "";
    for (size_t i = 0; i < info->use_count && i < MOST_FEATURES; i++)
        text = arena_printf(arena, "%s%s%s", text, i ? ", " : "",
                            wasm_features[info->uses[i].feature].id);
    return *text ? text : "none beyond the MVP";
}

/* What places in the module can be told by. */
static const char *describe_debug(struct arena *arena, const struct wasm_info *info)
{
    const char *note = report_debug_note(arena, info);
    return note ? note : "source lines are known (DWARF)";
}

static void add_parts(struct lines *lines, const char *label, const struct wasm_part *parts,
                      size_t count)
{
    struct arena *arena = lines->arena;
    for (size_t i = 0; i < count && i < MOST_PARTS; i++) {
        const struct wasm_part *part = &parts[i];
        const char *name = part->name
                               ? part->name
                               : arena_printf(arena, "function %lu", (unsigned long)part->function);
        add(lines, label,
            arena_printf(arena, "%s bytes: %s", print_number(arena, part->bytes), name));
    }
}

static void add_sizes(struct lines *lines, const struct wasm_sizes *sizes)
{
    struct arena *arena = lines->arena;
    add_parts(lines, "crate", sizes->crates, sizes->crate_count);
    add_parts(lines, "largest", sizes->functions, sizes->function_count);
    if (sizes->unknown)
        add(lines, "names", arena_printf(arena, "functions are not named: %s", sizes->unknown));
    if (sizes->debug_bytes + sizes->name_bytes)
        add(lines, "saving",
            arena_printf(arena, "%s bytes without debug information, %s without names",
                         print_number(arena, sizes->debug_bytes),
                         print_number(arena, sizes->name_bytes)));
}

const char *words_module_estimate(struct arena *arena, const struct report_estimate *estimate)
{
    const char *text = words_estimate(arena, &estimate->estimate);
    return text ? arena_printf(arena, "%s: %s", estimate->title, text) : NULL;
}

struct lines words_module(struct arena *arena, const struct report_module *module)
{
    struct lines lines = {.arena = arena};
    char sha256[65];
    digest_sha256(module->bytes, sha256);
    add(&lines, "kind",
        arena_printf(arena, "%s, %s", words_kind(module->info), text_spec(arena, module->info)));
    add(&lines, "size", describe_size(arena, module));
    add(&lines, "sha256", arena_strdup(arena, sha256));
    add(&lines, "uses", describe_features(arena, module->info));
    add(&lines, "debug", describe_debug(arena, module->info));
    if (module->sizes)
        add_sizes(&lines, module->sizes);
    for (size_t i = 0; i < module->estimate_count; i++)
        add(&lines, "start", words_module_estimate(arena, &module->estimates[i]));
    for (size_t i = 0; i < module->proof_count; i++)
        add(&lines, "tried", words_proof(arena, &module->proofs[i]));
    return lines;
}

/* --- all verdicts --- */

const char *words_answers(struct arena *arena, const struct report *report)
{
    size_t counts[3] = {0};
    const char *list = "";
    for (size_t i = 0; i < report->verdict_count; i++)
        counts[report->verdicts[i].answer]++;
    for (int answer = ANSWER_YES; answer <= ANSWER_UNKNOWN; answer++)
        if (counts[answer])
            list = arena_printf(arena, "%s%s%zu %s", list, *list ? ", " : "", counts[answer],
                                answer_word((enum answer)answer));
    return arena_printf(arena, "%s: %s", print_count(arena, report->verdict_count, "target"), list);
}

enum answer words_answer(const struct report *report)
{
    enum answer answer = ANSWER_YES;
    if (report->failure && report->failure->fault != FAULT_NONE)
        return ANSWER_NO;
    for (size_t i = 0; i < report->verdict_count; i++) {
        if (report->verdicts[i].answer == ANSWER_NO)
            return ANSWER_NO;
        if (report->verdicts[i].answer == ANSWER_UNKNOWN)
            answer = ANSWER_UNKNOWN;
    }
    return answer;
}

const struct verdict **words_worst_first(struct arena *arena, const struct report *report)
{
    static const enum answer order[] = {ANSWER_NO, ANSWER_UNKNOWN, ANSWER_YES};
    const struct verdict **sorted = arena_alloc(arena, report->verdict_count + 1, sizeof *sorted);
    size_t count = 0;
    for (size_t o = 0; o < sizeof order / sizeof *order; o++)
        for (size_t i = 0; i < report->verdict_count; i++)
            if (report->verdicts[i].answer == order[o])
                sorted[count++] = &report->verdicts[i];
    return sorted;
}
