/* JUnit XML as CI systems read it: a suite a target; a case for each feature that is used and for
   each rule, so that a target which runs everything shows what was looked at. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/report/words.h"

enum { LONGEST = 4000 };

enum outcome { PASSED, FAILED, SKIPPED };

struct counts {
    size_t tests, failures, skipped, errors;
};

struct junit {
    struct arena *arena;
    const struct report *report;
    const struct verdict *verdict;
    FILE *file;
};

/* Text and attribute alike. */
static const char *escape(struct arena *arena, const char *text)
{
    struct buffer *out = buffer_new(arena, LIMIT_REPORT);
    for (; *text; text++) {
        int failed = strchr("<>&\"'\n", *text) ? buffer_printf(out, "&#%d;", *text)
                                               : buffer_add(out, text, 1);
        (void)failed; /* texts are cut before */
    }
    return out->size ? buffer_text(out) : "";
}

static const char *safe(struct junit *junit, const char *text)
{
    return escape(junit->arena, words_safe(junit->arena, text, LONGEST));
}

/* --- what the cases are --- */

static enum outcome judge(const struct report *report, const struct finding *finding)
{
    if (finding->level == LEVEL_ERROR || (finding->is_unknown && report->strict))
        return FAILED;
    return finding->is_unknown ? SKIPPED : PASSED;
}

static bool is_found(const struct verdict *verdict, const char *rule, const char *subject)
{
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (strcmp(finding->rule, rule) == 0 &&
            (!subject || (finding->subject && strcmp(finding->subject, subject) == 0)))
            return true;
    }
    return false;
}

static bool is_of_target(const struct verdict *verdict, const char *path)
{
    for (size_t i = 0; i < verdict->module_count; i++)
        if (strcmp(verdict->modules[i], path) == 0)
            return true;
    return false;
}

/* The features of all modules of the target. */
static uint64_t features_of(const struct report *report, const struct verdict *verdict)
{
    uint64_t features = 0;
    for (size_t m = 0; m < report->module_count; m++)
        if (is_of_target(verdict, report->modules[m].path))
            for (size_t i = 0; i < report->modules[m].info->use_count; i++)
                features |= wasm_feature_bit(report->modules[m].info->uses[i].feature);
    return features;
}

static bool is_passed_feature(const struct verdict *verdict, uint64_t features, size_t feature)
{
    return (features & wasm_feature_bit((enum wasm_feature)feature)) != 0 &&
           !is_found(verdict, "feature", wasm_features[feature].id);
}

/* --- writing --- */

static void open_case(struct junit *junit, const char *rule, const char *subject)
{
    const struct verdict *verdict = junit->verdict;
    fprintf(junit->file, "    <testcase classname=\"%s\" name=\"%s%s%s\" time=\"0\"",
            safe(junit, verdict->target), rule, *subject ? " " : "", safe(junit, subject));
    if (verdict->manifest)
        fprintf(junit->file, " file=\"%s\" line=\"%u\"", safe(junit, verdict->manifest),
                verdict->manifest_line);
}

static void write_passed(struct junit *junit, const char *rule, const char *subject)
{
    open_case(junit, rule, subject);
    fputs("/>\n", junit->file);
}

static const char *describe(struct junit *junit, const struct finding *finding)
{
    struct lines lines = words_finding(junit->arena, finding);
    const char *text = arena_printf(junit->arena, "%s: %s", level_name(finding->level),
                                    safe(junit, finding->message));
    for (size_t i = 0; i < lines.count; i++)
        text = arena_printf(junit->arena, "%s\n%s: %s", text, lines.items[i].label,
                            safe(junit, lines.items[i].text));
    return text;
}

static void write_finding(struct junit *junit, const struct finding *finding)
{
    const char *text = describe(junit, finding);
    open_case(junit, finding->rule, finding->subject ? finding->subject : "");
    fputs(">\n", junit->file);
    switch (judge(junit->report, finding)) {
    case FAILED:
        fprintf(junit->file, "      <failure type=\"%s\" message=\"%s\">%s</failure>\n",
                finding->rule, safe(junit, finding->message), text);
        break;
    case SKIPPED:
        fprintf(junit->file, "      <skipped message=\"%s\"/>\n", safe(junit, finding->message));
        fprintf(junit->file, "      <system-out>%s</system-out>\n", text);
        break;
    case PASSED:
        fprintf(junit->file, "      <system-out>%s</system-out>\n", text);
        break;
    }
    fputs("    </testcase>\n", junit->file);
}

