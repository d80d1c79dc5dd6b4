/* What else is known of a target: what changed, its runtime's dates, the next variant, proofs. */
#include <inttypes.h>

#include "pkg/base/arena.h"
#include "pkg/report/html.h"

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

static void put_change(struct html *html, const struct change *change)
{
    if (!change->commit)
        return;
    put(html, "<h4>Since the last deployment</h4><dl class=\"rows\"><div><dt>Deployed</dt><dd>");
    if (change->version)
        html_print(html, "version <code>%n</code> ", change->version);
    html_print(html, "from commit <code>%n</code>", change->commit);
    if (change->time) {
        put(html, ", ");
        html_date(html, change->time);
    }
    html_print(html, "</dd></div><div><dt>Size</dt><dd>%t", signed_bytes(html, change->bytes));
    if (change->has_gzip)
        html_print(html, "; gzip %t", signed_bytes(html, change->gzip_bytes));
    put(html, "</dd></div>");
    put_words(html, "New features", change->features_added, change->added_count);
    put_words(html, "Gone", change->features_removed, change->removed_count);
    if (change->added_count + change->removed_count == 0)
        put(html, "<div><dt>Features</dt><dd>the same</dd></div>");
    if (change->history) {
        put(html, "<div><dt>Why</dt><dd>");
        html_linked(html, change->history);
        put(html, "</dd></div>");
    }
    put(html, "</dl>\n");
}

static void put_facts(struct html *html, const struct verdict *verdict)
{
    const char *title = verdict->profile ? verdict->profile->title : NULL;
    if (verdict->fact_count == 0)
        return;
    put(html, "<h4>Runtime</h4><dl class=\"rows\">");
    for (size_t i = 0; i < verdict->fact_count && i < HTML_MOST_SHOWN; i++) {
        const struct runtime_fact *fact = &verdict->facts[i];
        html_print(html, "<div><dt>%t</dt><dd>", fact->name);
        html_date(html, fact->date);
        put(html, fact->date && fact->text ? ": " : "");
        html_print(html, "%t ", fact->text);
        html_cite(html, title, fact->source,
                  verdict->profile ? verdict->profile->as_of : verdict->profile_as_of);
        put(html, "</dd></div>");
    }
    put(html, "</dl>\n");
}

static void put_next(struct html *html, const struct next_variant *next)
{
    if (!next->variant)
        return;
    html_print(html, "<h4>Moving to %n</h4><dl class=\"rows\">", next->variant);
    put_words(html, "Gains", next->gained, next->gained_count);
    put_words(html, "Loses", next->lost, next->lost_count);
    if (next->gained_count + next->lost_count == 0)
        put(html, "<div><dt>Features</dt><dd>the same</dd></div>");
    put(html, "</dl>\n");
}

static void put_proof(struct html *html, const struct proof *proof)
{
    static const char *const kinds[] = {"yes", "no", "unknown"};
    static const char *const words[] = {"taken", "refused", "not tried"};
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
    put(html, "<h4>Proof: run in the runtimes found here</h4><ul class=\"proofs\">");
    for (size_t i = 0; i < count && i < HTML_MOST_SHOWN; i++)
        put_proof(html, &proofs[i]);
    put(html, "</ul>\n");
}

void html_target_extras(struct html *html, const struct verdict *verdict)
{
    put_change(html, &verdict->change);
    put_facts(html, verdict);
    put_next(html, &verdict->next);
    html_proofs(html, verdict->proofs, verdict->proof_count);
}
