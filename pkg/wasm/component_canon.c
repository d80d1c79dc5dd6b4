/* Canonical definitions: functions lifted and lowered, and the built-in ones. */
#include <string.h>

#include "pkg/wasm/component.h"

/* The immediates of a built-in, a letter each: b a flag, v a core type of a value, n a number,
   t a type that is a resource, s one that is a stream, f a future, c a core type, T a core table,
   m a core memory, o options, r a result. `type`: of the core function it makes with a memory of
   32 bits; NULL: it depends, see below. `async` as features.json of 2026-11 has it: neither error
   contexts nor threads. */
static const struct canon {
    const char *name, *immediates, *type;
    bool async;
} canons[] = {
    [0x02] = {"resource.new", "t", "(i32)->(i32)", false},
    [0x03] = {"resource.drop", "t", "(i32)->()", false},
    [0x04] = {"resource.rep", "t", "(i32)->(i32)", false},
    [0x05] = {"task.cancel", "", "()->()", true},
    [0x06] = {"subtask.cancel", "b", "(i32)->(i32)", true},
    [0x08] = {"backpressure.set", "", "(i32)->()", true},
    [0x09] = {"task.return", "ro", NULL, true},
    [0x0a] = {"context.get", "vn", NULL, true},
    [0x0b] = {"context.set", "vn", NULL, true},
    [0x0c] = {"thread.yield", "b", "()->(i32)", true},
    [0x0d] = {"subtask.drop", "", "(i32)->()", true},
    [0x0e] = {"stream.new", "s", "()->(i64)", true},
    [0x0f] = {"stream.read", "so", NULL, true},
    [0x10] = {"stream.write", "so", NULL, true},
    [0x11] = {"stream.cancel-read", "sb", "(i32)->(i32)", true},
    [0x12] = {"stream.cancel-write", "sb", "(i32)->(i32)", true},
    [0x13] = {"stream.drop-readable", "s", "(i32)->()", true},
    [0x14] = {"stream.drop-writable", "s", "(i32)->()", true},
    [0x15] = {"future.new", "f", "()->(i64)", true},
    [0x16] = {"future.read", "fo", NULL, true},
    [0x17] = {"future.write", "fo", NULL, true},
    [0x18] = {"future.cancel-read", "fb", "(i32)->(i32)", true},
    [0x19] = {"future.cancel-write", "fb", "(i32)->(i32)", true},
    [0x1a] = {"future.drop-readable", "f", "(i32)->()", true},
    [0x1b] = {"future.drop-writable", "f", "(i32)->()", true},
    [0x1c] = {"error-context.new", "o", NULL, false},
    [0x1d] = {"error-context.debug-message", "o", NULL, false},
    [0x1e] = {"error-context.drop", "", "(i32)->()", false},
    [0x1f] = {"waitable-set.new", "", "()->(i32)", true},
    [0x20] = {"waitable-set.wait", "bm", NULL, true},
    [0x21] = {"waitable-set.poll", "bm", NULL, true},
    [0x22] = {"waitable-set.drop", "", "(i32)->()", true},
    [0x23] = {"waitable.join", "", "(i32,i32)->()", true},
    [0x24] = {"backpressure.inc", "", "()->()", true},
    [0x25] = {"backpressure.dec", "", "()->()", true},
    [0x26] = {"thread.index", "", "()->(i32)", false},
    [0x27] = {"thread.new-indirect", "cT", NULL, false},
    [0x28] = {"thread.resume-later", "", "(i32)->()", false},
    [0x29] = {"thread.suspend", "b", NULL, false},
    [0x2a] = {"thread.suspend-then-resume", "b", NULL, false},
    [0x2b] = {"thread.yield-then-resume", "b", NULL, false},
    [0x2c] = {"thread.suspend-then-promote", "b", NULL, false},
    [0x2d] = {"thread.yield-then-promote", "b", NULL, false},
    [0x2e] = {"stream.forward", "s", NULL, true},
    [0x2f] = {"future.forward", "f", NULL, true},
    [0x40] = {"thread.spawn-ref", "bc", NULL, false},
    [0x41] = {"thread.spawn-indirect", "bcT", NULL, false},
    [0x42] = {"thread.available-parallelism", "b", NULL, false},
};

enum { CANON_LIFT, CANON_LOWER, CANON_TASK_RETURN = 9 };
enum {
    OPTION_MEMORY = 3,
    OPTION_REALLOC,
    OPTION_POST_RETURN,
    OPTION_ASYNC,
    OPTION_CALLBACK,
    OPTION_CORE_TYPE,
    OPTION_GC
};

