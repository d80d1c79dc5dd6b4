/* Where the bytes are. The tables say it all; the script draws its map from their rows. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/report/html.h"
#include "pkg/report/words.h"

enum { MOST_TALL = 24 /* rows; a longer table scrolls in itself */ };

static void put(struct html *html, const char *text)
{
    html_print(html, "%m", text);
}

/* --- the sum --- */

static void put_figure(struct html *html, const char *term, uint64_t bytes, uint64_t whole)
{
    if (bytes == 0)
        return;
    html_print(html, "<div><dt>%m</dt><dd><strong>%m</strong><span class=\"under\">%m bytes", term,
               html_short(html, bytes), html_number(html, bytes));
    if (whole)
        html_print(html, ", %t", html_share(html, bytes, whole));
    put(html, "</span></dd></div>");
}

static void put_figures(struct html *html, const struct report_module *module)
{
    const struct wasm_sizes *sizes = module->sizes;
    uint64_t raw = module->bytes.size;
    put(html, "<dl class=\"figures\">");
    put_figure(html, "Raw", raw, 0);
    put_figure(html, "gzip", module->gzip_bytes, raw);
    put_figure(html, "brotli", module->brotli_bytes, raw);
    put_figure(html, "Without debug sections, saves", sizes ? sizes->debug_bytes : 0, raw);
    put_figure(html, "Without the name section, saves", sizes ? sizes->name_bytes : 0, raw);
    put(html, "</dl>\n");
    for (size_t i = 0; i < module->estimate_count; i++) {
        const char *text = words_module_estimate(html->arena, &module->estimates[i]);
        if (text)
            html_print(html, "<p class=\"dim\">%t</p>\n", text);
    }
}

/* --- tables --- */

/* `level` says to the script what the rows are. */
static void open_table(struct html *html, const char *title, size_t count, const char *level)
{
    html_subheading(html, title, count);
    html_print(html,
               "<div class=\"scroll%m\" role=\"region\" "
               "aria-label=\"%m in bytes\" tabindex=\"0\"><table class=\"bytes\" "
               "data-level=\"%m\"><thead><tr><th scope=\"col\">Name</th>",
               count > MOST_TALL ? " tall" : "", title, level);
}

/* `last`: the heading of a column of the table's own, or "". */
static void close_head(struct html *html, const char *last)
{
    html_print(html,
               "<th scope=\"col\" class=\"number\">Bytes</th>"
               "<th scope=\"col\" class=\"number\">Share</th>%m</tr></thead><tbody>\n",
               last);
}

static void close_table(struct html *html)
{
    put(html, "</tbody></table></div>\n");
}

/* A picture of the share, under the name. */
static const char *bar(struct html *html, uint64_t bytes, uint64_t whole)
{
    return arena_printf(html->arena,
                        "<svg class=\"bar\" viewBox=\"0 0 1000 1\" preserveAspectRatio=\"none\" "
                        "aria-hidden=\"true\" focusable=\"false\"><rect width=\"%zu\" "
                        "height=\"1\"/></svg>",
                        whole ? (size_t)((double)bytes * 1000 / (double)whole) : 0);
}

static void put_bytes(struct html *html, uint64_t bytes, uint64_t whole)
{
    html_print(html, "<td class=\"number\">%m</td><td class=\"number\">%t</td>",
               html_number(html, bytes), html_share(html, bytes, whole));
}

static void put_rest(struct html *html, size_t count, const char *what, uint64_t bytes,
                     const char *last, uint64_t whole)
{
    html_print(html, "<tr data-bytes=\"%m\" data-rest=\"\"><th scope=\"row\">%m further %m</th>",
               html_index(html, bytes), html_number(html, count), what);
    put_bytes(html, bytes, whole);
    html_print(html, "%m</tr>\n", last);
}

static void put_sections(struct html *html, const struct report_module *module)
{
    const struct wasm_info *info = module->info;
    uint64_t rest = 0;
    open_table(html, "Sections", info->section_count, "section");
    close_head(html, "");
    for (size_t i = 0; i < info->section_count; i++) {
        const struct wasm_section *section = &info->sections[i];
        if (i >= HTML_MOST_SHOWN) {
            rest += section->size;
            continue;
        }
        html_print(html, "<tr data-bytes=\"%m\"%m><th scope=\"row\"><code>%n</code>%m%m</th>",
                   html_index(html, section->size),
                   !section->custom && strcmp(section->name, "code") == 0 ? " data-code=\"\""
                   : section->custom                                      ? " data-custom=\"\""
                                                                          : "",
                   html_fit(html, section->name),
                   section->custom ? " <span class=\"dim\">custom</span>" : "",
                   bar(html, section->size, module->bytes.size));
        put_bytes(html, section->size, module->bytes.size);
        put(html, "</tr>\n");
    }
    if (rest)
        put_rest(html, info->section_count - HTML_MOST_SHOWN, "sections", rest, "",
                 module->bytes.size);
    close_table(html);
}

