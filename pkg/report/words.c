#include "pkg/report/words.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/report/print.h"

const struct rule words_rules[] = {
    {"feature", "feature that the platform does not run",
     "The module uses a WebAssembly feature that the platform's engine refuses, runs in part, or "
     "is not known to run."},
    {"import", "import that the platform does not provide",
     "The module imports something that the platform does not provide, provides with another type, "
     "or provides in name only."},
    {"export", "export that the platform needs",
     "An export that the platform calls is missing, or has another type."},
    {"memory", "memory beyond the platform's limit",
     "The module's memory is larger than the platform allows, or of a kind that it does not run."},
    {"size", "size beyond a platform's limit",
     "The module, or a part of it, is larger than the platform or its engine accepts."},
    {"artifact", "artifact beyond a platform's limit",
     "What is uploaded is larger, or holds more, than the platform accepts."},
    {"budget", "over a budget of the manifest",
     "The module is larger than the team has decided it may be ('budget' in the manifest)."},
    {"runtime", "runtime that ages",
     "The chosen runtime is deprecated, near its end, or a preview."},
    {"setting", "setting that does not work", "A setting of the target does not work as it is."},
    {"component", "component that the platform does not run",
     "The platform runs core modules only, or components in part."},
    {"malformed", "malformed module", "The file is no WebAssembly that can be read."},
    {"invalid", "module that is not validated",
     "The module breaks a rule of WebAssembly, or could not be judged by them."},
};
const size_t words_rule_count = sizeof words_rules / sizeof *words_rules;

size_t words_rule(const char *id)
{
    size_t i = 0;
    while (i + 1 < words_rule_count && strcmp(words_rules[i].id, id) != 0)
        i++;
    return i;
}

/* "+1,024", "-3" */
static const char *difference(struct arena *arena, int64_t value)
{
    uint64_t size = value < 0 ? (uint64_t)-value : (uint64_t)value;
    return arena_printf(arena, "%s%s", value < 0 ? "-" : "+", print_number(arena, size));
}

const char *words_list(struct arena *arena, const char **items, size_t count)
{
    const char *list = "";
    for (size_t i = 0; i < count; i++)
        list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", items[i]);
    return list;
}

/* --- lines --- */

static void add(struct lines *lines, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    lines->items = arena_grow(lines->arena, lines->items, lines->count, &lines->capacity,
                              sizeof *lines->items);
    lines->items[lines->count++] = (struct line){label, text};
}

/* "function 3 'copy' of crate 'memchr' at src/lib.rs:12" */
static const char *describe_function(struct arena *arena, const struct place *where)
{
    const char *text = "";
    if (where->function != WASM_NO_FUNCTION && where->has_offset)
        text = arena_printf(arena, ", function %lu", (unsigned long)where->function);
    if (where->function_name)
        text = arena_printf(arena, "%s '%s'", text, where->function_name);
    if (where->crate)
        text = arena_printf(arena, "%s of crate '%s'", text, where->crate);
    if (where->source_file && where->source_line)
        text = arena_printf(arena, "%s at %s:%lu", text, where->source_file,
                            (unsigned long)where->source_line);
    else if (where->source_file)
        text = arena_printf(arena, "%s in %s", text, where->source_file);
    return text;
}

const char *words_place(struct arena *arena, const struct place *where)
{
    const char *text = where->path ? where->path : "";
    if (where->has_offset)
        text = arena_printf(arena, "%s, offset %zu", text, where->offset);
    text = arena_printf(arena, "%s%s", text, describe_function(arena, where));
    if (where->instruction)
        text = arena_printf(arena, "%s: %s", text, where->instruction);
    return text;
}

const char *words_automatic(struct arena *arena, const struct cure *cure)
{
    return arena_printf(arena, "publish lowers it with %s", cure->automatic);
}

struct lines words_finding(struct arena *arena, const struct finding *finding)
{
    struct lines lines = {.arena = arena};
    add(&lines, "where", words_place(arena, &finding->where));
    add(&lines, "new", finding->since);
    add(&lines, "cause", finding->cause);
    if (finding->cure.automatic)
        add(&lines, "cure", words_automatic(arena, &finding->cure));
    else if (finding->cure.lowering)
        add(&lines, "cure", arena_printf(arena, "lower it: wasm-opt %s", finding->cure.lowering));
    add(&lines, "cure", finding->cure.compiler);
    add(&lines, "cure", finding->cure.other);
    add(&lines, "basis", finding->cure.source);
    add(&lines, "source", finding->source);
    return lines;
}

/* --- a target --- */

