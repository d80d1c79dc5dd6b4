#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "pkg/base/text.h"

void output_error(const struct run *run, const struct error *error)
{
    struct arena scratch = {0};
    const char *message = text_safe(&scratch, error->message, strlen(error->message));
    const char *hint = text_safe(&scratch, error->hint, strlen(error->hint));
    (void)run;
    fprintf(stderr, "edge-deploy: %s\n", message);
    if (hint[0])
        fprintf(stderr, "hint: %s\n", hint);
    arena_free(&scratch);
}

static bool printed;

void run_print_json(struct run *run, const json_t *document)
{
    if (printed)
        return;
    printed = true;
    puts(json_print_indented(run->arena, document));
}

json_t *run_document(struct run *run, const struct error *error)
{
    return report_document(run->arena, run->command ? run->command->name : "", error);
}

const char *run_today(struct run *run)
{
    char *time = text_time(run->arena, world_stamp(run->world));
    time[10] = '\0';
    return time;
}
