/* What was measured, as bars in tables: the tables say it all, so the bars are a picture of them.
 */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/report/html.h"
#include "pkg/report/words.h"

static void put(struct html *html, const char *text)
{
    html_print(html, "%m", text);
}

/* --- bars --- */

/* A figure, and the range of it; without one low is high. */
struct bar {
    double figure, low, high;
};

static int scaled(double value, double most)
{
    double share = most > 0 ? value / most * 1000 : 0;
    return share > 1000 ? 1000 : share > 0 ? (int)share : 0;
}

static void put_bar(struct html *html, const struct bar *bar, double most, size_t form)
{
    int low = scaled(bar->low, most), high = scaled(bar->high, most);
    html_print(html,
               "<svg class=\"%m\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
               "aria-hidden=\"true\" focusable=\"false\"><rect y=\"1\" width=\"%m\" "
               "height=\"8\"/>",
               form == BENCH_ORIGINAL ? "was" : "now",
               html_index(html, (size_t)scaled(bar->figure, most)));
    if (high > low)
        put(html, arena_printf(html->arena, "<path d=\"M%d 5H%dM%d 2V8M%d 2V8\"/>", low, high, low,
                               high));
    put(html, "</svg>");
}

/* --- rows --- */

/* One measure of both forms; `texts` NULL: not measured. */
struct measured {
    const char *label, *under, *change;
    int better; /* 1: yes; -1: worse; 0: cannot be told */
    struct bar bars[BENCH_SUBJECTS];
    const char *texts[BENCH_SUBJECTS], *ranges[BENCH_SUBJECTS];
};

static void put_label(struct html *html, const struct measured *row, size_t forms)
{
    html_print(html, "<th scope=\"rowgroup\" rowspan=\"%m\">%t", html_index(html, forms),
               row->label);
    if (row->change && row->better)
        html_print(html, " <span class=\"change\">%m</span>",
                   html_badge(html, row->better > 0 ? "yes" : "warning", row->change));
    else if (row->change)
        html_print(html, "<span class=\"under change\">%t</span>", row->change);
    if (row->under)
        html_print(html, "<span class=\"under\">%t</span>", row->under);
    put(html, "</th>");
}

static void put_row(struct html *html, const struct measured *row, bool same)
{
    size_t forms = same ? 1 : BENCH_SUBJECTS;
    double most = 0;
    for (size_t i = 0; i < forms; i++) {
        const struct bar *bar = &row->bars[i];
        double end = bar->high > bar->figure ? bar->high : bar->figure;
        most = row->texts[i] && end > most ? end : most;
    }
    put(html, "<tbody>");
    for (size_t i = 0; i < forms; i++) {
        put(html, "<tr>");
        if (i == 0)
            put_label(html, row, forms);
        html_print(html, "<th scope=\"row\">%t", same ? "original, as it ships" : words_forms[i]);
        if (row->texts[i])
            put_bar(html, &row->bars[i], most, i);
        html_print(html, "</th><td class=\"number\">%t<span class=\"under\">%t</span></td></tr>",
                   row->texts[i] ? row->texts[i] : "not measured", row->ranges[i]);
    }
    put(html, "</tbody>\n");
}

static void open_table(struct html *html, const char *target, const char *title)
{
    html_print(html,
               "<h4>%t</h4><div class=\"scroll\" role=\"region\" aria-label=\"%t: %t\" "
               "tabindex=\"0\"><table class=\"chart\"><thead><tr><th scope=\"col\">Measure</th>"
               "<th scope=\"col\">Form</th><th scope=\"col\" class=\"number\">Figure</th></tr>"
               "</thead>\n",
               title, target, title);
}

static void close_table(struct html *html)
{
    put(html, "</table></div>\n");
}

/* --- sizes --- */

static void put_size(struct html *html, const char *label, size_t was, size_t now, bool same)
{
    struct measured row = {.label = label};
    const size_t sizes[BENCH_SUBJECTS] = {was, now};
    if (was + now == 0)
        return;
    for (size_t i = 0; i < BENCH_SUBJECTS; i++) {
        double size = (double)sizes[i];
        row.bars[i] = (struct bar){size, size, size};
        row.texts[i] = html_short(html, sizes[i]);
        row.ranges[i] = print_count(html->arena, sizes[i], "byte");
    }
    if (!same) {
        row.change = words_growth(html->arena, (double)was, (double)now);
        row.better = now < was ? 1 : now > was ? -1 : 0;
    }
    put_row(html, &row, same);
}

