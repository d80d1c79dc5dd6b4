/* Reads numbers and names from bytes that nobody vouches for. The first failure is kept and
   moves the reader to its end, so that callers may check once. Internal to pkg/wasm. */
#ifndef PKG_WASM_READER_H
#define PKG_WASM_READER_H

#include <stdbool.h>

#include "pkg/base/bytes.h"

struct reader {
    const uint8_t *file; /* offsets in messages count from here */
    const uint8_t *at, *end;
    const uint8_t
        *beyond;       /* up to where bytes can be looked at, though they are not of this part */
    uint32_t function; /* the one being read; WASM_NO_FUNCTION outside code */
    bool failed;
    bool judge;          /* types are checked, not only decoded */
    const char *subject; /* "module" or "component" */
    struct error *error;
};

/* "malformed module at offset 41 in function 3: ..."; only the first one counts. */
void reader_fail(struct reader *, const uint8_t *where, const char *format, ...) PRINTF_LIKE(3, 4);

/* What LEB128 can be wrong in; NULL text when it is right. */
extern const char *const leb_cut, *const leb_long, *const leb_large;

/* LEB128 of at most `bits` bits from `at`: returns what follows it, or NULL with `why` set. */
const uint8_t *leb_unsigned(const uint8_t *at, const uint8_t *end, unsigned bits, uint64_t *out,
                            const char **why);
const uint8_t *leb_signed(const uint8_t *at, const uint8_t *end, unsigned bits, int64_t *out,
                          const char **why);

uint8_t read_byte(struct reader *);
uint32_t read_u32_slowly(struct reader *);
uint64_t read_u64(struct reader *);
int64_t read_signed(struct reader *, unsigned bits);

static inline uint32_t read_u32(struct reader *reader)
{
    if (reader->at < reader->end && *reader->at < 0x80)
        return *reader->at++;
    return read_u32_slowly(reader);
}

/* A count of things of which each takes `least` bytes or more, checked against what is left. */
uint32_t read_length(struct reader *, const char *things, size_t least);

/* The same of things that are kept: also checked against twice what engines take (JavaScript
   Interface 3.0, section "Implementation Limits"). */
uint32_t read_count(struct reader *, const char *things, size_t least);

/* False, with a failure, when `count` things are as many as engines take. */
bool reader_has_room(struct reader *, size_t count, const char *things);

/* `size` raw bytes. */
struct bytes read_bytes(struct reader *, size_t size);

/* A length and that many bytes of UTF-8. */
struct bytes read_name(struct reader *);

bool utf8_valid(struct bytes);

/* Narrows the reader to its next `size` bytes; returns the old end for reader_leave, which
   demands that all of them were read. */
const uint8_t *reader_enter(struct reader *, size_t size, const char *what);
void reader_leave(struct reader *, const uint8_t *old_end, const char *what);

static inline size_t reader_left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

#endif
