#include <string.h>

#include "cmd/cmd.h"
#include "cmd/context.h"
#include "cmd/proofs.h"
#include "cmd/table.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/proof/measure.h"

/* What is measured, and into what. */
struct choice {
    struct run *run;
    struct profile *profiles; /* each platform's, in the order of the table */
    size_t count;
    const char *variant; /* of --platform NAME@VARIANT, or NULL */
    size_t platform;     /* of --platform; else `count`, then the runtime's own */
    struct profile_runtime known;
    struct runtime runtime;
    struct profile base;
};

/* --- the runtime --- */

/* The platform's own word for it, else another's. */
static const struct profile_runtime *find_known(const struct choice *choice, const char *name,
                                                size_t *platform)
{
    const struct profile_runtime *found = NULL;
    for (size_t p = 0; p < choice->count; p++)
        for (size_t r = 0; r < choice->profiles[p].runtime_count; r++) {
            const struct profile_runtime *each = &choice->profiles[p].runtimes[r];
            if (strcmp(each->name, name) != 0 || (found && p != choice->platform))
                continue;
            found = each;
            *platform = p;
        }
    return found;
}

static int unknown_runtime(const struct choice *choice, const char *name, struct error *error)
{
    const char *names[32], *all = "";
    size_t count = 0;
    for (size_t p = 0; p < choice->count; p++)
        for (size_t r = 0; r < choice->profiles[p].runtime_count && count < 32; r++) {
            names[count] = choice->profiles[p].runtimes[r].name;
            all = arena_printf(choice->run->arena, "%s%s%s", all, count ? ", " : "", names[count]);
            count++;
        }
    error_set(error, FAULT_INPUT, "unknown runtime '%s'", name);
    const char *nearest = text_nearest(name, names, count);
    return nearest ? error_hint(error, "did you mean '%s'?", nearest)
                   : error_hint(error, "name one of: %s; or write the path of one", all);
}

static bool is_of_version(const struct runtime *runtime, const char *wanted)
{
    size_t size = strlen(wanted);
    return runtime->version && strncmp(runtime->version, wanted, size) == 0 &&
           (size == 0 || runtime->version[size] == '\0' || runtime->version[size] == '.' ||
            runtime->version[size] == '-');
}

static int none_found(const struct choice *choice, const char *name, const char *version,
                      const struct runtime *found, size_t count, struct error *error)
{
    const char *seen = "";
    for (size_t i = 0; i < count; i++)
        seen = arena_printf(choice->run->arena, "%s%s%s", seen, i ? ", " : "",
                            found[i].version ? found[i].version : found[i].problem);
    error_set(error, FAULT_INPUT, "no %s%s%s was found here%s%s%s", name, *version ? " " : "",
              version, count ? " (found: " : "", seen, count ? ")" : "");
    return error_hint(error, "%s", choice->known.get);
}

static int several_found(const struct choice *choice, const char *name, const struct runtime *found,
                         size_t count, const char *version, struct error *error)
{
    const char *seen = "", *first = NULL;
    for (size_t i = 0; i < count; i++)
        if (is_of_version(&found[i], version)) {
            seen = arena_printf(choice->run->arena, "%s%s%s", seen, first ? ", " : "",
                                found[i].version);
            first = first ? first : found[i].version;
        }
    error_set(error, FAULT_INPUT, "several of '%s' were found here: %s", name, seen);
    return error_hint(error, "say which: edge-deploy probe %s@%s", name, first);
}

