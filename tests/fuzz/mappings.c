/* A source map's mappings: none may crash; written once they stay as they are; and what the
   optimizer is given comes back the same. */
#include <stdlib.h>

#include "pkg/base/arena.h"
#include "pkg/optimize/mappings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what)
{
    if (!what)
        abort();
}

static void check_round(struct arena *arena, struct bytes text, size_t sources, size_t offset)
{
    const struct mappings_change none = {.sources = sources};
    struct bytes once, again, map, back;
    if (mappings_rewrite(arena, text, &none, &once) != 0)
        return;
    require(mappings_rewrite(arena, once, &none, &again) == 0 && bytes_equal(once, again));
    require(mappings_pack(arena, once, sources, offset, &map) == 0);
    if (mappings_unpack(arena, map, sources, offset, &back) == 0)
        require(bytes_equal(back, once));
}

static void check_shift(struct arena *arena, struct bytes text, size_t sources, int64_t shift)
{
    const struct mappings_change change = {.shift = shift, .sources = sources, .numbered = true};
    struct bytes out;
    if (mappings_rewrite(arena, text, &change, &out) == 0)
        require(out.size <= 8 * text.size); /* what a number may grow to */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct bytes map;
    if (size < 3)
        return 0;
    struct bytes text = {data + 3, size - 3};
    size_t sources = data[0] & 0x0f, offset = data[1] | (size_t)data[2] << 8;
    check_round(&arena, text, sources, offset);
    check_shift(&arena, text, sources, -(int64_t)offset);
    (void)mappings_unpack(&arena, text, sources, offset, &map); /* any JSON */
    arena_free(&arena);
    return 0;
}
