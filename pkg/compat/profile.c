#include "pkg/compat/profile.h"

#include <stddef.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/sections.h"
#include "pkg/json/json.h"
#include "pkg/wasm/wasm.h"

const char *const support_words[] = {"unknown", "no", "partial", "yes", NULL};

const char *support_name(enum support support)
{
    return support_words[support];
}

enum support support_of(const char *word)
{
    enum support support = SUPPORT_UNKNOWN;
    while (support < SUPPORT_YES && strcmp(support_words[support], word) != 0)
        support++;
    return support;
}

static const struct wasm_use *find_use(const struct wasm_info *info, enum wasm_feature feature)
{
    for (size_t i = 0; i < info->use_count; i++)
        if (info->uses[i].feature == feature)
            return &info->uses[i];
    return NULL;
}

static bool is_case(const struct profile_case *each, const struct wasm_info *info,
                    const struct wasm_use *use)
{
    const struct wasm_use *other = each->use ? NULL : find_use(info, each->with);
    if (other)
        return other->function != WASM_NO_FUNCTION ||
               (other->ways && other->ways->reason == WASM_BY_INSTRUCTION);
    for (const struct wasm_way *way = each->use && use ? use->ways : NULL; way; way = way->next)
        if (way->what && strcmp(way->what, each->use) == 0)
            return true;
    return false;
}

/* From bad to good. */
static int rank(enum support support)
{
    return support == SUPPORT_NO ? -1 : (int)support;
}

const struct profile_feature *profile_judge(const struct profile_feature *known,
                                            const struct wasm_info *info, enum wasm_feature feature,
                                            const struct profile_case **out_case)
{
    const struct wasm_use *use = find_use(info, feature);
    const struct profile_feature *worst = known;
    *out_case = NULL;
    for (size_t i = 0; i < known->case_count; i++)
        if (rank(known->cases[i].instead.support) < rank(worst->support) &&
            is_case(&known->cases[i], info, use)) {
            *out_case = &known->cases[i];
            worst = &known->cases[i].instead;
        }
    return worst;
}

uint64_t profile_runs(const struct profile *profile, const struct wasm_info *info)
{
    const struct profile_case *ignored;
    uint64_t runs = 0;
    for (enum wasm_feature i = 0; i < WASM_FEATURE_COUNT; i++)
        if (profile_judge(&profile->features[i], info, i, &ignored)->support >= SUPPORT_PARTIAL)
            runs |= wasm_feature_bit(i);
    return runs;
}

uint64_t profile_unknown(const struct profile *profile, const struct wasm_info *info)
{
    const struct profile_case *ignored;
    uint64_t unknown = 0;
    for (enum wasm_feature i = 0; i < WASM_FEATURE_COUNT; i++)
        if (profile_judge(&profile->features[i], info, i, &ignored)->support == SUPPORT_UNKNOWN)
            unknown |= wasm_feature_bit(i);
    return unknown;
}

/* What stands at the top of the document. */
struct document {
    const char *name, *title, *as_of, *glue, *optimize_for;
    const char **sources, **place;
    size_t source_count, place_count;
    json_t *variants, *features, *components, *imports, *exports, *limits, *settings, *options,
        *credentials, *credential_file, *endpoints, *rollout, *runtimes, *cold_start;
};

static const char *const glues[] = {"javascript", "none", NULL};
static const char *const measures[] = {"code", "compressed", NULL};

