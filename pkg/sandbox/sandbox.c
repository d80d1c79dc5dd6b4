#include "pkg/sandbox/internal.h"

#include <errno.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/json/json.h"
#include "pkg/platform/platform.h"

const struct sandbox_api *sandbox_route(const struct sandbox *sandbox, const char *target)
{
    for (const struct platform_entry *entry = sandbox->platforms; entry->platform; entry++) {
        size_t size = strlen(entry->sandbox->prefix);
        bool found = strncmp(target, entry->sandbox->prefix, size) == 0 &&
                     (target[size] == '\0' || target[size] == '/' || target[size] == '?');
        if (found)
            return entry->sandbox;
    }
    return NULL;
}

const char *sandbox_profile(const struct sandbox *sandbox, const char *prefix)
{
    for (const struct platform_entry *entry = sandbox->platforms; entry->platform; entry++)
        if (strcmp(entry->sandbox->prefix, prefix) == 0)
            return entry->profile_json;
    return NULL;
}

const char *sandbox_base(const struct sandbox *sandbox)
{
    return sandbox->base;
}

unsigned sandbox_port(const struct sandbox *sandbox)
{
    return sandbox->port;
}

unsigned sandbox_rate_scale(const struct sandbox *sandbox)
{
    return sandbox->rate_scale;
}

/* `value` with its %s replaced by the base url. */
static json_t *expand(const struct sandbox *sandbox, const char *value)
{
    const char *mark = strstr(value, "%s");
    if (!mark)
        return json_string(value);
    return json_sprintf("%.*s%s%s", (int)(mark - value), value, sandbox->base, mark + 2);
}

/* All platforms' variables; of two with the same name the first counts. */
static json_t *environment(const struct sandbox *sandbox)
{
    json_t *all = json_object();
    for (const struct platform_entry *entry = sandbox->platforms; entry->platform; entry++) {
        const struct sandbox_variable *variable = entry->sandbox->environment;
        for (; variable->name; variable++)
            if (!json_object_get(all, variable->name))
                json_object_set_new(all, variable->name, expand(sandbox, variable->value));
    }
    return all;
}

json_t *sandbox_ready(const struct sandbox *sandbox)
{
    return sandbox->ready;
}

const char *sandbox_environment(const struct sandbox *sandbox, const char *name)
{
    return json_string_value(json_object_get(json_object_get(sandbox->ready, "env"), name));
}

static void stop(void *sandbox)
{
    sandbox_stop(sandbox);
}

static void close_journal(void *file)
{
    fclose(file);
}

static int open_journal(struct arena *arena, struct sandbox *sandbox, const char *path,
                        struct error *error)
{
    if (!path)
        return 0;
    sandbox->journal = fopen(path, "a");
    if (!sandbox->journal)
        return error_set(error, FAULT_INPUT, "cannot write '%s': %s", path, strerror(errno));
    arena_defer(arena, close_journal, sandbox->journal);
    return 0;
}

static int open_state(struct arena *arena, const char *folder, struct error *error)
{
    char *ignore = path_join(arena, folder, ".gitignore");
    return file_exists(ignore) ? 0 : file_write(ignore, bytes_of("*\n"), 0666, error);
}

int sandbox_start(struct arena *arena, const struct sandbox_options *options, struct sandbox **out,
                  struct error *error)
{
    struct sandbox *sandbox = arena_alloc(arena, 1, sizeof *sandbox);
    sandbox->world = options->world;
    sandbox->platforms = options->platforms;
    sandbox->state = arena_strdup(arena, options->state);
    sandbox->latency_ms = options->latency_ms;
    sandbox->rate_scale = options->rate_scale ? options->rate_scale : 1;
    sandbox->tick_ms = options->tick_ms;
    pthread_mutex_init(&sandbox->lock, NULL);
    if (options->faults && faults_parse(arena, options->faults, &sandbox->faults, error) != 0)
        return -1;
    if (open_state(arena, sandbox->state, error) != 0 ||
        open_journal(arena, sandbox, options->journal, error) != 0 ||
        sandbox_listen(sandbox, options->port, error) != 0)
        return error_prefix(error, "sandbox");
    arena_defer(arena, stop, sandbox);
    sandbox->ready = json_own(arena, json_pack("{s:b, s:i, s:o}", "ready", 1, "port",
                                               (int)sandbox->port, "env", environment(sandbox)));
    *out = sandbox;
    return 0;
}
