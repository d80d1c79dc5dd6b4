/* Numbers and byte strings one behind the other, as they are digested and kept: a number is eight
   bytes, highest first; a string is its size as a number and its bytes. So no two rows of fields
   are the same bytes. Knows nothing of what they mean. */
#ifndef PKG_OPTIMIZE_FIELDS_H
#define PKG_OPTIMIZE_FIELDS_H

#include "pkg/base/bytes.h"

struct arena;

/* Past the buffer's limit nothing is added, and the buffer is `full`. */
struct fields {
    struct buffer *buffer;
    bool full;
};

void fields_number(struct fields *, uint64_t);
void fields_bytes(struct fields *, struct bytes);
void fields_text(struct fields *, const char *); /* NULL is not "" */

/* Reads hostile bytes: `failed` from the first field that is not there, and all are 0 then. */
struct field_reader {
    struct arena *arena;
    struct bytes rest;
    bool failed;
};

uint64_t field_number(struct field_reader *);
struct bytes field_bytes(struct field_reader *); /* points into what is read */
/* Made safe for a terminal; NULL, or a copy. */
const char *field_text(struct field_reader *);

#endif
