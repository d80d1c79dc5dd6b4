/* Which runtimes that may be found on a machine stand for the platform, or for variants of it. */
#include <stddef.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/sections.h"
#include "pkg/json/json.h"

#define AT(member) offsetof(struct profile_runtime, member)
static const struct key runtime_keys[] = {
    {"environment", KEY_TEXT, true, AT(environment), 0, NULL},
    {"variant", KEY_TEXT, false, AT(variant), 0, NULL},
    {"dated", KEY_FLAG, false, AT(dated), 0, NULL},
    {"engine_only", KEY_FLAG, false, AT(engine_only), 0, NULL},
    {"probed", KEY_WORDS, false, AT(probed), AT(probed_count), NULL},
    {"get", KEY_TEXT, true, AT(get), 0, NULL},
};
#undef AT

int section_runtimes(struct reader *reader, const json_t *json, struct profile *out)
{
    if (reader_members(reader, "runtimes", json, KEY_TABLE(runtime_keys), sizeof *out->runtimes,
                       &out->runtimes, &out->runtime_count) != 0)
        return -1;
    for (size_t i = 0; i < out->runtime_count; i++) {
        const struct profile_runtime *runtime = &out->runtimes[i];
        const char *path = json_path(reader->arena, "runtimes", runtime->name);
        if (runtime->variant && runtime->dated)
            return reader_fault(reader, path, "'variant' and 'dated' exclude each other");
        if (runtime->variant && !strchr(runtime->variant, '*'))
            return reader_fault(reader, path, "'variant' needs a * for the version's first number");
    }
    return 0;
}

/* The version's first number. */
static size_t major_size(const char *version)
{
    return strspn(version, "0123456789");
}

bool profile_stands_for(const struct profile_runtime *runtime, const char *version,
                        const char *variant)
{
    if (runtime->dated)
        return text_is_date(version) && text_is_date(variant) && strcmp(variant, version) <= 0;
    if (!runtime->variant)
        return true;
    const char *star = strchr(runtime->variant, '*'), *rest = star + 1;
    size_t before = (size_t)(star - runtime->variant), size = major_size(version);
    return size > 0 && strncmp(variant, runtime->variant, before) == 0 &&
           strncmp(variant + before, version, size) == 0 &&
           strcmp(variant + before + size, rest) == 0;
}

/* Numbers one by one: "22.9.1" < "22.23.3", "2026-11-09" < "2026-11-17". */
static int compare_versions(const char *a, const char *b)
{
    while (*a || *b) {
        unsigned long long left = 0, right = 0;
        for (; *a >= '0' && *a <= '9'; a++)
            left = left < 1000000000 ? left * 10 + (unsigned)(*a - '0') : left;
        for (; *b >= '0' && *b <= '9'; b++)
            right = right < 1000000000 ? right * 10 + (unsigned)(*b - '0') : right;
        if (left != right)
            return left < right ? -1 : 1;
        a += *a != '\0';
        b += *b != '\0';
    }
    return 0;
}

const char *profile_probed_with(const struct profile_runtime *runtime, const char *version)
{
    const char *found = NULL;
    for (size_t i = 0; i < runtime->probed_count; i++) {
        const char *probed = runtime->probed[i];
        size_t size = major_size(probed);
        bool comparable = !runtime->variant ||
                          (size == major_size(version) && strncmp(probed, version, size) == 0);
        if (comparable && (!found || compare_versions(found, probed) < 0))
            found = probed;
    }
    return found;
}

bool profile_predates(const struct profile_runtime *runtime, const char *version)
{
    const char *probed = profile_probed_with(runtime, version);
    return probed && compare_versions(version, probed) < 0;
}
