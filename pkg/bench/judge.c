/* Measured times against the user's budgets. */
#include "pkg/base/budget.h"
#include "pkg/base/text.h"
#include "pkg/bench/internal.h"
#include "pkg/compat/verdict.h"

/* A budget's key, what it allows, and what is measured for it. */
struct rule {
    const char *key, *what;
    double allowed;
    bool (*measured)(const struct bench_runtime *, double *out);
};

/* Processor time: what others do on the machine does not count. Else the time that passed. */
static bool cold_start(const struct bench_runtime *runtime, double *out)
{
    const struct bench_number *used = &runtime->rows[BENCH_COLD_START_CPU].numbers[BENCH_SHIPPED];
    const struct bench_number *passed = &runtime->rows[BENCH_COLD_START].numbers[BENCH_SHIPPED];
    const struct bench_number *number = used->count ? used : passed;
    *out = number->p25;
    return number->count > 0;
}

/* On a machine that compiles the reference module in 1 ms. */
static bool compile(const struct bench_runtime *runtime, double *out)
{
    const struct bench_number *number = &runtime->rows[BENCH_COMPILE].numbers[BENCH_SHIPPED];
    if (number->count == 0 || runtime->reference.count == 0 || runtime->reference.p25 <= 0)
        return false;
    *out = number->p25 / runtime->reference.p25;
    return true;
}

static struct finding *add(struct arena *arena, struct bench_target *target, enum level level,
                           const char *key)
{
    struct finding *items = arena_alloc(arena, target->finding_count + 1, sizeof *items);
    for (size_t i = 0; i < target->finding_count; i++)
        items[i] = target->findings[i];
    target->findings = items;
    struct finding *out = &items[target->finding_count++];
    *out = (struct finding){.level = level,
                            .rule = "budget",
                            .subject = key,
                            .source = "the manifest's budget",
                            .where = {.path = target->module}};
    return out;
}

static const char *why_not(const struct bench_target *target, const struct rule *rule)
{
    for (size_t i = 0; i < target->runtime_count; i++) {
        const struct bench_runtime *runtime = &target->runtimes[i];
        size_t row = rule->measured == compile ? BENCH_COMPILE : BENCH_COLD_START_CPU;
        const char *why = runtime->problem ? runtime->problem : runtime->rows[row].note;
        if (why)
            return why;
    }
    return target->problem ? target->problem : "there is no runtime that measures it";
}

static void judge(struct arena *arena, const struct rule *rule, bool strict,
                  struct bench_target *target)
{
    bool known = false;
    for (size_t i = 0; rule->allowed > 0 && i < target->runtime_count; i++) {
        const struct bench_runtime *runtime = &target->runtimes[i];
        double found = 0;
        if (runtime->problem || !rule->measured(runtime, &found))
            continue;
        known = true;
        if (found <= rule->allowed)
            continue;
        struct finding *finding = add(arena, target, LEVEL_ERROR, rule->key);
        finding->message =
            arena_printf(arena, "%s in %s %s: %.3g ms, over the budget of %g ms", rule->what,
                         runtime->name, runtime->version, found, rule->allowed);
        finding->cure.other =
            arena_printf(arena, "make the module smaller, or raise 'budget.%s'", rule->key);
    }
    if (rule->allowed <= 0 || known)
        return;
    struct finding *finding = add(arena, target, strict ? LEVEL_ERROR : LEVEL_WARNING, rule->key);
    finding->is_unknown = true;
    finding->message = arena_printf(arena, "%s is not measured, and its budget not judged: %s",
                                    rule->what, why_not(target, rule));
}

void bench_judge(struct arena *arena, const struct budget *budget, bool strict,
                 struct bench_target *target)
{
    const struct rule rules[] = {
        {"cold_start_ms", "cold start over an empty worker", budget->cold_start_ms, cold_start},
        {"compile_ms", "compile time on the reference machine", budget->compile_ms, compile},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        judge(arena, &rules[i], strict, target);
}