/* --- crates and functions --- */

static void put_crate(struct html *html, const struct wasm_part *crate, uint64_t whole)
{
    html_print(html, "<tr data-bytes=\"%m\"><th scope=\"row\"><code>%n</code>%m</th>",
               html_index(html, crate->bytes), html_fit(html, crate->name ? crate->name : ""),
               bar(html, crate->bytes, whole));
    put_bytes(html, crate->bytes, whole);
    html_print(html, "<td class=\"number\">%m</td></tr>\n", html_number(html, crate->count));
}

static void put_crates(struct html *html, const struct wasm_sizes *sizes, uint64_t whole)
{
    struct wasm_part rest = {0};
    if (sizes->crate_count == 0)
        return;
    open_table(html, "Crates", sizes->crate_count, "crate");
    close_head(html, "<th scope=\"col\" class=\"number\">Functions</th>");
    for (size_t i = 0; i < sizes->crate_count; i++)
        if (i < HTML_MOST_SHOWN)
            put_crate(html, &sizes->crates[i], whole);
        else
            rest.bytes += sizes->crates[i].bytes;
    if (rest.bytes)
        put_rest(html, sizes->crate_count - HTML_MOST_SHOWN, "crates", rest.bytes, "<td></td>",
                 whole);
    close_table(html);
}

/* Which row of the table of crates a function belongs to, for the script; "" when to none. */
static const char *crate_row(struct html *html, const struct wasm_sizes *sizes, const char *crate)
{
    for (size_t i = 0; crate && i < sizes->crate_count && i < HTML_MOST_SHOWN; i++)
        if (sizes->crates[i].name && strcmp(sizes->crates[i].name, crate) == 0)
            return arena_printf(html->arena, " data-crate=\"%zu\"", i);
    return "";
}

static void put_function(struct html *html, const struct wasm_sizes *sizes,
                         const struct wasm_part *function, uint64_t whole)
{
    html_print(html, "<tr data-bytes=\"%m\"%m><th scope=\"row\">",
               html_index(html, function->bytes), crate_row(html, sizes, function->crate));
    if (function->name)
        html_print(html, "<code>%n</code></th>", html_fit(html, function->name));
    else
        html_print(html, "function %m</th>", html_index(html, function->function));
    put_bytes(html, function->bytes, whole);
    if (sizes->crate_count)
        html_print(html, "<td>%n</td>", function->crate ? html_fit(html, function->crate) : "");
    put(html, "</tr>\n");
}

static void put_functions(struct html *html, const struct wasm_sizes *sizes, uint64_t whole)
{
    size_t i = 0, end = html->written + HTML_MOST_BYTES;
    uint64_t rest = 0;
    if (sizes->unknown)
        html_print(html, "<p class=\"dim\">Functions have no names here: %t.</p>", sizes->unknown);
    if (sizes->function_count == 0)
        return;
    open_table(html, "Functions", sizes->function_count, "function");
    close_head(html, sizes->crate_count ? "<th scope=\"col\">Crate</th>" : "");
    for (; i < sizes->function_count && i < HTML_MOST_FUNCTIONS && html->written < end; i++)
        put_function(html, sizes, &sizes->functions[i], whole);
    size_t shown = i;
    for (; i < sizes->function_count; i++)
        rest += sizes->functions[i].bytes;
    if (shown < sizes->function_count)
        put_rest(html, sizes->function_count - shown, "functions", rest,
                 sizes->crate_count ? "<td></td>" : "", whole);
    close_table(html);
}

void html_sizes(struct html *html)
{
    put(html, "<section id=\"size\" aria-labelledby=\"size-title\">"
              "<h2 id=\"size-title\">Size</h2>\n");
    for (size_t i = 0; i < html->report->module_count && i < HTML_MOST_SHOWN; i++) {
        const struct report_module *module = &html->report->modules[i];
        html_print(html, "<div class=\"sizes\" data-name=\"%t\" data-bytes=\"%m\">",
                   html_base_name(module->path), html_index(html, module->bytes.size));
        html_module_heading(html, module);
        put_figures(html, module);
        put(html, "<div class=\"map\" hidden></div>\n");
        if (module->info->section_count)
            put_sections(html, module);
        if (module->sizes) {
            put_crates(html, module->sizes, module->bytes.size);
            put_functions(html, module->sizes, module->bytes.size);
        }
        put(html, "</div>\n");
    }
    put(html, "</section>\n");
}
