/* Types of values, functions and resources. */
#include <string.h>

#include "pkg/wasm/component.h"

enum { RESOURCES_MOST = 200000, TYPES_MOST = 1000000, FLAGS_MOST = 32 };

/* Type bytes. */
enum {
    BYTE_RESOURCE = 0x3f,
    BYTE_FUNCTION = 0x40,
    BYTE_COMPONENT = 0x41,
    BYTE_INSTANCE = 0x42,
    BYTE_ASYNC_FUNCTION = 0x43,
    BYTE_MAP = 0x63,
    BYTE_ERROR_CONTEXT = 0x64,
    BYTE_FUTURE = 0x65,
    BYTE_STREAM = 0x66,
    BYTE_FIXED_LIST = 0x67,
    BYTE_BORROW = 0x68,
    BYTE_OWN = 0x69,
    BYTE_RESULT = 0x6a,
    BYTE_OPTION = 0x6b,
    BYTE_ENUM = 0x6d,
    BYTE_FLAGS = 0x6e,
    BYTE_TUPLE = 0x6f,
    BYTE_LIST = 0x70,
    BYTE_VARIANT = 0x71,
    BYTE_RECORD = 0x72,
    BYTE_STRING = 0x73,
    BYTE_CHAR = 0x74,
    BYTE_FLOAT_64 = 0x75,
    BYTE_FLOAT_32 = 0x76,
    BYTE_BOOL = 0x7f
};

static struct component_type *new_type(struct component_scan *component, enum component_form form)
{
    if (++component->file->type_count > TYPES_MOST)
        reader_fail(&component->scan.reader, component->scan.reader.at, "more than %d types",
                    TYPES_MOST);
    struct component_type *type = arena_alloc(component->scan.arena, 1, sizeof *type);
    type->form = form;
    return type;
}

#define PRIMITIVE(byte)                                                                            \
    [(byte)-BYTE_ERROR_CONTEXT] = {.form = WIT_PRIMITIVE, .primitive = (byte), .size = 1}
static const struct component_type primitives[] = {
    PRIMITIVE(0x64), PRIMITIVE(0x73), PRIMITIVE(0x74), PRIMITIVE(0x75), PRIMITIVE(0x76),
    PRIMITIVE(0x77), PRIMITIVE(0x78), PRIMITIVE(0x79), PRIMITIVE(0x7a), PRIMITIVE(0x7b),
    PRIMITIVE(0x7c), PRIMITIVE(0x7d), PRIMITIVE(0x7e), PRIMITIVE(0x7f),
};

static bool is_primitive(uint8_t byte)
{
    return byte == BYTE_ERROR_CONTEXT || (byte >= BYTE_STRING && byte <= BYTE_BOOL);
}

/* --- values --- */

const struct component_type *component_value_type(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    int64_t index = read_signed(reader, 33);
    if (reader->failed)
        return NULL;
    if (index >= 0) {
        const struct component_type *type =
            component_item_at(component, component->scope, TYPES, (uint32_t)index, where);
        if (!type || type->form <= WIT_MAP)
            return type;
        component_invalid(component, where, "type %lu is no type of values", (unsigned long)index);
        return NULL;
    }
    uint8_t byte = (uint8_t)(index & 0x7f);
    if (index >= -64 && is_primitive(byte))
        return &primitives[byte - BYTE_ERROR_CONTEXT];
    reader_fail(reader, where, "malformed type of values 0x%02x", *where);
    return NULL;
}

const struct component_type *component_optional_type(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t there = read_byte(reader);
    if (there > 1)
        reader_fail(reader, where, "malformed flag 0x%02x of an optional type", there);
    return there == 1 ? component_value_type(component) : NULL;
}

/* What follows a field's name. */
enum field_tail { TAIL_NONE, TAIL_TYPE, TAIL_CASE };