#define AT(member) offsetof(struct document, member)
static const struct key document_keys[] = {
    {"name", KEY_TEXT, true, AT(name), 0, NULL},
    {"title", KEY_TEXT, true, AT(title), 0, NULL},
    {"as_of", KEY_DATE, true, AT(as_of), 0, NULL},
    {"sources", KEY_WORDS, true, AT(sources), AT(source_count), NULL},
    {"glue", KEY_CHOICE, true, AT(glue), 0, glues},
    {"optimize_for", KEY_CHOICE, false, AT(optimize_for), 0, measures},
    {"variants", KEY_OBJECT, false, AT(variants), 0, NULL},
    {"features", KEY_OBJECT, true, AT(features), 0, NULL},
    {"components", KEY_OBJECT, false, AT(components), 0, NULL},
    {"imports", KEY_OBJECT, false, AT(imports), 0, NULL},
    {"exports", KEY_OBJECT, false, AT(exports), 0, NULL},
    {"limits", KEY_OBJECT, false, AT(limits), 0, NULL},
    {"settings", KEY_ARRAY, false, AT(settings), 0, NULL},
    {"place", KEY_WORDS, false, AT(place), AT(place_count), NULL},
    {"options", KEY_OBJECT, true, AT(options), 0, NULL},
    {"credentials", KEY_OBJECT, true, AT(credentials), 0, NULL},
    {"credential_file", KEY_OBJECT, false, AT(credential_file), 0, NULL},
    {"endpoints", KEY_OBJECT, true, AT(endpoints), 0, NULL},
    {"rollout", KEY_OBJECT, false, AT(rollout), 0, NULL},
    {"runtimes", KEY_OBJECT, false, AT(runtimes), 0, NULL},
    {"cold_start", KEY_OBJECT, false, AT(cold_start), 0, NULL},
};
#undef AT

static int read_sections(struct reader *reader, const struct document *document,
                         const char *variant, struct profile *out)
{
    bool ok =
        section_features(reader, document->features, out) == 0 &&
        section_variants(reader, document->variants, variant, out) == 0 &&
        section_components(reader, document->components, out) == 0 &&
        section_imports(reader, document->imports, out) == 0 &&
        section_exports(reader, document->exports, out) == 0 &&
        section_options(reader, document->options, out) == 0 &&
        section_limits(reader, document->limits, out) == 0 &&
        section_settings(reader, document->settings, out) == 0 &&
        section_credentials(reader, document->credentials, document->credential_file, out) == 0 &&
        section_endpoints(reader, document->endpoints, out) == 0 &&
        section_rollout(reader, document->rollout, out) == 0 &&
        section_runtimes(reader, document->runtimes, out) == 0 &&
        section_cold_start(reader, document->cold_start, out) == 0;
    return ok ? 0 : -1;
}

int profile_parse(struct arena *arena, const char *text, const char *origin, const char *variant,
                  struct profile *out, struct error *error)
{
    struct reader reader = {arena, text, origin, error};
    struct document document = {0};
    json_t *json;
    if (strlen(text) > LIMIT_MANIFEST)
        return error_set(error, FAULT_INPUT, "%s: longer than %d bytes", origin, LIMIT_MANIFEST);
    if (json_read(arena, bytes_of(text), origin, FAULT_INPUT, &json, error) != 0 ||
        reader_object(&reader, "", json, KEY_TABLE(document_keys), &document) != 0)
        return -1;
    *out = (struct profile){.name = document.name,
                            .title = document.title,
                            .as_of = document.as_of,
                            .origin = origin,
                            .sources = document.sources,
                            .source_count = document.source_count,
                            .glue_entries = document.glue,
                            .optimize_for =
                                document.optimize_for ? document.optimize_for : "compressed",
                            .place = document.place,
                            .place_count = document.place_count,
                            .json = json};
    if (read_sections(&reader, &document, variant, out) != 0)
        return -1;
    for (size_t i = 0; i < out->place_count; i++)
        if (!profile_option(out, out->place[i]))
            return reader_fault(&reader, "place", "'%s' is no option", out->place[i]);
    return 0;
}

const struct profile_limit *profile_limit(const struct profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->limit_count; i++)
        if (strcmp(profile->limits[i].name, name) == 0)
            return &profile->limits[i];
    return NULL;
}

const struct profile_option *profile_option(const struct profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->option_count; i++)
        if (strcmp(profile->options[i].name, name) == 0)
            return &profile->options[i];
    return NULL;
}
