/* wait4 tells one child's processor time apart from the others'; it is BSD's, not POSIX's. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "pkg/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/quiet.h"
#include "pkg/base/world.h"

enum {
    POLL_MS = 100, /* how often we look whether we shall stop */
    DRAIN_MS = 500 /* how long a pipe that a grandchild holds is read on after the child's end */
};

struct process {
    struct arena *arena;
    const struct world *world;
    const char *name;
    pid_t id; /* 0 once it is reaped */
    int input, output, errors;
    struct bytes feed; /* what its standard input has not got yet */
    struct buffer *kept_output, *kept_errors;
    uint64_t started_ms, deadline_ms;
    int wait_status;
    struct rusage usage;
};

/* Both ends close on exec and lie above 2, whatever of 0 to 2 is closed in us. */
static int open_pipe(int ends[2])
{
    int raw[2];
    if (pipe(raw) != 0)
        return -1;
    ends[0] = fcntl(raw[0], F_DUPFD_CLOEXEC, 3);
    ends[1] = fcntl(raw[1], F_DUPFD_CLOEXEC, 3);
    close(raw[0]);
    close(raw[1]);
    return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void pause_ms(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

/* All that the child needs between fork and exec, where it may not allocate. */
struct child {
    const char *program, *folder;
    char *const *argv, *const *environment;
    int input, output, errors, report;
    uint64_t cpu_seconds, data_bytes;
};

static void limit(int resource, uint64_t soft, uint64_t hard)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0)
        return;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < hard)
        hard = now.rlim_max;
    struct rlimit wanted = {(rlim_t)(soft < hard ? soft : hard), (rlim_t)hard};
    setrlimit(resource, &wanted);
}

static void reset_signals(void)
{
    static const int ignored[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child. What comes back to the parent is errno; nothing when exec worked. */
static void become(const struct child *child)
{
    setpgid(0, 0);
    reset_signals();
    limit(RLIMIT_CORE, 0, 0);
    if (child->cpu_seconds)
        limit(RLIMIT_CPU, child->cpu_seconds, child->cpu_seconds + 1);
    if (child->data_bytes)
        limit(RLIMIT_DATA, child->data_bytes, child->data_bytes);
    if (dup2(child->input, 0) >= 0 && dup2(child->output, 1) >= 0 && dup2(child->errors, 2) >= 0 &&
        (!child->folder || chdir(child->folder) == 0)) {
        if (child->environment)
            execve(child->program, child->argv, child->environment);
        else
            execv(child->program, child->argv);
    }
    int reason = errno;
    ssize_t written = write(child->report, &reason, sizeof reason);
    _exit(written == (ssize_t)sizeof reason ? 127 : 126);
}

/* Between pipe() and fork() no other thread may fork: its child would hold our pipes open. */
static pthread_mutex_t fork_lock = PTHREAD_MUTEX_INITIALIZER;

struct pipes {
    int input[2], output[2], errors[2], report[2], null;
};

static void close_pipes(struct pipes *pipes)
{
    for (int i = 0; i < 2; i++) {
        close_end(&pipes->input[i]);
        close_end(&pipes->output[i]);
        close_end(&pipes->errors[i]);
        close_end(&pipes->report[i]);
    }
    close_end(&pipes->null);
}

static int open_pipes(const struct process_request *request, struct pipes *pipes)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, -1};
    if (open_pipe(pipes->report) != 0)
        return -1;
    if (request->input.size && open_pipe(pipes->input) != 0)
        return -1;
    if (!request->pass_output && (open_pipe(pipes->output) != 0 || open_pipe(pipes->errors) != 0))
        return -1;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0)
        return -1;
    pipes->null = fcntl(null, F_DUPFD_CLOEXEC, 3);
    close(null);
    return pipes->null < 0 ? -1 : 0;
}

/* 0, or errno of what failed. */
static int spawn(struct process *process, const struct process_request *request,
                 const char *program, struct pipes *pipes)
{
    struct child child = {program,
                          request->folder,
                          (char *const *)(uintptr_t)request->argv,
                          (char *const *)(uintptr_t)request->environment,
                          request->input.size ? pipes->input[0] : pipes->null,
                          request->pass_output ? 2 : pipes->output[1],
                          request->pass_output ? 2 : pipes->errors[1],
                          pipes->report[1],
                          request->cpu_seconds,
                          request->data_bytes};
    process->id = fork();
    if (process->id < 0) {
        process->id = 0;
        return errno;
    }
    if (process->id == 0)
        become(&child);
    setpgid(process->id, process->id); /* the child does it too: whoever is first */
    close_end(&pipes->report[1]);
    int reason = 0;
    ssize_t got;
    while ((got = read(pipes->report[0], &reason, sizeof reason)) < 0 && errno == EINTR)
        ;
    return got == (ssize_t)sizeof reason ? reason : 0;
}

