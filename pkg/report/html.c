/* The HTML report: one file that loads nothing, reads without its script, and prints. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/embedded.h"
#include "pkg/digest/digest.h"
#include "pkg/report/html.h"
#include "pkg/report/text.h"

static void put(struct html *html, const char *text)
{
    html_print(html, "%m", text);
}

/* How the targets answer, in numbers. */
struct tally {
    size_t count[3]; /* by enum answer */
    size_t all;
};

static struct tally count_answers(const struct report *report)
{
    struct tally tally = {{0}, report->verdict_count};
    for (size_t i = 0; i < report->verdict_count; i++)
        tally.count[report->verdicts[i].answer]++;
    return tally;
}

/* "app.wasm", "app.wasm and 2 more". */
static const char *subject(struct html *html)
{
    const struct report *report = html->report;
    if (report->module_count == 0)
        return arena_printf(html->arena, "%s failed", report->command);
    const char *first = html_base_name(report->modules[0].path);
    return report->module_count == 1
               ? first
               : arena_printf(html->arena, "%s and %zu more", first, report->module_count - 1);
}

static const char *describe_answer(struct html *html)
{
    static const char *const words[] = {"compatible with", "incompatible with", "not known for"};
    static const enum answer order[] = {ANSWER_NO, ANSWER_UNKNOWN, ANSWER_YES};
    struct tally tally = count_answers(html->report);
    if (report_is_empty(html->report))
        return html->report->failure->message;
    for (size_t i = 0; i < 3 && tally.all; i++) {
        size_t count = tally.count[order[i]];
        if (count && count == tally.all)
            return arena_printf(html->arena, "%s %s", words[order[i]],
                                count == 1   ? html->report->verdicts[0].target
                                : count == 2 ? "both targets"
                                             : arena_printf(html->arena, "all %zu targets", count));
        if (count)
            return arena_printf(html->arena, "%s %zu of %zu targets", words[order[i]], count,
                                tally.all);
    }
    return html->report->bench ? "what it costs" : "what it is and uses";
}

/* --- the head --- */

static const char *hash_of(struct html *html, const char *text)
{
    uint8_t digest[32];
    digest_sha256_raw(bytes_of(text), digest);
    return digest_base64(html->arena, (struct bytes){digest, sizeof digest});
}

/* The two elements that may be there are named by their digests: whatever else got in is not run.
 */
static void put_head(struct html *html)
{
    html_print(html,
               "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'sha256-%m'; script-src 'sha256-%m'; base-uri 'none'; "
               "form-action 'none'\">\n",
               hash_of(html, report_style_sheet), hash_of(html, report_script));
    html_print(html,
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n"
               "<meta name=\"referrer\" content=\"no-referrer\">\n"
               "<meta name=\"generator\" content=\"edge-deploy %t\">\n"
               "<title>%t: %t</title>\n<style>%m</style>\n</head>\n",
               html->report->version, subject(html), describe_answer(html), report_style_sheet);
}

/* Shapes that differ without their colours. */
static void put_signs(struct html *html)
{
    put(html,
        "<svg class=\"signs\" aria-hidden=\"true\" focusable=\"false\" width=\"0\" height=\"0\">"
        "<symbol id=\"sign-yes\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"7\"/>"
        "<path d=\"M4.6 8.3l2.3 2.4 4.5-5\"/></symbol>"
        "<symbol id=\"sign-no\" viewBox=\"0 0 16 16\"><path "
        "d=\"M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z\"/>"
        "<path d=\"M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2\"/></symbol>"
        "<symbol id=\"sign-warning\" viewBox=\"0 0 16 16\"><path d=\"M8 1.6L15.2 14.4H.8z\"/>"
        "<path d=\"M8 6.2v3.9M8 12v.2\"/></symbol>"
        "<symbol id=\"sign-part\" viewBox=\"0 0 16 16\"><circle cx=\"8\" cy=\"8\" r=\"7\"/>"
        "<path class=\"solid\" d=\"M8 4.2a3.8 3.8 0 0 0 0 7.6z\"/></symbol>"
        "<symbol id=\"sign-unknown\" viewBox=\"0 0 16 16\"><path "
        "d=\"M8 .9L15.1 8 8 15.1.9 8z\"/>"
        "<path d=\"M6.4 6.3a1.7 1.7 0 1 1 2.5 1.5c-.6.4-.9.7-.9 1.3M8 11v.2\"/></symbol>"
        "<symbol id=\"sign-note\" viewBox=\"0 0 16 16\"><rect x=\"1.5\" y=\"1.5\" width=\"13\" "
        "height=\"13\" rx=\"2.5\"/><path d=\"M8 7.4v3.9M8 4.7v.2\"/></symbol></svg>\n");
}

