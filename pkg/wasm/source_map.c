/* What a source map needs to know of its module. */
#include <string.h>

#include "pkg/base/text.h"
#include "pkg/wasm/reader.h"
#include "pkg/wasm/wasm.h"

enum { HEADER = 8, SECTION_CUSTOM = 0, SECTION_CODE = 10 };

/* The next section's id; -1 when there is none. */
static int next_section(struct reader *reader, struct bytes *payload)
{
    if (reader->at >= reader->end)
        return -1;
    uint8_t id = read_byte(reader);
    *payload = read_bytes(reader, read_u32(reader));
    return reader->failed ? -1 : id;
}

static struct reader open_reader(struct bytes module, struct error *ignored)
{
    size_t skip = module.size < HEADER ? module.size : HEADER;
    return (struct reader){.file = module.data,
                           .at = module.data + skip,
                           .end = module.data + module.size,
                           .beyond = module.data + module.size,
                           .function = WASM_NO_FUNCTION,
                           .subject = "module",
                           .error = ignored};
}

size_t wasm_code_offset(struct bytes module)
{
    struct error ignored = {0};
    struct reader reader = open_reader(module, &ignored);
    struct bytes payload;
    int id;
    while ((id = next_section(&reader, &payload)) >= 0)
        if (id == SECTION_CODE)
            return (size_t)(payload.data - module.data);
    return 0;
}

const char *wasm_source_map_url(struct arena *arena, struct bytes module)
{
    struct error ignored = {0};
    struct reader reader = open_reader(module, &ignored);
    struct bytes payload;
    int id;
    while ((id = next_section(&reader, &payload)) >= 0) {
        struct reader inner = open_reader(payload, &ignored);
        inner.at = payload.data;
        if (id != SECTION_CUSTOM)
            continue;
        struct bytes name = read_name(&inner);
        if (inner.failed || name.size != strlen("sourceMappingURL") ||
            memcmp(name.data, "sourceMappingURL", name.size) != 0)
            continue;
        struct bytes url = read_name(&inner);
        if (!inner.failed && url.size)
            return text_safe(arena, (const char *)url.data, url.size);
    }
    return NULL;
}