static int find_named(struct choice *choice, const char *word, struct error *error)
{
    struct run *run = choice->run;
    const char *at = strchr(word, '@'), *version = at ? at + 1 : "";
    const char *name = at ? arena_copy(run->arena, word, (size_t)(at - word)) : word;
    const struct profile_runtime *known = find_known(choice, name, &choice->platform);
    const struct runtime *found;
    size_t count, matches = 0;
    if (!known)
        return unknown_runtime(choice, name, error);
    choice->known = *known;
    if (prove_find(proofs_open(run), known, &found, &count, error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (is_of_version(&found[i], version) && matches++ == 0)
            choice->runtime = found[i];
    if (matches == 0)
        return none_found(choice, name, version, found, count, error);
    return matches == 1 ? 0 : several_found(choice, name, found, count, version, error);
}

/* Each kind that is known is asked whether it is one of it. */
static int find_at_path(struct choice *choice, const char *path, struct error *error)
{
    struct run *run = choice->run;
    for (size_t p = 0; p < choice->count; p++)
        for (size_t r = 0; r < choice->profiles[p].runtime_count; r++) {
            const struct profile_runtime *known = &choice->profiles[p].runtimes[r];
            struct runtime_search search = {known->name, NULL, NULL};
            if (runtime_at(run->arena, run->world, &search, path, &choice->runtime, error) != 0)
                return -1;
            if (!choice->runtime.version)
                continue;
            choice->known = *find_known(choice, known->name, &choice->platform);
            return 0;
        }
    error_set(error, FAULT_INPUT, "'%s' is no runtime that is known", path);
    return error_hint(error, "run 'edge-deploy doctor' for those found here");
}

/* --- the profile --- */

static int choose_platform(struct choice *choice, struct error *error)
{
    const struct words *words = &choice->run->options.platforms;
    const char *word = words->count ? words->items[0] : NULL, *at = word ? strchr(word, '@') : NULL;
    choice->platform = choice->count;
    if (!word)
        return 0;
    if (words->count > 1) {
        error_set(error, FAULT_INPUT, "several platforms for one measurement");
        return error_hint(error, "name one with --platform");
    }
    const char *name = at ? arena_copy(choice->run->arena, word, (size_t)(at - word)) : word;
    choice->variant = at ? at + 1 : NULL;
    for (choice->platform = 0; choice->platform < choice->count; choice->platform++)
        if (strcmp(choice->profiles[choice->platform].name, name) == 0)
            return 0;
    return unknown_platform(choice->run, name, error);
}

/* "nodejs22.x" of "nodejs*.x" and 22.23.3; NULL where versions choose no variant. */
static const char *variant_of(struct arena *arena, const struct choice *choice)
{
    const char *pattern = choice->known.variant, *star = pattern ? strchr(pattern, '*') : NULL;
    const char *version = choice->runtime.version;
    return star ? arena_printf(arena, "%.*s%.*s%s", (int)(star - pattern), pattern,
                               (int)strspn(version, "0123456789"), version, star + 1)
                : NULL;
}

static bool has_variant(const struct profile *profile, const char *variant)
{
    for (size_t i = 0; i < profile->variant_count; i++)
        if (strcmp(profile->variants[i], variant) == 0)
            return true;
    return false;
}

/* A variant that is not in the profile is measured over the default one. */
static int read_base(struct choice *choice, struct error *error)
{
    struct run *run = choice->run;
    const struct profile *built_in = &choice->profiles[choice->platform];
    const char *file = run->options.profile, *own = NULL;
    struct bytes text = bytes_of(platform_find(built_in->name)->profile_json);
    if (file && file_read(run->arena, file, LIMIT_MANIFEST, &text, error) != 0)
        return -1;
    const char *origin = file ? file : built_in->name, *variant = choice->variant;
    if (profile_parse(run->arena, (const char *)text.data, origin, NULL, &choice->base, error) != 0)
        return -1;
    if (choice->base.variant_count)
        own = variant_of(run->arena, choice);
    if (!variant && own && has_variant(&choice->base, own))
        variant = own;
    if (variant && profile_parse(run->arena, (const char *)text.data, origin, variant,
                                 &choice->base, error) != 0)
        return -1;
    choice->variant = variant ? variant : own ? own : choice->base.variant;
    return 0;
}

static int choose(struct run *run, struct choice *choice, struct error *error)
{
    const char *word = run->options.operand_count ? run->options.operands[0] : NULL;
    *choice = (struct choice){.run = run};
    if (!word) {
        error_set(error, FAULT_INPUT, "no runtime named");
        return error_hint(error, "run 'edge-deploy doctor' for those found here");
    }
    if (context_profiles(run, &choice->profiles, &choice->count, error) != 0 ||
        choose_platform(choice, error) != 0)
        return -1;
    size_t chosen = choice->platform;
    if ((strchr(word, '/') ? find_at_path : find_named)(choice, word, error) != 0)
        return -1;
    if (chosen < choice->count)
        choice->platform = chosen;
    return read_base(choice, error);
}

/* --- what is said --- */

static const char *name_item(struct arena *arena, const struct measurement *item)
{
    const char *id = wasm_features[item->feature].id;
    if (item->use)
        return arena_printf(arena, "%s (%s)", id, item->use);
    return item->with == WASM_FEATURE_COUNT
               ? id
               : arena_printf(arena, "%s with %s", id, wasm_features[item->with].id);
}

static const char *measured_word(const struct measurement *item)
{
    return item->measured == SUPPORT_UNKNOWN ? "not asked" : support_name(item->measured);
}

/* A feature that no probe of ours covers has nothing to say. */
static const char *words_of(const struct measurement *item)
{
    if (item->measured == SUPPORT_UNKNOWN && !item->said)
        return "there is no probe for it";
    return item->said;
}

static const char *name_profile(const struct choice *choice)
{
    const struct profile *base = &choice->base;
    return arena_printf(choice->run->arena, "%s%s%s, profile of %s", base->name,
                        base->variant[0] ? " " : "", base->variant, base->as_of);
}

static void print_text(const struct choice *choice, const struct measurements *all)
{
    static const char *const heads[] = {"feature", "profile", "measured", "the runtime's words",
                                        NULL};
    struct run *run = choice->run;
    struct table table;
    printf("%s, %s\ncompared with %s\n\n", all->evidence + strlen("probe: "),
           text_safe(run->arena, choice->runtime.path, strlen(choice->runtime.path)),
           name_profile(choice));
    table_open(&table, run, heads);
    for (size_t i = 0; i < all->count; i++) {
        const struct measurement *item = &all->items[i];
        const char *cells[] = {name_item(run->arena, item), support_name(item->known),
                               measured_word(item), words_of(item)};
        table_add(&table, cells, 2,
                  item->differs                       ? TINT_BAD
                  : item->measured == SUPPORT_UNKNOWN ? TINT_WARN
                                                      : TINT_GOOD);
    }
    table_print(&table);
    putchar('\n');
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].differs)
            printf("differs: %s: the profile says %s, measured %s\n",
                   name_item(run->arena, &all->items[i]), support_name(all->items[i].known),
                   measured_word(&all->items[i]));
    printf("%zu of %zu measured, %zu differ from the profile\n", all->measured, all->count,
           all->differing);
}