static char *lower_case(struct arena *arena, const char *name)
{
    char *lower = arena_strdup(arena, name);
    for (char *at = lower; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return lower;
}

static bool is_label(const char *name)
{
    bool start = true;
    for (; *name; name++) {
        if (*name == '-' && start)
            return false;
        bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z');
        bool digit = *name >= '0' && *name <= '9';
        if (!letter && !digit && *name != '-')
            return false;
        start = *name == '-';
    }
    return !start;
}

static void read_case_end(struct reader *reader)
{
    const uint8_t *where = reader->at;
    uint8_t refines = read_byte(reader);
    if (refines != 0)
        reader_fail(reader, where, "malformed end of a case 0x%02x", refines);
}

static void read_fields(struct component_scan *component, struct component_type *type,
                        const char *things, enum field_tail tail)
{
    struct scan *scan = &component->scan;
    struct reader *reader = &scan->reader;
    struct name_table *names = NULL;
    const uint8_t *where = reader->at;
    uint32_t count = read_count(reader, things, tail == TAIL_NONE ? 1 : 2);
    if (count == 0 && type->form != WIT_FUNCTION)
        component_invalid(component, where, "no %s", things);
    if (count > FLAGS_MOST && type->form == WIT_FLAGS)
        component_invalid(component, where, "more than %d flags", FLAGS_MOST);
    type->fields = arena_alloc(scan->arena, count, sizeof *type->fields);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct component_field *field = &type->fields[type->field_count++];
        where = reader->at;
        field->name = scan_safe(scan, read_name(reader));
        if (!is_label(field->name))
            component_invalid(component, where, "'%.60s' is no name in kebab case", field->name);
        if (!name_table_add(scan->arena, &names, lower_case(scan->arena, field->name), i))
            component_invalid(component, where, "'%.60s' is there twice", field->name);
        if (tail == TAIL_TYPE)
            field->type = component_value_type(component);
        if (tail == TAIL_CASE) {
            field->type = component_optional_type(component);
            read_case_end(reader);
        }
    }
}

static void read_tuple(struct component_scan *component, struct component_type *type)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint32_t count = read_count(reader, "types", 1);
    if (count == 0)
        component_invalid(component, where, "a tuple of nothing");
    type->fields = arena_alloc(component->scan.arena, count, sizeof *type->fields);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        type->fields[type->field_count++].type = component_value_type(component);
}

static void read_fixed_list(struct component_scan *component, struct component_type *type)
{
    struct reader *reader = &component->scan.reader;
    type->first = component_value_type(component);
    const uint8_t *where = reader->at;
    type->length = read_u32(reader);
    if (type->length == 0)
        component_invalid(component, where, "a list of length 0");
}

static void read_map(struct component_scan *component, struct component_type *type)
{
    const uint8_t *where = component->scan.reader.at;
    type->first = component_value_type(component);
    type->second = component_value_type(component);
    const struct component_type *key = type->first;
    if (key && (key->form != WIT_PRIMITIVE || key->primitive == BYTE_FLOAT_32 ||
                key->primitive == BYTE_FLOAT_64 || key->primitive == BYTE_ERROR_CONTEXT))
        component_invalid(component, where, "a map's key is a number, char, bool or string");
}

static void read_handle(struct component_scan *component, struct component_type *type)
{
    const uint8_t *where = component->scan.reader.at;
    const struct component_type *resource = component_item(component, TYPES);
    if (resource && resource->form != WIT_RESOURCE) {
        component_invalid(component, where, "a handle to what is no resource");
    } else if (resource) {
        type->resource = resource->resource;
        type->name = resource->name;
    }
}

static void note_async(struct component_scan *component, const uint8_t *where, const char *what)
{
    if (!component->scan.reader.failed)
        scan_note(component->file->scan, WASM_FEATURE_COMPONENT_ASYNC, WASM_BY_TYPE, where, what);
}

static void read_channel(struct component_scan *component, struct component_type *type,
                         const uint8_t *where)
{
    note_async(component, where, type->form == WIT_STREAM ? "stream type" : "future type");
    type->first = component_optional_type(component);
    if (type->first && type->first->uses_borrow)
        component_invalid(component, where, "a stream or future of borrowed handles");
    if (type->first && type->form == WIT_STREAM && type->first->form == WIT_PRIMITIVE &&
        type->first->primitive == BYTE_CHAR)
        component_invalid(component, where, "a stream of char");
}

static const enum component_form forms[] = {
    [BYTE_RECORD] = WIT_RECORD, [BYTE_VARIANT] = WIT_VARIANT,
    [BYTE_LIST] = WIT_LIST,     [BYTE_FIXED_LIST] = WIT_FIXED_LIST,
    [BYTE_TUPLE] = WIT_TUPLE,   [BYTE_FLAGS] = WIT_FLAGS,
    [BYTE_ENUM] = WIT_ENUM,     [BYTE_OPTION] = WIT_OPTION,
    [BYTE_RESULT] = WIT_RESULT, [BYTE_OWN] = WIT_OWN,
    [BYTE_BORROW] = WIT_BORROW, [BYTE_STREAM] = WIT_STREAM,
    [BYTE_FUTURE] = WIT_FUTURE, [BYTE_MAP] = WIT_MAP,
};