static void reap(struct process *process)
{
    while (process->id && wait4(process->id, &process->wait_status, 0, &process->usage) < 0)
        if (errno != EINTR)
            break;
    process->id = 0;
}

static void kill_group(struct process *process)
{
    if (process->id == 0)
        return;
    kill(-process->id, SIGKILL);
    kill(process->id, SIGKILL);
    reap(process);
}

static void give_up(void *handle)
{
    struct process *process = handle;
    kill_group(process);
    close_end(&process->input);
    close_end(&process->output);
    close_end(&process->errors);
}

static void take_end(int *out, int *fd)
{
    *out = *fd;
    *fd = -1;
    if (*out >= 0)
        fcntl(*out, F_SETFL, fcntl(*out, F_GETFL) | O_NONBLOCK);
}

/* A path with a slash is meant from our folder, not from the child's. */
static const char *locate(struct arena *arena, const struct world *world, const char *name,
                          const char *folder)
{
    if (!strchr(name, '/'))
        return process_find(arena, world, name);
    char here[4096];
    if (name[0] == '/' || !folder || !getcwd(here, sizeof here))
        return name;
    return path_join(arena, here, name);
}

static int start_locked(struct process *process, const struct process_request *request,
                        const char *program)
{
    struct pipes pipes;
    pthread_mutex_lock(&fork_lock);
    int reason =
        open_pipes(request, &pipes) == 0 ? spawn(process, request, program, &pipes) : errno;
    pthread_mutex_unlock(&fork_lock);
    if (reason == 0) {
        take_end(&process->input, &pipes.input[1]);
        take_end(&process->output, &pipes.output[0]);
        take_end(&process->errors, &pipes.errors[0]);
    }
    close_pipes(&pipes);
    return reason;
}

int process_start(struct arena *arena, const struct world *world,
                  const struct process_request *request, struct process **out, struct error *error)
{
    const char *name = request->argv[0];
    const char *program = locate(arena, world, name, request->folder);
    if (!program)
        return error_set(error, FAULT_INPUT, "cannot start '%s': it is not in PATH", name);
    struct process *process = arena_alloc(arena, 1, sizeof *process);
    size_t kept = request->output_limit ? request->output_limit : LIMIT_PROCESS_OUTPUT;
    *process = (struct process){.arena = arena,
                                .world = world,
                                .name = arena_strdup(arena, name),
                                .input = -1,
                                .output = -1,
                                .errors = -1,
                                .feed = request->input,
                                .kept_output = buffer_new(arena, kept),
                                .kept_errors = buffer_new(arena, kept),
                                .started_ms = monotonic_ms()};
    process->deadline_ms = request->timeout_ms ? process->started_ms + request->timeout_ms : 0;
    int reason = start_locked(process, request, program);
    arena_defer(arena, give_up, process);
    if (reason != 0) {
        reap(process);
        return error_set(error, FAULT_INPUT, "cannot start '%s': %s", name, strerror(reason));
    }
    *out = process;
    return 0;
}

static void feed(struct process *process)
{
    struct quiet quiet;
    quiet_begin(&quiet);
    ssize_t written = write(process->input, process->feed.data, process->feed.size);
    quiet_end(&quiet);
    if (written > 0) {
        process->feed.data += written;
        process->feed.size -= (size_t)written;
    }
    bool failed = written < 0 && errno != EAGAIN && errno != EINTR;
    if (failed || process->feed.size == 0)
        close_end(&process->input);
}

static void collect(int *fd, struct buffer *kept)
{
    uint8_t chunk[16384];
    ssize_t got = read(*fd, chunk, sizeof chunk);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        close_end(fd);
    if (got <= 0)
        return;
    size_t room = kept->limit - kept->size;
    if (room && buffer_add(kept, chunk, (size_t)got < room ? (size_t)got : room) != 0)
        kept->limit = kept->size; /* memory is out: the rest is dropped */
}

