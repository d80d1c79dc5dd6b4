/* Rules `size`, `artifact`, `memory` and `budget`, and numbers among the settings: what is
   measured (metric.c), against the profile's limits and the user's budget. A new limit is a row in
   a profile. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/metric.h"
#include "pkg/compat/rules.h"

/* --- against the profile --- */

static double limit_value(const struct check *check, const struct profile_limit *limit)
{
    const json_t *value = limit->value_option
                              ? json_object_get(check->shipment->settings, limit->value_option)
                              : NULL;
    return json_is_integer(value) ? (double)json_integer_value(value) * limit->value_scale
                                  : limit->value;
}

/* 1048576 bytes as "1,048,576 bytes". */
static const char *amount(struct arena *arena, double value, const char *unit)
{
    char digits[64], out[96];
    size_t used = 0;
    int size = snprintf(digits, sizeof digits, "%.0f", value);
    for (int i = 0; i < size && used < sizeof out - 2; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return arena_printf(arena, "%s%s%s", out, *unit ? " " : "", unit);
}

static struct finding *add_limit(struct check *check, const struct profile_limit *limit,
                                 const struct metric *metric, const char *subject, double found)
{
    const char *unit = metric->counts ? "" : limit->unit;
    bool warning = limit->is_warning && !check->shipment->strict;
    struct finding *finding = check_add(
        check, warning ? LEVEL_WARNING : LEVEL_ERROR, metric->rule, subject,
        "%s is %s, but %s allows %s%s%s%s", metric->what, amount(check->arena, found, unit),
        check->host, amount(check->arena, limit_value(check, limit), unit), limit->text ? " (" : "",
        limit->text ? limit->text : "", limit->text ? ")" : "");
    finding->source = check_source(check, limit->source, limit->as_of);
    finding->cure.other = limit->cure;
    return finding;
}

static void set_place(struct place *where, const struct wasm_largest *largest)
{
    where->has_offset = true;
    where->offset = largest->offset;
    where->function = largest->function;
    where->function_name = largest->function_name;
    where->crate = largest->crate;
    where->source_file = largest->source.file;
    where->source_line = largest->source.line;
}

static void check_module_limit(struct check *check, const struct profile_limit *limit,
                               const struct metric *metric)
{
    for (size_t i = 0; i < check->shipment->module_count; i++) {
        const struct shipped_module *module = &check->shipment->modules[i];
        const struct wasm_largest *place = NULL;
        double found = metric_measure(metric, module, &place);
        if (found <= limit_value(check, limit))
            continue;
        struct finding *finding = add_limit(check, limit, metric, limit->name, found);
        finding->where.path = module->path;
        if (place)
            set_place(&finding->where, place);
    }
}

static void check_setting_limit(struct check *check, const struct profile_limit *limit)
{
    const char *option = metric_option(limit->metric);
    const json_t *value = json_object_get(check->shipment->settings, option);
    bool text = strncmp(limit->metric, "text:", 5) == 0;
    double found =
        text ? (double)strlen(check_setting(check, option)) : (double)json_integer_value(value);
    struct metric metric = {
        .rule = "setting",
        .what = arena_printf(check->arena, text ? "the length of '%s'" : "'%s'", option)};
    if (found > limit_value(check, limit))
        add_limit(check, limit, &metric, option, found);
}

void check_limits(struct check *check)
{
    for (size_t i = 0; i < check->profile->limit_count; i++) {
        const struct profile_limit *limit = &check->profile->limits[i];
        const struct metric *metric = limit->metric ? metric_find(limit->metric) : NULL;
        if (!limit->metric || !check_when(check, limit->when_option, limit->when_value))
            continue;
        if (!metric)
            check_setting_limit(check, limit);
        else if (!metric->of_shipment)
            check_module_limit(check, limit, metric);
        else if (metric->of_shipment(check->shipment) > limit_value(check, limit))
            add_limit(check, limit, metric, limit->name, metric->of_shipment(check->shipment));
    }
}

/* --- against the user's budget --- */

static void add_budget(struct check *check, const char *subject, const char *what, double found,
                       double allowed)
{
    if (allowed <= 0 || found <= allowed)
        return;
    struct finding *finding =
        check_add(check, LEVEL_ERROR, "budget", subject, "%s: %s, over the budget of %s", what,
                  amount(check->arena, found, "bytes"), amount(check->arena, allowed, "bytes"));
    if (check->shipment->module_count == 1)
        finding->where.path = check->shipment->modules[0].path;
    finding->cure.other =
        arena_printf(check->arena, "make it smaller, or raise 'budget.%s'", subject);
    finding->source = "the manifest's budget";
}

static void check_growth(struct check *check)
{
    double before = 0, now = 0;
    for (size_t i = 0; i < check->shipment->module_count; i++) {
        const struct shipped_module *module = &check->shipment->modules[i];
        before += (double)module->previous_bytes;
        now += module->previous_bytes ? (double)module->bytes.size : 0;
    }
    double percent = before > 0 ? (now - before) * 100 / before : 0;
    if (!check->budget->has_growth || before <= 0 || percent <= check->budget->growth_percent)
        return;
    struct finding *finding =
        check_add(check, LEVEL_ERROR, "budget", "growth_percent",
                  "grown by %.1f %% from %s to %s, over the budget of %g %%", percent,
                  amount(check->arena, before, "bytes"), amount(check->arena, now, "bytes"),
                  check->budget->growth_percent);
    finding->cure.other = "make it smaller, or raise 'budget.growth_percent'";
    finding->source = "the last recorded deployment";
}

void check_budget(struct check *check)
{
    const struct shipment *shipment = check->shipment;
    double memory = 0;
    if (!check->budget)
        return;
    for (size_t i = 0; i < shipment->module_count; i++)
        memory += metric_find("memory_bytes")->of_module(&shipment->modules[i]);
    add_budget(check, "module_bytes", "module size", metric_all_modules(shipment),
               (double)check->budget->module_bytes);
    add_budget(check, "gzip_bytes", "compressed size", metric_all_gzip(shipment),
               (double)check->budget->gzip_bytes);
    add_budget(check, "memory_bytes", "initial memory", memory,
               (double)check->budget->memory_bytes);
    check_growth(check);
}
