/* What is known of the target's runtime beyond findings: its dates, and the variant after it. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/rules.h"

static struct runtime_fact *copy_facts(struct arena *arena,
                                       const struct profile_runtime_fact *facts, size_t count)
{
    struct runtime_fact *out = arena_alloc(arena, count + 1, sizeof *out);
    for (size_t i = 0; i < count; i++)
        out[i] =
            (struct runtime_fact){facts[i].name, facts[i].date, facts[i].text, facts[i].source};
    return out;
}

static void compare(struct arena *arena, const struct profile *profile, struct next_variant *out)
{
    const struct profile_next *next = profile->next;
    out->gained = arena_alloc(arena, WASM_FEATURE_COUNT, sizeof *out->gained);
    out->lost = arena_alloc(arena, WASM_FEATURE_COUNT, sizeof *out->lost);
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++) {
        bool now = profile->features[i].support == SUPPORT_YES;
        bool then = next->features[i].support == SUPPORT_YES;
        if (then && !now)
            out->gained[out->gained_count++] = wasm_features[i].id;
        else if (now && !then)
            out->lost[out->lost_count++] = wasm_features[i].id;
    }
}

/* A date that is still to come can't be chosen yet. */
static bool can_move(const struct check *check)
{
    const struct profile_next *next = check->profile->next;
    const char *today = check->shipment->today;
    return next && !(today && text_is_date(next->variant) && strcmp(next->variant, today) > 0);
}

void check_next(const struct check *check, struct verdict *out)
{
    const struct profile *profile = check->profile;
    out->facts = copy_facts(check->arena, profile->facts, profile->fact_count);
    out->fact_count = profile->fact_count;
    if (!can_move(check))
        return;
    const struct profile_next *next = profile->next;
    out->next.variant = next->variant;
    out->next.facts = copy_facts(check->arena, next->facts, next->fact_count);
    out->next.fact_count = next->fact_count;
    compare(check->arena, profile, &out->next);
}
