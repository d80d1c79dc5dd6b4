/* The quick walk over function bodies that only decodes: sizes of instructions, and structure. */
#include "pkg/wasm/rules.h"
#include "pkg/wasm/scan.h"
#include "pkg/wasm/walk.h"

/* How an instruction goes on of which nothing matters but its size. */
enum shape {
    SHAPE_STEP,
    SHAPE_BYTE,
    SHAPE_NUMBER,
    SHAPE_ACCESS,
    SHAPE_F32,
    SHAPE_F64,
    SHAPE_OPEN,
    SHAPE_ELSE,
    SHAPE_END
};

static enum shape shape_of(uint8_t action)
{
    switch (action) {
    case ACTION_NONE:
    case ACTION_UNREACHABLE:
    case ACTION_UNARY:
    case ACTION_BINARY:
    case ACTION_DROP:
    case ACTION_SELECT:
    case ACTION_RETURN:
        return SHAPE_BYTE;
    case ACTION_CONST_LEB:
    case ACTION_LOCAL_GET:
    case ACTION_LOCAL_SET:
    case ACTION_LOCAL_TEE:
    case ACTION_GLOBAL_GET:
    case ACTION_GLOBAL_SET:
    case ACTION_BR:
    case ACTION_BR_IF:
    case ACTION_CALL:
        return SHAPE_NUMBER;
    case ACTION_LOAD:
    case ACTION_STORE:
        return SHAPE_ACCESS;
    case ACTION_CONST_F32:
        return SHAPE_F32;
    case ACTION_CONST_F64:
        return SHAPE_F64;
    case ACTION_BLOCK:
    case ACTION_LOOP:
    case ACTION_IF:
        return SHAPE_OPEN;
    case ACTION_ELSE:
        return SHAPE_ELSE;
    case ACTION_END:
        return SHAPE_END;
    default:
        return SHAPE_STEP;
    }
}

void walk_prepare(struct scan *scan)
{
    for (unsigned i = 0; i < sizeof scan->shapes; i++)
        scan->shapes[i] = (uint8_t)shape_of(rules[i].action);
}

/* The size of a number that is not of one byte, and of what stands in front of it; 0: no short
   number. */
INLINE size_t long_size(const uint8_t *at, size_t front)
{
    size_t size = short_size(at + front);
    return size ? front + size : 0;
}

INLINE size_t quick_size(uint8_t shape, const uint8_t *at)
{
    if (shape == SHAPE_NUMBER)
        return at[1] < 0x80 ? 2 : long_size(at, 1);
    if (shape == SHAPE_BYTE)
        return 1;
    if (shape == SHAPE_ACCESS)
        return at[1] < 0x40 ? at[2] < 0x80 ? 3 : long_size(at, 2) : 0;
    if (shape == SHAPE_F64)
        return 9;
    return shape == SHAPE_F32 ? 5 : 0;
}

/* Blocks without a type, and their ends. */
INLINE size_t quick_structure(uint8_t shape, const uint8_t *at, struct scan *scan)
{
    if (shape == SHAPE_END && scan->depth > 1) {
        scan->depth--;
        return 1;
    }
    if (shape == SHAPE_ELSE && scan->controls[scan->depth - 1].opcode == OP_IF) {
        scan->controls[scan->depth - 1].opcode = OP_ELSE;
        return 1;
    }
    bool simple = at[1] == BLOCK_EMPTY || (at[1] >= TYPE_F64 && at[1] <= TYPE_I32);
    if (shape != SHAPE_OPEN || !simple || scan->depth >= scan->control_capacity)
        return 0;
    scan->controls[scan->depth++].opcode = *at;
    return 2;
}

void walk_plainly(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    if (reader_left(reader) < MARGIN)
        return;
    const uint8_t *end = reader->end - MARGIN, *at = reader->at;
    while (at <= end) {
        uint8_t shape = scan->shapes[*at];
        size_t size = quick_size(shape, at);
        if (size == 0)
            size = quick_structure(shape, at, scan);
        at += size;
        if (size)
            continue;
        reader->at = at;
        scan_step(scan, false);
        if (reader->failed || scan->depth == 0)
            return;
        at = reader->at;
    }
    reader->at = at;
}
