/* Rule `import`: what a core module imports, against the table of what the host provides. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/companions.h"
#include "pkg/compat/rules.h"

enum {
    MOST_SINGLE = 100,  /* findings about one import; the rest is counted in one more */
    MOST_SEARCHED = 32, /* get the nearest name: each search reads the whole table */
    MOST_NAMED = 6,     /* names in one message */
    MOST_GROUPS = 64,   /* of imports with the same said of them */
};

static int by_name(const void *key, const void *row)
{
    const struct wasm_import *import = key;
    const struct profile_import *known = row;
    int modules = strcmp(import->module, known->module);
    return modules ? modules : strcmp(import->name, known->name);
}

static const struct profile_import *find_known(const struct profile *profile,
                                               const struct wasm_import *import)
{
    if (profile->import_count == 0)
        return NULL;
    return bsearch(import, profile->imports, profile->import_count, sizeof *profile->imports,
                   by_name);
}

/* --- the nearest real one --- */

/* The known import whose name is nearest, in `module` (NULL: in any). */
static const struct profile_import *nearest_in(struct check *check, const char *module,
                                               const char *name)
{
    const struct profile *profile = check->profile;
    const char **names = arena_alloc(check->arena, profile->import_count + 1, sizeof *names);
    const struct profile_import **rows =
        arena_alloc(check->arena, profile->import_count + 1, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < profile->import_count; i++)
        if (!module || strcmp(profile->imports[i].module, module) == 0) {
            rows[count] = &profile->imports[i];
            names[count++] = profile->imports[i].name;
        }
    const char *nearest = text_nearest(name, names, count);
    for (size_t i = 0; nearest && i < count; i++)
        if (names[i] == nearest)
            return rows[i];
    return NULL;
}

static const char *nearest_module(struct check *check, const char *module)
{
    const struct profile *profile = check->profile;
    const char **names = arena_alloc(check->arena, profile->import_count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < profile->import_count; i++)
        if (count == 0 || strcmp(names[count - 1], profile->imports[i].module) != 0)
            names[count++] = profile->imports[i].module;
    return text_nearest(module, names, count);
}

/* The very function under another module's name: "env" instead of the platform's own. */
static const struct profile_import *same_elsewhere(const struct check *check,
                                                   const struct wasm_import *import)
{
    const struct profile *profile = check->profile;
    for (size_t i = 0; import->type && i < profile->import_count; i++) {
        const struct profile_import *known = &profile->imports[i];
        if (strcmp(known->name, import->name) == 0 && known->type &&
            strcmp(known->type, import->type) == 0)
            return known;
    }
    return NULL;
}

static const struct profile_import *nearest_import(struct check *check,
                                                   const struct wasm_import *import)
{
    const struct profile_import *same = same_elsewhere(check, import);
    if (same)
        return same;
    const struct profile_import *found = nearest_in(check, import->module, import->name);
    const char *module = found ? NULL : nearest_module(check, import->module);
    if (!found && module)
        found = nearest_in(check, module, import->name);
    return found ? found : nearest_in(check, NULL, import->name);
}

/* --- one import --- */

static const char *full_name(struct check *check, const char *module, const char *name)
{
    return arena_printf(check->arena, "%s.%s", module, name);
}

static void finish(struct check *check, struct finding *finding,
                   const struct shipped_module *module, const struct wasm_import *import)
{
    finding->where = (struct place){.path = module->path,
                                    .function = WASM_NO_FUNCTION,
                                    .offset = import->offset,
                                    .has_offset = true};
    finding->source =
        check_source(check, check->profile->imports_source, check->profile->imports_as_of);
}

static const char *cure_unknown(struct check *check, const char *them)
{
    return check->profile->entry_count
               ? arena_printf(check->arena,
                              "ship the JavaScript that supplies %s as 'main', or build without %s",
                              them, them)
               : arena_printf(check->arena, "build without %s", them);
}

