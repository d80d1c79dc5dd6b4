/* MAP_ANONYMOUS is in all systems and not yet in the POSIX of 2008. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include "pkg/validate/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* libwabt's tree takes up to 60 bytes a byte of code; the rest is room. */
enum { DATA_BYTES = 256 << 20, DATA_A_BYTE = 128 };

/* The exit code of who has answered: whatever else ends a child ends it without an answer. */
enum { HAS_ANSWERED = 64 };

static void limit(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit now;
    if (getrlimit(resource, &now) == 0 && (now.rlim_max == RLIM_INFINITY || now.rlim_max >= hard))
        setrlimit(resource, &(struct rlimit){soft, hard});
}

static void limit_all(size_t module_size)
{
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_CPU, SERVER_CPU_SECONDS, SERVER_CPU_SECONDS + 1);
#if defined(__SANITIZE_ADDRESS__)
    (void)module_size; /* the sanitizer could not even map its shadow */
#else
    rlim_t bytes = DATA_BYTES + (rlim_t)DATA_A_BYTE * module_size;
    limit(RLIMIT_DATA, bytes, bytes);
#endif
}

static bool read_whole(int fd, void *out, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t count = read(fd, (char *)out + got, size - got);
        if (count == 0 || (count < 0 && errno != EINTR))
            return false;
        got += count > 0 ? (size_t)count : 0;
    }
    return true;
}

static bool write_answer(int fd, const struct answer *answer)
{
    ssize_t written;
    while ((written = write(fd, answer, sizeof *answer)) < 0 && errno == EINTR)
        ;
    return written == (ssize_t)sizeof *answer;
}

/* In the child of the child: what kills it kills no more than this one answer. */
static void judge_and_end(const struct server *server, validate_judge *judge,
                          const struct question *question)
{
    static const char letters[] = {ANSWER_VALID, ANSWER_INVALID, ANSWER_UNREAD};
    struct answer answer = {0};
    limit_all(question->size);
    int verdict = judge(server->room + question->at, question->size, question->features,
                        answer.message, sizeof answer.message);
    answer.letter = verdict >= 0 && verdict <= 2 ? letters[verdict] : ANSWER_DIED;
    _exit(write_answer(server->answers, &answer) ? HAS_ANSWERED : 1);
}

static bool answer_one(const struct server *server, validate_judge *judge,
                       const struct question *question)
{
    struct answer answer = {.letter = ANSWER_DIED};
    pid_t child = fork();
    if (child == 0)
        judge_and_end(server, judge, question);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            break;
    answer.status = (int32_t)status;
    bool answered = WIFEXITED(status) && WEXITSTATUS(status) == HAS_ANSWERED;
    return child > 0 && (answered || write_answer(server->answers, &answer));
}

/* Until our parent has ended or has heard enough. */
static void serve(const struct server *server, validate_judge *judge)
{
    struct question question;
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    signal(SIGPIPE, SIG_IGN);
    for (int fd = 0; null >= 0 && fd <= 2; fd++)
        dup2(null, fd);
    while (read_whole(server->questions, &question, sizeof question) &&
           answer_one(server, judge, &question))
        ;
    _exit(0);
}

static int open_pipe(int ends[2])
{
    int raw[2];
    if (pipe(raw) != 0)
        return -1;
    /* Above 2, whatever of 0 to 2 is closed in us. */
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, 3);
        close(raw[i]);
    }
    return ends[0] < 0 || ends[1] < 0 ? -1 : 0;
}

static void close_all(int fds[4])
{
    for (int i = 0; i < 4; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

int server_start(struct server *server, validate_judge *judge)
{
    int fds[] = {-1, -1, -1, -1}; /* questions: read, write; answers: read, write */
    void *room = mmap(NULL, SERVER_ROOM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *server = (struct server){.questions = -1, .answers = -1};
    pid_t id = room != MAP_FAILED && open_pipe(fds) == 0 && open_pipe(fds + 2) == 0 ? fork() : -1;
    if (id == 0) {
        close(fds[1]);
        close(fds[2]);
        serve(&(struct server){0, fds[0], fds[3], room}, judge);
    }
    if (id < 0) {
        close_all(fds);
        if (room != MAP_FAILED)
            munmap(room, SERVER_ROOM);
        return -1;
    }
    close(fds[0]);
    close(fds[3]);
    setpgid(id, id); /* the child does it too: whoever is first */
    *server = (struct server){id, fds[1], fds[2], room};
    return 0;
}

void server_close(struct server *server)
{
    if (server->questions >= 0)
        close(server->questions);
    server->questions = -1;
}

void server_stop(struct server *server)
{
    if (server->id == 0)
        return;
    kill(-server->id, SIGKILL);
    kill(server->id, SIGKILL);
    while (waitpid(server->id, NULL, 0) < 0 && errno == EINTR)
        ;
    server_close(server);
    close(server->answers);
    munmap(server->room, SERVER_ROOM);
    server->id = 0;
}
