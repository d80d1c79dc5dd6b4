#include "median.h"

void median(const struct picture *picture, uint8_t *to)
{
    for (size_t y = 0; y < picture->rows; y++) {
        struct rows rows = rows_at(picture, y);
        for (size_t x = 0; x < picture->width; x++)
            *to++ = median_at(picture, rows, x);
    }
}