struct options {
    unsigned seen; /* a bit an option */
    bool is_64;    /* its memory */
};

static void note_async(struct component_scan *component, const uint8_t *where, const char *what)
{
    if (!component->scan.reader.failed)
        scan_note(component->file->scan, WASM_FEATURE_COMPONENT_ASYNC, WASM_BY_TYPE, where, what);
}

static bool has(const struct options *options, unsigned option)
{
    return (options->seen & 1u << option) != 0;
}

static void read_memory(struct component_scan *component, struct options *options)
{
    const char *memory = component_item(component, CORE_MEMORIES);
    options->is_64 = memory && strstr(memory, " i64") != NULL;
}

static void read_option(struct component_scan *component, struct options *options)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t option = read_byte(reader);
    if (option > OPTION_GC) {
        reader_fail(reader, where, "malformed option 0x%02x of a canonical function", option);
        return;
    }
    unsigned others = option < OPTION_MEMORY ? 7 : 1u << option;
    if (options->seen & others)
        component_invalid(component, where, "options of a canonical function contradict another");
    options->seen |= 1u << option;
    if (option == OPTION_ASYNC)
        note_async(component, where, "canon option async");
    if (option == OPTION_CALLBACK)
        note_async(component, where, "canon option callback");
    if (option == OPTION_MEMORY)
        read_memory(component, options);
    else if (option == OPTION_REALLOC || option == OPTION_POST_RETURN || option == OPTION_CALLBACK)
        (void)component_item(component, CORE_FUNCTIONS);
    else if (option == OPTION_CORE_TYPE)
        (void)component_item(component, CORE_TYPES);
    if (option >= OPTION_CORE_TYPE)
        component_not_judged(component, "its functions are lifted or lowered with GC types");
}

static struct options read_options(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    struct options options = {0};
    const uint8_t *where = reader->at;
    uint32_t count = read_count(reader, "options", 1);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        read_option(component, &options);
    if (has(&options, OPTION_POST_RETURN) && has(&options, OPTION_ASYNC))
        component_invalid(component, where, "a post-return function of an async one");
    if (has(&options, OPTION_CALLBACK) && !has(&options, OPTION_ASYNC))
        component_invalid(component, where, "a callback without async");
    if (has(&options, OPTION_REALLOC) && !has(&options, OPTION_MEMORY))
        component_invalid(component, where, "a realloc without memory");
    return options;
}

/* Of whom the core type can be told. */
static bool is_plain(const struct options *options)
{
    return !options->is_64 && !has(options, OPTION_GC) && !has(options, OPTION_CORE_TYPE);
}

static const struct component_type *function_type(struct component_scan *component,
                                                  enum space_name space)
{
    const uint8_t *where = component->scan.reader.at;
    const struct component_type *type = component_item(component, space);
    if (!type || type->form == WIT_FUNCTION)
        return type;
    component_invalid(component, where, "the type is not one of a function");
    return NULL;
}

/* What flows through a stream or future is copied by others than the function. */
static bool holds_memory(const struct component_type *type)
{
    if (!type || type->form == WIT_STREAM || type->form == WIT_FUTURE)
        return false;
    if (type->form == WIT_LIST || type->form == WIT_MAP ||
        (type->form == WIT_PRIMITIVE && type->primitive == 0x73))
        return true;
    bool holds = holds_memory(type->first) || holds_memory(type->second);
    for (size_t i = 0; i < type->field_count && !holds; i++)
        holds = holds_memory(type->fields[i].type);
    return holds;
}

/* What goes into the core module needs room there, which realloc makes. */
static void check_memory(struct component_scan *component, const struct options *options,
                         const struct component_type *type, bool lift, const uint8_t *where)
{
    bool goes_in = !lift && holds_memory(type->first);
    for (size_t i = 0; lift && i < type->field_count && !goes_in; i++)
        goes_in = holds_memory(type->fields[i].type);
    bool goes_out = !lift || !has(options, OPTION_ASYNC) ? holds_memory(type) : goes_in;
    if (goes_out && !has(options, OPTION_MEMORY))
        component_invalid(component, where, "a function with strings or lists needs a memory");
    if (goes_in && !has(options, OPTION_REALLOC))
        component_invalid(component, where, "a function that gets strings or lists needs realloc");
    if (has(options, OPTION_ASYNC) && !type->is_async && lift)
        component_invalid(component, where, "async is for functions of async types");
}

