/* What a module may import and must export, and whether a component runs. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/sections.h"
#include "pkg/json/json.h"

/* "(i32,i64)->(i32)": two lists of types of values. */
static bool is_type(const char *text)
{
    const char *arrow = strstr(text, ")->(");
    size_t size = strlen(text);
    return text[0] == '(' && arrow && text[size - 1] == ')' &&
           strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789,") ==
               (size_t)(arrow - text - 1) &&
           strspn(arrow + 4, "abcdefghijklmnopqrstuvwxyz0123456789,") == strlen(arrow + 4) - 1;
}

static int check_type(struct reader *reader, const char *path, const char *type)
{
    return !type || is_type(type)
               ? 0
               : reader_fault(reader, path, "'%s' is no type such as '(i32,i64)->(i32)'", type);
}

/* --- imports --- */

struct imports_section {
    const char *closed, *source, *as_of;
    json_t *modules;
};

static const char *const closings[] = {"always", "bare", "never", NULL};

static const struct key imports_keys[] = {
    {"closed", KEY_CHOICE, true, offsetof(struct imports_section, closed), 0, closings},
    {"source", KEY_TEXT, true, offsetof(struct imports_section, source), 0, NULL},
    {"as_of", KEY_DATE, true, offsetof(struct imports_section, as_of), 0, NULL},
    {"modules", KEY_OBJECT, true, offsetof(struct imports_section, modules), 0, NULL},
};

static const struct key function_keys[] = {
    {"type", KEY_TEXT, true, offsetof(struct profile_import, type), 0, NULL},
    {"note", KEY_TEXT, false, offsetof(struct profile_import, note), 0, NULL},
};

/* A function is its type, or an object with the type and a note. */
static int read_function(struct reader *reader, const char *path, const json_t *value,
                         struct profile_import *out)
{
    if (json_is_string(value))
        out->type = json_string_value(value);
    else if (reader_object(reader, path, value, KEY_TABLE(function_keys), out) != 0)
        return -1;
    return check_type(reader, path, out->type);
}

