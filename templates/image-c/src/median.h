/* The kernel: each sample becomes the median of itself and its eight neighbours of the same colour,
   which takes single wrong pixels out and keeps edges sharp. At the border the nearest sample stands
   for what is missing. One signature, two kernels: median_scalar.c and median_simd.c. Both compute
   this, bit for bit:

   the median of nine numbers is the median of: the largest minimum, the middle median and the
   smallest maximum of three columns of three. */
#ifndef MEDIAN_H
#define MEDIAN_H

#include <stddef.h>
#include <stdint.h>

struct picture {
    const uint8_t *samples; /* `rows` times `width` */
    size_t rows, width;     /* of a row, in samples */
    size_t colours;         /* samples a pixel: neighbours are that far apart; at most `width` */
};

/* `to` has room for all samples, and is apart from them. */
void median(const struct picture *, uint8_t *to);

/* What both kernels share: the rows above, here and below, and one sample of them. */
struct rows {
    const uint8_t *row[3];
};

static inline struct rows rows_at(const struct picture *picture, size_t y)
{
    const uint8_t *here = picture->samples + y * picture->width;
    return (struct rows){{y > 0 ? here - picture->width : here, here,
                          y + 1 < picture->rows ? here + picture->width : here}};
}

static inline uint8_t least(uint8_t a, uint8_t b) { return a < b ? a : b; }
static inline uint8_t most(uint8_t a, uint8_t b) { return a < b ? b : a; }

static inline uint8_t middle(uint8_t a, uint8_t b, uint8_t c)
{
    return most(least(a, b), least(most(a, b), c));
}

static inline uint8_t median_at(const struct picture *picture, struct rows rows, size_t x)
{
    size_t left = x < picture->colours ? x : x - picture->colours;
    size_t right = x + picture->colours < picture->width ? x + picture->colours : x;
    size_t columns[3] = {left, x, right};
    uint8_t low[3], mid[3], high[3];
    for (int i = 0; i < 3; i++) {
        uint8_t a = rows.row[0][columns[i]], b = rows.row[1][columns[i]], c = rows.row[2][columns[i]];
        low[i] = least(least(a, b), c);
        mid[i] = middle(a, b, c);
        high[i] = most(most(a, b), c);
    }
    return middle(most(most(low[0], low[1]), low[2]), middle(mid[0], mid[1], mid[2]),
                  least(least(high[0], high[1]), high[2]));
}

#endif
