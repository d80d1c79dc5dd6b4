/* The table of formats. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/report/report.h"

static int write_json(struct arena *arena, const struct report *report,
                      const struct report_style *style, FILE *file)
{
    (void)style;
    const char *text = json_print_indented(arena, report_json(arena, report));
    return fprintf(file, "%s\n", text) < 0 ? -1 : 0;
}

const struct report_writer report_writers[] = {
    {"text", "for a person at a terminal, 80 columns", report_text, false},
    {"json", "one document with every fact", write_json, false},
    {"markdown", "for a pull request or a step summary, at most 65,536 characters", report_markdown,
     false},
    {"sarif", "SARIF 2.1.0, for code scanning", report_sarif, false},
    {"junit", "JUnit XML, for the test page of a CI system", report_junit, false},
    {"github", "annotations as a GitHub workflow's runner reads them", report_github, false},
    {"html", "one page for a browser that loads nothing else", report_html, true},
};

enum { WRITERS = sizeof report_writers / sizeof *report_writers };
const size_t report_writer_count = WRITERS;

bool report_is_empty(const struct report *report)
{
    return report->module_count + report->verdict_count == 0 && report->failure &&
           report->failure->fault != FAULT_NONE;
}

const char *report_writer_names(struct arena *arena)
{
    const char *list = "";
    for (size_t i = 0; i < WRITERS; i++)
        list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", report_writers[i].name);
    return list;
}

int report_writer_find(const char *name, const struct report_writer **out, struct error *error)
{
    const char *names[WRITERS];
    struct arena scratch = {0};
    for (size_t i = 0; i < WRITERS; i++) {
        names[i] = report_writers[i].name;
        if (strcmp(name, names[i]) != 0)
            continue;
        *out = &report_writers[i];
        return 0;
    }
    const char *nearest = text_nearest(name, names, WRITERS);
    error_set(error, FAULT_INPUT, "unknown format '%s'", name);
    if (nearest)
        error_hint(error, "did you mean '%s'?", nearest);
    else
        error_hint(error, "the formats are %s", report_writer_names(&scratch));
    arena_free(&scratch);
    return -1;
}
