/* The quick walk over function bodies that only decodes: sizes of instructions, and structure.
   Where an instruction ends is known only when it has been read, so that a walk over one body waits
   for memory and for itself; this one walks over several bodies at once, an instruction of each in
   turn, without a branch that depends on which instruction it is. What is not that simple is left
   to scan_step, which does all instructions. */
#include "pkg/wasm/rules.h"
#include "pkg/wasm/scan.h"
#include "pkg/wasm/walk.h"

enum { LANES = 4, WORD = 8 };

/* What the byte behind the opcode must be. */
enum { ANY_BYTE = 0, BLOCK_BYTE = 1, ALIGNMENT_BYTE = 2, NOT_SIMPLE = 4 };

/* By opcode, of the WORD bytes from it on, the first of which is the lowest: the instruction ends
   with the first byte of `ends` whose high bit is clear, or with that of `fixed`. */
struct tables {
    uint64_t ends[256], fixed[256];
    uint8_t more[256];  /* bytes behind that */
    uint8_t needs[256]; /* of the next byte */
    uint8_t lacks[256]; /* by the next byte: which needs it does not meet */
    size_t deeper[256]; /* blocks: 1, 0, or -1 */
};

struct lane {
    const uint8_t *at, *quick_end; /* up to where a word can be looked at */
    const uint8_t *start, *end;    /* of the body, its size included; no start: the lane is empty */
    struct control *controls;
    size_t capacity, depth;
    uint32_t function;
    uint64_t features; /* noted in the body */
};

struct bodies {
    struct scan *scan;
    const uint8_t *section_end;
    uint32_t next, end, left; /* functions: the next to begin, how many are not done */
    const uint8_t *at;        /* the next body */
    struct lane lanes[LANES];
    struct tables tables;
};

/* --- tables --- */

static uint64_t high_bits(unsigned first, unsigned count)
{
    uint64_t bits = 0;
    for (unsigned i = first; i < first + count; i++)
        bits |= (uint64_t)0x80 << 8 * i;
    return bits;
}

static void set_row(struct tables *tables, unsigned opcode, uint64_t ends, uint64_t fixed,
                    uint8_t needs)
{
    tables->ends[opcode] = ends;
    tables->fixed[opcode] = fixed;
    tables->needs[opcode] = needs;
}

static void fill_row(struct tables *tables, unsigned opcode)
{
    switch (rules[opcode].action) {
    case ACTION_NONE:
    case ACTION_UNREACHABLE:
    case ACTION_UNARY:
    case ACTION_BINARY:
    case ACTION_DROP:
    case ACTION_SELECT:
    case ACTION_RETURN:
    case ACTION_END:
        set_row(tables, opcode, 0, high_bits(0, 1), ANY_BYTE);
        break;
    case ACTION_CONST_LEB:
    case ACTION_LOCAL_GET:
    case ACTION_LOCAL_SET:
    case ACTION_LOCAL_TEE:
    case ACTION_GLOBAL_GET:
    case ACTION_GLOBAL_SET:
    case ACTION_BR:
    case ACTION_BR_IF:
    case ACTION_CALL:
        set_row(tables, opcode, high_bits(1, SHORT_MOST), 0, ANY_BYTE);
        break;
    case ACTION_LOAD:
    case ACTION_STORE:
        set_row(tables, opcode, high_bits(2, SHORT_MOST), 0, ALIGNMENT_BYTE);
        break;
    case ACTION_CONST_F32:
        set_row(tables, opcode, 0, high_bits(4, 1), ANY_BYTE);
        break;
    case ACTION_CONST_F64:
        set_row(tables, opcode, 0, high_bits(7, 1), ANY_BYTE);
        tables->more[opcode] = 1;
        break;
    case ACTION_BLOCK:
    case ACTION_LOOP:
    case ACTION_IF:
        set_row(tables, opcode, 0, high_bits(1, 1), BLOCK_BYTE);
        tables->deeper[opcode] = 1;
        break;
    default:
        set_row(tables, opcode, 0, high_bits(0, 1), NOT_SIMPLE);
    }
}

static void fill_tables(struct tables *tables)
{
    for (unsigned i = 0; i < 256; i++) {
        bool block = i == BLOCK_EMPTY || (i >= TYPE_F64 && i <= TYPE_I32);
        tables->lacks[i] =
            (uint8_t)(NOT_SIMPLE | (block ? 0 : BLOCK_BYTE) | (i < 0x40 ? 0 : ALIGNMENT_BYTE));
        fill_row(tables, i);
    }
    tables->deeper[OP_END] = (size_t)-1;
}

/* --- a step --- */

