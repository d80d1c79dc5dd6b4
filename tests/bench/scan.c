/* Times our pass over a module that is in memory: scan RUNS FILE prints a line a kind of pass, its
   name and its least and median processor time in nanoseconds. No hashing, no compression. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/wasm/wasm.h"

enum { MOST_RUNS = 1000 };

static const struct pass {
    const char *name;
    enum wasm_depth depth;
} passes[] = {{"scan", WASM_FACTS}, {"validate", WASM_VALIDATION}};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int time_pass(const struct pass *pass, struct bytes file, size_t runs)
{
    double times[MOST_RUNS];
    for (size_t i = 0; i < runs; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        double start = now();
        int status = wasm_scan(&arena, file, pass->depth, &info, &error);
        arena_free(&arena);
        times[i] = now() - start;
        if (status != 0) {
            printf("%s refused: %s\n", pass->name, error.message);
            return 0;
        }
    }
    qsort(times, runs, sizeof *times, compare);
    printf("%s %.0f %.0f\n", pass->name, times[0], times[runs / 2]);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct error error = {0};
    struct bytes file;
    size_t runs = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    int status = runs > 0 && runs <= MOST_RUNS ? 0 : 2;
    if (status == 0 && file_read(&arena, argv[2], LIMIT_MODULE, &file, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        status = 1;
    }
    for (size_t i = 0; status == 0 && i < sizeof passes / sizeof *passes; i++)
        status = time_pass(&passes[i], file, runs);
    arena_free(&arena);
    return status;
}
