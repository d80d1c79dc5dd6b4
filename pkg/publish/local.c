/* What lies here, packed as publish would without building it first: information for verify, so
   that whatever is missing is said and is no failure. */
#include "pkg/publish/verify.h"

static const char *not_packed(const struct pipeline *pipeline, const struct prepared *made,
                              const struct error *error)
{
    if (error->message[0])
        return arena_strdup(pipeline->arena, error->message);
    if (made && made->verdict.finding_count)
        return made->verdict.findings[0].message;
    return "it cannot be packed";
}

/* Each target alone, so that one whose module is missing leaves the others. */
static void pack_one(const struct pipeline *pipeline, struct prepared *target)
{
    struct publish_options options = *pipeline->options;
    struct publish_result result = {0};
    struct error error = {0};
    struct world quiet = *pipeline->world;
    quiet.say = NULL;
    options.targets = &target->target;
    options.target_count = 1;
    options.build = false;
    options.step = NULL;
    options.validator = NULL;
    (void)!publish_prepare(pipeline->arena, &quiet, pipeline->manifest, &options, &result, &error);
    const struct prepared *made = result.target_count ? &result.targets[0] : NULL;
    if (made && made->artifact.sha256[0])
        target->local_sha256 = made->artifact.sha256;
    else
        target->local_why_not = not_packed(pipeline, made, &error);
}

void local_pack(const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        pack_one(pipeline, &pipeline->out->targets[i]);
}
