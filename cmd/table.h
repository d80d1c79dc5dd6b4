/* Rows of cells, printed with columns that stand under each other. */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum { TABLE_COLUMNS = 9 };

enum tint { TINT_NONE, TINT_GOOD, TINT_WARN, TINT_BAD };

struct table {
    struct arena *arena;
    struct table_row *rows;
    size_t count, capacity, columns;
    bool colour;
};

struct run;

/* The heads end with NULL. */
void table_open(struct table *, struct run *, const char *const *heads);

/* As many cells as there are heads; NULL: "-". They are made safe to print. `tinted` is the column
   that gets the tint. */
void table_add(struct table *, const char *const *cells, size_t tinted, enum tint);

/* To stdout; a column without any cell but "-" is left out. */
void table_print(const struct table *);

#endif