static json_t *text_or_null(const char *text)
{
    return text ? json_text(text, strlen(text)) : json_null();
}

static json_t *item_json(const struct measurement *item)
{
    json_t *out = json_object();
    json_object_set_new(out, "name", json_string(wasm_features[item->feature].id));
    json_object_set_new(out, "use", text_or_null(item->use));
    json_object_set_new(
        out, "with",
        item->with == WASM_FEATURE_COUNT ? json_null() : json_string(wasm_features[item->with].id));
    json_object_set_new(out, "profile", json_string(support_name(item->known)));
    json_object_set_new(out, "measured", json_string(support_name(item->measured)));
    json_object_set_new(out, "message", text_or_null(words_of(item)));
    json_object_set_new(out, "differs", json_boolean(item->differs));
    return out;
}

static void print_document(const struct choice *choice, const struct measurements *all,
                           json_t *profile)
{
    struct run *run = choice->run;
    const struct runtime *runtime = &choice->runtime;
    json_t *document = run_document(run, NULL), *items = json_array();
    json_object_set_new(document, "runtime",
                        json_pack("{s:s,s:s,s:o,s:o}", "name", runtime->name, "version",
                                  runtime->version, "engine", text_or_null(runtime->engine), "path",
                                  text_or_null(runtime->path)));
    json_object_set_new(document, "platform", json_string(choice->base.name));
    json_object_set_new(document, "variant",
                        text_or_null(choice->variant[0] ? choice->variant : NULL));
    json_object_set_new(document, "profile_as_of", json_string(choice->base.as_of));
    for (size_t i = 0; i < all->count; i++)
        json_array_append_new(items, item_json(&all->items[i]));
    json_object_set_new(document, "features", items);
    json_object_set(document, "profile", profile);
    run_print_json(run, document);
}

static int run_probe(struct run *run, struct error *error)
{
    struct choice choice;
    struct measurements all;
    if (choose(run, &choice, error) != 0)
        return -1;
    struct measuring measuring = {.arena = run->arena,
                                  .world = run->world,
                                  .runtime = &choice.runtime,
                                  .base = &choice.base,
                                  .known = &choice.known,
                                  .variant = choice.variant,
                                  .today = run_today(run)};
    progress_say(run, choice.runtime.name, "a probe for each feature is tried");
    if (measure(&measuring, &all, error) != 0)
        return -1;
    json_t *profile = measure_profile(&measuring, &all);
    const char *text = json_print_indented(run->arena, profile);
    if (run->options.output &&
        file_write(run->options.output, bytes_of(arena_printf(run->arena, "%s\n", text)), 0644,
                   error) != 0)
        return -1;
    if (run->json) {
        print_document(&choice, &all, profile);
        return 0;
    }
    print_text(&choice, &all);
    if (run->options.output)
        printf("%s is a profile of it: use it with --profile\n",
               text_safe(run->arena, run->options.output, strlen(run->options.output)));
    return 0;
}

const struct command command_probe = {
    .name = "probe",
    .operands = "RUNTIME",
    .summary = "measure a runtime found here into a profile",
    .options = OPTION_FOR_OUTPUT,
    .operand_limit = 1,
    .run = run_probe,
};
