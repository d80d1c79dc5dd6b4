#include <string.h>

#include "pkg/bench/internal.h"

enum { FUNCTIONS = 512, STEPS = 73, STEP_SIZE = 7, BODY = 3 + STEPS * STEP_SIZE + 3 };

/* A number of LEB128 in five bytes: its size does not depend on it. */
static void put_number(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(0x80 | (value >> (7 * i) & 0x7f));
    out[4] = (uint8_t)(value >> 28);
}

static size_t put_header(uint8_t *out)
{
    static const uint8_t header[] = {0, 'a', 's', 'm', 1, 0, 0, 0,
                                     /* one type: (i32) -> (i32) */
                                     1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f};
    memcpy(out, header, sizeof header);
    return sizeof header;
}

/* x = x + k, 73 times, k another one each time. */
static size_t put_body(uint8_t *out, uint32_t function)
{
    size_t at = 0;
    out[at++] = (uint8_t)(0x80 | (BODY - 2) % 128); /* in two bytes; without themselves */
    out[at++] = (BODY - 2) / 128;
    out[at++] = 0; /* no further locals */
    for (uint32_t i = 0; i < STEPS; i++) {
        const uint8_t step[STEP_SIZE] = {0x20, 0,    0x41, (uint8_t)((function + i) % 64),
                                         0x6a, 0x21, 0};
        memcpy(out + at, step, STEP_SIZE);
        at += STEP_SIZE;
    }
    out[at++] = 0x20;
    out[at++] = 0;
    out[at++] = 0x0b;
    return at;
}

struct bytes reference_module(struct arena *arena)
{
    uint8_t *out = arena_alloc(arena, (size_t)FUNCTIONS * (BODY + 2) + 64, 1);
    size_t at = put_header(out);
    out[at++] = 3;
    put_number(out + at, 5 + FUNCTIONS);
    put_number(out + at + 5, FUNCTIONS);
    at += 10 + FUNCTIONS; /* all of type 0 */
    out[at++] = 10;
    size_t size_at = at;
    put_number(out + at + 5, FUNCTIONS);
    at += 10;
    for (uint32_t i = 0; i < FUNCTIONS; i++)
        at += put_body(out + at, i);
    put_number(out + size_at, (uint32_t)(at - size_at - 5));
    return (struct bytes){out, at};
}
