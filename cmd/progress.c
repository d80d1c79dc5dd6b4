#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "pkg/base/text.h"

/* Several targets may speak at once; a line stays whole. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool has_bar; /* on the last line of the terminal */

enum { BAR_WIDTH = 24 };

static void wipe_bar(void)
{
    if (has_bar)
        fputs("\r\033[K", stderr);
    has_bar = false;
}

static void print_line(const struct run *run, const char *subject, const char *line)
{
    struct arena scratch = {0};
    if (run->options.quiet)
        return;
    const char *safe = text_safe(&scratch, line, strlen(line));
    pthread_mutex_lock(&lock);
    wipe_bar();
    if (subject && subject[0])
        fprintf(stderr, "%s: %s\n", subject, safe);
    else
        fprintf(stderr, "%s\n", safe);
    pthread_mutex_unlock(&lock);
    arena_free(&scratch);
}

void progress_say(void *run, const char *subject, const char *line)
{
    print_line(run, subject, line);
}

void progress_step(void *run, const char *target, const char *word)
{
    print_line(run, target, word);
}

static bool is_terminal(const struct run *run)
{
    const char *term = world_environment(run->world, "TERM");
    return isatty(STDERR_FILENO) == 1 && term && strcmp(term, "dumb") != 0;
}

void progress_wait(void *context, const char *target, unsigned seconds, unsigned limit)
{
    static const char full[] = "########################", rest[] = "........................";
    const struct run *run = context;
    if (run->options.quiet || !is_terminal(run))
        return;
    pthread_mutex_lock(&lock);
    wipe_bar();
    if (limit) {
        unsigned done = seconds < limit ? seconds * BAR_WIDTH / limit : BAR_WIDTH;
        fprintf(stderr, "%s: [%.*s%.*s] %u of %u s", target, (int)done, full,
                (int)(BAR_WIDTH - done), rest, seconds, limit);
        has_bar = true;
    }
    fflush(stderr);
    pthread_mutex_unlock(&lock);
}
