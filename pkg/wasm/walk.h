/* What the two quick walks over function bodies share. Internal to pkg/wasm. */
#ifndef PKG_WASM_WALK_H
#define PKG_WASM_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "pkg/wasm/reader.h"

#if defined(__GNUC__)
#define INLINE        static inline __attribute__((always_inline))
#define UNLIKELY(yes) __builtin_expect(!!(yes), 0)
#else
#define INLINE        static inline
#define UNLIKELY(yes) (yes)
#endif

enum {
    MARGIN = 16,   /* of bytes that can be looked at without asking whether they are there */
    SHORT_MOST = 4 /* bytes of a number that no value of is too large */
};

/* The size of the number at `at`, when it is a short one; else 0. */
INLINE size_t short_size(const uint8_t *at)
{
    if (at[0] < 0x80)
        return 1;
    if (at[1] < 0x80)
        return 2;
    if (at[2] < 0x80)
        return 3;
    return at[3] < 0x80 ? SHORT_MOST : 0;
}

INLINE uint32_t short_value(const uint8_t *at, size_t size)
{
    uint32_t value = at[0] & 0x7fu;
    if (size > 1)
        value |= (at[1] & 0x7fu) << 7;
    if (size > 2)
        value |= (at[2] & 0x7fu) << 14;
    if (size > 3)
        value |= (at[3] & 0x7fu) << 21;
    return value;
}

/* Up to where the walk goes: beyond the body there are bytes that can be looked at, but not beyond
   the file. */
INLINE const uint8_t *walk_end(const struct reader *reader)
{
    size_t left = (size_t)(reader->beyond - reader->at);
    if (left < MARGIN)
        return reader->at;
    const uint8_t *end = reader->beyond - MARGIN;
    return end < reader->end ? end : reader->end;
}

#endif
