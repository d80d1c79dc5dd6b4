/* A CGI program for the glue's tests: what it does is its path. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void show_environment(void)
{
    fputs("Content-Type: text/plain\r\nX-Seen: yes\r\n\r\n", stdout);
    for (char **each = environ; *each; each++)
        puts(*each);
}

static void echo(void)
{
    static char block[65536];
    size_t size;
    fputs("Status: 201 Made\nContent-Type: application/octet-stream\n\n", stdout);
    while ((size = fread(block, 1, sizeof block, stdin)) > 0)
        fwrite(block, 1, size, stdout);
}

/* A static that is not zero on the second request would show an instance that was kept. */
static void count(void)
{
    static int calls;
    printf("Content-Type: text/plain\n\n%d\n", ++calls);
}

static void forged(void)
{
    fputs("Content-Type: text/plain\nEdge-Deploy-Version: sha256:0\n\n", stdout);
}

static void cookies(void)
{
    fputs("Status: 302\nLocation: /next\nSet-Cookie: a=1; Path=/\nSet-Cookie: b=2\nConnection: "
          "close, X-Hop\n"
          "X-Hop: gone\nX-Edge-Own: gone on Lambda\nContent-Length: 7\n\nignored",
          stdout);
}

static void clocks(void)
{
    struct timespec wall, before, after, pause = {0, 20000000};
    uint8_t random[16] = {0};
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &before);
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    getentropy(random, sizeof random);
    int sum = 0;
    for (size_t i = 0; i < sizeof random; i++)
        sum += random[i];
    long slept = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    FILE *file = fopen("/etc/passwd", "r");
    fprintf(stderr, "first line\nsecond line without an end");
    printf("Content-Type: text/plain\n\nwall=%lld random=%d slept=%ld file=%d tty=%d\n",
           (long long)wall.tv_sec, sum > 0, slept, file != NULL, isatty(1));
}

static void much(const char *count)
{
    fputs("Content-Type: text/plain\n\n", stdout);
    for (long i = strtol(count, NULL, 10); i > 0; i--)
        putchar('x');
}

static void all_bytes(void)
{
    fputs("Content-Type: application/octet-stream\n\n", stdout);
    for (int i = 0; i < 256; i++)
        putchar(i);
}

/* A gzip member that holds "hi\n", and a header in UTF-8. */
static void encoded(void)
{
    static const uint8_t gzip[] = {31,  139, 8, 0,   0,   0,   0,   0, 0, 3, 203, 200,
                                   228, 2,   0, 122, 122, 111, 237, 3, 0, 0, 0};
    fputs("Content-Type: text/plain\nContent-Encoding: gzip\nX-Name: caf\xc3\xa9\n\n", stdout);
    fwrite(gzip, 1, sizeof gzip, stdout);
}

int main(int argc, char **argv)
{
    const char *path = getenv("PATH_INFO");
    (void)argv;
    if (argc != 1 || !path)
        return 9;
    if (strcmp(path, "/echo") == 0)
        echo();
    else if (strcmp(path, "/count") == 0)
        count();
    else if (strcmp(path, "/cookies") == 0)
        cookies();
    else if (strcmp(path, "/forged") == 0)
        forged();
    else if (strcmp(path, "/clocks") == 0)
        clocks();
    else if (strncmp(path, "/much/", 6) == 0)
        much(path + 6);
    else if (strcmp(path, "/encoded") == 0)
        encoded();
    else if (strcmp(path, "/bytes") == 0)
        all_bytes();
    else if (strcmp(path, "/grow") == 0 && malloc(8 << 20))
        show_environment();
    else if (strcmp(path, "/plain") == 0)
        puts("no header at all");
    else if (strcmp(path, "/bad-status") == 0)
        fputs("Status: 99 What\n\n", stdout);
    else if (strcmp(path, "/bad-header") == 0)
        fputs("Content-Type: text/plain\nno colon\n\n", stdout);
    else if (strcmp(path, "/no-content") == 0)
        fputs("Status: 204 None\n\nbody that must not be sent", stdout);
    else if (strcmp(path, "/trap") == 0)
        __builtin_trap();
    else if (strcmp(path, "/abort") == 0)
        abort();
    else if (strcmp(path, "/exit-3") == 0)
        exit(3);
    else if (strcmp(path, "/exit-0") == 0) {
        fputs("Content-Type: text/plain\n\nended\n", stdout);
        exit(0);
    } else
        show_environment();
    return 0;
}
