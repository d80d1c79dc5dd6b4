#include "pkg/wasm/component.h"

enum { DEPTH_MOST = 32 };

enum {
    TYPE_FUNCTION = 0x40,
    TYPE_COMPONENT = 0x41,
    TYPE_INSTANCE = 0x42,
    TYPE_ASYNC_FUNCTION = 0x43,
    TYPE_MAP = 0x63,
    TYPE_ERROR_CONTEXT = 0x64,
    TYPE_FUTURE = 0x65,
    TYPE_STREAM = 0x66,
    TYPE_FIXED_LIST = 0x67,
    TYPE_BORROW = 0x68,
    TYPE_OWN = 0x69,
    TYPE_RESULT = 0x6a,
    TYPE_OPTION = 0x6b,
    TYPE_ENUM = 0x6d,
    TYPE_FLAGS = 0x6e,
    TYPE_TUPLE = 0x6f,
    TYPE_LIST = 0x70,
    TYPE_VARIANT = 0x71,
    TYPE_RECORD = 0x72,
    TYPE_PRIMITIVE = 0x73, /* and above */
    TYPE_RESOURCE = 0x3f
};

/* A look at a section: a failure ends it and is nobody's fault. */
struct look {
    struct component_scan *component;
    struct reader reader;
    struct error ignored;
};

static void note_async(struct look *look, const uint8_t *where, const char *what)
{
    if (!look->reader.failed)
        scan_note(&look->component->root->scan, WASM_FEATURE_COMPONENT_ASYNC, WASM_BY_TYPE, where,
                  what);
}

static void give_up(struct look *look)
{
    reader_fail(&look->reader, look->reader.at, "unknown");
}

static void read_value(struct look *look)
{
    (void)read_signed(&look->reader, 33);
}

static void read_optional_value(struct look *look)
{
    if (read_byte(&look->reader) != 0)
        read_value(look);
}

static void read_label(struct look *look)
{
    struct reader *reader = &look->reader;
    (void)read_bytes(reader, read_u32(reader));
}

static void read_case(struct look *look)
{
    read_label(look);
    read_optional_value(look);
    (void)read_byte(&look->reader);
}

static void read_field(struct look *look)
{
    read_label(look);
    read_value(look);
}

static void read_list(struct look *look, void (*read)(struct look *))
{
    uint32_t count = read_count(&look->reader, "parts", 1);
    for (uint32_t i = 0; i < count && !look->reader.failed; i++)
        read(look);
}

static void read_function(struct look *look)
{
    read_list(look, read_field);
    if (read_byte(&look->reader) == 0)
        read_value(look);
    else
        (void)read_byte(&look->reader);
}

static void read_resource(struct look *look)
{
    struct reader *reader = &look->reader;
    (void)read_byte(reader);
    if (read_byte(reader) != 0)
        (void)read_u32(reader);
}

static void read_value_type(struct look *look, uint8_t form)
{
    switch (form) {
    case TYPE_RECORD:
        read_list(look, read_field);
        return;
    case TYPE_VARIANT:
        read_list(look, read_case);
        return;
    case TYPE_TUPLE:
        read_list(look, read_value);
        return;
    case TYPE_FLAGS:
    case TYPE_ENUM:
        read_list(look, read_label);
        return;
    case TYPE_LIST:
    case TYPE_OPTION:
    case TYPE_OWN:
    case TYPE_BORROW:
        read_value(look);
        return;
    case TYPE_FIXED_LIST:
    case TYPE_MAP:
        read_value(look);
        read_value(look);
        return;
    case TYPE_RESULT:
        read_optional_value(look);
        read_optional_value(look);
        return;
    case TYPE_STREAM:
    case TYPE_FUTURE:
        read_optional_value(look);
        return;
    default:
        if (form != TYPE_ERROR_CONTEXT && (form < TYPE_PRIMITIVE || form > 0x7f))
            give_up(look);
    }
}

static void read_type(struct look *look, unsigned depth);

static void read_alias(struct look *look)
{
    struct reader *reader = &look->reader;
    if (read_byte(reader) == 0)
        (void)read_byte(reader);
    uint8_t target = read_byte(reader);
    (void)read_u32(reader);
    if (target <= 1)
        (void)read_name(reader);
    else if (target == 2)
        (void)read_u32(reader);
    else
        give_up(look);
}

static void read_named_extern(struct look *look)
{
    struct reader *reader = &look->reader;
    uint8_t kind = read_byte(reader);
    (void)read_name(reader);
    for (uint32_t i = kind == 2 ? read_count(reader, "attributes", 2) : 0; i > 0; i--) {
        (void)read_byte(reader);
        (void)read_name(reader);
    }
    component_extern_type(reader);
}

/* What stands in a component or instance type. */
static void read_declaration(struct look *look, unsigned depth)
{
    switch (read_byte(&look->reader)) {
    case 1:
        read_type(look, depth);
        return;
    case 2:
        read_alias(look);
        return;
    case 3:
    case 4:
        read_named_extern(look);
        return;
    default: /* core types: none of our business, and not worth reading */
        give_up(look);
    }
}