static void write_property(struct junit *junit, const char *name, const char *value)
{
    fprintf(junit->file, "      <property name=\"%s\" value=\"%s\"/>\n", safe(junit, name),
            safe(junit, value));
}

static void write_properties(struct junit *junit)
{
    const struct verdict *verdict = junit->verdict;
    struct lines lines = words_verdict(junit->arena, verdict, false);
    fputs("    <properties>\n", junit->file);
    write_property(junit, "platform", words_host(junit->arena, verdict));
    write_property(junit, "verdict", answer_word(verdict->answer));
    write_property(junit, "profile", verdict->profile_as_of);
    for (size_t i = 0; i < lines.count; i++)
        write_property(junit, lines.items[i].label, lines.items[i].text);
    for (size_t m = 0; m < junit->report->module_count; m++) {
        const struct report_module *module = &junit->report->modules[m];
        if (!is_of_target(verdict, module->path))
            continue;
        write_property(junit, "module", module->path);
        lines = words_module(junit->arena, module);
        for (size_t i = 0; i < lines.count; i++)
            write_property(junit, lines.items[i].label, lines.items[i].text);
    }
    fputs("    </properties>\n", junit->file);
}

static struct counts count_cases(const struct report *report, const struct verdict *verdict)
{
    struct counts counts = {.tests = verdict->finding_count};
    uint64_t features = features_of(report, verdict);
    for (size_t i = 0; i < verdict->finding_count; i++) {
        counts.failures += judge(report, &verdict->findings[i]) == FAILED;
        counts.skipped += judge(report, &verdict->findings[i]) == SKIPPED;
    }
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        counts.tests += is_passed_feature(verdict, features, i);
    for (size_t i = 1; i < words_rule_count; i++)
        counts.tests += !is_found(verdict, words_rules[i].id, NULL);
    return counts;
}

static void write_suite(struct junit *junit)
{
    const struct verdict *verdict = junit->verdict;
    struct counts counts = count_cases(junit->report, verdict);
    uint64_t features = features_of(junit->report, verdict);
    fprintf(junit->file,
            "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
            "skipped=\"%zu\" time=\"0\">\n",
            safe(junit, verdict->target), counts.tests, counts.failures, counts.skipped);
    write_properties(junit);
    for (size_t i = 0; i < verdict->finding_count; i++)
        write_finding(junit, &verdict->findings[i]);
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        if (is_passed_feature(verdict, features, i))
            write_passed(junit, "feature", wasm_features[i].id);
    for (size_t i = 1; i < words_rule_count; i++)
        if (!is_found(verdict, words_rules[i].id, NULL))
            write_passed(junit, words_rules[i].id, "");
    fputs("  </testsuite>\n", junit->file);
}

/* A run that failed for another reason than a target: no case stands for it. */
static bool is_broken(const struct report *report)
{
    return report->failure && report->failure->fault != FAULT_NONE &&
           (report->failure->fault != FAULT_INCOMPATIBLE || report->verdict_count == 0);
}

static void write_broken(struct junit *junit)
{
    const struct error *failure = junit->report->failure;
    fprintf(junit->file,
            "  <testsuite name=\"edge-deploy %s\" tests=\"1\" failures=\"0\" errors=\"1\" "
            "skipped=\"0\" time=\"0\">\n"
            "    <testcase classname=\"edge-deploy\" name=\"%s\" time=\"0\">\n"
            "      <error type=\"%s\" message=\"%s\">%s</error>\n"
            "    </testcase>\n  </testsuite>\n",
            junit->report->command, junit->report->command, error_kind(failure->fault),
            safe(junit, failure->message), safe(junit, failure->hint));
}

int report_junit(struct arena *arena, const struct report *report, const struct report_style *style,
                 FILE *file)
{
    struct junit junit = {arena, report, NULL, file};
    struct counts all = {.errors = is_broken(report), .tests = is_broken(report)};
    (void)style;
    for (size_t i = 0; i < report->verdict_count; i++) {
        struct counts counts = count_cases(report, &report->verdicts[i]);
        all.tests += counts.tests;
        all.failures += counts.failures;
    }
    fprintf(file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"edge-deploy %s\" "
            "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" time=\"0\">\n",
            report->command, all.tests, all.failures, all.errors);
    if (is_broken(report))
        write_broken(&junit);
    for (size_t i = 0; i < report->verdict_count; i++) {
        junit.verdict = &report->verdicts[i];
        write_suite(&junit);
    }
    fputs("</testsuites>\n", file);
    return ferror(file) ? -1 : 0;
}