/* --- the top of the page --- */

static void put_fact(struct html *html, const char *term, const char *value)
{
    html_print(html, "<div><dt>%m</dt><dd>%t</dd></div>", term, value);
}

static void put_module_facts(struct html *html, const struct report_module *module)
{
    char sha256[65];
    digest_sha256(module->bytes, sha256);
    put(html, "<dl class=\"facts\">");
    if (html->report->module_count > 1 || strcmp(module->path, html_base_name(module->path)) != 0)
        html_print(html, "<div><dt>Module</dt><dd>%n</dd></div>", module->path);
    put_fact(html, "Kind", module->info->kind == WASM_COMPONENT ? "component" : "core module");
    put_fact(html, "Needs", text_spec(html->arena, module->info));
    put_fact(html, "Size", html_bytes(html, module->bytes.size));
    if (module->gzip_bytes)
        put_fact(html, "gzip", html_short(html, module->gzip_bytes));
    if (module->brotli_bytes)
        put_fact(html, "brotli", html_short(html, module->brotli_bytes));
    html_print(html,
               "<div class=\"wide\"><dt>SHA-256</dt><dd><code class=\"digest\">%t</code></dd>"
               "</div></dl>",
               sha256);
}

static const char *worst_kind(const struct report *report)
{
    struct tally tally = count_answers(report);
    if (report_is_empty(report))
        return "no";
    if (tally.all == 0)
        return "none";
    return tally.count[ANSWER_NO] ? "no" : tally.count[ANSWER_UNKNOWN] ? "unknown" : "yes";
}

/* What ended the run, unless the verdict says so already. */
static void put_failure(struct html *html)
{
    const struct error *failure = html->report->failure;
    if (!failure || failure->fault == FAULT_NONE)
        return;
    if (!report_is_empty(html->report) && failure->fault != FAULT_INCOMPATIBLE)
        html_print(html, "<p>The run ended with: %t</p>", failure->message);
    if (failure->hint[0])
        html_print(html, "<p class=\"dim\">What to do: %t</p>", failure->hint);
}

static void put_header(struct html *html)
{
    const struct report *report = html->report;
    const char *kind = worst_kind(report);
    html_print(html,
               "<a class=\"skip\" href=\"#main\">Skip to the report</a>\n"
               "<header class=\"%m\"><div class=\"page\">"
               "<p class=\"brand\">edge-deploy <span>%t</span></p><h1>%n</h1>",
               kind, report->command, subject(html));
    if (report->verdict_count || report_is_empty(report))
        html_print(html,
                   "<p class=\"answer\"><svg class=\"sign\" aria-hidden=\"true\" "
                   "focusable=\"false\"><use href=\"#sign-%m\"/></svg> %t</p>",
                   kind, html_capital(html, describe_answer(html)));
    put_failure(html);
    for (size_t i = 0; i < report->module_count && i < HTML_MOST_SHOWN; i++)
        put_module_facts(html, &report->modules[i]);
    put(html, "</div></header>\n");
}

