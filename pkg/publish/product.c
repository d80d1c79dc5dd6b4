/* Step 3: what ships instead of what was built; made once for all targets that ship the same. */
#include <string.h>

#include "pkg/archive/archive.h"
#include "pkg/digest/digest.h"
#include "pkg/publish/pipeline.h"
#include "pkg/wasm/lowering.h"

static bool is_same_list(const struct words *a, const struct words *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

bool publish_same_settings(const struct manifest_optimize *a, const struct manifest_optimize *b)
{
    return a->level == b->level && a->lower == b->lower && a->keep_names == b->keep_names &&
           a->keep_debug == b->keep_debug && is_same_list(&a->keep_exports, &b->keep_exports) &&
           is_same_list(&a->passes, &b->passes);
}

bool product_is_same_work(const struct product_work *a, const struct product_work *b)
{
    return a->source == b->source && a->capped == b->capped && a->unknown == b->unknown &&
           publish_same_settings(&a->settings, &b->settings) && kept_equal(&a->kept, &b->kept);
}

struct product_work product_work(const struct pipeline *pipeline, const struct prepared *target,
                                 const struct prepared_module *module)
{
    uint64_t allowed = profile_runs(target->job.profile, &module->original_info);
    uint64_t features = module->original_info.features;
    features |= wasm_lowering_brings(features & ~allowed);
    struct product_work work = {
        .source = module->original.data,
        .allowed = allowed,
        .capped = allowed & features,
        .unknown = features & profile_unknown(target->job.profile, &module->original_info),
        .settings = target->target->optimize};
    /* A ready package ships untouched, and check judges what the user has built. */
    if (target->payload.form == PAYLOAD_PACKAGE || !pipeline->options->optimize)
        work.settings = (struct manifest_optimize){.level = OPTIMIZE_NONE};
    if (work.settings.level >= OPTIMIZE_SIZE)
        work.kept = keep_exports(pipeline->arena, target, &module->original_info);
    work.settings.keep_exports = (struct words){0};
    return work;
}

struct optimize_request publish_optimizing(const struct manifest_optimize *settings,
                                           uint64_t allowed)
{
    return (struct optimize_request){
        .allowed = settings->lower ? allowed : UINT64_MAX,
        .run = settings->level == OPTIMIZE_SIZE || settings->level == OPTIMIZE_SPEED,
        .speed = settings->level == OPTIMIZE_SPEED,
        .keep_names = settings->keep_names,
        .keep_debug = settings->keep_debug,
        .strip = settings->level != OPTIMIZE_NONE,
        .passes = settings->passes.items,
        .pass_count = settings->passes.count,
    };
}

int product_optimize(const struct pipeline *pipeline, struct arena *arena,
                     const struct prepared_module *module, const struct product_work *work,
                     struct optimize_result results[OPTIMIZE_MEASURES], struct error *error)
{
    struct optimize_request request = publish_optimizing(&work->settings, work->allowed);
    request.module = module->original;
    request.info = &module->original_info;
    request.map = publish_optimize_map(module->source_map);
    request.cache = pipeline->options->cache;
    request.name = module->path;
    request.keep_exports = work->kept.names;
    request.keep_export_count = work->kept.count;
    request.unknown = work->unknown;
    request.wait = pipeline->options->wait;
    request.wait_context = pipeline->options->step_context;
    for (size_t i = 0; !request.strip && i < OPTIMIZE_MEASURES; i++)
        results[i] = (struct optimize_result){
            .module = module->original, .info = module->original_info, .how = "unchanged"};
    if (request.strip &&
        optimize(arena, pipeline->world, &pipeline->optimizer, &request, results, error) != 0)
        return error_prefix(error, "%s", module->path);
    return 0;
}

static void say_result(struct pipeline *pipeline, const struct prepared_module *module,
                       const struct product *product)
{
    const struct optimize_result *result = &product->result;
    if (product->work.settings.level == OPTIMIZE_NONE)
        return;
    if (result->needs)
        world_say(pipeline->world, "optimize", "%s: warning: %s", module->path, result->needs);
    pipeline_step(pipeline, NULL,
                  arena_printf(pipeline->arena, "optimize: %s: %zu -> %zu bytes (%s%s)%s%s",
                               module->path, module->original.size, result->module.size,
                               result->how, result->cached ? "; cached" : "",
                               result->why_not ? ": " : "",
                               result->why_not ? result->why_not : ""));
}

static struct product *make_product(struct pipeline *pipeline, const struct prepared_module *module,
                                    const struct product_work *work,
                                    const struct optimize_result *result)
{
    struct product *product = arena_alloc(pipeline->arena, 1, sizeof *product);
    *product = (struct product){
        .next = pipeline->products, .path = module->path, .work = *work, .result = *result};
    say_result(pipeline, module, product);
    digest_sha256(product->result.module, product->sha256);
    pipeline->products = product;
    opinion_ask(pipeline, product);
    return product;
}

enum optimize_measure publish_measure(const struct profile *profile)
{
    return strcmp(profile->optimize_for, "compressed") == 0 ? OPTIMIZE_FOR_COMPRESSED
                                                            : OPTIMIZE_FOR_CODE;
}

static bool is_same_bytes(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.data == b.data || memcmp(a.data, b.data, a.size) == 0);
}

