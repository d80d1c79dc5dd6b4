/* Viceroy: a fresh process to the first byte; throughput of one that serves. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkg/bench/load.h"

/* The empty worker: a memory, and a _start that does nothing. Viceroy answers for it. */
static const uint8_t empty_module[] = {0,   'a', 's', 'm', 1,   0,   0,   0, 1, 4, 1,   0x60, 0,
                                       0,   3,   2,   1,   0,   5,   3,   1, 0, 1, 7,   0x13, 2,
                                       6,   'm', 'e', 'm', 'o', 'r', 'y', 2, 0, 6, '_', 's',  't',
                                       'a', 'r', 't', 0,   0,   10,  4,   1, 2, 0, 0x0b};

enum { EMPTY = BENCH_SUBJECTS };

/* A port of loopback that is free now: it is told on the command line. 0: none. */
static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return 0;
    bool found = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                 getsockname(fd, (struct sockaddr *)&address, &size) == 0;
    close(fd);
    return found ? ntohs(address.sin_port) : 0;
}

static int open_server(struct bencher *bencher, size_t subject, struct server *server,
                       const char **why, struct error *error)
{
    struct bytes module = subject == EMPTY ? (struct bytes){empty_module, sizeof empty_module}
                                           : bencher->job->subjects[subject].module;
    if (bench_server_open(bencher, server, error) != 0 ||
        runtime_place_write(&server->place, "module.wasm", module, error) != 0)
        return -1;
    const char *address = arena_printf(&server->arena, "127.0.0.1:%u", free_port());
    const char *const argv[] = {bencher->runtime->path, "serve", "--addr", address,
                                "module.wasm",          NULL};
    server->socket = NULL;
    server->url = arena_printf(&server->arena, "http://%s", address);
    struct http_request first = bench_server_request(server, NULL);
    return bench_server_start(server, argv, &first, why, error);
}

static void take(struct bencher *bencher, size_t subject, double wall, double used)
{
    struct samples *base = bencher->base;
    if (subject != EMPTY) {
        bench_sample(bencher, BENCH_COLD_START, subject, wall);
        if (used >= 0)
            bench_sample(bencher, BENCH_COLD_START_CPU, subject, used);
        return;
    }
    samples_add(bencher->arena, &base[BENCH_COLD_START], wall);
    if (used >= 0)
        samples_add(bencher->arena, &base[BENCH_COLD_START_CPU], used);
}

/* 1: it did not answer, and *why says so. */
static int start_once(struct bencher *bencher, size_t subject, struct error *error)
{
    struct server server;
    const char *why = NULL;
    double began = monotonic();
    int status = open_server(bencher, subject, &server, &why, error);
    if (status == 0)
        take(bencher, subject, monotonic() - began, meter_cpu(&server.meter));
    bench_server_close(&server);
    if (status > 0 && subject == EMPTY)
        bench_give_up(bencher, "the empty worker: %s", why);
    else if (status > 0)
        bench_fail(bencher, subject, why);
    return status < 0 ? -1 : 0;
}

static int start_all(struct bencher *bencher, struct error *error)
{
    size_t order[BENCH_SUBJECTS + 1];
    for (size_t round = 0; bench_goes_on(bencher, round); round++) {
        bench_shuffle(bencher, order, bencher->subject_count + 1);
        for (size_t i = 0; i <= bencher->subject_count && !bencher->out->problem; i++) {
            size_t subject = order[i] == bencher->subject_count ? EMPTY : order[i];
            if ((subject == EMPTY || !bencher->failed[subject]) &&
                start_once(bencher, subject, error) != 0)
                return -1;
        }
    }
    return 0;
}

int viceroy_bench(struct bencher *bencher, struct error *error)
{
    if (bencher->job->form != BENCH_MODULE)
        return bench_give_up(bencher, "it runs no JavaScript");
    bench_note_all(bencher, BENCH_COMPILE, BENCH_INSTANTIATE, "a part of the cold start");
    bench_note(bencher, BENCH_FIRST_CALL, "a part of the cold start");
    if (start_all(bencher, error) != 0)
        return -1;
    return bencher->out->problem ? 0 : bench_load_all(bencher, open_server, error);
}
