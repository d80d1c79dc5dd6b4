/* Who runs it, at a glance; then each target: what was found, worst first. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/report/html.h"

static void put(struct html *html, const char *text)
{
    html_print(html, "%m", text);
}

/* --- the matrix --- */

struct cell {
    enum answer answer;
    size_t count[LEVEL_ERROR + 1];
};

/* One module on one target. Findings without a path are about the target as a whole: they count
   for each module. */
static struct cell judge(const struct verdict *verdict, const char *path)
{
    struct cell cell = {ANSWER_YES, {0}};
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (path && finding->where.path && strcmp(finding->where.path, path) != 0)
            continue;
        cell.count[finding->level]++;
        if (finding->is_unknown && cell.answer == ANSWER_YES)
            cell.answer = ANSWER_UNKNOWN;
    }
    if (cell.count[LEVEL_ERROR])
        cell.answer = ANSWER_NO;
    return cell;
}

static bool ships(const struct verdict *verdict, const char *path)
{
    for (size_t i = 0; i < verdict->module_count; i++)
        if (strcmp(verdict->modules[i], path) == 0)
            return true;
    return false;
}

/* "1 error, 2 warnings". */
static const char *describe_counts(struct html *html, const struct cell *cell)
{
    const char *text = "";
    for (int level = LEVEL_ERROR; level >= LEVEL_NOTE; level--)
        if (cell->count[level])
            text = arena_printf(
                html->arena, "%s%s%s", text, *text ? ", " : "",
                print_count(html->arena, cell->count[level], level_name((enum level)level)));
    return text;
}

static void put_cell(struct html *html, const struct verdict *verdict, const char *path)
{
    if (path && verdict->module_count && !ships(verdict, path)) {
        put(html, "<td class=\"dim\">not shipped there</td>");
        return;
    }
    struct cell cell = judge(verdict, path);
    enum answer answer = path ? cell.answer : verdict->answer;
    html_print(html, "<td>%m<span class=\"under\">%t</span></td>", html_answer(html, answer),
               describe_counts(html, &cell));
}

/* "AWS Lambda@Edge, nodejs20.x; profile of 2026-11-22" */
static void put_platform(struct html *html, const struct verdict *verdict)
{
    const char *title = verdict->profile ? verdict->profile->title : verdict->platform;
    html_print(html, "%t", title);
    if (verdict->variant && *verdict->variant)
        html_print(html, ", %t", verdict->variant);
    put(html, "; profile of ");
    html_date(html, verdict->profile_as_of);
}

static void put_row(struct html *html, size_t index)
{
    const struct report *report = html->report;
    const struct verdict *verdict = &report->verdicts[index];
    html_print(html, "<tr><th scope=\"row\"><a href=\"#target-%m\">%n</a><span class=\"under\">",
               html_index(html, index + 1), verdict->target);
    put_platform(html, verdict);
    put(html, "</span></th>");
    if (report->module_count <= 1)
        put_cell(html, verdict, NULL);
    for (size_t i = 0; report->module_count > 1 && i < report->module_count; i++)
        put_cell(html, verdict, report->modules[i].path);
    put(html, "</tr>\n");
}

void html_matrix(struct html *html)
{
    const struct report *report = html->report;
    if (report->verdict_count == 0)
        return;
    put(html, "<section id=\"verdict\" aria-labelledby=\"verdict-title\">"
              "<h2 id=\"verdict-title\">Verdict</h2>\n<div class=\"scroll\" role=\"region\" "
              "aria-label=\"Verdict of each target\" tabindex=\"0\"><table class=\"matrix\">"
              "<thead><tr><th scope=\"col\">Target</th>");
    if (report->module_count == 0)
        put(html, "<th scope=\"col\">Verdict</th>");
    for (size_t i = 0; i < report->module_count; i++)
        html_print(html, "<th scope=\"col\">%n</th>", html_base_name(report->modules[i].path));
    put(html, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < report->verdict_count; i++)
        put_row(html, i);
    put(html, "</tbody></table></div></section>\n");
}

/* --- findings --- */

static void put_labelled(struct html *html, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    html_print(html, "<div><dt>%m</dt><dd>", label);
    html_linked(html, text);
    put(html, "</dd></div>");
}

static void put_where(struct html *html, const struct place *where)
{
    if (!where->path && !where->has_offset)
        return;
    put(html, "<div><dt>Where</dt><dd>");
    html_place(html, where, html->report->module_count > 1 || !where->has_offset);
    put(html, "</dd></div>");
}

