#include "pkg/wasm/scan.h"

int scan_component(struct arena *arena, struct reader reader, struct wasm_info *out, unsigned depth)
{
    (void)arena;
    (void)depth;
    *out = (struct wasm_info){.kind = WASM_COMPONENT};
    reader_fail(&reader, reader.at, "components are not read yet");
    return -1;
}
