/* For a pull request or a step summary: a table with a row a target, and what was found below it,
   worst first, no longer than a comment may be. */
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/report/print.h"
#include "pkg/report/words.h"

enum {
    MOST = 65536,   /* bytes: a comment has that many characters */
    RESERVE = 512,  /* for what ends the document */
    LONGEST = 2000, /* bytes of one text */
    LONGEST_NAME = 200,
};

struct markdown {
    struct arena *arena;
    struct buffer *out;
    size_t left_out; /* pieces for which there was no room */
};

/* --- text in Markdown --- */

/* What an address needs to become a link. */
static bool makes_link(const char *text, const char *at)
{
    return (*at == ':' && at[1] == '/') || (*at == '.' && at >= text + 3 && at[-1] == 'w');
}

/* Somebody's name would be told of it: "@name", but for one within a word. */
static bool notifies(const char *text, const char *at)
{
    return *at == '@' && (at == text || !isalnum((unsigned char)at[-1]));
}

/* Entities are text whatever stands around them: in a table, in HTML, at the start of a word. An
   address is no link, and a name notifies nobody. */
static const char *escape(struct arena *arena, const char *text, size_t most)
{
    struct buffer *out = buffer_new(arena, LIMIT_REPORT);
    const char *safe = words_safe(arena, text, most);
    for (const char *at = safe; *at; at++) {
        int failed = notifies(safe, at) ? buffer_printf(out, "@<!-- -->")
                     : strchr("\\`*_[]<>#|&~$!", *at) || makes_link(safe, at)
                         ? buffer_printf(out, "&#%d;", *at)
                         : buffer_add(out, at, 1);
        (void)failed; /* there is room for what a text that was cut can become */
    }
    return out->size ? buffer_text(out) : "";
}

static const char *name_of(struct markdown *markdown, const char *name)
{
    return escape(markdown->arena, name, LONGEST_NAME);
}

/* A piece is there as a whole or not at all. */
static bool add(struct markdown *markdown, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_vprintf(markdown->arena, format, arguments);
    va_end(arguments);
    size_t size = strlen(text);
    if (markdown->out->size + size + RESERVE <= MOST && buffer_add(markdown->out, text, size) == 0)
        return true;
    markdown->left_out++;
    return false;
}

/* What must be said: there is room in the reserve. */
static void end(struct markdown *markdown, const char *text)
{
    int failed = buffer_add(markdown->out, text, strlen(text));
    (void)failed;
}

/* --- pieces --- */

static const char *const signs[] = {"\xe2\x9c\x85", "\xe2\x9d\x8c", "\xe2\x9a\xa0\xef\xb8\x8f"};

static const char *sign_of(enum level level)
{
    static const char *const of[] = {"\xe2\x84\xb9\xef\xb8\x8f", "\xe2\x9a\xa0\xef\xb8\x8f",
                                     "\xe2\x9d\x8c"};
    return of[level];
}

static void add_title(struct markdown *markdown, const struct report *report)
{
    enum answer answer = words_answer(report);
    bool judged = report->verdict_count > 0;
    add(markdown, "<!-- edge-deploy -->\n## %s edge-deploy %s: %s\n\n", signs[answer],
        report->command,
        judged                    ? words_answers(markdown->arena, report)
        : report_is_empty(report) ? "failed"
                                  : print_count(markdown->arena, report->module_count, "module"));
    if (!report->failure || report->failure->fault == FAULT_NONE)
        return;
    add(markdown, "**%s**\n\n", escape(markdown->arena, report->failure->message, LONGEST));
    if (report->failure->hint[0])
        add(markdown, "What to do: %s\n\n",
            escape(markdown->arena, report->failure->hint, LONGEST));
}

static const char *describe_counts(struct arena *arena, const struct verdict *verdict)
{
    static const enum level levels[] = {LEVEL_ERROR, LEVEL_WARNING, LEVEL_NOTE};
    const char *text = "";
    for (size_t i = 0; i < 3; i++) {
        size_t count = words_findings(verdict, levels[i]);
        if (count)
            text = arena_printf(arena, "%s%s%s", text, *text ? ", " : "",
                                print_count(arena, count, level_name(levels[i])));
    }
    return *text ? text : "none";
}

