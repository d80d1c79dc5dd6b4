#include "pkg/validate/validate.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pkg/base/arena.h"
#include "pkg/base/quiet.h"
#include "pkg/base/text.h"
#include "pkg/base/world.h"
#include "pkg/validate/server.h"
#include "pkg/wasm/wasm.h"

enum {
    WAIT_MS = SERVER_CPU_SECONDS * 6000, /* of wall time, on a loaded machine */
    POLL_MS = 100                        /* how often we look whether we shall stop */
};

struct validation_run {
    struct arena *arena;
    struct validator *validator;
    struct validation_run *next; /* the question that came after it */
    bool answered;
    struct validate_result result;
};

/* Answers come in the order of the questions. */
struct validator {
    struct server server;
    struct validation_run *first, **last; /* without an answer yet */
    size_t used;                          /* of the server's room */
};

static void close_validator(void *handle)
{
    server_stop(&((struct validator *)handle)->server);
}

void validate_open(struct arena *arena, validate_judge *judge, struct validator **out)
{
    struct validator *validator = arena_alloc(arena, 1, sizeof *validator);
    validator->last = &validator->first;
    if (server_start(&validator->server, judge) == 0)
        arena_defer(arena, close_validator, validator);
    *out = validator;
}

void validate_close(struct validator *validator)
{
    if (validator)
        server_close(&validator->server);
}

static void settle(struct validation_run *run, enum validation answer, const char *reason)
{
    run->answered = true;
    run->result = (struct validate_result){answer, reason};
}

static bool send_question(const struct validator *validator, const struct question *question)
{
    struct quiet quiet;
    ssize_t written;
    quiet_begin(&quiet);
    while ((written = write(validator->server.questions, question, sizeof *question)) < 0 &&
           errno == EINTR)
        ;
    quiet_end(&quiet);
    return written == (ssize_t)sizeof *question;
}

/* NULL when it was handed over, else why not. */
static const char *hand_over(struct validator *validator, struct bytes module,
                             const struct wasm_info *info)
{
    if (info->kind == WASM_COMPONENT)
        return "libwabt reads no components";
    if (module.size > VALIDATE_LIMIT)
        return "libwabt is not asked about more than 1 MB";
    if (!validator || validator->server.questions < 0)
        return "libwabt's process is not there";
    if (!validator->first)
        validator->used = 0;
    if (module.size > SERVER_ROOM - validator->used)
        return "libwabt has too many other modules to read";
    struct question question = {info->features, validator->used, module.size};
    if (module.size)
        memcpy(validator->server.room + validator->used, module.data, module.size);
    if (!send_question(validator, &question))
        return "libwabt's process has ended";
    validator->used += module.size;
    return NULL;
}

void validate_start(struct arena *arena, struct validator *validator, struct bytes module,
                    const struct wasm_info *info, struct validation_run **out)
{
    struct validation_run *run = arena_alloc(arena, 1, sizeof *run);
    *run = (struct validation_run){.arena = arena, .validator = validator};
    *out = run;
    const char *why_not = hand_over(validator, module, info);
    if (why_not) {
        settle(run, VALIDATION_NOT_JUDGED, why_not);
        return;
    }
    *validator->last = run;
    validator->last = &run->next;
}

static const char *why_it_died(struct arena *arena, int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
        return "libwabt aborted on it";
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return arena_printf(arena, "libwabt gave no answer in %d seconds", SERVER_CPU_SECONDS);
    if (WIFSIGNALED(status))
        return arena_printf(arena, "libwabt was killed by signal %d", WTERMSIG(status));
    return arena_printf(arena, "libwabt's process ended with code %d", WEXITSTATUS(status));
}

static void take_answer(struct validation_run *run, struct answer *answer)
{
    answer->message[sizeof answer->message - 1] = '\0';
    const char *message = text_safe(run->arena, answer->message, strlen(answer->message));
    if (answer->letter == ANSWER_VALID)
        settle(run, VALIDATION_VALID, NULL);
    else if (answer->letter == ANSWER_INVALID)
        settle(run, VALIDATION_INVALID, message);
    else if (answer->letter == ANSWER_UNREAD)
        settle(run, VALIDATION_NOT_JUDGED, message);
    else
        settle(run, VALIDATION_NOT_JUDGED, why_it_died(run->arena, answer->status));
}

/* Nothing comes any more: none of those that wait is judged. */
static void give_up(struct validator *validator, const char *why)
{
    for (struct validation_run *run = validator->first; run; run = run->next)
        settle(run, VALIDATION_NOT_JUDGED, why);
    validator->first = NULL;
    validator->last = &validator->first;
    server_stop(&validator->server);
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The next answer, which is the first question's. */
static int receive(const struct world *world, struct validator *validator, struct error *error)
{
    struct answer answer;
    struct pollfd fd = {.fd = validator->server.answers, .events = POLLIN};
    int64_t deadline = monotonic_ms() + WAIT_MS;
    while (poll(&fd, 1, POLL_MS) <= 0) {
        if (world_stopped(world, error) != 0)
            return -1;
        if (monotonic_ms() < deadline)
            continue;
        give_up(validator, "libwabt's process gave no answer");
        return 0;
    }
    if (read(validator->server.answers, &answer, sizeof answer) != (ssize_t)sizeof answer) {
        give_up(validator, "libwabt's process has ended");
        return 0;
    }
    take_answer(validator->first, &answer);
    validator->first = validator->first->next;
    if (!validator->first)
        validator->last = &validator->first;
    return 0;
}

int validate_finish(const struct world *world, struct validation_run *run,
                    struct validate_result *out, struct error *error)
{
    while (!run->answered)
        if (receive(world, run->validator, error) != 0)
            return error_prefix(error, "validate");
    *out = run->result;
    return 0;
}
