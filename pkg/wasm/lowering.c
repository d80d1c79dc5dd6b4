#include "pkg/wasm/lowering.h"

#include <string.h>

#include "pkg/base/arena.h"

#define BIT(feature) (UINT64_C(1) << WASM_FEATURE_##feature)

enum { PAGES_OF_4GB = 65536 };

static bool never_objects(const struct wasm_info *info, const char **why)
{
    (void)info;
    (void)why;
    return false;
}

static bool always_objects(const struct wasm_info *info, const char **why)
{
    (void)info;
    *why = "it changes what the module does";
    return true;
}

static const struct wasm_use *find_use(const struct wasm_info *info, enum wasm_feature feature)
{
    for (size_t i = 0; i < info->use_count; i++)
        if (info->uses[i].feature == feature)
            return &info->uses[i];
    return NULL;
}

/* Whether the feature shows in no other ways than these two. What was brought in shows nowhere. */
static bool shows_only(const struct wasm_info *info, enum wasm_feature feature, const char *a,
                       const char *b)
{
    const struct wasm_use *use = find_use(info, feature);
    const struct wasm_way *way = use ? use->ways : NULL;
    while (way && way->what && (strcmp(way->what, a) == 0 || strcmp(way->what, b) == 0))
        way = way->next;
    return !use || (use->ways && !way);
}

static bool bulk_objects(const struct wasm_info *info, const char **why)
{
    *why = "it has passive segments, or instructions for them";
    return !shows_only(info, WASM_FEATURE_BULK_MEMORY, "data count section",
                       "data segment with a memory index");
}

static bool overlong_objects(const struct wasm_info *info, const char **why)
{
    *why = "it may call through its second table";
    const struct wasm_use *use = find_use(info, WASM_FEATURE_REFERENCE_TYPES);
    const struct wasm_way *way = use ? use->ways : NULL;
    while (way && !(way->what && strcmp(way->what, "second table") == 0))
        way = way->next;
    return way != NULL;
}

static bool copies_object(const struct wasm_info *info, const char **why)
{
    const char *ignored;
    if ((info->features & BIT(BULK_MEMORY)) && bulk_objects(info, &ignored))
        *why = "it has passive segments, or copies tables";
    else if (info->features & (BIT(MEMORY64) | BIT(MULTIMEMORY)))
        *why = "it has several memories or 64-bit ones";
    for (size_t i = 0; !*why && i < info->memory_count; i++)
        if (info->memories[i].has_max && info->memories[i].max_pages >= PAGES_OF_4GB)
            *why = "its memory may reach 4 GB, in which the pass cannot copy";
    return *why != NULL;
}

/* What all of the memories must have in common to become one, and what keeps each one's limits. */
static const char *differing(const struct wasm_memory *first, const struct wasm_memory *other)
{
    if (other->imported)
        return "it imports a memory";
    if (other->is_64 != first->is_64 || other->shared != first->shared ||
        other->page_size != first->page_size)
        return "its memories are of different kinds";
    if (other->has_max != first->has_max)
        return "only some of its memories have a maximum";
    if (other->has_max && other->max_pages != other->min_pages)
        return "its memories have maxima, which they would no longer have each for itself";
    return NULL;
}

static bool memories_object(const struct wasm_info *info, const char **why)
{
    for (size_t i = 0; !*why && i < info->memory_count; i++)
        *why = differing(&info->memories[0], &info->memories[i]);
    for (size_t i = 0; !*why && i < info->export_count; i++)
        if (info->exports[i].kind == WASM_MEMORY && info->exports[i].index > 0)
            *why = "it exports a memory other than the first";
    if (!*why && info->grows_before)
        *why = "it grows a memory behind which another lies: what is new in it would not be zero";
    return *why != NULL;
}

/* The type of a 64-bit memory or table is another one to who imports or exports it. Functions keep
   their types: an address goes out and comes in as the same i64. */
static bool wide_objects(const struct wasm_info *info, const char **why)
{
    for (size_t i = 0; !*why && i < info->memory_count; i++)
        if (info->memories[i].is_64 && info->memories[i].imported)
            *why = "it imports a 64-bit memory";
        else if (info->memories[i].is_64 && info->memories[i].min_pages >= PAGES_OF_4GB)
            *why = "its memory starts with 4 GB or more";
    for (size_t i = 0; !*why && i < info->import_count; i++)
        if (info->imports[i].kind == WASM_TABLE && strstr(info->imports[i].type, "i64"))
            *why = "it imports a 64-bit table";
    for (size_t i = 0; !*why && i < info->export_count; i++)
        if ((info->exports[i].kind == WASM_MEMORY || info->exports[i].kind == WASM_TABLE) &&
            info->exports[i].type && strstr(info->exports[i].type, "i64"))
            *why = "it exports a 64-bit memory or table, whose type would change";
    return *why != NULL;
}

#define X(feature, way, pass, since, brings, may, objects, risk)                                   \
    {WASM_FEATURE_##feature, WASM_LOWER_##way, pass, since, brings, may, risk, objects},
static const struct wasm_lowering rows[] = {
#include "pkg/wasm/lowering.def"
};
#undef X
enum { ROWS = sizeof rows / sizeof *rows };

const struct wasm_lowering *wasm_lowering_find(enum wasm_feature feature)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].feature == feature)
            return &rows[i];
    return NULL;
}

const char *wasm_lowering_pass(enum wasm_feature feature)
{
    const struct wasm_lowering *row = wasm_lowering_find(feature);
    return row && row->way == WASM_LOWER_PASS ? row->pass : NULL;
}

const char *wasm_lowering_objection(const struct wasm_lowering *row, const struct wasm_info *info)
{
    const char *why = NULL;
    return row->objects(info, &why) ? why : NULL;
}

uint64_t wasm_lowering_brings(uint64_t features)
{
    uint64_t all = features, more = features;
    while (more) {
        uint64_t next = 0;
        for (size_t i = 0; i < ROWS; i++)
            if (more & wasm_feature_bit(rows[i].feature))
                next |= rows[i].brings | rows[i].may;
        more = next & ~all;
        all |= next;
    }
    return all & ~features;
}

static const char *obstacle(struct arena *arena, const struct wasm_info *info, uint64_t allowed,
                            enum wasm_feature feature, uint64_t lowered)
{
    const struct wasm_lowering *row = wasm_lowering_find(feature);
    const char *why = row ? wasm_lowering_objection(row, info) : "nothing lowers it";
    struct wasm_info after = *info;
    if (lowered & wasm_feature_bit(feature))
        why = "what it brings in needs it again";
    if (why)
        return arena_printf(arena, "'%s', which the target is not known to run: %s",
                            wasm_features[feature].id, why);
    lowered |= wasm_feature_bit(feature);
    after.features = (info->features | row->brings) & ~wasm_feature_bit(feature);
    for (enum wasm_feature each = 0; each < WASM_FEATURE_COUNT; each++)
        if ((row->brings & ~info->features & ~allowed & wasm_feature_bit(each)) &&
            (why = obstacle(arena, &after, allowed, each, lowered)))
            return arena_printf(arena, "that brings in %s", why);
    return NULL;
}

const char *wasm_lowering_obstacle(struct arena *arena, const struct wasm_info *info,
                                   uint64_t allowed, enum wasm_feature feature)
{
    return obstacle(arena, info, allowed, feature, 0);
}
