#include "cmd/table.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "pkg/base/text.h"

struct table_row {
    const char *cells[TABLE_COLUMNS];
    size_t tinted;
    enum tint tint;
};

void table_open(struct table *table, struct run *run, const char *const *heads)
{
    *table = (struct table){.arena = run->arena, .colour = run->style.colour};
    while (table->columns < TABLE_COLUMNS && heads[table->columns])
        table->columns++;
    table_add(table, heads, 0, TINT_NONE);
}

void table_add(struct table *table, const char *const *cells, size_t tinted, enum tint tint)
{
    table->rows =
        arena_grow(table->arena, table->rows, table->count, &table->capacity, sizeof *table->rows);
    struct table_row *row = &table->rows[table->count++];
    *row = (struct table_row){.tinted = tinted, .tint = tint};
    for (size_t i = 0; i < table->columns; i++)
        row->cells[i] =
            cells[i] && cells[i][0] ? text_safe(table->arena, cells[i], strlen(cells[i])) : "-";
}

/* Characters, not bytes. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* 0 for a column that says nothing. */
static size_t column_width(const struct table *table, size_t column)
{
    size_t widest = width_of(table->rows[0].cells[column]);
    bool says = false;
    for (size_t i = 1; i < table->count; i++) {
        size_t width = width_of(table->rows[i].cells[column]);
        widest = width > widest ? width : widest;
        says = says || strcmp(table->rows[i].cells[column], "-") != 0;
    }
    return says ? widest : 0;
}

static void print_cell(const struct table *table, const struct table_row *row, size_t column,
                       size_t pad)
{
    static const char *const codes[] = {"", "\033[32m", "\033[33m", "\033[31m"};
    bool tinted = table->colour && row->tint != TINT_NONE && row->tinted == column;
    printf("%s%s%s%*s", tinted ? codes[row->tint] : "", row->cells[column], tinted ? "\033[0m" : "",
           (int)pad, "");
}

void table_print(const struct table *table)
{
    size_t widths[TABLE_COLUMNS], last = 0;
    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = column_width(table, i);
        last = widths[i] ? i : last;
    }
    for (size_t r = 0; r < table->count; r++) {
        for (size_t i = 0; i < table->columns; i++)
            if (widths[i])
                print_cell(table, &table->rows[r], i,
                           i == last ? 0 : widths[i] - width_of(table->rows[r].cells[i]) + 2);
        putchar('\n');
    }
}