static void move_bytes(struct process *process, int wait_ms)
{
    struct pollfd fds[3] = {
        {process->input, POLLOUT, 0}, {process->output, POLLIN, 0}, {process->errors, POLLIN, 0}};
    if (poll(fds, 3, wait_ms) <= 0)
        return;
    if (fds[0].revents)
        feed(process);
    if (fds[1].revents)
        collect(&process->output, process->kept_output);
    if (fds[2].revents)
        collect(&process->errors, process->kept_errors);
}

static bool has_ended(struct process *process)
{
    if (process->id &&
        wait4(process->id, &process->wait_status, WNOHANG, &process->usage) == process->id)
        process->id = 0;
    return process->id == 0;
}

/* Milliseconds that one round may wait: short while only the child's end is waited for, so that
   short programs cost little. */
static int round_ms(const struct process *process, uint64_t now, unsigned round)
{
    bool only_end = process->input < 0 && process->output < 0 && process->errors < 0;
    uint64_t wait = only_end ? (round < 20 ? round / 4 + 1 : 20) : POLL_MS;
    if (process->deadline_ms && now + wait > process->deadline_ms)
        wait = process->deadline_ms > now ? process->deadline_ms - now : 0;
    return (int)wait;
}

/* Until the child has ended and its pipes are empty, or until the deadline. */
static int attend(struct process *process, bool *timed_out, struct error *error)
{
    uint64_t ended_ms = 0;
    unsigned round = 0;
    for (;;) {
        bool ended = has_ended(process);
        uint64_t now = monotonic_ms();
        if (ended && process->output < 0 && process->errors < 0)
            return 0;
        if (ended && !ended_ms)
            ended_ms = now;
        if (ended && now - ended_ms >= DRAIN_MS)
            return 0;
        *timed_out = !ended && process->deadline_ms && now >= process->deadline_ms;
        if (*timed_out)
            return 0;
        if (world_stopped(process->world, error) != 0)
            return error_prefix(error, "'%s'", process->name);
        int wait = round_ms(process, now, round);
        if (process->input < 0 && process->output < 0 && process->errors < 0) {
            round++;
            pause_ms(wait);
        } else {
            move_bytes(process, wait);
        }
    }
}

static struct bytes kept_bytes(const struct buffer *buffer)
{
    return (struct bytes){(const uint8_t *)buffer_text(buffer), buffer->size};
}

static uint64_t cpu_ms(const struct rusage *usage)
{
    return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000 +
           (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1000;
}

static uint64_t peak_bytes(const struct rusage *usage)
{
#ifdef __APPLE__
    return (uint64_t)usage->ru_maxrss;
#else
    return (uint64_t)usage->ru_maxrss * 1024;
#endif
}

static void fill_result(const struct process *process, struct process_result *out)
{
    out->status = WIFSIGNALED(process->wait_status) ? 128 + WTERMSIG(process->wait_status)
                                                    : WEXITSTATUS(process->wait_status);
    out->output = kept_bytes(process->kept_output);
    out->errors = kept_bytes(process->kept_errors);
    out->wall_ms = monotonic_ms() - process->started_ms;
    out->cpu_ms = cpu_ms(&process->usage);
    out->peak_bytes = peak_bytes(&process->usage);
}

long process_id(const struct process *process)
{
    return (long)process->id;
}

void process_pump(struct process *process, int wait_ms)
{
    if (process->output >= 0 || process->errors >= 0)
        move_bytes(process, wait_ms);
    else
        pause_ms(wait_ms);
}

bool process_ended(struct process *process)
{
    return has_ended(process);
}

void process_stop(struct process *process, struct process_result *out)
{
    process_pump(process, 0);
    *out = (struct process_result){0};
    give_up(process);
    fill_result(process, out);
}

int process_wait(struct process *process, struct process_result *out, struct error *error)
{
    *out = (struct process_result){0};
    int status = attend(process, &out->timed_out, error);
    give_up(process);
    if (status != 0)
        return -1;
    fill_result(process, out);
    return 0;
}

int process_run(struct arena *arena, const struct world *world,
                const struct process_request *request, struct process_result *out,
                struct error *error)
{
    struct process *process;
    if (process_start(arena, world, request, &process, error) != 0)
        return -1;
    return process_wait(process, out, error);
}
