/* Markup with text from anywhere in it, and the words and signs that all parts of the page share.
 */
#include <stdarg.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/report/html.h"

static void put(struct html *html, const char *text, size_t size)
{
    fwrite(text, 1, size, html->file);
    html->written += size;
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '`':
        return "&#96;";
    default:
        return NULL;
    }
}

/* Harmless between tags and in quoted attributes: what text_safe leaves has no control characters,
   and no character that means something to a parser of HTML stays. */
static void put_text(struct html *html, const char *text)
{
    const char *safe = text_safe(html->arena, text, strlen(text));
    while (*safe) {
        size_t plain = strcspn(safe, "&<>\"'`");
        put(html, safe, plain);
        safe += plain;
        if (*safe) {
            const char *word = entity(*safe++);
            put(html, word, strlen(word));
        }
    }
}

static void put_mark(struct html *html, char mark, const char *value)
{
    if (!value)
        return;
    if (mark == 'm') {
        put(html, value, strlen(value));
        return;
    }
    if (mark == 'n')
        put(html, "<bdi>", 5);
    put_text(html, value);
    if (mark == 'n')
        put(html, "</bdi>", 6);
}

void html_print(struct html *html, const char *template, ...)
{
    va_list arguments;
    va_start(arguments, template);
    while (*template) {
        size_t plain = strcspn(template, "%");
        put(html, template, plain);
        template += plain;
        if (*template) {
            put_mark(html, template[1], va_arg(arguments, const char *));
            template += 2;
        }
    }
    va_end(arguments);
}

/* --- links and sources --- */

static size_t address_size(const char *text)
{
    size_t size = strncmp(text, "https://", 8) == 0 ? strcspn(text, " \"'<>`|\\^{}()[]") : 0;
    while (size > 8 && strchr(".,;:!?", text[size - 1]))
        size--;
    return size > 8 ? size : 0;
}

void html_linked(struct html *html, const char *text)
{
    const char *safe = text_safe(html->arena, text, strlen(text));
    for (const char *at = strstr(safe, "https://"); at; at = strstr(at, "https://")) {
        size_t size = address_size(at);
        if (size == 0) {
            at += 8;
            continue;
        }
        const char *address = arena_copy(html->arena, at, size);
        html_print(html, "%t<a href=\"%t\" rel=\"noreferrer noopener\">%t</a>",
                   arena_copy(html->arena, safe, (size_t)(at - safe)), address, address);
        safe = at += size;
    }
    html_print(html, "%t", safe);
}

void html_cite(struct html *html, const char *title, const char *text, const char *as_of)
{
    size_t i = 0;
    if (!text)
        return;
    while (i < html->source_count &&
           !(text_equal(html->sources[i].text, text) && text_equal(html->sources[i].as_of, as_of) &&
             text_equal(html->sources[i].title, title)))
        i++;
    if (i == html->source_count) {
        html->sources = arena_grow(html->arena, html->sources, html->source_count,
                                   &html->source_capacity, sizeof *html->sources);
        html->sources[html->source_count++] = (struct html_source){text, as_of, title};
    }
    const char *number = html_index(html, i + 1);
    html_print(html,
               "<a class=\"cite\" href=\"#source-%m\"><span class=\"hidden\">source </span>"
               "[%m]</a>",
               number, number);
}

/* --- words and signs --- */

/* Digits and their signs only: no text from outside gets here as markup. */
void html_date(struct html *html, const char *text)
{
    const char *day = text ? arena_copy(html->arena, text, strnlen(text, 10)) : "";
    if (text_is_date(day) && strspn(text, "-T:Z0123456789") == strlen(text))
        html_print(html, "<time datetime=\"%t\">%t</time>", text, text);
    else
        html_print(html, "%t", text);
}

const char *html_badge(struct html *html, const char *kind, const char *word)
{
    return arena_printf(html->arena,
                        "<span class=\"badge %s\"><svg class=\"sign\" aria-hidden=\"true\" "
                        "focusable=\"false\"><use href=\"#sign-%s\"/></svg>%s</span>",
                        kind, kind, word);
}

const char *html_answer(struct html *html, enum answer answer)
{
    static const char *const kinds[] = {"yes", "no", "unknown"};
    return html_badge(html, kinds[answer], answer_word(answer));
}

const char *html_support(struct html *html, enum support support)
{
    static const char *const kinds[] = {"unknown", "no", "part", "yes"};
    static const char *const words[] = {"unknown", "no", "in part", "yes"};
    return html_badge(html, kinds[support], words[support]);
}

const char *html_number(struct html *html, uint64_t value)
{
    return print_number(html->arena, value);
}

const char *html_bytes(struct html *html, uint64_t value)
{
    return print_bytes(html->arena, value);
}

const char *html_short(struct html *html, uint64_t value)
{
    if (value < 1024)
        return arena_printf(html->arena, "%u B", (unsigned)value);
    bool mega = value >= 1 << 20;
    return arena_printf(html->arena, "%.1f %s", (double)value / (mega ? 1 << 20 : 1 << 10),
                        mega ? "MiB" : "KiB");
}

const char *html_share(struct html *html, uint64_t part, uint64_t whole)
{
    double share = whole ? 100.0 * (double)part / (double)whole : 0;
    return share > 0 && share < 0.1 ? "< 0.1\xc2\xa0%"
                                    : arena_printf(html->arena, "%.1f\xc2\xa0%%", share);
}

const char *html_index(struct html *html, size_t index)
{
    return arena_printf(html->arena, "%zu", index);
}

const char *html_capital(struct html *html, const char *text)
{
    char *copy = arena_strdup(html->arena, text);
    if (copy[0] >= 'a' && copy[0] <= 'z')
        copy[0] = (char)(copy[0] - 'a' + 'A');
    return copy;
}

const char *html_fit(struct html *html, const char *name)
{
    size_t size = strlen(name);
    if (size <= HTML_LONGEST_NAME)
        return name;
    size = HTML_LONGEST_NAME;
    while (size > 0 && ((unsigned char)name[size] & 0xc0) == 0x80)
        size--;
    return arena_printf(html->arena, "%.*s\xe2\x80\xa6", (int)size, name);
}

const char *html_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

void html_place(struct html *html, const struct place *where, bool with_path)
{
    if (where->function_name)
        html_print(html, "<code class=\"name\">%n</code>", html_fit(html, where->function_name));
    if (where->crate)
        html_print(html, " <span class=\"crate\">of crate <code>%n</code></span>", where->crate);
    if (where->instruction)
        html_print(html, "%m<code>%n</code>", where->function_name ? " uses " : "",
                   where->instruction);
    html_print(html, "<span class=\"at\">");
    if (with_path && where->path)
        html_print(html, "<span>%n</span>", where->path);
    if (where->has_offset && where->function != WASM_NO_FUNCTION)
        html_print(html, "<span>function %m</span>", html_index(html, where->function));
    if (where->has_offset)
        html_print(html, "<span>offset %m</span>", html_index(html, where->offset));
    if (where->source_file) {
        html_print(html, "<span><code>%n", where->source_file);
        if (where->source_line)
            html_print(html, ":%m", html_index(html, where->source_line));
        html_print(html, "</code></span>");
    }
    html_print(html, "</span>");
}
