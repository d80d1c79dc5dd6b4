#include "cmd/choose.h"

#include <string.h>

#include "cmd/cmd.h"
#include "pkg/json/json.h"

/* --platform NAME[@VARIANT] as a target of that name; the variant goes where the manifest would
   have it. */
static int make_target(struct run *run, const char *word, const char *file, struct target *out,
                       struct error *error)
{
    const char *at = strchr(word, '@');
    const char *name = at ? arena_copy(run->arena, word, (size_t)(at - word)) : word;
    const struct platform_entry *entry = platform_find(name);
    json_t *settings = json_own(run->arena, json_object());
    struct profile profile;
    if (!entry)
        return unknown_platform(run, name, error);
    if (at) {
        if (profile_parse(run->arena, entry->profile_json, name, at + 1, &profile, error) != 0)
            return -1;
        json_object_set_new(settings, profile.variant_option, json_string(at + 1));
    }
    *out = (struct target){.name = word,
                           .platform = name,
                           .path = arena_printf(run->arena, "--platform %s", word),
                           .module = file,
                           .settings = settings};
    return 0;
}

/* A manifest of one target a platform named, or of all platforms. */
static int make_manifest(struct run *run, const char *file, struct error *error)
{
    struct words words = run->options.platforms;
    if (words.count == 0)
        words.items = platform_names(run->arena, &words.count);
    struct target *targets = arena_alloc(run->arena, words.count, sizeof *targets);
    run->targets = arena_alloc(run->arena, words.count, sizeof *run->targets);
    for (size_t i = 0; i < words.count; i++) {
        if (make_target(run, words.items[i], file, &targets[i], error) != 0)
            return -1;
        run->targets[i] = &targets[i];
    }
    run->target_count = words.count;
    run->manifest = (struct manifest){.folder = ".",
                                      .root = "/",
                                      .name = "module",
                                      .targets = targets,
                                      .target_count = words.count};
    return 0;
}

int choose_targets(struct run *run, struct error *error)
{
    const char *file = run->options.operand_count ? run->options.operands[0] : NULL;
    bool wants_manifest = !file || run->options.config || run->options.targets.count;
    struct error none = {0};
    if (file && run->options.platforms.count)
        return make_manifest(run, file, error);
    if (run->options.platforms.count) {
        error_set(error, FAULT_INPUT, "--platform needs a module to %s", run->command->name);
        return error_hint(error, "write: edge-deploy %s FILE --platform %s", run->command->name,
                          run->options.platforms.items[0]);
    }
    char *found;
    if (!wants_manifest && manifest_find(run->arena, ".", "edge-deploy.json", &found, &none) != 0)
        return make_manifest(run, file, error);
    return run_read_manifest(run, error);
}
