/* What check says: who runs it, at a glance; then what was found, worst first. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/report/text.h"
#include "pkg/report/words.h"

enum { LABEL = 4, TEXT = 12 };

static enum colour colour_of(enum answer answer)
{
    return answer == ANSWER_YES ? GREEN : answer == ANSWER_NO ? RED : YELLOW;
}

static const char *mark(const struct printer *printer, enum answer answer)
{
    static const char *const marks[] = {"\xe2\x9c\x93 ", "\xe2\x9c\x97 ", "? "};
    return printer->style->unicode ? marks[answer] : "";
}

static void print_answer(struct printer *printer, enum answer answer)
{
    print_in(printer, colour_of(answer),
             arena_printf(printer->arena, "%s%s", mark(printer, answer), answer_word(answer)));
}

/* --- the matrix --- */

/* One module on one target. */
struct cell {
    enum answer answer;
    size_t errors, warnings;
};

/* Findings without a path are about the target as a whole: they count for each module. */
static struct cell judge(const struct verdict *verdict, const char *path)
{
    struct cell cell = {ANSWER_YES, 0, 0};
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (path && finding->where.path && strcmp(finding->where.path, path) != 0)
            continue;
        cell.errors += finding->level == LEVEL_ERROR;
        cell.warnings += finding->level == LEVEL_WARNING;
        if (finding->is_unknown && cell.answer == ANSWER_YES)
            cell.answer = ANSWER_UNKNOWN;
    }
    if (cell.errors)
        cell.answer = ANSWER_NO;
    return cell;
}

static const char *describe_cell(struct arena *arena, const struct cell *cell)
{
    const char *errors = cell->errors ? print_count(arena, cell->errors, "error") : "";
    const char *warnings = cell->warnings ? print_count(arena, cell->warnings, "warning") : "";
    return arena_printf(arena, "%s%s%s", errors, *errors && *warnings ? ", " : "", warnings);
}

/* With one module its name heads the column of verdicts and the platform stands beside the target;
   with several, a target has a row for each. */
struct table {
    bool single;
    bool has_second;                /* a target of the platform's own name says it all */
    size_t target, second;          /* widths */
    size_t verdict_at, findings_at; /* columns */
};

static void widen(size_t *width, const char *text, size_t most)
{
    size_t wanted = print_width(text);
    wanted = wanted > most ? most : wanted;
    *width = wanted > *width ? wanted : *width;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static const char *second_cell(struct printer *printer, const struct table *table,
                               const struct verdict *verdict, const char *module)
{
    const char *variant = verdict->variant ? verdict->variant : "";
    const char *own =
        arena_printf(printer->arena, "%s%s%s", verdict->platform, *variant ? "@" : "", variant);
    if (!table->single)
        return module ? module : "";
    return strcmp(verdict->target, own) == 0 ? "" : words_host(printer->arena, verdict);
}

static struct table measure(struct printer *printer, const struct report *report)
{
    struct table table = {report->module_count <= 1, false, strlen("target"), 0, 0, 0};
    for (size_t i = 0; i < report->verdict_count; i++) {
        const struct verdict *verdict = &report->verdicts[i];
        widen(&table.target, print_fit(printer, verdict->target, 0), 22);
        for (size_t m = 0; m < verdict->module_count; m++) {
            const char *second = second_cell(printer, &table, verdict, verdict->modules[m]);
            widen(&table.second, print_fit(printer, second, 0), 22);
        }
    }
    table.has_second = table.second > 0;
    if (table.has_second && table.second < strlen("platform"))
        table.second = strlen("platform");
    table.verdict_at = table.target + 2 + (table.has_second ? table.second + 2 : 0);
    table.findings_at =
        table.verdict_at + strlen("incompatible") + (printer->style->unicode ? 4 : 2);
    return table;
}

static void print_row(struct printer *printer, const struct table *table,
                      const struct verdict *verdict, const char *module, bool first)
{
    struct cell cell = judge(verdict, module);
    const char *counts = describe_cell(printer->arena, &cell);
    if (first)
        print_in(printer, PLAIN, print_fit(printer, verdict->target, table->target));
    print_column(printer, table->target + 2);
    print_in(printer, PLAIN,
             print_fit(printer, second_cell(printer, table, verdict, module), table->second));
    print_column(printer, table->verdict_at);
    print_answer(printer, cell.answer);
    if (*counts && table->findings_at + print_width(counts) <= print_columns(printer)) {
        print_column(printer, table->findings_at);
        print_in(printer, DIM, counts);
    }
    print_line(printer);
}

static void print_header(struct printer *printer, const struct report *report,
                         const struct table *table)
{
    bool named = table->single && report->module_count == 1;
    print_in(printer, DIM, "target");
    print_column(printer, table->target + 2);
    if (table->has_second)
        print_in(printer, DIM, table->single ? "platform" : "module");
    print_column(printer, table->verdict_at);
    print_in(printer, named ? BOLD : DIM,
             named ? print_fit(printer, base_name(report->modules[0].path), 30) : "verdict");
    print_line(printer);
}

void text_matrix(struct printer *printer, const struct report *report)
{
    struct table table = measure(printer, report);
    if (report->module_count)
        print_line(printer);
    print_header(printer, report, &table);
    for (size_t i = 0; i < report->verdict_count; i++) {
        const struct verdict *verdict = &report->verdicts[i];
        if (verdict->module_count == 0 || table.single)
            print_row(printer, &table, verdict, NULL, true);
        for (size_t m = 0; !table.single && m < verdict->module_count; m++)
            print_row(printer, &table, verdict, verdict->modules[m], m == 0);
    }
}

/* --- findings --- */

/* Indented by `column`: of a finding, or of its target. */
static void print_lines(struct printer *printer, const struct lines *lines, size_t column)
{
    for (size_t i = 0; i < lines->count; i++) {
        print_column(printer, column);
        print_in(printer, DIM, lines->items[i].label);
        print_column(printer, TEXT);
        print_wrapped(printer, TEXT, lines->items[i].text);
    }
}

static void print_finding(struct printer *printer, const struct finding *finding)
{
    enum colour colour = finding->level == LEVEL_ERROR     ? RED
                         : finding->level == LEVEL_WARNING ? YELLOW
                                                           : DIM;
    struct lines lines = words_finding(printer->arena, finding);
    print_column(printer, 2);
    print_in(printer, colour, level_name(finding->level));
    print_column(printer, TEXT);
    const char *subject = finding->subject ? finding->subject : "";
    print_wrapped(printer, TEXT,
                  arena_printf(printer->arena, "%s [%s%s%s]", finding->message, finding->rule,
                               *subject ? " " : "", subject));
    print_lines(printer, &lines, LABEL);
}

void text_verdict(struct printer *printer, const struct verdict *verdict)
{
    struct lines lines = words_verdict(printer->arena, verdict, true);
    if (verdict->finding_count + lines.count == 0)
        return;
    print_line(printer);
    print_in(printer, BOLD, print_fit(printer, verdict->target, print_columns(printer) - 24));
    print_in(printer, PLAIN, " is ");
    print_in(printer, colour_of(verdict->answer), answer_word(verdict->answer));
    print_wrapped(printer, 2,
                  arena_printf(printer->arena, "(%s, profile of %s)",
                               words_host(printer->arena, verdict), verdict->profile_as_of));
    for (size_t i = 0; i < verdict->finding_count; i++)
        print_finding(printer, &verdict->findings[i]);
    print_lines(printer, &lines, 2);
}
