/* Core instances: modules with what they import. */
#include <string.h>

#include "pkg/wasm/component.h"

enum { CORE_INSTANCE_SORT = 0x12 };

const struct core_interface *component_core_interface(struct arena *arena,
                                                      const struct wasm_info *info)
{
    struct core_interface *out = arena_alloc(arena, 1, sizeof *out);
    struct name_table *table = NULL;
    *out = (struct core_interface){.imports = info->imports,
                                   .import_count = info->import_count,
                                   .export_count = info->export_count};
    struct core_export *exports = arena_alloc(arena, info->export_count, sizeof *exports);
    for (size_t i = 0; i < out->export_count; i++) {
        const struct wasm_export *export = &info->exports[i];
        exports[i] =
            (struct core_export){wasm_export_name(arena, export), export->type, export->kind};
        (void)name_table_add(arena, &table, exports[i].name, i);
    }
    out->exports = exports;
    out->table = table;
    return out;
}

/* Types that refer to others by number can't be told from their text; of limits only the kind is
   compared. */
static bool types_match(const struct core_export *given, const struct core_export *wanted)
{
    if (given->kind != wanted->kind)
        return false;
    if (given->kind == WASM_TABLE || given->kind == WASM_MEMORY || !given->type || !wanted->type)
        return true;
    if (strchr(given->type, ' ') || strchr(wanted->type, ' ') || *given->type == '?' ||
        *wanted->type == '?')
        return true;
    return strcmp(given->type, wanted->type) == 0;
}

static void check_import(struct component_scan *component, const struct wasm_import *import,
                         const struct core_interface *given, const uint8_t *where)
{
    size_t row = name_table_find(given->table, import->name);
    struct core_export wanted = {import->name, import->type, import->kind};
    if (row == SIZE_MAX)
        component_invalid(component, where, "core import '%.60s' '%.60s' is not supplied",
                          import->module, import->name);
    else if (!types_match(&given->exports[row], &wanted))
        component_invalid(
            component, where, "core import '%.60s' '%.60s' is %s %.60s, but it gets %s %.60s",
            import->module, import->name, wasm_extern_name(import->kind),
            import->type ? import->type : "", wasm_extern_name(given->exports[row].kind),
            given->exports[row].type ? given->exports[row].type : "");
}

static bool gets_import(const struct core_interface *module, const struct wasm_import *wanted)
{
    struct core_export right = {wanted->name, wanted->type, wanted->kind};
    for (size_t i = 0; i < module->import_count; i++) {
        const struct wasm_import *import = &module->imports[i];
        struct core_export left = {import->name, import->type, import->kind};
        if (strcmp(import->module, wanted->module) == 0 && strcmp(import->name, wanted->name) == 0)
            return types_match(&left, &right);
    }
    return false;
}

bool core_interface_matches(const struct core_interface *given, const struct core_interface *wanted)
{
    for (size_t i = 0; i < given->import_count; i++)
        if (!gets_import(wanted, &given->imports[i]))
            return false;
    for (size_t i = 0; i < wanted->export_count; i++) {
        size_t row = name_table_find(given->table, wanted->exports[i].name);
        if (row == SIZE_MAX || !types_match(&given->exports[row], &wanted->exports[i]))
            return false;
    }
    return true;
}

static void check_imports(struct component_scan *component, const struct core_interface *module,
                          const struct core_interface *const *given, const struct name_table *names,
                          const uint8_t *where)
{
    struct component_file *file = component->file;
    for (size_t i = 0; i < module->import_count && !file->invalid; i++) {
        const struct wasm_import *import = &module->imports[i];
        if (!component_work(file, 1))
            return;
        size_t row = name_table_find(names, import->module);
        if (row == SIZE_MAX)
            component_invalid(component, where, "no core instance is supplied as '%.80s'",
                              import->module);
        else if (given[row])
            check_import(component, import, given[row], where);
    }
}

static const struct core_interface *instantiate(struct component_scan *component)
{
    struct scan *scan = &component->scan;
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    const struct core_interface *module = component_item(component, CORE_MODULES);
    uint32_t count = read_count(reader, "arguments", 3);
    const struct core_interface **given = arena_alloc(scan->arena, count, sizeof *given);
    struct name_table *names = NULL;
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const char *name = scan_safe(scan, read_name(reader));
        const uint8_t *sort = reader->at;
        if (read_byte(reader) != CORE_INSTANCE_SORT)
            reader_fail(reader, sort, "malformed argument of a core instance");
        given[i] = component_item(component, CORE_INSTANCES);
        if (!reader->failed && !name_table_add(scan->arena, &names, name, i))
            component_invalid(component, sort, "two core instances are supplied as '%.80s'", name);
    }
    if (module && !reader->failed)
        check_imports(component, module, given, names, where);
    return module;
}

static const struct core_interface *read_inline(struct component_scan *component)
{
    static const enum wasm_extern kinds[] = {WASM_FUNC, WASM_TABLE, WASM_MEMORY, WASM_GLOBAL,
                                             WASM_TAG};
    struct scan *scan = &component->scan;
    struct reader *reader = &scan->reader;
    struct core_interface *out = arena_alloc(scan->arena, 1, sizeof *out);
    struct name_table *table = NULL;
    uint32_t count = read_count(reader, "exports", 3);
    struct core_export *exports = arena_alloc(scan->arena, count, sizeof *exports);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        const char *name = scan_safe(scan, read_name(reader));
        const uint8_t *sort = reader->at;
        enum space_name space = component_core_sort(component);
        const char *type = component_item(component, space);
        if (space > CORE_TAGS) {
            reader_fail(reader, sort, "malformed export: a core instance exports no %s",
                        component_space_title(space));
            break;
        }
        exports[i] = (struct core_export){name, type, kinds[space]};
        if (!name_table_add(scan->arena, &table, name, i))
            component_invalid(component, where, "'%.80s' is there twice", name);
    }
    *out = (struct core_interface){.exports = exports, .export_count = count, .table = table};
    return out;
}

void component_core_instances(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    uint32_t count = read_count(reader, "core instances", 2);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        uint8_t form = read_byte(reader);
        if (form > 1)
            reader_fail(reader, where, "malformed core instance 0x%02x", form);
        const struct core_interface *instance =
            form == 0 ? instantiate(component) : read_inline(component);
        component_push(component, CORE_INSTANCES, instance);
    }
}
