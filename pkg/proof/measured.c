/* What was measured, as a profile. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/proof/measure.h"

/* --- one feature --- */

static const char *evidence_of(const struct measuring *measuring, const struct measurements *all,
                               const struct measurement *item)
{
    return item->measured == SUPPORT_NO && item->said
               ? arena_printf(measuring->arena, "%s: \"%s\"", all->evidence, item->said)
               : all->evidence;
}

/* A partial that is confirmed is one still: a probe sees less than the note says. */
static struct profile_feature replaced(const struct measuring *measuring,
                                       const struct measurements *all,
                                       const struct measurement *item,
                                       const struct profile_feature *before)
{
    bool confirmed = before->support == SUPPORT_PARTIAL && item->measured == SUPPORT_YES;
    bool same = before->support == item->measured || confirmed;
    return (struct profile_feature){.support = confirmed ? SUPPORT_PARTIAL : item->measured,
                                    .evidence = evidence_of(measuring, all, item),
                                    .as_of = measuring->today,
                                    .note = same && before->note ? before->note : item->note};
}

static const struct measurement *find_case(const struct measurements *all,
                                           enum wasm_feature feature,
                                           const struct profile_case *each)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].feature == feature && all->items[i].with == each->with &&
            text_equal(all->items[i].use, each->use))
            return &all->items[i];
    return NULL;
}

static const struct profile_feature *find_before(const struct profile_feature *feature,
                                                 const struct measurement *item)
{
    for (size_t i = 0; i < feature->case_count; i++)
        if (feature->cases[i].with == item->with && text_equal(feature->cases[i].use, item->use))
            return &feature->cases[i].instead;
    return NULL;
}

static bool is_refused(const struct measurements *all, enum wasm_feature feature)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].feature == feature && !all->items[i].use &&
            all->items[i].with == WASM_FEATURE_COUNT)
            return all->items[i].measured == SUPPORT_NO;
    return false;
}

/* A case that is refused, of a feature that is not. */
static bool is_refused_case(const struct measurements *all, const struct measurement *item,
                            enum wasm_feature feature)
{
    return item->feature == feature && (item->use || item->with != WASM_FEATURE_COUNT) &&
           (item->measured == SUPPORT_NO || item->measured == SUPPORT_PARTIAL) &&
           (item->with == WASM_FEATURE_COUNT || !is_refused(all, item->with));
}

/* The cases that nobody could ask, and those that are refused although the feature is not. */
static void replace_cases(const struct measuring *measuring, const struct measurements *all,
                          enum wasm_feature feature, struct profile_feature *out)
{
    const struct profile_feature *before = &measuring->base->features[feature];
    struct profile_case *cases =
        arena_alloc(measuring->arena, before->case_count + all->count, sizeof *cases);
    out->cases = cases;
    for (size_t i = 0; i < before->case_count; i++) {
        const struct measurement *item = find_case(all, feature, &before->cases[i]);
        if (!item || item->measured == SUPPORT_UNKNOWN)
            cases[out->case_count++] = before->cases[i];
    }
    for (size_t i = 0; i < all->count; i++) {
        const struct measurement *item = &all->items[i];
        if (!is_refused_case(all, item, feature))
            continue;
        const struct profile_feature *old = find_before(before, item), none = {0};
        struct profile_feature instead = replaced(measuring, all, item, old ? old : &none);
        if (!instead.note)
            instead.note = "the runtime refuses it";
        cases[out->case_count++] = (struct profile_case){item->use, item->with, instead};
    }
}

static struct profile_feature measured_feature(const struct measuring *measuring,
                                               const struct measurements *all,
                                               const struct measurement *item)
{
    const struct profile_feature *before = &measuring->base->features[item->feature];
    struct profile_feature out = *before;
    if (item->measured != SUPPORT_UNKNOWN)
        out = replaced(measuring, all, item, before);
    out.cases = NULL;
    out.case_count = 0;
    if (out.support != SUPPORT_NO)
        replace_cases(measuring, all, item->feature, &out);
    return out;
}

