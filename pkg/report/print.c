#include "pkg/report/print.h"

#include <inttypes.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

size_t print_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += starts_character(*text);
    return width;
}

/* The bytes that the first `columns` code points take. */
static size_t prefix_size(const char *text, size_t columns)
{
    size_t i = 0;
    for (size_t width = 0; text[i]; i++) {
        width += starts_character(text[i]);
        if (width > columns)
            break;
    }
    return i;
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

void print_wrapped(struct printer *printer, size_t indent, const char *text)
{
    const char *safe = print_fit(printer, text, 0);
    bool first = true;
    print_column(printer, indent);
    while (*safe) {
        size_t size = strcspn(safe, " ");
        const char *word = print_fit(printer, arena_copy(printer->arena, safe, size),
                                     print_columns(printer) - indent);
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
