#include <string.h>

#include "cmd/cmd.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"

static int parse(struct run *run, const struct platform_entry *entry, const char *variant,
                 struct profile *out, struct error *error)
{
    return profile_parse(run->arena, entry->profile_json, entry->platform->name, variant, out,
                         error);
}

static int list(struct run *run, struct error *error)
{
    json_t *array = json_array();
    json_t *document = run_document(run, NULL);
    json_object_set_new(document, "platforms", array);
    for (const struct platform_entry *entry = platforms; entry->platform; entry++) {
        struct profile profile;
        if (parse(run, entry, NULL, &profile, error) != 0)
            return -1;
        json_array_append_new(array, json_pack("{s:s,s:s,s:s,s:s}", "name", profile.name, "title",
                                               profile.title, "as_of", profile.as_of,
                                               "default_variant", profile.variant));
        if (!run->json)
            printf("%-12s %-20s as of %s%s%s\n", profile.name, profile.title, profile.as_of,
                   profile.variant[0] ? ", default variant " : "", profile.variant);
    }
    if (run->json)
        run_print_json(run, document);
    else
        puts("\nMore of one: edge-deploy platforms NAME");
    return 0;
}

static void print_cases(const struct profile_feature *feature)
{
    for (size_t i = 0; i < feature->case_count; i++) {
        const struct profile_case *each = &feature->cases[i];
        printf("    %s%-22s %-8s %s\n", each->use ? "" : "with ",
               each->use ? each->use : wasm_features[each->with].id,
               support_name(each->instead.support), each->instead.evidence);
    }
}

static void print_features(const struct profile *profile)
{
    puts("\nfeatures:");
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++) {
        const struct profile_feature *feature = &profile->features[i];
        printf("  %-26s %-8s %s%s%s\n", wasm_features[i].id, support_name(feature->support),
               feature->evidence ? feature->evidence : "", feature->as_of ? ", " : "",
               feature->as_of ? feature->as_of : "");
        print_cases(feature);
    }
}

static void print_limits(const struct profile *profile)
{
    puts("\nlimits:");
    for (size_t i = 0; i < profile->limit_count; i++) {
        const struct profile_limit *limit = &profile->limits[i];
        printf("  %-26s %.0f %s%s%s%s%s (%s, %s)\n", limit->name, limit->value, limit->unit,
               limit->when_option ? " when " : "", limit->when_option ? limit->when_option : "",
               limit->when_option ? " is " : "", limit->when_option ? limit->when_value : "",
               limit->source, limit->as_of);
    }
}

static void print_cold_start(const struct profile *profile)
{
    const struct profile_cold_start *known = &profile->cold_start;
    if (known->over)
        printf("\ncold start, estimated: %g ms a KiB of code and %g ms of all else more than %s "
               "(%s, %s)\n",
               known->code_ms_per_kib, known->other_ms_per_kib, known->over, known->source,
               known->as_of);
}

static void print_options(const struct profile *profile)
{
    puts("\nmanifest keys:");
    for (size_t i = 0; i < profile->option_count; i++) {
        const struct profile_option *option = &profile->options[i];
        printf("  %-22s %s%s%s%s\n", option->name, option->help,
               option->required ? " (required)" : "", option->environment ? "; or " : "",
               option->environment ? option->environment : "");
    }
    puts("\ncredentials, from the environment:");
    for (size_t i = 0; i < profile->credential_count; i++)
        printf("  %-22s %s\n", profile->credentials[i].environment,
               profile->credentials[i].rights ? profile->credentials[i].rights : "");
    puts("\nendpoints:");
    for (size_t i = 0; i < profile->endpoint_count; i++)
        printf("  %-22s %s (override: %s)\n", profile->endpoints[i].name, profile->endpoints[i].url,
               profile->endpoints[i].environment);
}

static void print_profile(const struct profile *profile)
{
    printf("%s (%s), as of %s\n", profile->title, profile->name, profile->as_of);
    if (profile->variant_count) {
        printf("variant %s, chosen by '%s'; known:", profile->variant, profile->variant_option);
        for (size_t i = 0; i < profile->variant_count; i++)
            printf(" %s", profile->variants[i]);
        putchar('\n');
    }
    for (size_t i = 0; i < profile->fact_count; i++)
        printf("%s: %s %s (%s)\n", profile->facts[i].name, profile->facts[i].date,
               profile->facts[i].text, profile->facts[i].source);
    print_features(profile);
    print_limits(profile);
    print_cold_start(profile);
    print_options(profile);
    puts("\nsources:");
    for (size_t i = 0; i < profile->source_count; i++)
        printf("  %s\n", profile->sources[i]);
}

int unknown_platform(struct run *run, const char *name, struct error *error)
{
    size_t count;
    const char **names = platform_names(run->arena, &count);
    const char *nearest = text_nearest(name, names, count);
    error_set(error, FAULT_INPUT, "unknown platform '%s'", name);
    if (nearest)
        return error_hint(error, "did you mean '%s'?", nearest);
    return error_hint(error, "run 'edge-deploy platforms' for the names");
}

static int show(struct run *run, const char *word, struct error *error)
{
    const char *at = strchr(word, '@');
    const char *name = at ? arena_copy(run->arena, word, (size_t)(at - word)) : word;
    const struct platform_entry *entry = platform_find(name);
    struct profile profile;
    if (!entry)
        return unknown_platform(run, name, error);
    if (parse(run, entry, at ? at + 1 : NULL, &profile, error) != 0)
        return -1;
    if (!run->json) {
        print_profile(&profile);
        return 0;
    }
    json_t *document = run_document(run, NULL);
    json_object_set_new(document, "variant", json_string(profile.variant));
    json_object_set(document, "profile", profile.json);
    run_print_json(run, document);
    return 0;
}

static int run_platforms(struct run *run, struct error *error)
{
    if (run->options.schema) {
        puts(platform_schema(run->arena));
        return 0;
    }
    if (run->options.operand_count)
        return show(run, run->options.operands[0], error);
    return list(run, error);
}

const struct command command_platforms = {
    .name = "platforms",
    .operands = "[NAME[@VARIANT]]",
    .summary = "the profiles: what is known, from where, as of when",
    .options = OPTION_FOR_PLATFORMS,
    .operand_limit = 1,
    .run = run_platforms,
};
