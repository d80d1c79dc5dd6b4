/* Steps 2 to 6: everything that can fail without a network. */
#include <string.h>

#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/process/process.h"
#include "pkg/publish/pipeline.h"

static int run_build(struct pipeline *pipeline, const char *command, struct error *error)
{
    const char *argv[] = {"sh", "-c", command, NULL};
    struct process_request request = {
        .argv = argv, .folder = pipeline->manifest->folder, .pass_output = true};
    struct process_result result;
    pipeline_step(pipeline, NULL, arena_printf(pipeline->arena, "build: %s", command));
    if (process_run(pipeline->arena, pipeline->world, &request, &result, error) != 0)
        return error_prefix(error, "build");
    if (result.status == 0)
        return 0;
    error_set(error, FAULT_INPUT, "build command '%s' failed with exit code %d", command,
              result.status);
    return error_hint(error, "run it by hand in '%s'", pipeline->manifest->folder);
}

/* Each distinct command once. */
static int build(struct pipeline *pipeline, struct error *error)
{
    const struct publish_result *out = pipeline->out;
    for (size_t i = 0; pipeline->options->build && i < out->target_count; i++) {
        const char *command = out->targets[i].target->build_command;
        bool done = command == NULL;
        for (size_t j = 0; !done && j < i; j++) {
            const char *earlier = out->targets[j].target->build_command;
            done = earlier && strcmp(earlier, command) == 0;
        }
        if (!done && run_build(pipeline, command, error) != 0)
            return -1;
    }
    return 0;
}

void prepare_condemn(struct pipeline *pipeline, struct prepared *target, const char *rule,
                     const char *path, const char *message)
{
    struct finding *finding = arena_alloc(pipeline->arena, 1, sizeof *finding);
    *finding = (struct finding){.level = LEVEL_ERROR,
                                .rule = rule,
                                .subject = path,
                                .message = arena_strdup(pipeline->arena, message),
                                .where = {.path = path}};
    target->verdict = (struct verdict){.target = target->target->name,
                                       .platform = target->target->platform,
                                       .variant = target->job.profile->variant,
                                       .profile_as_of = target->job.profile->as_of,
                                       .answer = ANSWER_NO,
                                       .findings = finding,
                                       .finding_count = 1};
}

static int load_all(struct pipeline *pipeline, struct error *error)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        if (load_target(pipeline, target, error) != 0) {
            bool invalid = strstr(error->message, "invalid module at ") != NULL;
            prepare_condemn(pipeline, target, invalid ? "invalid" : "malformed",
                            target->target->module, error->message);
            return -1;
        }
    }
    return 0;
}

static void judge(struct pipeline *pipeline, struct prepared *target)
{
    struct arena *arena = pipeline->arena;
    struct shipped_module *modules = arena_alloc(arena, target->module_count, sizeof *modules);
    char *today = text_time(arena, world_stamp(pipeline->world));
    today[strlen("YYYY-MM-DD")] = '\0';
    for (size_t i = 0; i < target->module_count; i++) {
        const struct prepared_module *module = &target->modules[i];
        modules[i] = (struct shipped_module){.path = module->path,
                                             .bytes = module->optimized.module,
                                             .info = &module->optimized.info,
                                             .gzip_bytes = module->gzip_bytes,
                                             .validation = module->validation};
    }
    struct earlier earlier;
    bool is_later = target_earlier(pipeline, target, &earlier);
    /* The record holds the sum: comparable only where there is one. */
    if (target->module_count == 1 && is_later)
        modules[0].previous_bytes = (size_t)earlier.bytes;
    struct shipment shipment = {.target = target->target->name,
                                .platform = target->target->platform,
                                .modules = modules,
                                .module_count = target->module_count,
                                .settings = target->job.settings,
                                .bare = target->payload.form == PAYLOAD_BARE,
                                .artifact_bytes = target->artifact.counted_bytes,
                                .unpacked_bytes = target->artifact.unpacked_bytes,
                                .today = today,
                                .strict = pipeline->options->strict,
                                .publishing = pipeline->options->publishing};
    compat_check(arena, target->job.profile, &shipment, &target->target->budget, &target->verdict);
    if (is_later)
        compat_since(arena, &earlier, &shipment, target_toolchain(arena, target), &target->verdict);
    lowering_settle(pipeline, target);
}