/* --- as JSON --- */

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_text(text, strlen(text)));
}

static json_t *feature_words(const struct profile_feature *feature)
{
    json_t *out = json_object();
    set_text(out, "support", support_name(feature->support));
    set_text(out, "evidence", feature->evidence);
    set_text(out, "as_of", feature->as_of);
    set_text(out, "note", feature->note);
    return out;
}

static json_t *feature_json(const struct profile_feature *feature)
{
    json_t *out = feature_words(feature), *uses = json_object(), *with = json_object();
    for (size_t i = 0; i < feature->case_count; i++) {
        const struct profile_case *each = &feature->cases[i];
        json_object_set_new(each->use ? uses : with,
                            each->use ? each->use : wasm_features[each->with].id,
                            feature_words(&each->instead));
    }
    if (json_object_size(uses))
        json_object_set(out, "uses", uses);
    if (json_object_size(with))
        json_object_set(out, "with", with);
    json_decref(uses);
    json_decref(with);
    return out;
}

static json_t *features_json(const struct measuring *measuring, const struct measurements *all)
{
    json_t *out = json_object();
    for (size_t i = 0; i < all->count; i++) {
        const struct measurement *item = &all->items[i];
        if (item->use || item->with != WASM_FEATURE_COUNT)
            continue;
        struct profile_feature feature = measured_feature(measuring, all, item);
        json_object_set_new(out, wasm_features[item->feature].id, feature_json(&feature));
    }
    return out;
}

/* What a variant changed is measured now. Of named ones the others were not; dates stay. */
static void keep_variant(const struct measuring *measuring, json_t *profile)
{
    json_t *variants = json_object_get(profile, "variants"), *entry;
    json_t *entries = json_object_get(variants, "entries");
    const char *name;
    void *next;
    if (!variants)
        return;
    json_object_foreach_safe(entries, next, name, entry)
    {
        json_object_del(entry, "features");
        if (strcmp(json_find_string(variants, "by", "name"), "date") != 0 &&
            strcmp(name, measuring->variant) != 0)
            json_object_del(entries, name);
    }
    if (json_object_size(entries) == 0)
        json_object_set_new(entries, measuring->variant, json_object());
    if (json_object_get(entries, measuring->variant))
        set_text(variants, "default", measuring->variant);
}

/* The manifest may name what was measured, and has it where it names nothing. */
static void keep_option(const struct measuring *measuring, json_t *profile)
{
    const char *option = measuring->base->variant_option;
    json_t *row = option ? json_object_get(json_object_get(profile, "options"), option) : NULL;
    if (json_object_get(row, "values"))
        json_object_set_new(row, "values", json_pack("[s]", measuring->variant));
    if (json_object_get(row, "default"))
        set_text(row, "default", measuring->variant);
}

static void set_probed(const struct measuring *measuring, json_t *profile)
{
    json_t *runtimes = json_object_get(profile, "runtimes");
    json_t *runtime = json_object_get(runtimes, measuring->runtime->name);
    if (runtime)
        json_object_set_new(runtime, "probed", json_pack("[s]", measuring->runtime->version));
}

json_t *measure_profile(const struct measuring *measuring, const struct measurements *all)
{
    json_t *out = json_own(measuring->arena, json_deep_copy(measuring->base->json));
    const char *source = arena_printf(measuring->arena, "%s, measured with 'edge-deploy probe' %s",
                                      all->evidence, measuring->today);
    set_text(out, "as_of", measuring->today);
    json_array_insert_new(json_object_get(out, "sources"), 0, json_text(source, strlen(source)));
    json_object_set_new(out, "features", features_json(measuring, all));
    keep_variant(measuring, out);
    keep_option(measuring, out);
    set_probed(measuring, out);
    return out;
}