static const char *describe_change(struct arena *arena, const struct change *change)
{
    const char *text = arena_printf(arena, "commit %.12s%s%s: ", change->commit,
                                    change->time ? " of " : "", change->time ? change->time : "");
    if (change->added_count)
        text = arena_printf(arena, "%sadds %s; ", text,
                            words_list(arena, change->features_added, change->added_count));
    if (change->removed_count)
        text = arena_printf(arena, "%sno longer uses %s; ", text,
                            words_list(arena, change->features_removed, change->removed_count));
    text = arena_printf(arena, "%s%s bytes", text, difference(arena, change->bytes));
    if (change->has_gzip)
        text =
            arena_printf(arena, "%s, %s compressed", text, difference(arena, change->gzip_bytes));
    return text;
}

static void add_change(struct lines *lines, const struct change *change)
{
    if (!change->commit)
        return;
    add(lines, "since", describe_change(lines->arena, change));
    add(lines, "since", change->history);
}

static void add_next(struct lines *lines, const struct next_variant *next)
{
    struct arena *arena = lines->arena;
    if (!next->variant)
        return;
    const char *gained = words_list(arena, next->gained, next->gained_count);
    const char *lost = words_list(arena, next->lost, next->lost_count);
    add(lines, "next",
        arena_printf(arena, "%s %s%s%s%s%s", next->variant,
                     *gained || *lost ? "" : "runs the same features", *gained ? "also runs " : "",
                     gained, *gained && *lost ? ", " : "",
                     *lost ? arena_printf(arena, "no longer runs %s", lost) : ""));
}

const char *words_proof(struct arena *arena, const struct proof *proof)
{
    static const char *const words[] = {"is taken", "is refused", "is not proved"};
    const char *path = proof->path ? proof->path : "";
    const char *more = proof->message ? proof->message : proof->how;
    return arena_printf(arena, "%s: %s%s%s%s%s", proof->runtime, path, *path ? " " : "",
                        words[proof->answer], more ? ": " : "", more ? more : "");
}

static void add_fact(struct lines *lines, const struct runtime_fact *fact)
{
    const char *text = fact->text ? fact->text : "";
    const char *source = fact->source ? fact->source : "";
    add(lines, "runtime",
        arena_printf(lines->arena, "%s %s%s%s%s%s%s", fact->date ? fact->date : "", fact->name,
                     *text ? ": " : "", text, *source ? " (" : "", source, *source ? ")" : ""));
}

/* All dates in a line, without sources. */
static void add_dates(struct lines *lines, const struct verdict *verdict)
{
    const char *text = "";
    for (size_t i = 0; i < verdict->fact_count; i++) {
        const struct runtime_fact *fact = &verdict->facts[i];
        if (strcmp(fact->name, "change") != 0 && fact->date)
            text = arena_printf(lines->arena, "%s%s%s %s", text, *text ? "; " : "", fact->date,
                                fact->text ? fact->text : fact->name);
    }
    add(lines, "runtime", text);
}

const char *words_estimate(struct arena *arena, const struct estimate *estimate)
{
    if (!estimate->over || estimate->cold_start_ms == 0)
        return NULL;
    return arena_printf(arena, "cold start about %s ms more than %s (estimate from section sizes)",
                        print_number(arena, estimate->cold_start_ms), estimate->over);
}

struct lines words_verdict(struct arena *arena, const struct verdict *verdict, bool brief)
{
    struct lines lines = {.arena = arena};
    add_change(&lines, &verdict->change);
    for (size_t i = 0; !brief && i < verdict->fact_count; i++)
        add_fact(&lines, &verdict->facts[i]);
    if (brief)
        add_dates(&lines, verdict);
    add(&lines, "start", words_estimate(arena, &verdict->estimate));
    if (!brief || verdict->next.gained_count + verdict->next.lost_count)
        add_next(&lines, &verdict->next);
    for (size_t i = 0; i < verdict->proof_count; i++)
        add(&lines, "tried", words_proof(arena, &verdict->proofs[i]));
    return lines;
}

const char *words_host(struct arena *arena, const struct verdict *verdict)
{
    const char *variant = verdict->variant ? verdict->variant : "";
    return arena_printf(arena, "%s%s%s", verdict->platform, *variant ? " " : "", variant);
}

const char *words_safe(struct arena *arena, const char *text, size_t most)
{
    if (!text)
        return "";
    char *safe = text_safe(arena, text, strlen(text));
    if (strlen(safe) <= most)
        return safe;
    while (most > 0 && ((unsigned char)safe[most] & 0xc0) == 0x80)
        most--;
    return arena_printf(arena, "%.*s...", (int)most, safe);
}

const char *words_title(struct arena *arena, const struct verdict *verdict,
                        const struct finding *finding)
{
    const char *subject = finding->subject ? finding->subject : "";
    return arena_printf(arena, "%s: %s%s%s", verdict->target, finding->rule, *subject ? " " : "",
                        subject);
}

size_t words_findings(const struct verdict *verdict, enum level level)
{
    size_t count = 0;
    for (size_t i = 0; i < verdict->finding_count; i++)
        count += verdict->findings[i].level == level;
    return count;
}