static void add_table(struct markdown *markdown, const struct verdict **verdicts, size_t count)
{
    if (count == 0)
        return;
    add(markdown, "| Verdict | Target | Platform | Findings |\n|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++)
        add(markdown, "| %s %s | <code>%s</code> | %s | %s |\n", signs[verdicts[i]->answer],
            answer_word(verdicts[i]->answer), name_of(markdown, verdicts[i]->target),
            name_of(markdown, words_host(markdown->arena, verdicts[i])),
            describe_counts(markdown->arena, verdicts[i]));
    end(markdown, "\n");
}

static const char *describe_lines(struct arena *arena, const struct lines *lines,
                                  const char *indent)
{
    const char *text = "";
    for (size_t i = 0; i < lines->count; i++)
        text = arena_printf(arena, "%s%s- %s: %s\n", text, indent, lines->items[i].label,
                            escape(arena, lines->items[i].text, LONGEST));
    return text;
}

static void add_finding(struct markdown *markdown, const struct finding *finding)
{
    struct lines lines = words_finding(markdown->arena, finding);
    add(markdown, "- %s **%s** %s <code>%s</code>: %s\n%s", sign_of(finding->level),
        level_name(finding->level), finding->rule,
        name_of(markdown, finding->subject ? finding->subject : ""),
        escape(markdown->arena, finding->message, LONGEST),
        describe_lines(markdown->arena, &lines, "  "));
}

static void add_verdict(struct markdown *markdown, const struct verdict *verdict)
{
    struct lines lines = words_verdict(markdown->arena, verdict, true);
    if (verdict->finding_count + lines.count == 0)
        return;
    if (!add(markdown,
             "<details%s>\n<summary>%s <code>%s</code> is %s (profile of %s)</summary>\n\n",
             verdict->answer == ANSWER_NO ? " open" : "", signs[verdict->answer],
             name_of(markdown, verdict->target), answer_word(verdict->answer),
             name_of(markdown, verdict->profile_as_of)))
        return;
    for (size_t i = 0; i < verdict->finding_count; i++)
        add_finding(markdown, &verdict->findings[i]);
    add(markdown, "%s", describe_lines(markdown->arena, &lines, ""));
    end(markdown, "\n</details>\n\n");
}

static void add_module(struct markdown *markdown, const struct report_module *module)
{
    struct lines lines = words_module(markdown->arena, module);
    add(markdown, "<details>\n<summary>Module <code>%s</code>: %s</summary>\n\n%s\n</details>\n\n",
        name_of(markdown, module->path), print_bytes(markdown->arena, module->bytes.size),
        describe_lines(markdown->arena, &lines, ""));
}

/* --- a bench --- */

static void add_numbers(struct markdown *markdown, const struct bench_row *row, bool same)
{
    struct arena *arena = markdown->arena;
    const char *cells[BENCH_SUBJECTS];
    for (size_t i = 0; i < BENCH_SUBJECTS; i++) {
        const char *figure = words_figure(arena, row->measure, &row->numbers[i]);
        cells[i] =
            figure ? arena_printf(arena, "%s (%s)", figure, words_range(arena, &row->numbers[i]))
                   : "not measured";
    }
    const char *change = words_change(arena, row, same);
    add(markdown, "| %s | %s | %s | %s |\n", bench_words(row->measure)->label, cells[0],
        same ? "the same" : cells[1], change ? change : "");
}

static void add_size(struct markdown *markdown, const char *label, size_t was, size_t now)
{
    struct arena *arena = markdown->arena;
    const char *change = words_growth(arena, (double)was, (double)now);
    if (was + now)
        add(markdown, "| %s | %s | %s | %s |\n", label, print_bytes(arena, was),
            print_bytes(arena, now), change ? change : "");
}

static void add_runtime(struct markdown *markdown, const struct bench_runtime *runtime, bool same)
{
    const char *name = words_runtime(markdown->arena, runtime);
    if (runtime->problem) {
        add(markdown, "%s: %s\n\n", name_of(markdown, name),
            escape(markdown->arena, runtime->problem, LONGEST));
        return;
    }
    add(markdown, "| %s | Original | Shipped | Change |\n|---|---|---|---|\n",
        name_of(markdown, name));
    for (size_t i = 0; i < BENCH_MEASURES; i++)
        add_numbers(markdown, &runtime->rows[i], same);
    end(markdown, "\n");
}

static void add_bench(struct markdown *markdown, const struct bench *bench)
{
    for (size_t i = 0; bench && i < bench->target_count; i++) {
        const struct bench_target *target = &bench->targets[i];
        const struct bench_sizes *was = &target->sizes[BENCH_ORIGINAL];
        const struct bench_sizes *now = &target->sizes[BENCH_SHIPPED];
        if (!add(markdown, "### <code>%s</code>: %s\n\n", name_of(markdown, target->target),
                 name_of(markdown, words_shipped(markdown->arena, target))))
            continue;
        add(markdown, "| Size | Original | Shipped | Change |\n|---|---|---|---|\n");
        add_size(markdown, "raw", was->raw, now->raw);
        add_size(markdown, "gzip", was->gzip, now->gzip);
        add_size(markdown, "zip", was->zip, now->zip);
        end(markdown, "\n");
        if (target->problem)
            add(markdown, "%s\n\n", escape(markdown->arena, target->problem, LONGEST));
        for (size_t r = 0; r < target->runtime_count; r++)
            add_runtime(markdown, &target->runtimes[r], target->same);
        for (size_t f = 0; f < target->finding_count; f++)
            add_finding(markdown, &target->findings[f]);
    }
    if (bench)
        add(markdown, "%s\n\n", escape(markdown->arena, words_bench_hint, LONGEST));
}

int report_markdown(struct arena *arena, const struct report *report,
                    const struct report_style *style, FILE *file)
{
    struct markdown markdown = {.arena = arena, .out = buffer_new(arena, LIMIT_REPORT)};
    const struct verdict **verdicts = words_worst_first(arena, report);
    (void)style;
    add_title(&markdown, report);
    add_bench(&markdown, report->bench);
    add_table(&markdown, verdicts, report->verdict_count);
    for (size_t i = 0; i < report->verdict_count; i++)
        add_verdict(&markdown, verdicts[i]);
    for (size_t i = 0; i < report->module_count; i++)
        add_module(&markdown, &report->modules[i]);
    if (markdown.left_out)
        end(&markdown,
            arena_printf(arena, "%s left out here; the other reports of this run have all.\n\n",
                         print_count(arena, markdown.left_out, "part")));
    end(&markdown, arena_printf(arena, "<sub>edge-deploy %s</sub>\n", report->version));
    return fwrite(markdown.out->data, 1, markdown.out->size, file) == markdown.out->size ? 0 : -1;
}
