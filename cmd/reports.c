#include "cmd/reports.h"

#include <errno.h>
#include <string.h>

#include "cmd/cmd.h"
#include "pkg/json/json.h"

static int write_to(struct run *run, const struct report *report, bool as_json, FILE *file)
{
    /* Colour is for a terminal; a file never has it. */
    struct report_style style = run->style;
    style.colour = style.colour && file == stdout;
    if (!as_json)
        return report_text(run->arena, report, &style, file);
    json_t *document = report_json(run->arena, report);
    if (file == stdout) {
        run_print_json(run, document);
        return 0;
    }
    return fprintf(file, "%s\n", json_print_indented(run->arena, document)) < 0 ? -1 : 0;
}

/* One --report FORMAT=FILE. */
static int write_file(struct run *run, const struct report *report, const char *word,
                      struct error *error)
{
    const char *equals = strchr(word, '=');
    bool as_json = strncmp(word, "json=", 5) == 0;
    if (!equals || (!as_json && strncmp(word, "text=", 5) != 0)) {
        error_set(error, FAULT_INPUT, "cannot write report '%s'", word);
        return error_hint(error, "write --report text=FILE or --report json=FILE");
    }
    FILE *file = fopen(equals + 1, "w");
    if (!file)
        return error_set(error, FAULT_INPUT, "cannot write '%s': %s", equals + 1, strerror(errno));
    int status = write_to(run, report, as_json, file);
    if (fclose(file) != 0 || status != 0)
        return error_set(error, FAULT_INPUT, "cannot write '%s'", equals + 1);
    return 0;
}

int reports_write(struct run *run, const struct report *report, struct error *error)
{
    for (size_t i = 0; i < run->options.reports.count; i++)
        if (write_file(run, report, run->options.reports.items[i], error) != 0)
            return -1;
    if (write_to(run, report, run->json, stdout) != 0)
        return error_set(error, FAULT_INPUT, "cannot write the report");
    return 0;
}
