/* What else is known of a target: what changed, its runtime's dates, the next variant, proofs. */
#include <inttypes.h>

#include "pkg/base/arena.h"
#include "pkg/report/html.h"
#include "pkg/report/words.h"

static void put(struct html *html, const char *text)
{
    html_print(html, "%m", text);
}

/* "+1,234", "-56", "no difference". */
static const char *signed_bytes(struct html *html, int64_t value)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value == 0)
        return "the same size";
    return arena_printf(html->arena, "%s%s", value < 0 ? "\xe2\x88\x92" : "+",
                        html_bytes(html, size));
}

static void put_words(struct html *html, const char *term, const char *const *words, size_t count)
{
    if (count == 0)
        return;
    html_print(html, "<div><dt>%m</dt><dd>", term);
    for (size_t i = 0; i < count && i < HTML_MOST_SHOWN; i++)
        html_print(html, "%m<code>%n</code>", i ? ", " : "", words[i]);
    put(html, "</dd></div>");
}

static void put_line(struct html *html, const char *term, const char *text)
{
    if (!text || !*text)
        return;
    html_print(html, "<div><dt>%m</dt><dd>", term);
    html_linked(html, text);
    put(html, "</dd></div>");
}

static void put_deployment(struct html *html, const struct change *change)
{
    put(html, "<div><dt>Deployed</dt><dd>");
    if (change->version)
        html_print(html, "version <code>%n</code> ", change->version);
    html_print(html, "from commit <code>%n</code>",
               arena_printf(html->arena, "%.12s", change->commit));
    put(html, change->time ? ", " : "");
    html_date(html, change->time);
    put(html, "</dd></div>");
}

static const char *describe_growth(struct html *html, const struct change *change)
{
    const char *raw = change->has_bytes ? signed_bytes(html, change->bytes) : "";
    const char *gzip = change->has_gzip ? signed_bytes(html, change->gzip_bytes) : "";
    return arena_printf(html->arena, "%s%s%s%s", raw, *raw && *gzip ? "; " : "",
                        *gzip ? "gzip " : "", gzip);
}

static void put_change(struct html *html, const struct change *change)
{
    if (!change->commit)
        return;
    put(html, "<h4>Since the last deployment</h4><dl class=\"rows\">");
    put_deployment(html, change);
    put_line(html, "Size", describe_growth(html, change));
    put_words(html, "New features", change->features_added, change->added_count);
    put_words(html, "Gone", change->features_removed, change->removed_count);
    if (change->added_count + change->removed_count == 0)
        put_line(html, "Features", "the same");
    put_line(html, "Compiler", change->toolchain);
    put_line(html, "Why", change->history);
    put(html, "</dl>\n");
}

static void put_facts(struct html *html, const struct verdict *verdict,
                      const struct runtime_fact *facts, size_t count)
{
    const char *title = verdict->profile ? verdict->profile->title : NULL;
    for (size_t i = 0; i < count && i < HTML_MOST_SHOWN; i++) {
        const struct runtime_fact *fact = &facts[i];
        html_print(html, "<div><dt>%t</dt><dd>", fact->name);
        html_date(html, fact->date);
        put(html, fact->date && fact->text ? ": " : "");
        html_print(html, "%t ", fact->text);
        html_cite(html, title, fact->source, verdict->profile_as_of);
        put(html, "</dd></div>");
    }
}

static void put_next(struct html *html, const struct verdict *verdict)
{
    const struct next_variant *next = &verdict->next;
    if (!next->variant)
        return;
    html_print(html, "<h4>Moving to %n</h4><dl class=\"rows\">", next->variant);
    put_words(html, "Gains", next->gained, next->gained_count);
    put_words(html, "Loses", next->lost, next->lost_count);
    if (next->gained_count + next->lost_count == 0)
        put_line(html, "Features", "the same");
    put_facts(html, verdict, next->facts, next->fact_count);
    put(html, "</dl>\n");
}

static void put_proof(struct html *html, const struct proof *proof)
{
    static const char *const kinds[] = {"yes", "no", "unknown"};
    static const char *const words[] = {"taken", "refused", "not proved"};
    html_print(html, "<li>%m in <span>%t</span>",
               html_badge(html, kinds[proof->answer], words[proof->answer]), proof->runtime);
    if (proof->path && html->report->module_count > 1)
        html_print(html, ": %n", proof->path);
    if (proof->message)
        html_print(html, "<span class=\"under\">%t</span>", proof->message);
    else if (proof->how)
        html_print(html, "<span class=\"under\">%t</span>", proof->how);
    put(html, "</li>");
}

void html_proofs(struct html *html, const struct proof *proofs, size_t count)
{
    if (count == 0)
        return;
    put(html, "<ul class=\"proofs\">");
    for (size_t i = 0; i < count && i < HTML_MOST_SHOWN; i++)
        put_proof(html, &proofs[i]);
    put(html, "</ul>\n");
}

static void put_estimate(struct html *html, const struct verdict *verdict)
{
    const char *text = words_estimate(html->arena, &verdict->estimate);
    if (!text)
        return;
    html_print(html, "<p class=\"estimate\">%t ", html_capital(html, text));
    html_cite(html, verdict->profile ? verdict->profile->title : NULL, verdict->estimate.source,
              NULL);
    put(html, "</p>\n");
}

void html_target_extras(struct html *html, const struct verdict *verdict)
{
    put_estimate(html, verdict);
    put_change(html, &verdict->change);
    if (verdict->fact_count) {
        put(html, "<h4>Runtime</h4><dl class=\"rows\">");
        put_facts(html, verdict, verdict->facts, verdict->fact_count);
        put(html, "</dl>\n");
    }
    put_next(html, verdict);
    if (verdict->proof_count)
        put(html, "<h4>Proof: run in the runtimes found here</h4>");
    html_proofs(html, verdict->proofs, verdict->proof_count);
}
