/* Rules `size`, `artifact`, `memory` and `budget`, and numbers among the settings: what is
   measured, against the profile's limits and the user's budget. A new limit is a row in a
   profile; a new thing to measure is a row in `metrics`. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/compat/metric.h"
#include "pkg/compat/rules.h"

static double module_bytes(const struct shipped_module *module)
{
    return (double)module->bytes.size;
}

static double memory_bytes(const struct shipped_module *module)
{
    double sum = 0;
    for (size_t i = 0; i < module->info->memory_count; i++) {
        const struct wasm_memory *memory = &module->info->memories[i];
        sum += (double)memory->min_pages * (double)memory->page_size;
    }
    return sum;
}

static double memories(const struct shipped_module *module)
{
    return module->info->kind == WASM_CORE ? (double)module->info->memory_count : 0;
}

static double tables(const struct shipped_module *module)
{
    return module->info->kind == WASM_CORE ? module->info->table_count : 0;
}

static double table_elements(const struct shipped_module *module)
{
    return module->info->kind == WASM_CORE ? (double)module->info->table_elements : 0;
}

static double artifact_bytes(const struct shipment *shipment)
{
    return (double)shipment->artifact_bytes;
}

/* Before it is packed, the modules alone are a lower bound. */
static double all_modules(const struct shipment *shipment)
{
    double sum = 0;
    for (size_t i = 0; i < shipment->module_count; i++)
        sum += (double)shipment->modules[i].bytes.size;
    return sum;
}

static double unpacked_bytes(const struct shipment *shipment)
{
    return shipment->unpacked_bytes ? (double)shipment->unpacked_bytes : all_modules(shipment);
}

static double modules_bytes(const struct shipment *shipment)
{
    return shipment->artifact_bytes ? 0 : all_modules(shipment);
}

static double all_gzip(const struct shipment *shipment)
{
    double sum = 0;
    for (size_t i = 0; i < shipment->module_count; i++)
        sum += (double)shipment->modules[i].gzip_bytes;
    return sum;
}

static double modules_gzip_bytes(const struct shipment *shipment)
{
    return shipment->artifact_bytes ? 0 : all_gzip(shipment);
}

static const struct metric metrics[] = {
    {"module_bytes", "size", "the module", false, NULL, module_bytes},
    {"modules_bytes", "size", "the modules together", false, modules_bytes, NULL},
    {"modules_gzip_bytes", "size", "the modules compressed", false, modules_gzip_bytes, NULL},
    {"artifact_bytes", "artifact", "the packed artifact", false, artifact_bytes, NULL},
    {"unpacked_bytes", "artifact", "the unpacked artifact", false, unpacked_bytes, NULL},
    {"memory_bytes", "memory", "the initial memory", false, NULL, memory_bytes},
    {"memories", "memory", "the number of memories", true, NULL, memories},
    {"tables", "size", "the number of tables", true, NULL, tables},
    {"table_elements", "size", "the initial size of the tables", true, NULL, table_elements},
};

const char *const metric_names[] = {"module_bytes",   "modules_bytes",  "modules_gzip_bytes",
                                    "artifact_bytes", "unpacked_bytes", "memory_bytes",
                                    "memories",       "tables",         "table_elements",
                                    "option:NAME",    "text:NAME",      NULL};

const struct metric *metric_find(const char *name)
{
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        if (strcmp(metrics[i].name, name) == 0)
            return &metrics[i];
    return NULL;
}

const char *metric_option(const char *name)
{
    const char *colon = strchr(name, ':');
    bool known = strncmp(name, "option:", 7) == 0 || strncmp(name, "text:", 5) == 0;
    return known ? colon + 1 : NULL;
}

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

static void check_module_limit(struct check *check, const struct profile_limit *limit,
                               const struct metric *metric)
{
    for (size_t i = 0; i < check->shipment->module_count; i++) {
        const struct shipped_module *module = &check->shipment->modules[i];
        double found = metric->of_module(module);
        if (found > limit_value(check, limit))
            add_limit(check, limit, metric, limit->name, found)->where.path = module->path;
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
        else if (metric->of_module)
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
        memory += memory_bytes(&shipment->modules[i]);
    add_budget(check, "module_bytes", "module size", all_modules(shipment),
               (double)check->budget->module_bytes);
    add_budget(check, "gzip_bytes", "compressed size", all_gzip(shipment),
               (double)check->budget->gzip_bytes);
    add_budget(check, "memory_bytes", "initial memory", memory,
               (double)check->budget->memory_bytes);
    check_growth(check);
}
