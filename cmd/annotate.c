#include "cmd/annotate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_SUMMARY = 1 << 20 }; /* bytes of a step; more, and the runner drops all of it */

/* In one piece, so that what others append stays whole. */
static bool append(const char *path, const char *text, size_t size)
{
    struct stat status;
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    bool room = file >= 0 && fstat(file, &status) == 0 &&
                status.st_size + (off_t)size <= (off_t)MOST_SUMMARY;
    bool done = room && write(file, text, size) == (ssize_t)size;
    if (file >= 0)
        close(file);
    return done;
}

static void add_summary(struct run *run, const struct report *report)
{
    const char *path = world_environment(run->world, "GITHUB_STEP_SUMMARY");
    char *text = NULL;
    size_t size = 0;
    FILE *file = path ? open_memstream(&text, &size) : NULL;
    if (!file)
        return;
    int status = report_markdown(run->arena, report, &run->style, file);
    if (fclose(file) != 0 || status != 0 || !append(path, text, size))
        fputs("edge-deploy: cannot add to the summary of the step\n", stderr);
    free(text);
}

void annotate(struct run *run, const struct report *report)
{
    const char *word = world_environment(run->world, "GITHUB_ACTIONS");
    if (!word || strcmp(word, "true") != 0)
        return;
    if (run->writer->write != report_github)
        report_github(run->arena, report, &run->style, stderr);
    add_summary(run, report);
}
