/* Rules `setting` and `runtime`: settings that the platform refuses or ignores, and the runtime's
   own dates. Their shape is checked before, by pkg/platform. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/rules.h"

static bool setting_applies(const struct check *check, const struct profile_setting *setting)
{
    const char *value = check_setting(check, setting->option);
    const char *today = check->shipment->today;
    if (!*value || !check_when(check, setting->when_option, setting->when_value))
        return false;
    if (setting->not_after_today)
        return today && strcmp(value, today) > 0;
    return setting->is ? text_matches(setting->is, value) : !text_matches(setting->is_not, value);
}

void check_settings(struct check *check)
{
    for (size_t i = 0; i < check->profile->setting_count; i++) {
        const struct profile_setting *setting = &check->profile->settings[i];
        if (!setting_applies(check, setting))
            continue;
        struct finding *finding = check_add(check, check_level(setting->severity), "setting",
                                            setting->option, "'%s' is '%s': %s", setting->option,
                                            check_setting(check, setting->option), setting->text);
        finding->cure.other = setting->cure;
        finding->source = check_source(check, setting->source, setting->as_of);
    }
}

/* --- the runtime's dates --- */

enum { SOON_DAYS = 180 };

/* Days since an arbitrary day, of a date YYYY-MM-DD. */
static long day_number(const char *date)
{
    long year = strtol(date, NULL, 10), month = strtol(date + 5, NULL, 10),
         day = strtol(date + 8, NULL, 10);
    long shifted = month > 2 ? month - 3 : month + 9; /* March first: leap days come last */
    year -= month <= 2;
    return year * 365 + year / 4 - year / 100 + year / 400 + (shifted * 153 + 2) / 5 + day;
}

static void finish_fact(const struct check *check, struct finding *finding, const char *source)
{
    const struct profile *profile = check->profile;
    if (profile->variant_count && strcmp(profile->variant, profile->variants[0]) != 0)
        finding->cure.other = arena_printf(check->arena, "set '%s' to %s", profile->variant_option,
                                           profile->variants[0]);
    finding->source = check_source(check, source, profile->as_of);
}

static void add_fact(struct check *check, const struct profile_runtime_fact *fact)
{
    const char *word = strcmp(fact->name, "preview") == 0 ? "a preview" : fact->name;
    struct finding *finding = check_add(check, check_level(fact->severity), "runtime", fact->name,
                                        "runtime '%s' is %s since %s: %s", check->profile->variant,
                                        word, fact->date, fact->text);
    finish_fact(check, finding, fact->source);
}

/* What comes soon is one note, whatever it will be then. */
static void add_soon(struct check *check, const char *list, const char *source)
{
    struct finding *finding =
        check_add(check, LEVEL_NOTE, "runtime", "soon", "runtime '%s' is near its end: %s",
                  check->profile->variant, list);
    finish_fact(check, finding, source);
}

void check_runtime(struct check *check)
{
    const char *today = check->shipment->today, *soon = "", *source = NULL;
    if (!today || !text_is_date(today))
        return;
    for (size_t i = 0; i < check->profile->fact_count; i++) {
        const struct profile_runtime_fact *fact = &check->profile->facts[i];
        if (!fact->severity)
            continue;
        if (strcmp(fact->date, today) <= 0) {
            add_fact(check, fact);
        } else if (day_number(fact->date) - day_number(today) <= SOON_DAYS) {
            soon = arena_printf(check->arena, "%s%s%s from %s on", soon, *soon ? "; " : "",
                                fact->text, fact->date);
            source = fact->source;
        }
    }
    if (source)
        add_soon(check, soon, source);
}