INLINE uint64_t read_word(const uint8_t *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
           (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 |
           (uint64_t)at[7] << 56;
}

/* The number of the byte with the lowest bit that is set; one is. */
INLINE size_t lowest_byte(uint64_t word)
{
#if defined(__GNUC__)
    return (size_t)__builtin_ctzll(word) / 8;
#else
    size_t byte = 0;
    while (!(word >> 8 * byte & 0xff))
        byte++;
    return byte;
#endif
}

/* False: the instruction is untouched. */
INLINE bool step(struct lane *lane, const struct tables *tables)
{
    const uint8_t *at = lane->at;
    if (UNLIKELY(at >= lane->quick_end))
        return false;
    uint64_t word = read_word(at);
    uint8_t opcode = (uint8_t)word, next = (uint8_t)(word >> 8);
    uint64_t ends = (~word & tables->ends[opcode]) | tables->fixed[opcode];
    size_t depth = lane->depth + tables->deeper[opcode];
    /* Depth 0 is the end of the body: less 1 it is too deep as well. */
    if (UNLIKELY((tables->needs[opcode] & tables->lacks[next]) != 0 || ends == 0 ||
                 depth - 1 >= lane->capacity - 1))
        return false;
    at += lowest_byte(ends) + 1 + tables->more[opcode];
    if (UNLIKELY(at > lane->quick_end))
        return false;
    lane->controls[lane->depth].opcode = opcode;
    lane->depth = depth;
    lane->at = at;
    return true;
}

/* --- what is not that simple --- */

static void enter(struct scan *scan, const struct lane *lane)
{
    scan->reader.at = lane->at;
    scan->reader.end = lane->end;
    scan->reader.function = lane->function;
    scan->controls = lane->controls;
    scan->control_capacity = lane->capacity;
    scan->depth = lane->depth;
    scan->body_features = lane->features;
}

/* There is always room for one more block. */
static void leave(struct scan *scan, struct lane *lane)
{
    scan->controls = arena_grow(scan->arena, scan->controls, scan->depth, &scan->control_capacity,
                                sizeof *scan->controls);
    lane->at = scan->reader.at;
    lane->controls = scan->controls;
    lane->capacity = scan->control_capacity;
    lane->depth = scan->depth;
    lane->features = scan->body_features;
}

/* Begins the next body in a lane; without one the lane stays empty. */
static void begin(struct bodies *bodies, struct lane *lane)
{
    struct scan *scan = bodies->scan;
    if (bodies->next == bodies->end) {
        lane->start = lane->quick_end = lane->at = NULL;
        return;
    }
    lane->start = bodies->at;
    lane->function = bodies->next++;
    enter(scan, lane);
    scan->reader.at = bodies->at;
    scan->reader.end = bodies->section_end;
    scan_body_open(scan);
    leave(scan, lane);
    lane->quick_end = walk_end(&scan->reader);
    bodies->at = lane->end = scan->reader.end;
}

/* Calls through table 0 are many, and no feature as long as its index is one byte. */
static bool call_indirectly(struct lane *lane)
{
    const uint8_t *at = lane->at;
    if (at >= lane->quick_end || *at != OP_CALL_INDIRECT)
        return false;
    size_t size = short_size(at + 1);
    at += 1 + size;
    if (size == 0 || at >= lane->quick_end || *at != 0)
        return false;
    lane->at = at + 1;
    return true;
}

/* One instruction of a lane the long way; a body that is done makes place for the next. */
static void attend(struct bodies *bodies, struct lane *lane)
{
    struct scan *scan = bodies->scan;
    if (!lane->start || scan->reader.failed || call_indirectly(lane))
        return;
    enter(scan, lane);
    scan_body_step(scan);
    leave(scan, lane);
    if (scan->reader.failed || lane->depth > 0)
        return;
    scan_body_close(scan, lane->start, bodies->section_end);
    bodies->left--;
    if (!scan->reader.failed)
        begin(bodies, lane);
}

/* --- all bodies --- */

INLINE void advance(struct bodies *bodies, size_t i)
{
    if (!step(&bodies->lanes[i], &bodies->tables))
        attend(bodies, &bodies->lanes[i]);
}

/* Something is malformed. What comes first in the file counts, and of the bodies read at the same
   time an earlier one may be so too; all before these are fine. */
static void find_first(struct bodies *bodies)
{
    struct scan *scan = bodies->scan;
    const struct lane *oldest = NULL;
    for (size_t i = 0; i < LANES; i++)
        if (bodies->lanes[i].start && (!oldest || bodies->lanes[i].start < oldest->start))
            oldest = &bodies->lanes[i];
    scan->reader.failed = false;
    scan->reader.at = oldest->start;
    scan->reader.end = bodies->section_end;
    for (uint32_t i = oldest->function; i < bodies->end && !scan->reader.failed; i++)
        scan_body(scan, i);
}

void walk_plainly(struct scan *scan, uint32_t first, uint32_t end)
{
    struct bodies bodies = {.scan = scan,
                            .section_end = scan->reader.end,
                            .next = first,
                            .end = end,
                            .left = end - first,
                            .at = scan->reader.at};
    fill_tables(&bodies.tables);
    for (size_t i = 0; i < LANES && !scan->reader.failed; i++)
        begin(&bodies, &bodies.lanes[i]);
    while (bodies.left > 0 && !scan->reader.failed) {
        advance(&bodies, 0);
        advance(&bodies, 1);
        advance(&bodies, 2);
        advance(&bodies, 3);
    }
    if (scan->reader.failed)
        find_first(&bodies);
    else
        scan->reader.at = bodies.at;
}
