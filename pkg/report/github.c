/* Annotations as GitHub's runner reads them: a line each, within the limits of a step, worst
   first; the last line tells every verdict, and how many findings had no room. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/report/print.h"
#include "pkg/report/words.h"

enum {
    MOST = 10,     /* of one level, a step */
    LONGEST = 900, /* bytes of one text */
    MOST_NAMED = 40,
};

static const char *const commands[] = {"notice", "warning", "error"};

/* A property ends at a comma, a command at a colon; the runner decodes these. */
static const char *escape(struct arena *arena, const char *text, bool property)
{
    struct buffer *out = buffer_new(arena, LIMIT_REPORT);
    for (; *text; text++) {
        bool special = *text == '%' || *text == '\r' || *text == '\n' ||
                       (property && (*text == ':' || *text == ','));
        int failed = special ? buffer_printf(out, "%%%02X", *text) : buffer_add(out, text, 1);
        (void)failed; /* texts are cut before */
    }
    return out->size ? buffer_text(out) : "";
}

static const char *property(struct arena *arena, const char *text)
{
    return escape(arena, words_safe(arena, text, LONGEST), true);
}

/* The message and what belongs to it, a line each. */
static const char *describe(struct arena *arena, const struct finding *finding)
{
    struct lines lines = words_finding(arena, finding);
    const char *text = words_safe(arena, finding->message, LONGEST);
    for (size_t i = 0; i < lines.count; i++)
        text = arena_printf(arena, "%s\n%s: %s", text, lines.items[i].label,
                            words_safe(arena, lines.items[i].text, LONGEST));
    return escape(arena, text, false);
}

/* A binary has no lines: the manifest's line that names the target is the place. */
static const char *describe_place(struct arena *arena, const struct report *report,
                                  const struct verdict *verdict, const struct finding *finding)
{
    if (verdict->manifest)
        return arena_printf(arena, "file=%s,line=%u,", property(arena, verdict->manifest),
                            verdict->manifest_line);
    if (!finding->where.path)
        return "";
    return arena_printf(
        arena, "file=%s,line=1,",
        property(arena, arena_printf(arena, "%s%s", report->folder, finding->where.path)));
}

/* How many of the level had no room. */
static size_t write_level(struct arena *arena, const struct report *report,
                          const struct verdict **verdicts, enum level level, size_t room,
                          FILE *file)
{
    size_t count = 0;
    for (size_t i = 0; i < report->verdict_count; i++)
        for (size_t f = 0; f < verdicts[i]->finding_count; f++) {
            const struct finding *finding = &verdicts[i]->findings[f];
            if (finding->level != level || count++ >= room)
                continue;
            fprintf(file, "::%s %stitle=%s::%s\n", commands[level],
                    describe_place(arena, report, verdicts[i], finding),
                    property(arena, words_title(arena, verdicts[i], finding)),
                    describe(arena, finding));
        }
    return count > room ? count - room : 0;
}

static const char *list_verdicts(struct arena *arena, const struct report *report,
                                 const struct verdict **verdicts)
{
    const char *text = "";
    for (size_t i = 0; i < report->verdict_count && i < MOST_NAMED; i++) {
        const char *start = words_estimate(arena, &verdicts[i]->estimate);
        text = arena_printf(arena, "%s\n%s: %s (%s)%s%s", text,
                            words_safe(arena, verdicts[i]->target, LONGEST),
                            answer_word(verdicts[i]->answer),
                            words_safe(arena, words_host(arena, verdicts[i]), LONGEST),
                            start ? "; " : "", start ? start : "");
    }
    if (report->verdict_count > MOST_NAMED)
        text = arena_printf(arena, "%s\nand %zu more targets", text,
                            report->verdict_count - MOST_NAMED);
    return text;
}

static const char *list_modules(struct arena *arena, const struct report *report)
{
    const char *text = "";
    for (size_t i = 0; i < report->module_count && i < MOST_NAMED; i++) {
        struct lines lines = words_module(arena, &report->modules[i]);
        text = arena_printf(arena, "%s\n%s", text,
                            words_safe(arena, report->modules[i].path, LONGEST));
        for (size_t l = 0; l < lines.count; l++)
            if (strcmp(lines.items[l].label, "size") == 0 ||
                strcmp(lines.items[l].label, "sha256") == 0)
                text = arena_printf(arena, "%s%s%s %s", text, l ? ", " : "", lines.items[l].label,
                                    lines.items[l].text);
    }
    return text;
}

static void write_summary(struct arena *arena, const struct report *report,
                          const struct verdict **verdicts, size_t left_out, FILE *file)
{
    const char *rest = left_out
                           ? arena_printf(arena, "\n%s had no room here: the job's summary has all",
                                          print_count(arena, left_out, "finding"))
                           : "";
    const char *answers = report->verdict_count ? words_answers(arena, report) : "no targets";
    const char *text =
        arena_printf(arena, "%s%s%s%s", answers, list_verdicts(arena, report, verdicts),
                     list_modules(arena, report), rest);
    fprintf(file, "::notice title=edge-deploy %s::%s\n", property(arena, report->command),
            escape(arena, text, false));
}

static void write_failure(struct arena *arena, const struct report *report, FILE *file)
{
    const struct error *failure = report->failure;
    const char *text = words_safe(arena, failure->message, LONGEST);
    if (failure->hint[0])
        text = arena_printf(arena, "%s\nhint: %s", text, words_safe(arena, failure->hint, LONGEST));
    fprintf(file, "::error title=edge-deploy %s::%s\n", property(arena, report->command),
            escape(arena, text, false));
}

int report_github(struct arena *arena, const struct report *report,
                  const struct report_style *style, FILE *file)
{
    const struct verdict **verdicts = words_worst_first(arena, report);
    bool failed = report->failure && report->failure->fault != FAULT_NONE;
    bool told = failed && report->failure->fault == FAULT_INCOMPATIBLE && report->verdict_count;
    size_t left_out = 0, errors = MOST;
    (void)style;
    if (failed && !told) {
        write_failure(arena, report, file);
        errors--;
    }
    left_out += write_level(arena, report, verdicts, LEVEL_ERROR, errors, file);
    left_out += write_level(arena, report, verdicts, LEVEL_WARNING, MOST, file);
    left_out += write_level(arena, report, verdicts, LEVEL_NOTE, MOST - 1, file);
    if (!report_is_empty(report))
        write_summary(arena, report, verdicts, left_out, file);
    return ferror(file) ? -1 : 0;
}
