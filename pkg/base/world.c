#include "pkg/base/world.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int64_t world_now(const struct world *world)
{
    return world->now(world->context);
}

int64_t world_stamp(const struct world *world)
{
    const char *epoch = world_environment(world, "SOURCE_DATE_EPOCH");
    char *end = NULL;
    long long seconds = epoch ? strtoll(epoch, &end, 10) : 0;
    return epoch && *end == '\0' && seconds >= 0 ? seconds : world_now(world) / 1000;
}

void world_sleep(const struct world *world, int64_t milliseconds)
{
    world->sleep(world->context, milliseconds);
}

const char *world_environment(const struct world *world, const char *name)
{
    const char *value = world->environment(world->context, name);
    return value && value[0] ? value : NULL;
}

int world_interrupted(const struct world *world)
{
    return world->interrupted ? world->interrupted(world->context) : 0;
}

int world_stopped(const struct world *world, struct error *error)
{
    int signal = world_interrupted(world);
    if (signal == 0)
        return 0;
    if (signal == SIGTERM || signal == SIGHUP)
        return error_set(error, FAULT_TERMINATED, "terminated");
    return error_set(error, FAULT_INTERRUPTED, "interrupted");
}

void world_say(const struct world *world, const char *subject, const char *format, ...)
{
    if (!world->say)
        return;
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    world->say(world->context, subject, line);
}
