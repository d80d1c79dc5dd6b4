#include "cmd/world.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "pkg/sandbox/sandbox.h"

static volatile sig_atomic_t signalled;

/* EDGE_DEPLOY_CLOCK=virtual and --sandbox: sleeping only moves the clock. */
static bool is_virtual;
static int64_t slept_ms;
static pthread_mutex_t clock_lock = PTHREAD_MUTEX_INITIALIZER;

static void remember_signal(int number)
{
    signalled = number;
}

static int64_t now(void *context)
{
    struct timespec time;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &time);
    pthread_mutex_lock(&clock_lock);
    int64_t extra = slept_ms;
    pthread_mutex_unlock(&clock_lock);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000 + extra;
}

static void sleep_for(void *context, int64_t milliseconds)
{
    (void)context;
    if (is_virtual) {
        pthread_mutex_lock(&clock_lock);
        slept_ms += milliseconds;
        pthread_mutex_unlock(&clock_lock);
        return;
    }
    /* In slices: a signal may have reached another thread. */
    while (milliseconds > 0 && !signalled) {
        int64_t slice = milliseconds < 100 ? milliseconds : 100;
        struct timespec time = {0, (long)slice * 1000000};
        nanosleep(&time, NULL);
        milliseconds -= slice;
    }
}

static void random_bytes(void *context, void *out, size_t size)
{
    (void)context;
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    size_t got = 0;
    while (file >= 0 && got < size) {
        ssize_t n = read(file, (char *)out + got, size - got);
        if (n <= 0 && errno != EINTR)
            break;
        got += n > 0 ? (size_t)n : 0;
    }
    if (file >= 0)
        close(file);
    if (got < size)
        abort();
}

/* What passes into a sandboxed run: nothing that could be a credential or an endpoint. */
static bool is_general(const char *name)
{
    static const char *const names[] = {"PATH",   "HOME", "TMPDIR", "CI",   "NO_COLOR",
                                        "TERM",   "LANG", "LC_ALL", "USER", "SOURCE_DATE_EPOCH",
                                        "COLUMNS"};
    static const char *const prefixes[] = {"EDGE_DEPLOY_", "GITHUB_", "XDG_", "GIT_"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static const char *environment(void *context, const char *name)
{
    const struct run *run = context;
    if (!run->options.sandbox)
        return getenv(name);
    const char *invented = run->sandbox ? sandbox_environment(run->sandbox, name) : NULL;
    return invented ? invented : is_general(name) ? getenv(name) : NULL;
}

static int interrupted(void *context)
{
    (void)context;
    return signalled;
}

void world_open(struct run *run)
{
    struct sigaction action = {0};
    const char *clock = getenv("EDGE_DEPLOY_CLOCK");
    is_virtual = clock && strcmp(clock, "virtual") == 0;
    action.sa_handler = remember_signal;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (signal(SIGHUP, SIG_IGN) != SIG_IGN) /* of nohup */
        sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL); /* a server that hangs up must not end us */
    run->world = arena_alloc(run->arena, 1, sizeof *run->world);
    *run->world =
        (struct world){run, now, sleep_for, random_bytes, environment, interrupted, progress_say};
}

bool world_is_virtual(void)
{
    return is_virtual;
}

void world_make_virtual(void)
{
    is_virtual = true;
}