static const struct component_type *read_defined(struct component_scan *component, uint8_t byte,
                                                 const uint8_t *where)
{
    if (byte >= sizeof forms / sizeof *forms || !forms[byte]) {
        reader_fail(&component->scan.reader, where, "malformed type 0x%02x", byte);
        return NULL;
    }
    struct component_type *type = new_type(component, forms[byte]);
    switch (type->form) {
    case WIT_RECORD:
        read_fields(component, type, "fields", TAIL_TYPE);
        break;
    case WIT_VARIANT:
        read_fields(component, type, "cases", TAIL_CASE);
        break;
    case WIT_FLAGS:
    case WIT_ENUM:
        read_fields(component, type, type->form == WIT_ENUM ? "cases" : "flags", TAIL_NONE);
        break;
    case WIT_TUPLE:
        read_tuple(component, type);
        break;
    case WIT_FIXED_LIST:
        read_fixed_list(component, type);
        break;
    case WIT_MAP:
        read_map(component, type);
        break;
    case WIT_RESULT:
        type->first = component_optional_type(component);
        type->second = component_optional_type(component);
        break;
    case WIT_OWN:
    case WIT_BORROW:
        read_handle(component, type);
        break;
    case WIT_STREAM:
    case WIT_FUTURE:
        read_channel(component, type, where);
        break;
    default: /* list, option */
        type->first = component_value_type(component);
    }
    return component_finish_type(component, type);
}

/* --- functions and resources --- */

static const struct component_type *read_function(struct component_scan *component, bool is_async)
{
    struct reader *reader = &component->scan.reader;
    struct component_type *type = new_type(component, WIT_FUNCTION);
    type->is_async = is_async;
    read_fields(component, type, "parameters", TAIL_TYPE);
    const uint8_t *where = reader->at;
    uint8_t none = read_byte(reader);
    if (none == 0)
        type->first = component_value_type(component);
    else if (none != 1 || read_byte(reader) != 0)
        reader_fail(reader, where, "malformed list of results");
    if (type->first && type->first->uses_borrow)
        component_invalid(component, where, "a result with a borrowed handle");
    return component_finish_type(component, type);
}

uint32_t component_new_resources(struct component_scan *component, uint32_t count, const char *name)
{
    struct component_file *file = component->file;
    uint32_t first = file->resource_count;
    if (count > RESOURCES_MOST - first) {
        component_invalid(component, component->scan.reader.at, "too many resources");
        return first;
    }
    for (uint32_t i = 0; i < count; i++) {
        file->resource_names =
            arena_grow(component->scan.arena, file->resource_names, file->resource_count,
                       &file->resource_capacity, sizeof *file->resource_names);
        file->resource_names[file->resource_count++] = name;
    }
    return first;
}

static const struct component_type *read_resource(struct component_scan *component,
                                                  const uint8_t *start)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t number = read_byte(reader);
    if (number != TYPE_I32 && number != TYPE_I64)
        component_invalid(component, where, "a resource is represented by i32");
    where = reader->at;
    uint8_t has_destructor = read_byte(reader);
    if (has_destructor > 1)
        reader_fail(reader, where, "malformed destructor 0x%02x", has_destructor);
    if (has_destructor == 1) {
        const char *type = component_item(component, CORE_FUNCTIONS);
        if (type && number == TYPE_I32 && strcmp(type, "(i32)->()") != 0)
            component_invalid(component, where, "a destructor of type %.80s", type);
    }
    if (component->scope->is_type)
        component_invalid(component, start, "a resource is defined in a type");
    struct component_type *type = new_type(component, WIT_RESOURCE);
    type->resource = component_new_resources(component, 1, NULL);
    type->primitive = number;
    return component_finish_type(component, type);
}

void component_type_entry(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t byte = read_byte(reader);
    const struct component_type *type;
    if (reader->failed)
        return;
    if (byte == BYTE_ASYNC_FUNCTION)
        note_async(component, where, "async func type");
    if (byte == BYTE_FUNCTION || byte == BYTE_ASYNC_FUNCTION)
        type = read_function(component, byte == BYTE_ASYNC_FUNCTION);
    else if (byte == BYTE_RESOURCE)
        type = read_resource(component, where);
    else if (byte == BYTE_COMPONENT || byte == BYTE_INSTANCE)
        type =
            component_scope_type(component, byte == BYTE_COMPONENT ? WIT_COMPONENT : WIT_INSTANCE);
    else if (is_primitive(byte))
        type = &primitives[byte - BYTE_ERROR_CONTEXT];
    else
        type = read_defined(component, byte, where);
    component_push(component, TYPES, type);
}

void component_types(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    uint32_t count = read_count(reader, "types", 1);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        component_type_entry(component);
}
