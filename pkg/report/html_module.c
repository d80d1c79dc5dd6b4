/* What a module is: its interface, memories and producers. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/report/html.h"

enum { MOST_OPEN = 12 /* rows of a list that need no unfolding */ };

static void put(struct html *html, const char *text)
{
    html_print(html, "%m", text);
}

void html_module_heading(struct html *html, const struct report_module *module)
{
    if (html->report->module_count > 1)
        html_print(html, "<h3>%n</h3>\n", module->path);
}

void html_subheading(struct html *html, const char *title, size_t count)
{
    const char *level = html->report->module_count > 1 ? "h4" : "h3";
    html_print(html, "<%m>%m", level, title);
    if (count)
        html_print(html, " <span class=\"count\">%m</span>", html_number(html, count));
    html_print(html, "</%m>\n", level);
}

/* A list that unfolds; a short one is open. */
static void open_list(struct html *html, const char *title, size_t count)
{
    html_print(html,
               "<details%m><summary>%m <span class=\"count\">%m</span></summary>"
               "<div class=\"scroll\" role=\"region\" aria-label=\"%m\" tabindex=\"0\"><table>"
               "<thead><tr>",
               count <= MOST_OPEN ? " open" : "", title, html_number(html, count), title);
}

static void close_list(struct html *html, size_t count)
{
    put(html, "</tbody></table></div>");
    if (count > HTML_MOST_SHOWN)
        html_print(html, "<p class=\"dim\">And %m more: <code>--format json</code> lists all.</p>",
                   html_number(html, count - HTML_MOST_SHOWN));
    put(html, "</details>\n");
}

static void put_imports(struct html *html, const struct wasm_info *info)
{
    if (info->import_count == 0)
        return;
    open_list(html, "Imports", info->import_count);
    put(html, "<th scope=\"col\">Name</th><th scope=\"col\">From</th><th scope=\"col\">Kind</th>"
              "<th scope=\"col\">Type</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < info->import_count && i < HTML_MOST_SHOWN; i++) {
        const struct wasm_import *import = &info->imports[i];
        html_print(html,
                   "<tr><th scope=\"row\"><code>%n</code></th><td><code>%n</code></td><td>%t</td>"
                   "<td><code>%n</code></td></tr>\n",
                   html_fit(html, import->name), html_fit(html, import->module),
                   wasm_extern_name(import->kind),
                   import->type ? html_fit(html, import->type) : "");
    }
    close_list(html, info->import_count);
}

static void put_exports(struct html *html, const struct wasm_info *info)
{
    if (info->export_count == 0)
        return;
    open_list(html, "Exports", info->export_count);
    put(html, "<th scope=\"col\">Name</th><th scope=\"col\">Kind</th><th scope=\"col\">Type</th>"
              "</tr></thead><tbody>\n");
    for (size_t i = 0; i < info->export_count && i < HTML_MOST_SHOWN; i++) {
        const struct wasm_export *each = &info->exports[i];
        html_print(html,
                   "<tr><th scope=\"row\"><code>%n</code></th><td>%t</td><td><code>%n</code></td>"
                   "</tr>\n",
                   html_fit(html, wasm_export_name(html->arena, each)),
                   wasm_extern_name(each->kind), each->type ? html_fit(html, each->type) : "");
    }
    close_list(html, info->export_count);
}

/* "17 to any number of pages of 65,536 bytes" */
static void put_memory(struct html *html, const struct wasm_memory *memory)
{
    html_print(html, "<div><dt>Memory</dt><dd>%m to %m pages of %m bytes%m%m%m</dd></div>",
               html_number(html, memory->min_pages),
               memory->has_max ? html_number(html, memory->max_pages) : "any number of",
               html_number(html, memory->page_size), memory->shared ? ", shared" : "",
               memory->is_64 ? ", 64-bit" : "", memory->imported ? ", imported" : "");
}

static void put_producers(struct html *html, const struct wasm_info *info)
{
    for (size_t i = 0; i < info->producer_count && i < HTML_MOST_SHOWN; i++) {
        const struct wasm_producer *producer = &info->producers[i];
        html_print(html, "<div><dt>%t</dt><dd>%n %n</dd></div>", html_fit(html, producer->field),
                   html_fit(html, producer->name),
                   producer->version ? html_fit(html, producer->version) : "");
    }
}

static void put_declared(struct html *html, const struct wasm_info *info)
{
    if (info->declared_feature_count == 0)
        return;
    put(html, "<div><dt>Declared, a hint only</dt><dd>");
    for (size_t i = 0; i < info->declared_feature_count && i < HTML_MOST_SHOWN; i++)
        html_print(html, "%m<code>%n</code>", i ? " " : "",
                   html_fit(html, info->declared_features[i]));
    put(html, "</dd></div>");
}

static void put_rows(struct html *html, const struct report_module *module)
{
    const struct wasm_info *info = module->info;
    const char *validity = wasm_validity_text(html->arena, info);
    put(html, "<dl class=\"rows\">");
    if (validity)
        html_print(html, "<div><dt>Validation</dt><dd>%t</dd></div>", validity);
    html_print(html, "<div><dt>Debug information</dt><dd>%t</dd></div>",
               wasm_debug_text(html->arena, info));
    for (size_t i = 0; i < info->memory_count && i < HTML_MOST_SHOWN; i++)
        put_memory(html, &info->memories[i]);
    put_producers(html, info);
    put_declared(html, info);
    put(html, "</dl>\n");
}

static void put_companions(struct html *html, const struct report_context *context)
{
    const char *level = html->report->module_count > 1 ? "h4" : "h3";
    for (size_t i = 0; i < context->companion_count; i++) {
        const struct companion *companion = &context->companions[i];
        html_print(html,
                   "<article class=\"finding warning\"><%m>%m <span>Does not stand alone: "
                   "%t</span></%m><dl>"
                   "<div><dt>Why</dt><dd>%t</dd></div><div><dt>Shown by</dt><dd>%t</dd></div>"
                   "<div class=\"cure\"><dt>What to do</dt><dd>%t</dd></div>",
                   level, html_badge(html, "warning", "needs more"), companion->id, level,
                   companion->needs, companion->sign, companion->hint);
        if (companion->source) {
            put(html, "<div><dt>Source</dt><dd>");
            html_linked(html, companion->source);
            put(html, "</dd></div>");
        }
        put(html, "</dl></article>\n");
    }
}

void html_modules(struct html *html)
{
    put(html, "<section id=\"module\" aria-labelledby=\"module-title\">"
              "<h2 id=\"module-title\">Module</h2>\n");
    for (size_t i = 0; i < html->report->module_count && i < HTML_MOST_SHOWN; i++) {
        const struct report_module *module = &html->report->modules[i];
        html_module_heading(html, module);
        put_rows(html, module);
        if (module->proof_count)
            html_subheading(html, "Proof: run in the runtimes found here", 0);
        html_proofs(html, module->proofs, module->proof_count);
        if (module->context)
            put_companions(html, module->context);
        if (module->info->component)
            html_component(html, module);
        put_imports(html, module->info);
        put_exports(html, module->info);
    }
    put(html, "</section>\n");
}
