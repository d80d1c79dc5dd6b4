/* Rule `export`: what the host calls must be there. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/rules.h"

static bool has_type(const struct wasm_export *export, const struct profile_export *wanted)
{
    return strcmp(wasm_extern_name(export->kind), wanted->kind) == 0 &&
           (!wanted->type || !export->type || strcmp(export->type, wanted->type) == 0);
}

static bool has_export(const struct wasm_info *info, const struct profile_export *wanted)
{
    const struct wasm_export *export = wasm_find_export(info, wanted->name);
    return export && has_type(export, wanted);
}

static bool has_entry(const struct wasm_info *info, const struct profile_entry *entry)
{
    size_t i = 0;
    while (i < entry->export_count && has_export(info, &entry->exports[i]))
        i++;
    return i == entry->export_count;
}

static const struct profile_entry *find_entry(const struct profile *profile,
                                              const struct wasm_info *info)
{
    for (size_t i = 0; i < profile->entry_count; i++)
        if (has_entry(info, &profile->entries[i]))
            return &profile->entries[i];
    return NULL;
}

const struct profile_entry *check_entry(const struct check *check, const struct wasm_info *info)
{
    return find_entry(check->profile, info);
}

bool profile_knows_exports(const struct profile *profile, const struct wasm_info *info)
{
    for (size_t i = 0; i < profile->export_count; i++)
        if (!has_export(info, &profile->exports[i]))
            return false;
    return profile->used_exports && info->kind == WASM_CORE &&
           (profile->entry_count ? find_entry(profile, info) != NULL : profile->export_count > 0);
}

static bool is_among(const struct profile_export *exports, size_t count, struct bytes name)
{
    size_t i = 0;
    while (i < count && !bytes_equal(bytes_of(exports[i].name), name))
        i++;
    return i < count;
}

/* Of all entries, not only the one that it has: the glue looks for each. */
bool profile_uses_export(const struct profile *profile, struct bytes name)
{
    bool used = is_among(profile->exports, profile->export_count, name);
    for (size_t i = 0; !used && i < profile->entry_count; i++)
        used = is_among(profile->entries[i].exports, profile->entries[i].export_count, name);
    for (size_t i = 0; !used && i < profile->used_export_count; i++)
        used = text_matches_bytes(profile->used_exports[i], name);
    return used;
}

static const char *describe(struct check *check, const char *kind, const char *type)
{
    return type && strcmp(kind, "func") == 0 ? arena_printf(check->arena, "%s %s", kind, type)
                                             : kind;
}

/* The exports of an entry as words: "'_start' func ()->(), 'memory' memory". */
static const char *list_exports(struct check *check, const struct profile_entry *entry)
{
    const char *list = "";
    for (size_t i = 0; i < entry->export_count; i++) {
        const struct profile_export *wanted = &entry->exports[i];
        list = arena_printf(check->arena, "%s%s'%s' %s", list, i ? ", " : "", wanted->name,
                            describe(check, wanted->kind, wanted->type));
    }
    return list;
}

/* An export that an entry wants, of another type: most likely why the entry was not found. */
static const char *find_mismatch(struct check *check, const struct wasm_info *info)
{
    const struct profile *profile = check->profile;
    for (size_t e = 0; e < profile->entry_count; e++)
        for (size_t i = 0; i < profile->entries[e].export_count; i++) {
            const struct profile_export *wanted = &profile->entries[e].exports[i];
            const struct wasm_export *export = wasm_find_export(info, wanted->name);
            if (export && !has_type(export, wanted))
                return arena_printf(check->arena, "'%s' is %s, not %s", wanted->name,
                                    describe(check, wasm_extern_name(export->kind), export->type),
                                    describe(check, wanted->kind, wanted->type));
        }
    return NULL;
}

static void check_entries(struct check *check, const struct shipped_module *module)
{
    const struct profile *profile = check->profile;
    const char *ways = "";
    if (profile->entry_count == 0 || !check->shipment->bare || check_entry(check, module->info))
        return;
    for (size_t i = 0; i < profile->entry_count; i++)
        ways = arena_printf(check->arena, "%s%s%s (%s)", ways, i ? " or " : "",
                            profile->entries[i].name, list_exports(check, &profile->entries[i]));
    struct finding *finding =
        check_add(check, check->shipment->publishing ? LEVEL_ERROR : LEVEL_WARNING, "export",
                  "entry", "module has no entry that the glue for %s calls", check->host);
    finding->cause = find_mismatch(check, module->info);
    finding->cure.other = arena_printf(
        check->arena, "export one of: %s; or ship your own JavaScript as 'main'", ways);
    finding->source = check_source(check, "the glue of this program", profile->as_of);
    finding->where.path = module->path;
}

static void check_required(struct check *check, const struct shipped_module *module,
                           const struct profile_export *wanted)
{
    const struct wasm_export *export = wasm_find_export(module->info, wanted->name);
    const char *expected = describe(check, wanted->kind, wanted->type);
    struct finding *finding;
    if (export && has_type(export, wanted))
        return;
    if (export)
        finding = check_add(check, LEVEL_ERROR, "export", wanted->name,
                            "export '%s' is %s, but %s needs %s", wanted->name,
                            describe(check, wasm_extern_name(export->kind), export->type),
                            check->host, expected);
    else
        finding = check_add(check, LEVEL_ERROR, "export", wanted->name,
                            "export '%s' (%s) is missing, which %s needs", wanted->name, expected,
                            check->host);
    finding->where.path = module->path;
    finding->cure.other = wanted->cure;
    finding->source =
        check_source(check, check->profile->imports_source, check->profile->imports_as_of);
}

void check_exports(struct check *check, const struct shipped_module *module)
{
    if (module->info->kind != WASM_CORE)
        return;
    for (size_t i = 0; i < check->profile->export_count; i++)
        check_required(check, module, &check->profile->exports[i]);
    check_entries(check, module);
}
