/* Step 4: is what ships valid. The scan has judged it; libwabt is asked beside what follows, and
   nothing is activated before it has answered. */
#include <string.h>

#include "pkg/publish/pipeline.h"
#include "pkg/validate/validate.h"

void opinion_ask(struct pipeline *pipeline, struct product *product)
{
    const struct wasm_info *info = &product->result.info;
    validate_start(pipeline->arena, pipeline->options->validator, product->result.module, info,
                   &product->running);
    product->judged = info->validity == WASM_VALID;
    if (product->judged)
        product->validation = "valid";
}

/* Tells all targets that ship it. */
static int condemn_product(struct pipeline *pipeline, const struct product *product,
                           const char *reason)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        for (size_t m = 0; m < pipeline->out->targets[i].module_count; m++)
            if (pipeline->out->targets[i].modules[m].product == product)
                prepare_condemn(pipeline, &pipeline->out->targets[i], "invalid", product->path,
                                reason);
    return -1;
}

/* One of the two is wrong, and which one is not for the user to find out. */
static int disagree(struct pipeline *pipeline, const struct product *product, const char *reason,
                    struct error *error)
{
    error_set(error, FAULT_INPUT,
              "edge-deploy finds module '%.120s' (sha256 %s) valid, libwabt does not (%.120s)%s",
              product->path, product->sha256, reason,
              pipeline->options->publishing ? "; nothing was made live" : "");
    error_hint(error, "this is a bug of edge-deploy: report it with the module's sha256 and what "
                      "libwabt says");
    return condemn_product(pipeline, product, error->message);
}

static int refuse(struct pipeline *pipeline, const struct product *product, const char *reason,
                  struct error *error)
{
    error_set(error, FAULT_INPUT, "invalid module '%s': %s", product->path, reason);
    return condemn_product(pipeline, product, reason);
}

/* Never "valid" for what neither has judged. */
static void settle(struct pipeline *pipeline, struct product *product,
                   const struct validate_result *libwabt)
{
    const char *ours = product->result.info.not_judged;
    const char *why = ours ? ours : "not checked";
    bool valid = libwabt->answer == VALIDATION_VALID;
    product->second = valid ? "valid" : libwabt->reason;
    if (!product->judged)
        product->validation =
            valid ? arena_printf(pipeline->arena, "valid: libwabt alone (%s)", why)
                  : arena_printf(pipeline->arena, "not judged: %s; %s", why, libwabt->reason);
}

static int finish_product(struct pipeline *pipeline, struct product *product, struct error *error)
{
    struct validate_result libwabt;
    if (validate_finish(pipeline->world, product->running, &libwabt, error) != 0)
        return error_prefix(error, "%s", product->path);
    product->running = NULL;
    if (libwabt.answer == VALIDATION_INVALID)
        return product->judged ? disagree(pipeline, product, libwabt.reason, error)
                               : refuse(pipeline, product, libwabt.reason, error);
    settle(pipeline, product, &libwabt);
    return 0;
}

int opinion_finish(struct pipeline *pipeline, bool beside, struct error *error)
{
    for (struct product *product = pipeline->products; product; product = product->next)
        if (product->running && !(beside && product->judged) &&
            finish_product(pipeline, product, error) != 0)
            return -1;
    if (!beside)
        validate_close(pipeline->options->validator);
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        for (size_t m = 0; m < pipeline->out->targets[i].module_count; m++) {
            struct prepared_module *module = &pipeline->out->targets[i].modules[m];
            module->validation = module->product->validation;
            module->second = module->product->second;
        }
    return 0;
}
