/* Lines for a person: wrapped to the width, coloured when asked, and harmless to a terminal
   whatever they say. Knows nothing of what is reported. Inside pkg/report only. */
#ifndef PKG_REPORT_PRINT_H
#define PKG_REPORT_PRINT_H

#include <stdint.h>

#include "pkg/base/error.h"
#include "pkg/report/report.h"

enum colour { PLAIN, BOLD, DIM, RED, GREEN, YELLOW };

struct printer {
    struct arena *arena;
    const struct report_style *style;
    FILE *file;
    size_t column;    /* where the next character goes; 0: at the start of a line */
    bool after_space; /* what was printed last ends with one */
};

/* Text from anywhere, cut to `width` columns (0: as it is). */
const char *print_fit(struct printer *, const char *text, size_t width);
size_t print_width(const char *text);                      /* columns; width.c */
size_t print_character(const char *text, size_t *columns); /* the bytes of the first one */
size_t print_columns(const struct printer *);              /* of a line */

void print_in(struct printer *, enum colour, const char *text);
void print_column(struct printer *, size_t column); /* spaces up to it, or one */
void print_line(struct printer *);                  /* ends the line */

/* `text` from where the line stands, wrapped; further lines start at `indent`. Ends the line. */
void print_wrapped(struct printer *, size_t indent, const char *text);

/* A heading with a count: "imports (4)". */
void print_heading(struct printer *, const char *word, size_t count);

/* Of a list of `count` rows `shown` were: "and 3 more: ..."; nothing when that is all. */
void print_rest(struct printer *, size_t count, size_t shown);

/* 1048576 as "1,048,576". */
const char *print_number(struct arena *, uint64_t);
/* "1,048,576 bytes (1.0 MiB)". */
const char *print_bytes(struct arena *, uint64_t);
/* "1 error", "2 errors". */
const char *print_count(struct arena *, size_t count, const char *word);

#endif