static void read_lift(struct component_scan *component, const uint8_t *where)
{
    const char *core = component_item(component, CORE_FUNCTIONS);
    struct options options = read_options(component);
    const struct component_type *type = function_type(component, TYPES);
    component_push(component, FUNCTIONS, type);
    if (!core || !type || *core == '?' || strchr(core, ' ') || !is_plain(&options))
        return;
    const char *expected =
        component_flat_type(component->scan.arena, type, false, has(&options, OPTION_ASYNC),
                            has(&options, OPTION_CALLBACK));
    if (strcmp(core, expected) != 0 && !component->file->not_judged)
        component_invalid(component, where,
                          "a core function %.80s is lifted, which should be %.80s", core, expected);
    check_memory(component, &options, type, true, where);
}

static void read_lower(struct component_scan *component, const uint8_t *where)
{
    const struct component_type *type = function_type(component, FUNCTIONS);
    struct options options = read_options(component);
    const char *core = NULL;
    if (type && is_plain(&options))
        core = component_flat_type(component->scan.arena, type, true, has(&options, OPTION_ASYNC),
                                   false);
    if (has(&options, OPTION_POST_RETURN) || has(&options, OPTION_CALLBACK))
        component_invalid(component, where, "a lowered function with post-return or callback");
    if (type && is_plain(&options))
        check_memory(component, &options, type, false, where);
    component_push(component, CORE_FUNCTIONS, core);
}

static void read_lift_or_lower(struct component_scan *component, uint8_t kind, const uint8_t *where)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *sort = reader->at;
    if (read_byte(reader) != 0)
        reader_fail(reader, sort, "malformed sort of a canonical function");
    if (kind == CANON_LIFT)
        read_lift(component, where);
    else
        read_lower(component, where);
}

/* --- built-ins --- */

static const struct component_type *read_result(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t none = read_byte(reader);
    if (none == 0)
        return component_value_type(component);
    if (none != 1 || read_byte(reader) != 0)
        reader_fail(reader, where, "malformed list of results");
    return NULL;
}

/* NULL: not known, or of another form. */
static const struct component_type *read_formed(struct component_scan *component,
                                                enum component_form form, const char *title)
{
    const uint8_t *where = component->scan.reader.at;
    const struct component_type *type = component_item(component, TYPES);
    if (!type || type->form == form)
        return type;
    component_invalid(component, where, "the type of a built-in is no %s", title);
    return NULL;
}

/* Resources of 64 bits are a proposal: their built-ins are not judged. */
static void read_resource(struct component_scan *component, const char **type)
{
    const struct component_type *resource = read_formed(component, WIT_RESOURCE, "resource");
    if (!resource || resource->primitive == TYPE_I64)
        *type = NULL;
}

static void read_flag(struct reader *reader)
{
    const uint8_t *where = reader->at;
    uint8_t flag = read_byte(reader);
    if (flag > 1)
        reader_fail(reader, where, "malformed flag 0x%02x", flag);
}

static void read_immediate(struct component_scan *component, char immediate, const char **type)
{
    struct reader *reader = &component->scan.reader;
    struct options options;
    switch (immediate) {
    case 'b':
        read_flag(reader);
        return;
    case 'v':
        (void)read_byte(reader);
        return;
    case 'n':
        (void)read_u32(reader);
        return;
    case 't':
        read_resource(component, type);
        return;
    case 's':
        (void)read_formed(component, WIT_STREAM, "stream");
        return;
    case 'f':
        (void)read_formed(component, WIT_FUTURE, "future");
        return;
    case 'c':
        (void)component_item(component, CORE_TYPES);
        return;
    case 'T':
        (void)component_item(component, CORE_TABLES);
        return;
    case 'm':
        (void)component_item(component, CORE_MEMORIES);
        return;
    case 'o':
        options = read_options(component);
        if (!is_plain(&options))
            *type = NULL;
        return;
    default:
        *type = component_flat_results(component->scan.arena, read_result(component));
    }
}

static void read_canon(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t kind = read_byte(reader);
    if (reader->failed)
        return;
    if (kind <= CANON_LOWER) {
        read_lift_or_lower(component, kind, where);
        return;
    }
    if (kind >= sizeof canons / sizeof *canons || !canons[kind].name) {
        reader_fail(reader, where, "malformed canonical function 0x%02x", kind);
        return;
    }
    const char *type = canons[kind].type;
    if (canons[kind].async)
        note_async(component, where, canons[kind].name);
    for (const char *each = canons[kind].immediates; *each && !reader->failed; each++)
        read_immediate(component, *each, &type);
    component_push(component, CORE_FUNCTIONS, type);
}

void component_canons(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    uint32_t count = read_count(reader, "canonical functions", 1);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        read_canon(component);
}
