#include "pkg/compat/since.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/rules.h"

/* --- the tools --- */

/* The next "NAME VERSION" of a list with commas, in place; false at its end. */
static bool next_tool(struct arena *arena, const char **list, const char **name,
                      const char **version)
{
    while (**list) {
        size_t size = strcspn(*list, ",");
        char *item = arena_copy(arena, *list, size);
        *list += size + strspn(*list + size, ", ");
        char *space = strrchr(item, ' ');
        if (!space)
            continue;
        *space = '\0';
        *name = item;
        *version = space + 1;
        return true;
    }
    return false;
}

static const char *version_of(struct arena *arena, const char *list, const char *tool)
{
    const char *name, *version;
    while (list && next_tool(arena, &list, &name, &version))
        if (strcmp(name, tool) == 0)
            return version;
    return NULL;
}

/* "1.82.0" is called 1.82. */
static const char *short_version(struct arena *arena, const char *version)
{
    size_t size = strlen(version);
    const char *dot = strchr(version, '.');
    bool long_zero =
        size > 2 && strcmp(version + size - 2, ".0") == 0 && dot && dot < version + size - 2;
    return arena_copy(arena, version, long_zero ? size - 2 : size);
}

const char *compat_tool_changes(struct arena *arena, const char *before, const char *now)
{
    const char *name, *version, *text = NULL;
    while (before && now && next_tool(arena, &now, &name, &version)) {
        const char *old = version_of(arena, before, name);
        if (old && strcmp(old, version) != 0)
            text = arena_printf(arena, "%s%s%s %s to %s", text ? text : "", text ? ", " : "", name,
                                short_version(arena, old), short_version(arena, version));
    }
    return text;
}

/* --- features --- */

static bool is_listed(const char *const *items, size_t count, const char *word)
{
    size_t i = 0;
    while (i < count && strcmp(items[i], word) != 0)
        i++;
    return i < count;
}

static uint64_t features_now(const struct shipment *shipment)
{
    uint64_t features = 0;
    for (size_t i = 0; i < shipment->module_count; i++)
        features |= shipment->modules[i].info->features;
    return features;
}

static void compare_features(struct arena *arena, const struct earlier *earlier, uint64_t now,
                             struct change *out)
{
    out->features_added = arena_alloc(arena, WASM_FEATURE_COUNT, sizeof *out->features_added);
    out->features_removed =
        arena_alloc(arena, earlier->feature_count + 1, sizeof *out->features_removed);
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        if ((now & wasm_feature_bit((enum wasm_feature)i)) &&
            !is_listed(earlier->features, earlier->feature_count, wasm_features[i].id))
            out->features_added[out->added_count++] = wasm_features[i].id;
    for (size_t i = 0; i < earlier->feature_count; i++) {
        enum wasm_feature feature = wasm_feature_find(earlier->features[i]);
        if (feature == WASM_FEATURE_COUNT || !(now & wasm_feature_bit(feature)))
            out->features_removed[out->removed_count++] = earlier->features[i];
    }
}

/* --- bytes --- */

static void compare_bytes(const struct earlier *earlier, const struct shipment *shipment,
                          struct change *out)
{
    uint64_t bytes = 0, gzip = 0;
    bool counted = shipment->module_count > 0;
    for (size_t i = 0; i < shipment->module_count; i++) {
        bytes += shipment->modules[i].bytes.size;
        gzip += shipment->modules[i].gzip_bytes;
        counted = counted && shipment->modules[i].gzip_bytes > 0;
    }
    out->has_bytes = earlier->bytes > 0 && earlier->bytes <= INT64_MAX && bytes > 0;
    if (out->has_bytes)
        out->bytes = (int64_t)bytes - (int64_t)earlier->bytes;
    out->has_gzip = counted && earlier->gzip_bytes > 0 && earlier->gzip_bytes <= INT64_MAX;
    if (out->has_gzip)
        out->gzip_bytes = (int64_t)gzip - (int64_t)earlier->gzip_bytes;
}

/* --- all --- */

/* Why that tool's new version explains a feature that is new; NULL: it does not. */
static const char *explain(struct arena *arena, const char *before, const char *now,
                           const char *feature)
{
    const char *name, *version, *text = NULL;
    while (!text && before && now && next_tool(arena, &now, &name, &version)) {
        const char *old = version_of(arena, before, name);
        text = old ? cure_became_default(arena, name, old, version, feature) : NULL;
    }
    return text;
}

/* "rustc 1.82 turns it on by default: reference-types, multivalue"; of the first that explains
   any. */
static const char *find_history(struct arena *arena, const struct change *change,
                                const char *before, const char *now)
{
    const char *history = NULL, *names = NULL;
    for (size_t i = 0; i < change->added_count; i++) {
        const char *text = explain(arena, before, now, change->features_added[i]);
        if (!text || (history && strcmp(text, history) != 0))
            continue;
        names = names ? arena_printf(arena, "%s, %s", names, change->features_added[i])
                      : change->features_added[i];
        history = text;
    }
    return history ? arena_printf(arena, "%s: %s", history, names) : NULL;
}

static void mark_findings(struct arena *arena, const struct change *change, struct verdict *verdict)
{
    const char *since =
        change->toolchain
            ? arena_printf(arena, "new since the last deployment (%s)", change->toolchain)
            : "new since the last deployment";
    for (size_t i = 0; i < verdict->finding_count; i++) {
        struct finding *finding = &verdict->findings[i];
        if (strcmp(finding->rule, "feature") == 0 &&
            is_listed(change->features_added, change->added_count, finding->subject))
            finding->since = since;
    }
}

void compat_since(struct arena *arena, const struct earlier *earlier,
                  const struct shipment *shipment, const char *toolchain, struct verdict *verdict)
{
    struct change *change = &verdict->change;
    *change = (struct change){
        .commit = earlier->commit, .time = earlier->time, .version = earlier->version};
    compare_features(arena, earlier, features_now(shipment), change);
    compare_bytes(earlier, shipment, change);
    change->toolchain = compat_tool_changes(arena, earlier->toolchain, toolchain);
    change->history = find_history(arena, change, earlier->toolchain, toolchain);
    mark_findings(arena, change, verdict);
}