static void put_contents(struct html *html)
{
    const struct report *report = html->report;
    if (report->module_count + report->verdict_count == 0)
        return;
    put(html, "<nav class=\"contents\" aria-label=\"Contents\"><ul>");
    if (report->bench)
        put(html, "<li><a href=\"#bench\">Measured</a></li>");
    if (report->verdict_count)
        put(html, "<li><a href=\"#verdict\">Verdict</a></li>"
                  "<li><a href=\"#targets\">Targets</a></li>");
    if (report->module_count)
        put(html, "<li><a href=\"#features\">Features</a></li><li><a href=\"#size\">Size</a></li>"
                  "<li><a href=\"#module\">Module</a></li>");
    if (report->verdict_count)
        put(html, "<li><a href=\"#sources\">Sources</a></li>");
    put(html, "</ul></nav>\n");
}

/* --- the sources --- */

static void put_profile(struct html *html, const struct profile *profile)
{
    html_print(html, "<li><span>%t</span>, profile as of ", profile->title);
    html_date(html, profile->as_of);
    put(html, "<ul class=\"plain\">");
    for (size_t i = 0; i < profile->source_count && i < HTML_MOST_SHOWN; i++) {
        put(html, "<li>");
        html_linked(html, profile->sources[i]);
        put(html, "</li>");
    }
    put(html, "</ul></li>\n");
}

static bool is_listed(const struct report *report, size_t end, const struct profile *profile)
{
    for (size_t i = 0; i < end; i++)
        if (report->verdicts[i].profile &&
            strcmp(report->verdicts[i].profile->name, profile->name) == 0 &&
            strcmp(report->verdicts[i].profile->as_of, profile->as_of) == 0)
            return true;
    return false;
}

static void put_facts_of_profiles(struct html *html)
{
    if (html->source_count == 0)
        return;
    put(html, "<h3>Of the facts cited</h3>\n<ol class=\"sources\">");
    for (size_t i = 0; i < html->source_count; i++) {
        const struct html_source *source = &html->sources[i];
        html_print(html, "<li id=\"source-%m\">%t%m", html_index(html, i + 1), source->title,
                   source->title ? ": " : "");
        html_linked(html, source->text);
        if (source->as_of) {
            put(html, " <span class=\"date\">(as of ");
            html_date(html, source->as_of);
            put(html, ")</span>");
        }
        put(html, "</li>\n");
    }
    put(html, "</ol>");
}

void html_sources(struct html *html)
{
    const struct report *report = html->report;
    if (report->verdict_count == 0 && html->source_count == 0)
        return;
    put(html, "<section id=\"sources\" aria-labelledby=\"sources-title\">"
              "<h2 id=\"sources-title\">Sources</h2>\n");
    put_facts_of_profiles(html);
    put(html, "<h3>Of the profiles</h3>\n<ul class=\"profiles\">");
    for (size_t i = 0; i < report->verdict_count; i++) {
        const struct profile *profile = report->verdicts[i].profile;
        if (profile && !is_listed(report, i, profile))
            put_profile(html, profile);
    }
    put(html, "</ul></section>\n");
}

int report_html(struct arena *arena, const struct report *report, const struct report_style *style,
                FILE *file)
{
    struct html html = {.arena = arena, .file = file, .report = report};
    (void)style; /* the reader's own settings decide */
    put_head(&html);
    put(&html, "<body>\n");
    put_signs(&html);
    put_header(&html);
    put(&html, "<div class=\"page columns\">");
    put_contents(&html);
    put(&html, "<main id=\"main\" tabindex=\"-1\">\n");
    html_bench(&html);
    html_matrix(&html);
    html_targets(&html);
    if (report->module_count) {
        html_features(&html);
        html_sizes(&html);
        html_modules(&html);
    }
    html_sources(&html);
    html_print(&html,
               "</main></div>\n<footer><div class=\"page\">Written by edge-deploy "
               "%t. This page loads nothing and sends nothing.</div></footer>\n"
               "<script>%m</script>\n</body>\n</html>\n",
               report->version, report_script);
    return ferror(file) ? -1 : 0;
}
