#include "pkg/report/text.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/report/words.h"

/* Of a run that came to nothing there is only why. */
static void print_failure(struct printer *printer, const struct error *failure)
{
    print_in(printer, RED, "error");
    print_wrapped(printer, 7, failure->message);
    if (failure->hint[0]) {
        print_in(printer, DIM, "hint");
        print_wrapped(printer, 7, failure->hint);
    }
}

int report_text(struct arena *arena, const struct report *report, const struct report_style *style,
                FILE *file)
{
    struct printer printer = {.arena = arena, .style = style, .file = file};
    if (report_is_empty(report))
        print_failure(&printer, report->failure);
    bool inspect = strcmp(report->command, "inspect") == 0;
    for (size_t i = 0; i < report->module_count; i++) {
        if (inspect && i > 0)
            print_line(&printer);
        if (inspect)
            text_module(&printer, report, &report->modules[i]);
        else
            text_summary(&printer, report, &report->modules[i]);
    }
    if (report->verdict_count) {
        text_matrix(&printer, report);
        for (size_t i = 0; i < report->verdict_count; i++)
            text_verdict(&printer, &report->verdicts[i]);
        print_line(&printer);
        print_wrapped(&printer, 0, words_answers(arena, report));
    }
    return ferror(file) ? -1 : 0;
}
