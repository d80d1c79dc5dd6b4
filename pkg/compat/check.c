#include "pkg/compat/check.h"

#include <stdarg.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/rules.h"

const char *level_name(enum level level)
{
    static const char *const names[] = {"note", "warning", "error"};
    return names[level];
}

const char *answer_word(enum answer answer)
{
    static const char *const words[] = {"compatible", "incompatible", "unknown"};
    return words[answer];
}

enum level check_level(const char *word)
{
    return strcmp(word, "error") == 0     ? LEVEL_ERROR
           : strcmp(word, "warning") == 0 ? LEVEL_WARNING
                                          : LEVEL_NOTE;
}

struct finding *check_add(struct check *check, enum level level, const char *rule,
                          const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *message = arena_vprintf(check->arena, format, arguments);
    va_end(arguments);
    check->findings = arena_grow(check->arena, check->findings, check->count, &check->capacity,
                                 sizeof *check->findings);
    struct finding *finding = &check->findings[check->count++];
    *finding =
        (struct finding){.level = level, .rule = rule, .subject = subject, .message = message};
    finding->where.function = WASM_NO_FUNCTION;
    return finding;
}

const char *check_source(const struct check *check, const char *evidence, const char *as_of)
{
    return arena_printf(check->arena, "%s (as of %s)", evidence, as_of);
}

const char *check_setting(const struct check *check, const char *option)
{
    const json_t *value = json_object_get(check->shipment->settings, option);
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        return arena_printf(check->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    return "";
}

bool check_when(const struct check *check, const char *option, const char *pattern)
{
    return !option || text_matches(pattern, check_setting(check, option));
}

/* What was not validated is said: it may still be refused by the platform. */
static void check_validation(struct check *check, const struct shipped_module *module)
{
    if (!module->validation || strncmp(module->validation, "valid", 5) == 0)
        return;
    check_add(check, LEVEL_NOTE, "invalid", module->path, "module is not validated: %s",
              module->validation)
        ->where.path = module->path;
}

static void check_module(struct check *check, const struct shipped_module *module)
{
    check_component(check, module);
    check_features(check, module);
    check_imports(check, module);
    check_exports(check, module);
    check_validation(check, module);
}

/* Worst first; findings of one level keep their order. */
static void sort_findings(struct check *check)
{
    struct finding *sorted = arena_alloc(check->arena, check->count + 1, sizeof *sorted);
    size_t count = 0;
    for (int level = LEVEL_ERROR; level >= LEVEL_NOTE; level--)
        for (size_t i = 0; i < check->count; i++)
            if ((int)check->findings[i].level == level)
                sorted[count++] = check->findings[i];
    check->findings = sorted;
}

static const char *name_host(struct arena *arena, const struct profile *profile)
{
    return profile->variant[0] ? arena_printf(arena, "%s (%s)", profile->title, profile->variant)
                               : profile->title;
}

static enum answer sum_up(const struct finding *findings, size_t count)
{
    enum answer answer = ANSWER_YES;
    for (size_t i = 0; i < count; i++) {
        if (findings[i].level == LEVEL_ERROR)
            return ANSWER_NO;
        if (findings[i].is_unknown)
            answer = ANSWER_UNKNOWN;
    }
    return answer;
}

static void fill_verdict(const struct check *check, struct verdict *out)
{
    const struct shipment *shipment = check->shipment;
    *out = (struct verdict){
        .target = shipment->target,
        .platform = shipment->platform,
        .variant = check->profile->variant,
        .profile_as_of = check->profile->as_of,
        .answer = sum_up(check->findings, check->count),
        .findings = check->findings,
        .finding_count = check->count,
        .profile = check->profile,
        .modules = arena_alloc(check->arena, shipment->module_count + 1, sizeof *out->modules),
        .module_count = shipment->module_count,
    };
    for (size_t i = 0; i < shipment->module_count; i++)
        out->modules[i] = shipment->modules[i].path;
    out->estimate =
        compat_estimate(check->arena, check->profile, shipment->modules, shipment->module_count);
}

void compat_check(struct arena *arena, const struct profile *profile,
                  const struct shipment *shipment, const struct budget *budget, struct verdict *out)
{
    struct check check = {.arena = arena,
                          .profile = profile,
                          .shipment = shipment,
                          .budget = budget,
                          .host = name_host(arena, profile)};
    for (size_t i = 0; i < shipment->module_count; i++)
        check_module(&check, &shipment->modules[i]);
    check_limits(&check);
    check_budget(&check);
    check_settings(&check);
    check_runtime(&check);
    sort_findings(&check);
    fill_verdict(&check, out);
    check_next(&check, out);
}

void compat_add(struct arena *arena, struct verdict *verdict, const struct finding *finding)
{
    size_t count = verdict->finding_count, at = 0;
    struct finding *findings = arena_alloc(arena, count + 1, sizeof *findings);
    while (at < count && verdict->findings[at].level >= finding->level) {
        findings[at] = verdict->findings[at];
        at++;
    }
    findings[at] = *finding;
    if (at < count)
        memcpy(findings + at + 1, verdict->findings + at, (count - at) * sizeof *findings);
    verdict->findings = findings;
    verdict->finding_count = count + 1;
    verdict->answer = sum_up(findings, count + 1);
}
