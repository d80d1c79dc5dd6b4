#include "pkg/wasm/component.h"

enum { NAME_ATTRIBUTES = 2, ATTRIBUTES_MOST = 3 };
enum { ATTRIBUTE_VERSION_SUFFIX = 1 };

const char *component_name(struct component_scan *component)
{
    struct scan *scan = &component->scan;
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    uint8_t kind = read_byte(reader);
    if (kind > NAME_ATTRIBUTES)
        reader_fail(reader, where, "malformed kind of name 0x%02x", kind);
    const char *name = scan_safe(scan, read_name(reader));
    uint32_t count = kind == NAME_ATTRIBUTES ? read_count(reader, "attributes", 2) : 0;
    if (count > ATTRIBUTES_MOST)
        reader_fail(reader, where, "%lu attributes of one name", (unsigned long)count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        where = reader->at;
        uint8_t attribute = read_byte(reader);
        struct bytes value = read_name(reader);
        if (attribute > 2)
            reader_fail(reader, where, "malformed attribute of a name 0x%02x", attribute);
        /* "wasi:http/types@0.2" with ".6" */
        if (attribute == ATTRIBUTE_VERSION_SUFFIX && !reader->failed)
            name = arena_printf(scan->arena, "%s%s", name, scan_safe(scan, value));
    }
    return name;
}

enum {
    EXTERN_MODULE,
    EXTERN_FUNCTION,
    EXTERN_VALUE,
    EXTERN_TYPE,
    EXTERN_COMPONENT,
    EXTERN_INSTANCE
};

void component_extern_type(struct reader *reader)
{
    const uint8_t *where = reader->at;
    uint8_t kind = read_byte(reader);
    uint8_t bound = kind == EXTERN_MODULE || kind == EXTERN_VALUE || kind == EXTERN_TYPE
                        ? read_byte(reader)
                        : 0;
    if (kind > EXTERN_INSTANCE || (kind == EXTERN_MODULE && bound != 0x11) ||
        ((kind == EXTERN_VALUE || kind == EXTERN_TYPE) && bound > 1))
        reader_fail(reader, where, "malformed type of an import or export 0x%02x", kind);
    if (kind == EXTERN_VALUE && bound == 1)
        (void)read_signed(reader, 33);
    else if (kind != EXTERN_TYPE || bound == 0)
        (void)read_u32(reader);
}
