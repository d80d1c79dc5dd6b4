/* Rule `import`: what a core module imports, against the table of what the host provides. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/companions.h"
#include "pkg/compat/rules.h"

enum {
    MOST_REFUSED = 100, /* findings; the rest is counted in one more */
    MOST_SEARCHED = 32, /* of those get the nearest name: each search reads the whole table */
    MOST_NAMED = 6,     /* names in one message */
    MOST_NOTES = 64,    /* different notes */
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

static const struct profile_import *nearest_import(struct check *check,
                                                   const struct wasm_import *import)
{
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

static void refuse_unknown(struct check *check, const struct shipped_module *module,
                           const struct wasm_import *import, bool search)
{
    const char *name = full_name(check, import->module, import->name);
    const struct profile_import *near =
        search && import->kind == WASM_FUNC ? nearest_import(check, import) : NULL;
    struct finding *finding = check_add(check, LEVEL_ERROR, "import", name,
                                        "import '%s' is not provided by %s", name, check->host);
    if (near)
        finding->message =
            arena_printf(check->arena, "%s; the nearest is '%s.%s' %s", finding->message,
                         near->module, near->name, near->type ? near->type : "");
    finding->cure.other =
        near ? arena_printf(check->arena, "import '%s.%s' %s", near->module, near->name,
                            near->type ? near->type : "")
        : check->profile->entry_count
            ? "ship the JavaScript that supplies it as 'main', or build without it"
            : "build without it";
    if (import->type)
        finding->cause = arena_printf(check->arena, "imported as %s %s",
                                      wasm_extern_name(import->kind), import->type);
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

/* --- notes: one finding for all imports with the same one --- */

struct noted {
    const char *note, *first, *list;
    const struct wasm_import *import;
    size_t count;
};

struct notes {
    struct noted items[MOST_NOTES];
    size_t count;
};

static void note_import(struct check *check, struct notes *notes, const struct wasm_import *import,
                        const char *note)
{
    size_t i = 0;
    while (i < notes->count && strcmp(notes->items[i].note, note) != 0)
        i++;
    if (i == MOST_NOTES)
        return;
    struct noted *noted = &notes->items[i];
    if (i == notes->count) {
        notes->count++;
        *noted =
            (struct noted){note, full_name(check, import->module, import->name), "", import, 0};
    }
    if (noted->count++ < MOST_NAMED)
        noted->list = arena_printf(check->arena, "%s%s'%s'", noted->list, *noted->list ? ", " : "",
                                   import->name);
}

static void add_notes(struct check *check, const struct shipped_module *module,
                      const struct notes *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        const struct noted *noted = &notes->items[i];
        const char *more = noted->count > MOST_NAMED ? arena_printf(check->arena, " and %zu more",
                                                                    noted->count - MOST_NAMED)
                                                     : "";
        struct finding *finding = check_add(check, LEVEL_WARNING, "import", noted->first,
                                            "imports %s%s: %s", noted->list, more, noted->note);
        finish(check, finding, module, noted->import);
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

static void count_rest(struct check *check, const struct shipped_module *module, size_t refused)
{
    if (refused <= MOST_REFUSED)
        return;
    check_add(check, LEVEL_ERROR, "import", "imports", "%zu more imports are not provided by %s",
              refused - MOST_REFUSED, check->host)
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
    struct notes notes = {.count = 0};
    size_t refused = 0;
    if (info->kind != WASM_CORE || !closed)
        return;
    for (size_t i = 0; i < info->import_count; i++) {
        const struct wasm_import *import = &info->imports[i];
        const struct profile_import *known = find_known(profile, import);
        bool fits = known && type_fits(import, known);
        if (fits && known->note)
            note_import(check, &notes, import, known->note);
        if ((fits && entry_allows(entry, import)) || ++refused > MOST_REFUSED)
            continue;
        if (fits)
            refuse_entry(check, module, import, entry);
        else if (known)
            refuse_type(check, module, import, known);
        else
            refuse_unknown(check, module, import, refused <= MOST_SEARCHED);
    }
    count_rest(check, module, refused);
    if (refused)
        name_companions(check, module);
    add_notes(check, module, &notes);
}