static int read_functions(struct reader *reader, const char *module, const json_t *functions,
                          struct profile *out, size_t *capacity)
{
    const char *path = json_path(reader->arena, "imports.modules", module), *name;
    json_t *value;
    if (!json_is_object(functions))
        return reader_fault(reader, path, "must be an object");
    json_object_foreach((json_t *)functions, name, value)
    {
        struct profile_import import = {.module = module, .name = name};
        if (read_function(reader, json_path(reader->arena, path, name), value, &import) != 0)
            return -1;
        out->imports =
            arena_grow(reader->arena, out->imports, out->import_count, capacity, sizeof import);
        out->imports[out->import_count++] = import;
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct profile_import *left = a, *right = b;
    int modules = strcmp(left->module, right->module);
    return modules ? modules : strcmp(left->name, right->name);
}

int section_imports(struct reader *reader, const json_t *json, struct profile *out)
{
    struct imports_section section = {0};
    size_t capacity = 0;
    const char *module;
    json_t *functions;
    if (!json)
        return 0;
    if (reader_object(reader, "imports", json, KEY_TABLE(imports_keys), &section) != 0)
        return -1;
    out->imports_closed = strcmp(section.closed, "never") != 0;
    out->imports_closed_always = strcmp(section.closed, "always") == 0;
    out->imports_source = section.source;
    out->imports_as_of = section.as_of;
    json_object_foreach(section.modules, module,
                        functions) if (read_functions(reader, module, functions, out, &capacity) !=
                                       0) return -1;
    if (out->import_count)
        qsort(out->imports, out->import_count, sizeof *out->imports, by_name);
    return 0;
}

/* --- exports --- */

struct exports_section {
    json_t *require, *entries;
    const char **used;
    size_t used_count;
};

struct entry_section {
    const char *name;
    json_t *exports;
    const char **imports;
    size_t import_count;
};

static const char *const kinds[] = {"func", "table", "memory", "global", "tag", NULL};

static const struct key exports_keys[] = {
    {"require", KEY_ARRAY, false, offsetof(struct exports_section, require), 0, NULL},
    {"entries", KEY_ARRAY, false, offsetof(struct exports_section, entries), 0, NULL},
    {"used", KEY_WORDS, false, offsetof(struct exports_section, used),
     offsetof(struct exports_section, used_count), NULL},
};

static const struct key export_keys[] = {
    {"name", KEY_TEXT, true, offsetof(struct profile_export, name), 0, NULL},
    {"kind", KEY_CHOICE, true, offsetof(struct profile_export, kind), 0, kinds},
    {"type", KEY_TEXT, false, offsetof(struct profile_export, type), 0, NULL},
    {"cure", KEY_TEXT, false, offsetof(struct profile_export, cure), 0, NULL},
};

static const struct key entry_keys[] = {
    {"name", KEY_TEXT, true, offsetof(struct entry_section, name), 0, NULL},
    {"exports", KEY_ARRAY, true, offsetof(struct entry_section, exports), 0, NULL},
    {"imports", KEY_WORDS, true, offsetof(struct entry_section, imports),
     offsetof(struct entry_section, import_count), NULL},
};

static int read_exports(struct reader *reader, const char *path, const json_t *json,
                        struct profile_export **out, size_t *count)
{
    if (reader_elements(reader, path, json, KEY_TABLE(export_keys), sizeof **out, out, count) != 0)
        return -1;
    for (size_t i = 0; i < *count; i++)
        if (check_type(reader, path, (*out)[i].type) != 0)
            return -1;
    return 0;
}

int section_exports(struct reader *reader, const json_t *json, struct profile *out)
{
    struct exports_section section = {0};
    struct entry_section *entries;
    if (!json)
        return 0;
    if (reader_object(reader, "exports", json, KEY_TABLE(exports_keys), &section) != 0 ||
        read_exports(reader, "exports.require", section.require, &out->exports,
                     &out->export_count) != 0 ||
        reader_elements(reader, "exports.entries", section.entries, KEY_TABLE(entry_keys),
                        sizeof *entries, &entries, &out->entry_count) != 0)
        return -1;
    if (strcmp(out->glue_entries, "none") == 0 && out->entry_count > 0)
        return reader_fault(reader, "exports.entries", "belong to a platform with glue");
    out->used_exports = section.used;
    out->used_export_count = section.used_count;
    out->entries = arena_alloc(reader->arena, out->entry_count + 1, sizeof *out->entries);
    for (size_t i = 0; i < out->entry_count; i++) {
        struct profile_entry *entry = &out->entries[i];
        *entry = (struct profile_entry){.name = entries[i].name,
                                        .imports = entries[i].imports,
                                        .import_count = entries[i].import_count};
        if (read_exports(reader, arena_printf(reader->arena, "exports.entries[%zu].exports", i),
                         entries[i].exports, &entry->exports, &entry->export_count) != 0)
            return -1;
    }
    return 0;
}

/* --- components --- */

struct component_words {
    const char *support;
    struct profile_component out;
};

#define AT(member) offsetof(struct component_words, out.member)
static const struct key component_keys[] = {
    {"support", KEY_CHOICE, true, offsetof(struct component_words, support), 0, support_words},
    {"evidence", KEY_TEXT, true, AT(evidence), 0, NULL},
    {"as_of", KEY_DATE, true, AT(as_of), 0, NULL},
    {"note", KEY_TEXT, false, AT(note), 0, NULL},
    {"needs", KEY_TEXT, false, AT(needs), 0, NULL},
    {"world", KEY_TEXT, false, AT(world), 0, NULL},
    {"imports", KEY_WORDS, false, AT(imports), AT(import_count), NULL},
    {"exports", KEY_WORDS, false, AT(exports), AT(export_count), NULL},
};
#undef AT

int section_components(struct reader *reader, const json_t *json, struct profile *out)
{
    struct component_words words = {.out.evidence = "the profile does not mention it",
                                    .out.as_of = out->as_of};
    if (json && reader_object(reader, "components", json, KEY_TABLE(component_keys), &words) != 0)
        return -1;
    out->component = words.out;
    out->component.support = words.support ? support_of(words.support) : SUPPORT_UNKNOWN;
    return 0;
}
