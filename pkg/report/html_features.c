/* Features against targets, each fact with its source and date. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/report/html.h"

static void put(struct html *html, const char *text)
{
    html_print(html, "%m", text);
}

static bool is_judged(const struct verdict *verdict, const char *path)
{
    if (!verdict->profile)
        return false;
    for (size_t i = 0; i < verdict->module_count; i++)
        if (strcmp(verdict->modules[i], path) == 0)
            return true;
    return false;
}

static void put_head(struct html *html, const struct report_module *module)
{
    put(html, "<thead><tr><th scope=\"col\">Feature</th><th scope=\"col\" class=\"number\">Uses"
              "</th>");
    for (size_t i = 0; i < html->report->verdict_count; i++)
        if (is_judged(&html->report->verdicts[i], module->path))
            html_print(html, "<th scope=\"col\">%n</th>", html->report->verdicts[i].target);
    put(html, "</tr></thead>");
}

/* What the profile says of the feature as this module uses it. */
static void put_support(struct html *html, const struct verdict *verdict,
                        const struct report_module *module, enum wasm_feature feature)
{
    const struct profile_case *instead;
    const struct profile_feature *known =
        profile_judge(&verdict->profile->features[feature], module->info, feature, &instead);
    html_print(html, "<td data-label=\"%t\">%m<span class=\"under\">", verdict->target,
               html_support(html, known->support));
    html_date(html, known->as_of);
    put(html, known->as_of ? " " : "");
    html_cite(html, verdict->profile->title, known->evidence, known->as_of);
    put(html, "</span>");
    if (known->note && known->support == SUPPORT_PARTIAL)
        html_print(html, "<span class=\"under note-text\">%t</span>", known->note);
    put(html, "</td>");
}

static const char *describe_spec(struct html *html, const char *spec)
{
    if (strcmp(spec, "proposal") == 0)
        return "a proposal";
    return strcmp(spec, "legacy") == 0 ? "never standardised"
                                       : arena_printf(html->arena, "WebAssembly %s", spec);
}

static void put_first(struct html *html, const struct wasm_use *use)
{
    struct place first = {.function_name = use->function_name,
                          .instruction =
                              use->instruction ? use->instruction : wasm_reason_name(use->reason),
                          .function = use->function,
                          .offset = use->offset,
                          .source_file = use->source.file,
                          .source_line = use->source.line,
                          .has_offset = true};
    put(html, "<span class=\"under\">first: ");
    html_place(html, &first, false);
    put(html, "</span>");
}

/* What shows the feature where there are several ways: "2 instructions, data count section". */
static void put_ways(struct html *html, const struct wasm_use *use)
{
    if (!use->ways || !use->ways->next)
        return;
    put(html, "<span class=\"under\">by ");
    for (const struct wasm_way *way = use->ways; way; way = way->next) {
        const char *times =
            way->count == 1 || !way->what
                ? ""
                : arena_printf(html->arena, "%s \xc3\x97 ", html_number(html, way->count));
        html_print(html, "%m%m%t", way == use->ways ? "" : ", ", times,
                   way->what ? way->what
                             : print_count(html->arena, (size_t)way->count, "instruction"));
    }
    put(html, "</span>");
}

static void put_weight(struct html *html, const struct wasm_use *use)
{
    if (use->functions)
        html_print(html, "<span class=\"under\">in %m, %m</span>",
                   print_count(html->arena, (size_t)use->functions, "function"),
                   html_short(html, use->function_bytes));
}

static void put_row(struct html *html, const struct report_module *module,
                    const struct wasm_use *use)
{
    const struct wasm_feature_row *row = &wasm_features[use->feature];
    html_print(html, "<tr><th scope=\"row\"><code>%t</code><span class=\"under\">%t, %t</span>",
               row->id, row->title, describe_spec(html, row->spec));
    put_first(html, use);
    put_ways(html, use);
    html_print(html, "</th><td class=\"number\" data-label=\"Uses\"><span>%m</span>",
               html_number(html, use->count));
    put_weight(html, use);
    put(html, "</td>");
    for (size_t i = 0; i < html->report->verdict_count; i++)
        if (is_judged(&html->report->verdicts[i], module->path))
            put_support(html, &html->report->verdicts[i], module, use->feature);
    put(html, "</tr>\n");
}

static void put_module(struct html *html, const struct report_module *module)
{
    html_module_heading(html, module);
    if (module->info->use_count == 0) {
        put(html, "<p class=\"good\">None beyond the first WebAssembly (MVP), which everything "
                  "runs.</p>\n");
        return;
    }
    put(html, "<div class=\"scroll\" role=\"region\" aria-label=\"Features used");
    if (html->report->module_count > 1)
        html_print(html, " by %t", module->path);
    put(html, "\" tabindex=\"0\"><table class=\"features\">");
    put_head(html, module);
    put(html, "<tbody>\n");
    for (size_t i = 0; i < module->info->use_count; i++)
        put_row(html, module, &module->info->uses[i]);
    put(html, "</tbody></table></div>\n");
}

void html_features(struct html *html)
{
    put(html, "<section id=\"features\" aria-labelledby=\"features-title\">"
              "<h2 id=\"features-title\">Features</h2>\n");
    for (size_t i = 0; i < html->report->module_count && i < HTML_MOST_SHOWN; i++)
        put_module(html, &html->report->modules[i]);
    put(html, "</section>\n");
}
