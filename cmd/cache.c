#include "pkg/optimize/cache.h"

#include "cmd/cmd.h"

const struct cache *run_cache(struct run *run)
{
    const struct cache_settings settings = {.make = true, .verbose = run->options.verbose};
    const char *problem = NULL;
    if (run->options.no_cache || !(run->command->options & OPTION_FOR_BUILD))
        return NULL;
    const struct cache *cache = cache_open(run->arena, run->world, &settings, &problem);
    if (problem && settings.verbose)
        world_say(run->world, "cache", "results are not kept: %s", problem);
    return cache;
}

const char *run_cache_words(struct run *run, bool *good)
{
    const struct cache_settings settings = {.make = false};
    const char *problem = NULL;
    const struct cache *cache = cache_open(run->arena, run->world, &settings, &problem);
    size_t count;
    uint64_t bytes;
    *good = problem == NULL;
    if (!cache)
        return problem ? arena_printf(run->arena, "not used: %s", problem)
                       : "empty, or switched off";
    cache_usage(cache, &count, &bytes);
    return arena_printf(run->arena, "%s, %zu %s, %.1f of %.0f MB", cache->folder, count,
                        count == 1 ? "result" : "results", (double)bytes / 1048576,
                        (double)cache->limit / 1048576);
}
