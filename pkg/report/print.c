#include "pkg/report/print.h"

#include <inttypes.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"

/* The bytes of the characters that have room in so many columns. */
static size_t prefix_size(const char *text, size_t columns)
{
    size_t at = 0, taken = 0, width;
    while (text[at]) {
        size_t size = print_character(text + at, &width);
        if (taken + width > columns)
            break;
        taken += width;
        at += size;
    }
    return at;
}

const char *print_fit(struct printer *printer, const char *text, size_t width)
{
    const char *safe = text_safe(printer->arena, text, strlen(text));
    if (width < 4 || print_width(safe) <= width)
        return safe;
    return arena_printf(printer->arena, "%.*s...", (int)prefix_size(safe, width - 3), safe);
}

static void put(struct printer *printer, const char *text)
{
    size_t size = strlen(text);
    fputs(text, printer->file);
    printer->column += print_width(text);
    if (size)
        printer->after_space = text[size - 1] == ' ';
}

void print_in(struct printer *printer, enum colour colour, const char *text)
{
    static const char *const codes[] = {"",         "\033[1m",  "\033[2m",
                                        "\033[31m", "\033[32m", "\033[33m"};
    bool coloured = printer->style->colour && colour != PLAIN;
    if (coloured)
        fputs(codes[colour], printer->file);
    put(printer, print_fit(printer, text, 0));
    if (coloured)
        fputs("\033[0m", printer->file);
}

void print_column(struct printer *printer, size_t column)
{
    if (printer->column > 0 && printer->column >= column && !printer->after_space)
        put(printer, " ");
    while (printer->column < column)
        put(printer, " ");
}

void print_line(struct printer *printer)
{
    fputc('\n', printer->file);
    printer->column = 0;
}

size_t print_columns(const struct printer *printer)
{
    return printer->style->width >= 40 ? printer->style->width : 80;
}

/* A word that is longer than a line goes on in the next ones; `most` lines, and what is left is
   cut. The part that has room is returned. */
static const char *put_long(struct printer *printer, size_t indent, const char *word)
{
    enum { MOST_LINES = 6 };
    size_t room = print_columns(printer) - indent;
    if (printer->column > indent) {
        print_line(printer);
        print_column(printer, indent);
    }
    for (size_t line = 1; line < MOST_LINES && print_width(word) > room; line++) {
        size_t size = prefix_size(word, room);
        put(printer, arena_copy(printer->arena, word, size));
        print_line(printer);
        print_column(printer, indent);
        word += size;
    }
    return print_fit(printer, word, room);
}

void print_wrapped(struct printer *printer, size_t indent, const char *text)
{
    const char *safe = print_fit(printer, text, 0);
    bool first = true;
    print_column(printer, indent);
    while (*safe) {
        size_t size = strcspn(safe, " ");
        const char *word = arena_copy(printer->arena, safe, size);
        if (print_width(word) > print_columns(printer) - indent) {
            word = put_long(printer, indent, word);
            first = true;
        }
        if (!first && printer->column + 1 + print_width(word) > print_columns(printer)) {
            print_line(printer);
            print_column(printer, indent);
            first = true;
        }
        if (!first)
            put(printer, " ");
        put(printer, word);
        first = false;
        safe += size + strspn(safe + size, " ");
    }
    print_line(printer);
}

void print_heading(struct printer *printer, const char *word, size_t count)
{
    print_line(printer);
    print_in(printer, BOLD, word);
    if (count)
        print_in(printer, DIM, arena_printf(printer->arena, " (%zu)", count));
    print_line(printer);
}

const char *print_number(struct arena *arena, uint64_t value)
{
    char digits[32], out[48];
    size_t used = 0;
    int size = snprintf(digits, sizeof digits, "%" PRIu64, value);
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return arena_strdup(arena, out);
}

const char *print_bytes(struct arena *arena, uint64_t value)
{
    const char *number = print_number(arena, value);
    if (value < 1024)
        return print_count(arena, (size_t)value, "byte");
    bool mega = value >= 1 << 20;
    return arena_printf(arena, "%s bytes (%.1f %s)", number,
                        (double)value / (mega ? 1 << 20 : 1 << 10), mega ? "MiB" : "KiB");
}

const char *print_count(struct arena *arena, size_t count, const char *word)
{
    return arena_printf(arena, "%s %s%s", print_number(arena, count), word, count == 1 ? "" : "s");
}

void print_rest(struct printer *printer, size_t count, size_t shown)
{
    if (count <= shown)
        return;
    print_column(printer, 2);
    print_in(printer, DIM,
             arena_printf(printer->arena, "and %zu more: --format json lists all", count - shown));
    print_line(printer);
}