static void put_cure(struct html *html, const struct cure *cure)
{
    const char *const others[] = {cure->compiler, cure->other};
    if (!cure->automatic && !cure->lowering && !cure->compiler && !cure->other)
        return;
    put(html, "<div class=\"cure\"><dt>Cure</dt><dd><ul>");
    if (cure->automatic)
        html_print(html, "<li>publish lowers it with <code>%t</code></li>", cure->automatic);
    else if (cure->lowering)
        html_print(html, "<li>lower it: <code>wasm-opt %t</code></li>", cure->lowering);
    for (size_t i = 0; i < 2; i++) {
        if (!others[i])
            continue;
        put(html, "<li>");
        html_linked(html, others[i]);
        put(html, "</li>");
    }
    put(html, "</ul>");
    if (cure->source) {
        put(html, "<span class=\"under\">");
        html_linked(html, cure->source);
        put(html, "</span>");
    }
    put(html, "</dd></div>");
}

static const char *describe_weight(struct html *html, const struct finding *finding)
{
    if (finding->functions == 0)
        return NULL;
    return arena_printf(html->arena, "%s in %s that %s %s",
                        print_count(html->arena, (size_t)finding->count, "use"),
                        print_count(html->arena, (size_t)finding->functions, "function"),
                        finding->functions == 1 ? "weighs" : "together weigh",
                        html_bytes(html, finding->function_bytes));
}

static void put_finding(struct html *html, const struct finding *finding)
{
    static const char *const kinds[] = {"note", "warning", "no"};
    const char *kind = kinds[finding->level];
    html_print(html, "<article class=\"finding %m\" data-rule=\"%t\" data-subject=\"%t\"><h4>%m ",
               kind, finding->rule, finding->subject,
               html_badge(html, kind, level_name(finding->level)));
    html_print(html, "<span>%t</span></h4><dl>", finding->message);
    put_labelled(html, "New", finding->since);
    put_where(html, &finding->where);
    put_labelled(html, "Cause", finding->cause);
    put_labelled(html, "Weight", describe_weight(html, finding));
    put_cure(html, &finding->cure);
    put_labelled(html, "Source", finding->source);
    html_print(html, "<div><dt>Rule</dt><dd>%t <code>%n</code></dd></div></dl></article>\n",
               finding->rule, finding->subject);
}

static void put_findings(struct html *html, const struct verdict *verdict)
{
    if (verdict->finding_count == 0)
        put(html, "<p class=\"good\">Nothing was found that does not run here.</p>\n");
    for (size_t i = 0; i < verdict->finding_count && i < HTML_MOST_SHOWN; i++)
        put_finding(html, &verdict->findings[i]);
    if (verdict->finding_count > HTML_MOST_SHOWN)
        html_print(html, "<p>And %m more: <code>--format json</code> lists all.</p>\n",
                   html_number(html, verdict->finding_count - HTML_MOST_SHOWN));
}

static void put_modules(struct html *html, const struct verdict *verdict)
{
    if (html->report->module_count <= 1 || verdict->module_count == 0)
        return;
    put(html, "<p class=\"dim\">Ships ");
    for (size_t i = 0; i < verdict->module_count && i < HTML_MOST_SHOWN; i++)
        html_print(html, "%m%n", i ? ", " : "", verdict->modules[i]);
    put(html, "</p>\n");
}

void html_targets(struct html *html)
{
    if (html->report->verdict_count == 0)
        return;
    put(html, "<section id=\"targets\" aria-labelledby=\"targets-title\">"
              "<h2 id=\"targets-title\">Targets</h2>\n");
    for (size_t i = 0; i < html->report->verdict_count; i++) {
        const struct verdict *verdict = &html->report->verdicts[i];
        const char *index = html_index(html, i + 1);
        html_print(html,
                   "<section class=\"target\" id=\"target-%m\" aria-labelledby=\"target-%m-title\">"
                   "<h3 id=\"target-%m-title\">%n %m</h3><p class=\"dim\">",
                   index, index, index, verdict->target, html_answer(html, verdict->answer));
        put_platform(html, verdict);
        put(html, "</p>\n");
        put_modules(html, verdict);
        put_findings(html, verdict);
        html_target_extras(html, verdict);
        put(html, "</section>\n");
    }
    put(html, "</section>\n");
}