static void read_type(struct look *look, unsigned depth)
{
    struct reader *reader = &look->reader;
    const uint8_t *where = reader->at;
    uint8_t form = read_byte(reader);
    if (form == TYPE_ASYNC_FUNCTION)
        note_async(look, where, "async func type");
    if (form == TYPE_STREAM)
        note_async(look, where, "stream type");
    if (form == TYPE_FUTURE)
        note_async(look, where, "future type");
    if (form == TYPE_FUNCTION || form == TYPE_ASYNC_FUNCTION) {
        read_function(look);
    } else if (form == TYPE_RESOURCE) {
        read_resource(look);
    } else if ((form == TYPE_COMPONENT || form == TYPE_INSTANCE) && depth < DEPTH_MOST) {
        uint32_t count = read_count(reader, "declarations", 1);
        for (uint32_t i = 0; i < count && !reader->failed; i++)
            read_declaration(look, depth + 1);
    } else {
        read_value_type(look, form);
    }
}

static struct look start_look(struct component_scan *component)
{
    struct look look = {.component = component, .reader = component->scan.reader};
    component->scan.reader.at = component->scan.reader.end;
    return look;
}

void component_types(struct component_scan *component)
{
    struct look look = start_look(component);
    look.reader.error = &look.ignored;
    uint32_t count = read_count(&look.reader, "types", 1);
    for (uint32_t i = 0; i < count && !look.reader.failed; i++)
        read_type(&look, 0);
}

/* The immediates of a canonical built-in, a letter each: i index, b byte, o options, r a result
   list. `async` as features.json of 2026-11 has it: not error contexts, nor threads. */
static const struct {
    const char *name, *immediates;
    bool async;
} canons[] = {
    [0x00] = {"canon lift", "bioi", false},
    [0x01] = {"canon lower", "bio", false},
    [0x02] = {"resource.new", "i", false},
    [0x03] = {"resource.drop", "i", false},
    [0x04] = {"resource.rep", "i", false},
    [0x05] = {"task.cancel", "", true},
    [0x06] = {"subtask.cancel", "b", true},
    [0x08] = {"backpressure.set", "", true},
    [0x09] = {"task.return", "ro", true},
    [0x0a] = {"context.get", "bi", true},
    [0x0b] = {"context.set", "bi", true},
    [0x0c] = {"thread.yield", "b", true},
    [0x0d] = {"subtask.drop", "", true},
    [0x0e] = {"stream.new", "i", true},
    [0x0f] = {"stream.read", "io", true},
    [0x10] = {"stream.write", "io", true},
    [0x11] = {"stream.cancel-read", "ib", true},
    [0x12] = {"stream.cancel-write", "ib", true},
    [0x13] = {"stream.drop-readable", "i", true},
    [0x14] = {"stream.drop-writable", "i", true},
    [0x15] = {"future.new", "i", true},
    [0x16] = {"future.read", "io", true},
    [0x17] = {"future.write", "io", true},
    [0x18] = {"future.cancel-read", "ib", true},
    [0x19] = {"future.cancel-write", "ib", true},
    [0x1a] = {"future.drop-readable", "i", true},
    [0x1b] = {"future.drop-writable", "i", true},
    [0x1c] = {"error-context.new", "o", false},
    [0x1d] = {"error-context.debug-message", "o", false},
    [0x1e] = {"error-context.drop", "", false},
    [0x1f] = {"waitable-set.new", "", true},
    [0x20] = {"waitable-set.wait", "bi", true},
    [0x21] = {"waitable-set.poll", "bi", true},
    [0x22] = {"waitable-set.drop", "", true},
    [0x23] = {"waitable.join", "", true},
    [0x24] = {"backpressure.inc", "", true},
    [0x25] = {"backpressure.dec", "", true},
    [0x26] = {"thread.index", "", false},
    [0x27] = {"thread.new-indirect", "ii", false},
    [0x28] = {"thread.resume-later", "", false},
    [0x29] = {"thread.suspend", "b", false},
    [0x2a] = {"thread.suspend-then-resume", "b", false},
    [0x2b] = {"thread.yield-then-resume", "b", false},
    [0x2c] = {"thread.suspend-then-promote", "b", false},
    [0x2d] = {"thread.yield-then-promote", "b", false},
    [0x40] = {"thread.spawn-ref", "bi", false},
    [0x41] = {"thread.spawn-indirect", "bii", false},
    [0x42] = {"thread.available-parallelism", "b", false},
};

static void read_option(struct look *look)
{
    const uint8_t *where = look->reader.at;
    uint8_t option = read_byte(&look->reader);
    if (option == 6)
        note_async(look, where, "canon option async");
    if (option == 7)
        note_async(look, where, "canon option callback");
    if ((option >= 3 && option <= 5) || option == 7)
        (void)read_u32(&look->reader);
    else if (option > 7)
        give_up(look);
}

static void read_result(struct look *look)
{
    if (read_byte(&look->reader) == 0)
        read_value(look);
    else
        (void)read_byte(&look->reader);
}

static void read_canon(struct look *look)
{
    const uint8_t *where = look->reader.at;
    uint8_t kind = read_byte(&look->reader);
    if (kind >= sizeof canons / sizeof *canons || !canons[kind].name) {
        give_up(look);
        return;
    }
    if (canons[kind].async)
        note_async(look, where, canons[kind].name);
    for (const char *each = canons[kind].immediates; *each; each++)
        switch (*each) {
        case 'b':
            (void)read_byte(&look->reader);
            break;
        case 'i':
            (void)read_u32(&look->reader);
            break;
        case 'o':
            read_list(look, read_option);
            break;
        default:
            read_result(look);
        }
}

void component_canons(struct component_scan *component)
{
    struct look look = start_look(component);
    look.reader.error = &look.ignored;
    read_list(&look, read_canon);
}