static void put_sizes(struct html *html, const struct bench_target *target)
{
    const struct bench_sizes *was = &target->sizes[BENCH_ORIGINAL];
    const struct bench_sizes *now = &target->sizes[BENCH_SHIPPED];
    open_table(html, target->target, "Size");
    put_size(html, "raw", was->raw, now->raw, target->same);
    put_size(html, "gzip", was->gzip, now->gzip, target->same);
    put_size(html, "zip", was->zip, now->zip, target->same);
    close_table(html);
}

/* --- a runtime --- */

static const char *describe_measure(struct html *html, const struct bench_row *row)
{
    const char *base = words_figure(html->arena, row->measure, &row->base);
    return arena_printf(html->arena, "%s%s%s%s%s%s", bench_words(row->measure)->meaning,
                        base ? " of " : "", base ? base : "",
                        bench_words(row->measure)->more_is_better ? "; more is better" : "",
                        row->note ? ". " : "", row->note ? row->note : "");
}

static void put_measure(struct html *html, const struct bench_row *row, bool same)
{
    struct measured measured = {.label = bench_words(row->measure)->label,
                                .under = describe_measure(html, row),
                                .change = words_change(html->arena, row, same),
                                .better = words_better(row, same)};
    for (size_t i = 0; i < BENCH_SUBJECTS; i++) {
        const struct bench_number *number = &row->numbers[i];
        measured.bars[i] =
            (struct bar){bench_figure(row->measure, number), number->low, number->high};
        measured.texts[i] = words_figure(html->arena, row->measure, number);
        measured.ranges[i] = words_range(html->arena, number);
    }
    put_row(html, &measured, same);
}

static void put_runtime(struct html *html, const struct bench_target *target,
                        const struct bench_runtime *runtime)
{
    const char *name = words_runtime(html->arena, runtime);
    if (runtime->problem) {
        html_print(html, "<h4>%t</h4><p>", name);
        html_linked(html, runtime->problem);
        put(html, "</p>\n");
        return;
    }
    open_table(html, target->target, name);
    for (size_t i = 0; i < BENCH_MEASURES; i++)
        put_measure(html, &runtime->rows[i], target->same);
    close_table(html);
}

static void put_finding(struct html *html, const struct finding *finding)
{
    static const char *const kinds[] = {"note", "warning", "no"};
    const char *kind = kinds[finding->level];
    html_print(html, "<article class=\"finding %m\"><h4>%m <span>%t</span></h4></article>\n", kind,
               html_badge(html, kind, level_name(finding->level)), finding->message);
}

static void put_target(struct html *html, const struct bench_target *target, size_t index)
{
    const char *number = html_index(html, index + 1);
    html_print(html,
               "<section class=\"target\" id=\"bench-%m\" aria-labelledby=\"bench-%m-title\">"
               "<h3 id=\"bench-%m-title\">%n</h3><p class=\"dim\">%n: %t; %m</p>\n",
               number, number, number, target->target, html_base_name(target->module),
               words_shipped(html->arena, target),
               target->sizes[BENCH_SHIPPED].simd ? "with SIMD" : "without SIMD");
    for (size_t i = 0; i < target->finding_count && i < HTML_MOST_SHOWN; i++)
        put_finding(html, &target->findings[i]);
    put_sizes(html, target);
    if (target->problem)
        html_print(html, "<p>%t</p>\n", target->problem);
    for (size_t i = 0; i < target->runtime_count && i < HTML_MOST_SHOWN; i++)
        put_runtime(html, target, &target->runtimes[i]);
    put(html, "</section>\n");
}

void html_bench(struct html *html)
{
    const struct bench *bench = html->report->bench;
    if (!bench)
        return;
    html_print(html,
               "<section id=\"bench\" aria-labelledby=\"bench-title\">"
               "<h2 id=\"bench-title\">Measured</h2>\n<p class=\"dim\">%t</p>\n",
               words_bench_hint);
    for (size_t i = 0; i < bench->target_count && i < HTML_MOST_SHOWN; i++)
        put_target(html, &bench->targets[i], i);
    put(html, "</section>\n");
}
