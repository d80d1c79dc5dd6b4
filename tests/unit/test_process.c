#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/process/process.h"
#include "tests/unit/unit.h"

#define SHELL(script) ((const char *const[]){"sh", "-c", script, NULL})

static struct process_result run(struct arena *arena, struct process_request request)
{
    struct error error = {0};
    struct process_result result = {0};
    if (!CHECK(process_run(arena, unit_world(arena), &request, &result, &error) == 0))
        fprintf(stderr, "  %s\n", error.message);
    return result;
}

static void test_output(struct arena *arena)
{
    struct process_result result =
        run(arena, (struct process_request){.argv = SHELL("echo out; echo err >&2; exit 7")});
    CHECK(result.status == 7 && !result.timed_out);
    CHECK_TEXT((const char *)result.output.data, "out\n");
    CHECK_TEXT((const char *)result.errors.data, "err\n");
    result = run(arena, (struct process_request){.argv = SHELL("true")});
    CHECK(result.status == 0 && result.output.size == 0 && result.wall_ms < 5000);
    result = run(arena, (struct process_request){.argv = SHELL("kill -9 $$")});
    CHECK(result.status == 128 + SIGKILL && !result.timed_out);
    result = run(arena, (struct process_request){.argv = SHELL("cat; pwd"), .folder = "/"});
    CHECK_TEXT((const char *)result.output.data, "/\n");
}

static void test_output_limit(struct arena *arena)
{
    struct process_result result = run(
        arena, (struct process_request){.argv = SHELL("head -c 3000000 /dev/zero; echo end >&2"),
                                        .output_limit = 1000});
    CHECK(result.status == 0 && result.output.size == 1000);
    CHECK_TEXT((const char *)result.errors.data, "end\n");
}

/* More than the pipes hold in both directions at once: one-sided code would hang here. */
static void test_input(struct arena *arena)
{
    struct bytes input = {arena_alloc(arena, 1 << 20, 1), 1 << 20};
    memset((uint8_t *)(uintptr_t)input.data, 'x', input.size);
    struct process_result result =
        run(arena, (struct process_request){.argv = SHELL("tee /dev/stderr"), .input = input});
    CHECK(result.status == 0 && bytes_equal(result.output, input));
    CHECK(bytes_equal(result.errors, input));
    result = run(arena, (struct process_request){.argv = SHELL("exec 0<&-; sleep 0.1; exit 3"),
                                                 .input = input});
    CHECK(result.status == 3);
    CHECK(signal(SIGPIPE, SIG_DFL) == SIG_DFL);
}

static void test_limits(struct arena *arena)
{
    struct process_result result = run(
        arena, (struct process_request){.argv = SHELL("sleep 60 & sleep 60"), .timeout_ms = 200});
    CHECK(result.timed_out && result.status == 128 + SIGKILL);
    CHECK(result.wall_ms >= 200 && result.wall_ms < 5000);
    result = run(arena, (struct process_request){.argv = SHELL("while :; do :; done"),
                                                 .timeout_ms = 20000,
                                                 .cpu_seconds = 1});
    CHECK(!result.timed_out && result.status == 128 + SIGXCPU && result.cpu_ms >= 500);
#ifdef __linux__
    result = run(arena, (struct process_request){.argv = SHELL("ulimit -d; ulimit -c"),
                                                 .data_bytes = 64 << 20});
    CHECK_TEXT((const char *)result.output.data, "65536\n0\n");
#endif
}

/* A server that a build leaves behind holds the pipe; we go on. */
static void test_grandchild(struct arena *arena)
{
    struct process_result result =
        run(arena, (struct process_request){.argv = SHELL("echo started; sleep 4 & exit 0"),
                                            .timeout_ms = 30000});
    CHECK(result.status == 0 && !result.timed_out && result.wall_ms < 3500);
    CHECK_TEXT((const char *)result.output.data, "started\n");
}

static void test_start_failures(struct arena *arena)
{
    struct world *world = unit_world(arena);
    struct process_result result;
    static const struct {
        const char *name, *folder, *message;
    } rows[] = {
        {"no-such-program", NULL, "cannot start 'no-such-program': it is not in PATH"},
        {"/nowhere/x", NULL, "cannot start '/nowhere/x': No such file or directory"},
        {"/dev/null", NULL, "cannot start '/dev/null': Permission denied"},
        {"sh", "/nowhere", "cannot start 'sh': No such file or directory"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        const char *argv[] = {rows[i].name, NULL};
        struct process_request request = {.argv = argv, .folder = rows[i].folder};
        CHECK(process_run(arena, world, &request, &result, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
        CHECK_TEXT(error.message, rows[i].message);
    }
}

static int stop_now(void *context)
{
    (void)context;
    return SIGTERM;
}

static void test_interrupt(struct arena *arena)
{
    struct world *world = unit_world(arena);
    world->interrupted = stop_now;
    struct error error = {0};
    struct process_result result;
    struct process_request request = {.argv = SHELL("sleep 60")};
    CHECK(process_run(arena, world, &request, &result, &error) == -1);
    CHECK(error.fault == FAULT_TERMINATED);
    CHECK_TEXT(error.message, "'sh': terminated");
}

static void test_beside(struct arena *arena)
{
    struct world *world = unit_world(arena);
    struct error error = {0};
    struct process *children[3];
    struct process_result result;
    struct process_request request = {.argv = SHELL("read word; echo $word"),
                                      .input = bytes_of("word\n")};
    for (size_t i = 0; i < 3; i++)
        CHECK(process_start(arena, world, &request, &children[i], &error) == 0);
    for (size_t i = 0; i < 3; i++) {
        CHECK(process_wait(children[2 - i], &result, &error) == 0);
        CHECK_TEXT((const char *)result.output.data, "word\n");
    }
    /* Never waited for: the arena ends it. */
    struct arena own = {0};
    request = (struct process_request){.argv = SHELL("sleep 60")};
    CHECK(process_start(&own, world, &request, &children[0], &error) == 0);
    arena_free(&own);
}

static void test_find(struct arena *arena)
{
    struct world *world = unit_world(arena);
    struct error error = {0};
    char *folder = unit_folder(arena);
    CHECK(file_write(path_join(arena, folder, "bin/tool"), bytes_of("#!/bin/sh\n"), 0755, &error) ==
          0);
    CHECK(file_write(path_join(arena, folder, "plain/tool"), bytes_of(""), 0644, &error) == 0);
    unit_setenv(world, "PATH", arena_printf(arena, "::.:bin:%s/plain:%s/bin:", folder, folder));
    CHECK_TEXT(process_find(arena, world, "tool"), arena_printf(arena, "%s/bin/tool", folder));
    CHECK(process_find(arena, world, "Makefile") == NULL);
    CHECK(process_find(arena, world, "bin/tool") == NULL && !process_find(arena, world, ""));
    CHECK(process_find(arena, world, "plain") == NULL);
}

void test_process(void)
{
    struct arena arena = {0};
    test_output(&arena);
    test_output_limit(&arena);
    test_input(&arena);
    test_limits(&arena);
    test_grandchild(&arena);
    test_start_failures(&arena);
    test_interrupt(&arena);
    test_beside(&arena);
    test_find(&arena);
    arena_free(&arena);
}
