#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/github.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"

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
    /* "##[" would give an order to a CI system's runner; escaped it is the same JSON. */
    const char *text = json_print_indented(run->arena, document), *order;
    for (; (order = strstr(text, "##[")) != NULL; text = order + 2)
        printf("%.*s#\\u0023", (int)(order - text), text);
    puts(text);
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

/* The page of the CI run that we are in, NULL outside CI. Names as the CI systems document them. */
static const char *ci_run(struct run *run)
{
    static const char *const pages[] = {"CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL",
                                        "BUILD_URL"};
    const char *server = world_environment(run->world, "GITHUB_SERVER_URL");
    const char *repository = world_environment(run->world, "GITHUB_REPOSITORY");
    const char *id = world_environment(run->world, "GITHUB_RUN_ID");
    if (server && repository && id)
        return arena_printf(run->arena, "%s/%s/actions/runs/%s", server, repository, id);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (world_environment(run->world, pages[i]))
            return world_environment(run->world, pages[i]);
    return NULL;
}

struct publish_options run_publish_options(struct run *run)
{
    const struct options *typed = &run->options;
    return (struct publish_options){
        .targets = run->targets,
        .target_count = run->target_count,
        .validator = run->validator,
        .optimizer = typed->optimizer,
        .cache = run_cache(run),
        .project = run_project(run),
        .profile_file = typed->profile,
        .build = true,
        .optimize = true,
        .strict = typed->strict,
        .sizes = typed->sizes,
        .dry_run = typed->dry_run,
        .stage = typed->stage,
        .force = typed->force,
        .overwrite = typed->overwrite,
        .no_record = typed->no_record,
        .push_record = typed->push_record || run->manifest.record_push,
        .no_wait = typed->no_wait,
        .traffic = (unsigned)typed->traffic,
        .jobs = (unsigned)typed->jobs,
        .timeout_s = (unsigned)typed->timeout,
        .staged = typed->staged,
        .sandboxed = typed->sandbox,
        .run = ci_run(run),
        .step = progress_step,
        .wait = progress_wait,
        .attempt = github_attempt,
        .step_context = run,
    };
}
