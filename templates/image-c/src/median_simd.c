/* Sixteen samples at a time: simd128 has the minimum and maximum of sixteen bytes as one instruction
   each. Built with -msimd128. */
#include <wasm_simd128.h>

#include "median.h"

enum { LANES = 16 };

static inline v128_t middle16(v128_t a, v128_t b, v128_t c)
{
    return wasm_u8x16_max(wasm_u8x16_min(a, b), wasm_u8x16_min(wasm_u8x16_max(a, b), c));
}

/* All neighbours of the sixteen samples are inside their rows. */
static inline v128_t median16_at(const struct picture *picture, struct rows rows, size_t x)
{
    v128_t low[3], mid[3], high[3];
    for (size_t i = 0; i < 3; i++) {
        size_t column = x + i * picture->colours - picture->colours;
        v128_t a = wasm_v128_load(rows.row[0] + column), b = wasm_v128_load(rows.row[1] + column),
               c = wasm_v128_load(rows.row[2] + column);
        low[i] = wasm_u8x16_min(wasm_u8x16_min(a, b), c);
        mid[i] = middle16(a, b, c);
        high[i] = wasm_u8x16_max(wasm_u8x16_max(a, b), c);
    }
    return middle16(wasm_u8x16_max(wasm_u8x16_max(low[0], low[1]), low[2]), middle16(mid[0], mid[1], mid[2]),
                    wasm_u8x16_min(wasm_u8x16_min(high[0], high[1]), high[2]));
}

void median(const struct picture *picture, uint8_t *to)
{
    for (size_t y = 0; y < picture->rows; y++, to += picture->width) {
        struct rows rows = rows_at(picture, y);
        size_t x = 0;
        for (; x < picture->colours; x++)
            to[x] = median_at(picture, rows, x);
        for (; x + LANES + picture->colours <= picture->width; x += LANES)
            wasm_v128_store(to + x, median16_at(picture, rows, x));
        for (; x < picture->width; x++)
            to[x] = median_at(picture, rows, x);
    }
}
