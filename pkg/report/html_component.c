/* What is said of a component: its world, who runs it, what it imports and exports. */
#include "pkg/base/arena.h"
#include "pkg/report/html.h"
#include "pkg/report/text.h"

enum { MOST_BEYOND = 12 };

static void put(struct html *html, const char *text)
{
    html_print(html, "%m", text);
}

static void put_more(struct html *html, size_t count, size_t shown)
{
    if (count > shown)
        html_print(html, "<li class=\"dim\">and %m more</li>", html_number(html, count - shown));
}

static void put_names(struct html *html, const char *title, const char *const *names, size_t count)
{
    if (count == 0)
        return;
    html_subheading(html, title, count);
    put(html, "<ul class=\"names\">");
    for (size_t i = 0; i < count && i < HTML_MOST_SHOWN; i++)
        html_print(html, "<li><code>%n</code></li>", names[i]);
    put_more(html, count, HTML_MOST_SHOWN);
    put(html, "</ul>\n");
}

/* --- worlds --- */

static bool any_fits(const struct report_context *context)
{
    for (size_t i = 0; i < context->world_count; i++)
        if (context->worlds[i].beyond_count == 0)
            return true;
    return false;
}

static void put_world(struct html *html, const struct world_fit *world)
{
    bool fits = world->beyond_count == 0;
    html_print(html, "<li>%m <code>%t</code>: %t ",
               html_badge(html, fits ? "yes" : "part", fits ? "fits" : "but for imports"),
               world->name, world->about);
    if (world->source)
        html_cite(html, NULL, world->source, NULL);
    if (!fits)
        put(html, "<ul class=\"names\">");
    for (size_t i = 0; i < world->beyond_count && i < MOST_BEYOND; i++)
        html_print(html, "<li>also imports <code>%n</code></li>", world->beyond[i]);
    if (!fits) {
        put_more(html, world->beyond_count, MOST_BEYOND);
        put(html, "</ul>");
    }
    put(html, "</li>");
}

static void put_worlds(struct html *html, const struct report_module *module)
{
    const struct report_context *context = module->context;
    bool some_fit = any_fits(context);
    html_subheading(html, "World", 0);
    put(html, "<ul class=\"proofs\">");
    for (size_t i = 0; i < context->world_count; i++)
        if (!some_fit || context->worlds[i].beyond_count == 0)
            put_world(html, &context->worlds[i]);
    if (context->world_count == 0)
        put(html, "<li>one of its own: it exports none of the interfaces that a known world asks "
                  "for</li>");
    if (wasm_uses(module->info, WASM_FEATURE_COMPONENT_ASYNC))
        put(html, "<li>asynchronous: it has streams, futures or async functions (WASI 0.3), which "
                  "hosts of WASI 0.2 do not run</li>");
    put(html, "</ul>\n");
}

static void put_hosts(struct html *html, const struct report_context *context)
{
    if (context->host_count == 0)
        return;
    html_subheading(html, "Who runs it as it is", 0);
    put(html, "<div class=\"scroll\" role=\"region\" "
              "aria-label=\"Who runs the component\" tabindex=\"0\"><table><thead><tr>"
              "<th scope=\"col\">Platform</th><th scope=\"col\">Runs it</th>"
              "<th scope=\"col\">Why, and what to do</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < context->host_count; i++) {
        const struct report_host *host = &context->hosts[i];
        html_print(html, "<tr><th scope=\"row\">%t</th><td>%m</td><td>%t ", host->title,
                   html_support(html, host->known->support), host->known->note);
        html_cite(html, host->title, host->known->evidence, host->known->as_of);
        if (host->known->needs && host->known->support != SUPPORT_YES)
            html_print(html, "<span class=\"under\">%t</span>", host->known->needs);
        put(html, "</td></tr>\n");
    }
    put(html, "</tbody></table></div>\n");
}

/* --- --wit --- */

static void put_difference(struct html *html, const struct component_difference *difference)
{
    html_print(html, "<li>%t: <code>%n</code>", component_difference_name(difference->kind),
               difference->item);
    if (difference->found)
        html_print(html, "<span class=\"under\">found <code>%n</code></span>", difference->found);
    if (difference->wanted)
        html_print(html, "<span class=\"under\">wanted <code>%n</code></span>", difference->wanted);
    if (difference->near)
        html_print(html, "<span class=\"under\">near: <code>%n</code></span>", difference->near);
    put(html, "</li>");
}

static void put_wit(struct html *html, const struct report_wit *wit)
{
    const struct component_comparison *comparison = &wit->comparison;
    bool fits = comparison->count == 0 && !comparison->given_up;
    html_subheading(html, "Compared with your WIT", 0);
    html_print(html,
               "<p>%m world <code>%n</code> of %n, read by %t: "
               "%m and %m are as the world has them.</p><ul class=\"names\">",
               html_badge(html, fits ? "yes" : "no", fits ? "fits" : "does not fit"), wit->world,
               wit->folder, wit->tool,
               print_count(html->arena, comparison->matched_imports, "import"),
               print_count(html->arena, comparison->matched_exports, "export"));
    for (size_t i = 0; i < comparison->count && i < HTML_MOST_SHOWN; i++)
        put_difference(html, &comparison->items[i]);
    put_more(html, comparison->count, HTML_MOST_SHOWN);
    if (comparison->other_versions)
        html_print(html, "<li>%m in another version of the same track: %t</li>",
                   print_count(html->arena, comparison->other_versions, "interface"),
                   comparison->other_version);
    if (comparison->given_up)
        html_print(html, "<li>not all was compared: %t</li>", comparison->given_up);
    put(html, "</ul>\n");
}

/* --- what is in it --- */

static void put_core_modules(struct html *html, const struct wasm_component *component)
{
    if (component->module_count == 0)
        return;
    html_subheading(html, "Core modules inside", component->module_count);
    put(html, "<ul class=\"names\">");
    for (size_t i = 0; i < component->module_count && i < HTML_MOST_SHOWN; i++) {
        const struct wasm_info *info = &component->modules[i];
        html_print(html, "<li>%m, %t, %m, %m", html_bytes(html, info->size),
                   text_spec(html->arena, info),
                   print_count(html->arena, info->import_count, "import"),
                   print_count(html->arena, info->export_count, "export"));
        for (size_t u = 0; u < info->use_count; u++)
            html_print(html, "%m<code>%t</code>", u ? " " : "; ",
                       wasm_features[info->uses[u].feature].id);
        put(html, "</li>");
    }
    put_more(html, component->module_count, HTML_MOST_SHOWN);
    put(html, "</ul>\n");
}

void html_component(struct html *html, const struct report_module *module)
{
    const struct wasm_component *component = module->info->component;
    if (module->context) {
        put_worlds(html, module);
        if (module->context->wit)
            put_wit(html, module->context->wit);
        put_hosts(html, module->context);
    }
    put_names(html, "Imported interfaces", component->imports, component->import_count);
    put_names(html, "Exported interfaces", component->exports, component->export_count);
    put_core_modules(html, component);
}
