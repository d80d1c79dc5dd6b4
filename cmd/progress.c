#include <pthread.h>
#include <string.h>

#include "cmd/cmd.h"
#include "pkg/base/text.h"

/* Several targets may speak at once; a line stays whole. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void print_line(const struct run *run, const char *subject, const char *line)
{
    struct arena scratch = {0};
    if (run->options.quiet)
        return;
    const char *safe = text_safe(&scratch, line, strlen(line));
    pthread_mutex_lock(&lock);
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