/* What comes out the same of the same module is one product, however it came about. */
static struct product *find_product(struct pipeline *pipeline, const struct prepared *target,
                                    const struct prepared_module *module)
{
    struct product_work work = product_work(pipeline, target, module);
    const struct optimize_result *results = drafts_find(pipeline, &work);
    const struct optimize_result *result = &results[publish_measure(target->job.profile)];
    for (struct product *product = pipeline->products; product; product = product->next)
        if (product->work.source == work.source &&
            is_same_bytes(product->result.module, result->module) &&
            is_same_bytes(product->result.debug, result->debug))
            return product;
    return make_product(pipeline, module, &work, result);
}

/* One module's digest; of several the digest over their digests and paths, a line each. */
static const char *digest_modules(struct pipeline *pipeline, const struct prepared *target)
{
    struct arena *arena = pipeline->arena;
    char *digest = arena_alloc(arena, 65, 1);
    struct buffer *lines = buffer_new(arena, LIMIT_MANIFEST * 16);
    if (target->module_count == 1)
        return target->modules[0].sha256;
    for (size_t i = 0; i < target->module_count; i++)
        if (buffer_printf(lines, "%s %s\n", target->modules[i].sha256, target->modules[i].path) !=
            0)
            break;
    digest_sha256(buffer_bytes(lines), digest);
    return digest;
}

static void optimize_target(struct pipeline *pipeline, struct prepared *target)
{
    bool counts = pipeline->options->sizes || target->target->budget.gzip_bytes;
    for (size_t i = 0; i < target->module_count; i++) {
        struct prepared_module *module = &target->modules[i];
        struct product *product = find_product(pipeline, target, module);
        module->product = product;
        if (counts && product->gzip_bytes == 0)
            product->gzip_bytes = archive_gzip_size(product->result.module);
        module->optimized = product->result;
        module->gzip_bytes = product->gzip_bytes;
        memcpy(module->sha256, product->sha256, sizeof module->sha256);
        if (target->payload.form != PAYLOAD_PACKAGE)
            target->payload.parts[module->part].body = product->result.module;
    }
    target->module_sha256 = digest_modules(pipeline, target);
}

static bool needs_optimizer(const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        if (pipeline->out->targets[i].target->optimize.level >= OPTIMIZE_SIZE)
            return pipeline->options->optimize;
    return false;
}

int pipeline_find_optimizer(struct pipeline *pipeline, struct error *error)
{
    const struct optimizer_search search = {.named = pipeline->options->optimizer,
                                            .project = pipeline->options->project,
                                            .cache = pipeline->options->cache};
    return optimizer_find(pipeline->arena, pipeline->world, &search, &pipeline->optimizer, error);
}

static void say_passed_over(const struct pipeline *pipeline)
{
    if (pipeline->optimizer.passed_over)
        world_say(pipeline->world, "optimize", "%s", pipeline->optimizer.passed_over);
}

/* A file that is given by name to be checked need not be the module that the manifest means. */
static int check_kept(const struct pipeline *pipeline, struct error *error)
{
    bool meant = pipeline->options->optimize || !pipeline->options->module_file;
    for (size_t i = 0; meant && i < pipeline->out->target_count; i++) {
        const struct prepared *target = &pipeline->out->targets[i];
        if (target->payload.form != PAYLOAD_PACKAGE && keep_check(pipeline, target, error) != 0)
            return -1;
    }
    return 0;
}

int products_make(struct pipeline *pipeline, struct error *error)
{
    if (check_kept(pipeline, error) != 0)
        return -1;
    if (needs_optimizer(pipeline) && pipeline_find_optimizer(pipeline, error) != 0)
        return -1;
    say_passed_over(pipeline);
    if (drafts_make(pipeline, error) != 0 || world_stopped(pipeline->world, error) != 0)
        return -1;
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        optimize_target(pipeline, &pipeline->out->targets[i]);
    return 0;
}
