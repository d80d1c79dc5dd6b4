#include <string.h>

#include "cmd/cmd.h"
#include "cmd/context.h"
#include "cmd/github.h"
#include "cmd/proofs.h"
#include "cmd/reports.h"
#include "pkg/base/text.h"
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

static int choose(struct run *run, struct error *error)
{
    const char *file = run->options.operand_count ? run->options.operands[0] : NULL;
    bool wants_manifest = !file || run->options.config || run->options.targets.count;
    struct error none = {0};
    if (file && run->options.platforms.count)
        return make_manifest(run, file, error);
    if (run->options.platforms.count) {
        error_set(error, FAULT_INPUT, "--platform needs a module to check");
        return error_hint(error, "write: edge-deploy check FILE --platform %s",
                          run->options.platforms.items[0]);
    }
    char *found;
    if (!wants_manifest && manifest_find(run->arena, ".", "edge-deploy.json", &found, &none) != 0)
        return make_manifest(run, file, error);
    return run_read_manifest(run, error);
}

static int run_check(struct run *run, struct error *error)
{
    struct publish_result result = {0};
    struct report report;
    struct report_module *modules;
    if (choose(run, error) != 0)
        return -1;
    if (run->manifest.path && record_is_likely(run->arena, run->manifest.root))
        record_warm(run->arena);
    struct publish_options options = run_publish_options(run);
    options.build = options.optimize = false;
    options.module_file = run->options.operand_count ? run->options.operands[0] : NULL;
    int status = publish_prepare(run->arena, run->world, &run->manifest, &options, &result, error);
    if (status == 0)
        status = proofs_of_targets(run, &result, error);
    github_outputs(run, &result);
    if (status != 0)
        return -1;
    reports_fill(run, &result, &report, &modules);
    for (size_t i = 0; run->options.wit && i < report.module_count; i++)
        if (module_context(run, &modules[i], error) != 0)
            return -1;
    int verdict = publish_judge(&result, &run->manifest, run->options.strict, error);
    for (size_t i = 0; verdict == 0 && i < report.module_count; i++)
        verdict = report_wit_verdict(&modules[i], error);
    report.failure = error;
    struct error unwritten = {0};
    if (reports_write(run, &report, &unwritten) != 0) {
        *error = unwritten;
        return -1;
    }
    return verdict;
}

const struct command command_check = {
    .name = "check",
    .operands = "[FILE]",
    .summary = "compatibility report: module x targets; no network, no credentials",
    .needs_validator = true,
    .options = OPTION_FOR_CHECK,
    .operand_limit = 1,
    .run = run_check,
};