/* Judged before it is packed, because what can't run there may not even be packable; and again,
   because only then the artifact's sizes are known. */
static int judge_and_pack(struct pipeline *pipeline, struct prepared *target, struct error *error)
{
    judge(pipeline, target);
    if (!pipeline->options->optimize || target->verdict.answer == ANSWER_NO)
        return 0;
    if (target->job.entry->platform->pack(&target->job, &target->payload, &target->artifact,
                                          error) != 0)
        return error_prefix(error, "%s", target->target->name);
    judge(pipeline, target);
    return 0;
}

int prepare(struct pipeline *pipeline, bool beside, struct error *error)
{
    if (build(pipeline, error) != 0 || world_stopped(pipeline->world, error) != 0 ||
        load_all(pipeline, error) != 0 || products_make(pipeline, error) != 0 ||
        opinion_finish(pipeline, beside, error) != 0)
        return -1;
    /* Only now for check: libgit2 is started beside what came before (record_warm). */
    if (!pipeline->options->optimize)
        pipeline_recall(pipeline);
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        if (judge_and_pack(pipeline, &pipeline->out->targets[i], error) != 0)
            return -1;
    return 0;
}

void prepare_warn(const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        const struct verdict *verdict = &pipeline->out->targets[i].verdict;
        for (size_t f = 0; f < verdict->finding_count; f++)
            if (verdict->findings[f].level == LEVEL_WARNING)
                world_say(pipeline->world, verdict->target, "warning: %s",
                          verdict->findings[f].message);
    }
}

/* Only a budget of growth compares with what was recorded; check always does, and later. */
static bool has_growth(const struct publish_options *options)
{
    for (size_t i = 0; options->optimize && i < options->target_count; i++)
        if (options->targets[i]->budget.has_growth)
            return true;
    return false;
}

int publish_prepare(struct arena *arena, const struct world *world, const struct manifest *manifest,
                    const struct publish_options *options, struct publish_result *out,
                    struct error *error)
{
    struct pipeline pipeline = {
        .arena = arena, .world = world, .manifest = manifest, .options = options, .out = out};
    if (pipeline_open(&pipeline, has_growth(options) ? RECORDS_IF_THERE : RECORDS_NONE, false,
                      error) != 0 ||
        prepare(&pipeline, false, error) != 0)
        return -1;
    /* check has them in its report. */
    if (options->optimize)
        prepare_warn(&pipeline);
    return 0;
}

static const char *cure_of(const struct finding *finding)
{
    const struct cure *cure = &finding->cure;
    return cure->compiler ? cure->compiler : cure->other ? cure->other : cure->lowering;
}

int publish_judge(const struct publish_result *result, const struct manifest *manifest, bool strict,
                  struct error *error)
{
    for (size_t i = 0; i < result->target_count; i++) {
        const struct verdict *verdict = &result->targets[i].verdict;
        if (verdict->answer == ANSWER_YES || (verdict->answer == ANSWER_UNKNOWN && !strict))
            continue;
        if (verdict->finding_count == 0)
            return error_set(error, FAULT_INCOMPATIBLE, "%s: %s", verdict->target,
                             answer_word(verdict->answer));
        const char *cure = cure_of(&verdict->findings[0]);
        error_set(error, FAULT_INCOMPATIBLE, "%s: %s", verdict->target,
                  verdict->findings[0].message);
        if (!manifest->path)
            return cure ? error_hint(error, "%s", cure) : -1;
        return error_hint(error, "%s%sremove target '%s' from %s", cure ? cure : "",
                          cure ? ", or " : "", verdict->target, path_base(manifest->path));
    }
    return 0;
}
