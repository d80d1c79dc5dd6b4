/* What the last recorded deployment of a target was like, for the comparison with it. */
#include <string.h>

#include "pkg/compat/toolchain.h"
#include "pkg/publish/pipeline.h"

const char *target_toolchain(struct arena *arena, const struct prepared *target)
{
    const char *text = NULL;
    for (size_t i = 0; i < target->module_count; i++) {
        const char *own = compat_toolchain_text(arena, &target->modules[i].original_info);
        if (own && !(text && strstr(text, own)))
            text = text ? arena_printf(arena, "%s, %s", text, own) : own;
    }
    return text;
}

/* As it was built, when a module is judged as it is built: a shrunken one tells nothing. */
static void take_built(const struct record *record, struct earlier *out)
{
    bool untouched = record->optimizer && strcmp(record->optimizer, "unchanged") == 0;
    out->features = record->built_features;
    out->feature_count = record->built_feature_count;
    out->bytes = record->built_bytes ? record->built_bytes : untouched ? record->module_bytes : 0;
    out->gzip_bytes = record->built_bytes ? record->built_gzip_bytes
                      : untouched         ? record->gzip_bytes
                                          : 0;
}

bool target_earlier(const struct pipeline *pipeline, const struct prepared *target,
                    struct earlier *out)
{
    const struct record *record = target->recorded;
    if (!record)
        return false;
    *out = (struct earlier){.commit = record->commit,
                            .time = record->time,
                            .version = record->version,
                            .features = record->features,
                            .feature_count = record->feature_count,
                            .bytes = record->module_bytes,
                            .gzip_bytes = record->gzip_bytes,
                            .toolchain = record->toolchain};
    if (!pipeline->options->optimize)
        take_built(record, out);
    return true;
}
