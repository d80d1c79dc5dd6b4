#include "pkg/base/quiet.h"

#include <errno.h>
#include <pthread.h>

static bool is_pending(void)
{
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
}

static sigset_t broken_pipe(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

void quiet_begin(struct quiet *quiet)
{
    int reason = errno;
    sigset_t set = broken_pipe();
    quiet->was_pending = is_pending();
    pthread_sigmask(SIG_BLOCK, &set, &quiet->before);
    errno = reason;
}

void quiet_end(const struct quiet *quiet)
{
    int reason = errno, taken;
    sigset_t set = broken_pipe();
    if (!quiet->was_pending && is_pending())
        sigwait(&set, &taken);
    pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
    errno = reason;
}