static struct finding *add_unknown(struct check *check, const struct wasm_import *import)
{
    const char *name = full_name(check, import->module, import->name);
    struct finding *finding = check_add(check, LEVEL_ERROR, "import", name,
                                        "import '%s' is not provided by %s", name, check->host);
    if (import->type)
        finding->cause = arena_printf(check->arena, "imported as %s %s",
                                      wasm_extern_name(import->kind), import->type);
    finding->cure.other = cure_unknown(check, "it");
    return finding;
}

/* A name that is probably meant otherwise. */
static void refuse_mistyped(struct check *check, const struct shipped_module *module,
                            const struct wasm_import *import, const struct profile_import *near)
{
    struct finding *finding = add_unknown(check, import);
    const char *type = near->type ? near->type : "";
    finding->message = arena_printf(check->arena, "%s; the nearest is '%s.%s' %s", finding->message,
                                    near->module, near->name, type);
    finding->cure.other =
        arena_printf(check->arena, "import '%s.%s' %s", near->module, near->name, type);
    finish(check, finding, module, import);
}

static void refuse_type(struct check *check, const struct shipped_module *module,
                        const struct wasm_import *import, const struct profile_import *known)
{
    const char *name = full_name(check, import->module, import->name);
    bool is_function = import->kind == WASM_FUNC;
    struct finding *finding = check_add(
        check, LEVEL_ERROR, "import", name, "import '%s' has the %s %s, but on %s it is %s%s", name,
        is_function ? "type" : "kind",
        is_function && import->type ? import->type : wasm_extern_name(import->kind), check->host,
        is_function ? "" : "a function ", known->type);
    finding->cure.compiler = "build against the platform's own SDK or its current bindings";
    finish(check, finding, module, import);
}

static bool type_fits(const struct wasm_import *import, const struct profile_import *known)
{
    return import->kind == WASM_FUNC &&
           (!known->type || !import->type || strcmp(known->type, import->type) == 0);
}

/* --- groups: one finding for all imports that have the same said of them --- */

struct group {
    const char *key, *list;
    const struct wasm_import *first;
    size_t count;
};

struct groups {
    struct group items[MOST_GROUPS];
    size_t count;
};

/* False: there are too many groups. */
static bool group_import(struct check *check, struct groups *groups,
                         const struct wasm_import *import, const char *key)
{
    size_t i = 0;
    while (i < groups->count && strcmp(groups->items[i].key, key) != 0)
        i++;
    if (i == MOST_GROUPS)
        return false;
    struct group *group = &groups->items[i];
    if (i == groups->count) {
        groups->count++;
        *group = (struct group){key, "", import, 0};
    }
    if (group->count++ < MOST_NAMED)
        group->list = arena_printf(check->arena, "%s%s'%s'", group->list, *group->list ? ", " : "",
                                   import->name);
    return true;
}

static const char *group_names(struct check *check, const struct group *group)
{
    return group->count <= MOST_NAMED ? group->list
                                      : arena_printf(check->arena, "%s and %zu more", group->list,
                                                     group->count - MOST_NAMED);
}

/* Works, but: the key is what there is to say. */
static void add_notes(struct check *check, const struct shipped_module *module,
                      const struct groups *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        const struct group *group = &notes->items[i];
        struct finding *finding =
            check_add(check, LEVEL_WARNING, "import",
                      full_name(check, group->first->module, group->first->name), "imports %s: %s",
                      group_names(check, group), group->key);
        finish(check, finding, module, group->first);
    }
}

/* Nothing is like them here: the key is the module they are imported from. */
static void refuse_unknown(struct check *check, const struct shipped_module *module,
                           const struct groups *unknown)
{
    for (size_t i = 0; i < unknown->count; i++) {
        const struct group *group = &unknown->items[i];
        struct finding *finding;
        if (group->count == 1) {
            finding = add_unknown(check, group->first);
        } else {
            finding = check_add(check, LEVEL_ERROR, "import", group->key,
                                "%zu imports of '%s' are not provided by %s: %s", group->count,
                                group->key, check->host, group_names(check, group));
            finding->cure.other = cure_unknown(check, "them");
        }
        finish(check, finding, module, group->first);
    }
}

