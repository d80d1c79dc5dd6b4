#include "pkg/sandbox/sandbox.h"

#include <time.h>

#include "cmd/cmd.h"
#include "cmd/world.h"
#include "pkg/json/json.h"

enum { TICK_MS = 100 };

static void stop(void *sandbox)
{
    sandbox_stop(sandbox);
}

/* Serves until SIGINT or SIGTERM, which end it well. */
static int run_sandbox(struct run *run, struct error *error)
{
    const struct options *typed = &run->options;
    struct sandbox *sandbox;
    struct sandbox_options options = {
        .port = (unsigned)typed->port,
        .state = typed->state ? typed->state : ".edge-deploy/sandbox",
        .latency_ms = (unsigned)typed->latency,
        .faults = typed->fault,
        .rate_scale = (unsigned)typed->rate_scale,
        .tick_ms = world_is_virtual() ? TICK_MS : 0,
        .journal = typed->journal,
        .world = run->world,
        .platforms = platforms,
    };
    if (sandbox_start(run->arena, &options, &sandbox, error) != 0)
        return -1;
    arena_defer(run->arena, stop, sandbox);
    puts(json_print(run->arena, sandbox_ready(sandbox)));
    fflush(stdout);
    /* Not the world's sleep, which may be virtual: this one waits for a signal. */
    while (!world_interrupted(run->world))
        nanosleep(&(struct timespec){0, 100 * 1000 * 1000}, NULL);
    return 0;
}

const struct command command_sandbox = {
    .name = "sandbox",
    .operands = "",
    .summary = "the platforms' APIs on loopback, for trying out and for tests",
    .options = OPTION_FOR_SANDBOX,
    .run = run_sandbox,
};