/* --- all of a module --- */

/* What the entry of the glue gets: a module entered by one that gets nothing may import nothing,
   though another entry's module may. */
static bool entry_allows(const struct profile_entry *entry, const struct wasm_import *import)
{
    for (size_t i = 0; entry && i < entry->import_count; i++)
        if (strcmp(entry->imports[i], import->module) == 0)
            return true;
    return !entry;
}

static void refuse_entry(struct check *check, const struct shipped_module *module,
                         const struct wasm_import *import, const struct profile_entry *entry)
{
    const char *name = full_name(check, import->module, import->name);
    struct finding *finding = check_add(
        check, LEVEL_ERROR, "import", name,
        "import '%s' is not supplied to a module that is entered as %s", name, entry->name);
    finding->cure.other = "build it without imports, or ship the JavaScript that supplies them as "
                          "'main'";
    finish(check, finding, module, import);
}

/* What is said of a module's imports, on the way. */
struct refusals {
    struct groups notes, unknown;
    size_t searched, single, rest;
};

static void refuse(struct check *check, const struct shipped_module *module,
                   const struct wasm_import *import, const struct profile_import *known,
                   struct refusals *refusals)
{
    const struct profile_import *near = NULL;
    if (!known && import->kind == WASM_FUNC && refusals->searched++ < MOST_SEARCHED)
        near = nearest_import(check, import);
    if (!known && !near && group_import(check, &refusals->unknown, import, import->module))
        return;
    if ((!known && !near) || refusals->single == MOST_SINGLE) {
        refusals->rest++;
        return;
    }
    refusals->single++;
    if (near)
        refuse_mistyped(check, module, import, near);
    else if (type_fits(import, known))
        refuse_entry(check, module, import, check_entry(check, module->info));
    else
        refuse_type(check, module, import, known);
}

static void count_rest(struct check *check, const struct shipped_module *module, size_t rest)
{
    if (rest)
        check_add(check, LEVEL_ERROR, "import", "imports",
                  "%zu more imports are not provided by %s", rest, check->host)
            ->where.path = module->path;
}

/* What the refused imports have in common, said once. */
static void name_companions(struct check *check, const struct shipped_module *module)
{
    struct companion *companions;
    size_t count = compat_companions(check->arena, module->info, &companions);
    for (size_t i = 0; i < count; i++) {
        struct finding *finding = check_add(check, LEVEL_WARNING, "import", companions[i].id,
                                            "module does not stand alone: %s", companions[i].needs);
        finding->cause = companions[i].sign;
        finding->cure.other = companions[i].hint;
        finding->source = companions[i].source;
        finding->where.path = module->path;
    }
}

void check_imports(struct check *check, const struct shipped_module *module)
{
    const struct wasm_info *info = module->info;
    const struct profile *profile = check->profile;
    bool closed =
        profile->imports_closed && (profile->imports_closed_always || check->shipment->bare);
    const struct profile_entry *entry = check_entry(check, info);
    struct refusals refusals = {.searched = 0};
    if (info->kind != WASM_CORE || !closed)
        return;
    for (size_t i = 0; i < info->import_count; i++) {
        const struct wasm_import *import = &info->imports[i];
        const struct profile_import *known = find_known(profile, import);
        bool fits = known && type_fits(import, known);
        if (fits && known->note)
            group_import(check, &refusals.notes, import, known->note);
        if (!fits || !entry_allows(entry, import))
            refuse(check, module, import, known, &refusals);
    }
    refuse_unknown(check, module, &refusals.unknown);
    count_rest(check, module, refusals.rest);
    if (refusals.single + refusals.unknown.count > 0)
        name_companions(check, module);
    add_notes(check, module, &refusals.notes);
}
