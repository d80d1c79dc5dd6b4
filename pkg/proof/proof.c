#include "pkg/proof/proof.h"
#include "pkg/base/text.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/proof/internal.h"

/* The runtimes of one name. */
struct runtime_group {
    const char *name;
    struct runtime *found;
    size_t count;
    struct runtime_group *next;
};

/* What one runtime said of one module, asked in one way. */
struct trial_record {
    const char *path, *date, *glue;
    const uint8_t *module;
    bool stubs;
    struct runtime_answer answer;
    struct trial_record *next;
};

int prove_find(struct prover *prover, const struct profile_runtime *known,
               const struct runtime **out, size_t *count, struct error *error)
{
    struct runtime_group *group = prover->groups;
    while (group && strcmp(group->name, known->name) != 0)
        group = group->next;
    if (!group) {
        struct runtime_search search = {known->name, known->environment, prover->project};
        group = arena_alloc(prover->arena, 1, sizeof *group);
        group->name = known->name;
        if (runtime_find(prover->arena, prover->world, &search, &group->found, &group->count,
                         error) != 0)
            return -1;
        group->next = prover->groups;
        prover->groups = group;
    }
    *out = group->found;
    *count = group->count;
    return 0;
}

static int try_once(struct prover *prover, const struct runtime *runtime,
                    const struct runtime_job *job, const struct runtime_answer **out,
                    struct error *error)
{
    for (struct trial_record *record = prover->records; record; record = record->next)
        if (strcmp(record->path, runtime->path) == 0 && record->module == job->module.data &&
            record->stubs == job->stubs && text_equal(record->date, job->date) &&
            text_equal(record->glue, job->glue)) {
            *out = &record->answer;
            return 0;
        }
    struct trial_record *record = arena_alloc(prover->arena, 1, sizeof *record);
    *record = (struct trial_record){runtime->path,    job->date,  job->glue,
                                    job->module.data, job->stubs, {RUNTIME_SAYS_NOT, NULL, NULL},
                                    prover->records};
    if (runtime_try(prover->arena, prover->world, runtime, job, &record->answer, error) != 0)
        return -1;
    prover->records = record;
    *out = &record->answer;
    return 0;
}

/* --- what is written down --- */

struct proofs {
    struct arena *arena;
    struct proof *items;
    size_t count, capacity;
};

static struct proof *add_proof(struct proofs *proofs, const char *runtime, const char *path)
{
    proofs->items = arena_grow(proofs->arena, proofs->items, proofs->count, &proofs->capacity,
                               sizeof *proofs->items);
    struct proof *proof = &proofs->items[proofs->count++];
    *proof = (struct proof){.runtime = runtime, .path = path, .answer = ANSWER_UNKNOWN};
    return proof;
}

static const char *name_runtime(struct arena *arena, const struct runtime *runtime)
{
    return runtime->version ? arena_printf(arena, "%s %s", runtime->name, runtime->version)
                            : runtime->name;
}

static void add_answer(struct proofs *proofs, const struct runtime *runtime,
                       const struct proof_module *module, const struct runtime_answer *answer)
{
    struct proof *proof = add_proof(proofs, name_runtime(proofs->arena, runtime), module->path);
    if (answer->outcome == RUNTIME_TAKES)
        proof->answer = ANSWER_YES;
    if (answer->outcome == RUNTIME_REFUSES || answer->outcome == RUNTIME_TRAPS)
        proof->answer = ANSWER_NO;
    proof->message = answer->said;
    proof->how = answer->how;
}

/* --- one target --- */

static bool exports_all(const struct wasm_info *info, const struct profile_entry *entry)
{
    for (size_t i = 0; i < entry->export_count; i++)
        if (!wasm_find_export(info, entry->exports[i].name))
            return false;
    return true;
}

/* With glue a module gets what its entry does; a component is nothing for an engine of modules. */
static struct runtime_job make_job(const struct profile *profile,
                                   const struct profile_runtime *known, const char *glue,
                                   const struct proof_module *module)
{
    struct runtime_job job = {.module = module->bytes,
                              .info = module->info,
                              .stubs = true,
                              .date = known->dated ? profile->variant : NULL};
    for (size_t i = 0; glue && *glue && i < profile->entry_count; i++)
        if (exports_all(module->info, &profile->entries[i])) {
            job.stubs = false;
            job.glue = profile->entries[i].import_count ? glue : NULL;
            break;
        }
    return job;
}

/* Whether the runtimes of the kind take components at all is what the profile says. */
static bool is_beyond(const struct profile *profile, const struct proof_module *module)
{
    return module->info->kind == WASM_COMPONENT && profile->component.support == SUPPORT_NO;
}

struct target {
    struct prover *prover;
    const struct profile *profile;
    const char *glue;
    struct verdict *verdict;
    struct proofs proofs;
    const struct proof_module *module; /* the one being tried */
    bool tried;
    const char *why; /* the first reason why a runtime was not */
};

static void decline(struct target *target, const char *runtime, const char *why)
{
    add_proof(&target->proofs, runtime, target->module->path)->message = why;
    if (!target->why)
        target->why = why;
}

static int meet(struct target *target, const struct profile_runtime *known,
                const struct runtime *runtime, struct error *error)
{
    struct prover *prover = target->prover;
    const struct profile *profile = target->profile;
    struct meeting meeting = {prover, profile, known, runtime, target->module, NULL};
    const char *name = name_runtime(prover->arena, runtime);
    if (!runtime->version) {
        decline(target, name, runtime_complaint(prover->arena, runtime));
        return 0;
    }
    if (!profile_stands_for(known, runtime->version, profile->variant)) {
        decline(target, name,
                arena_printf(prover->arena, "it does not stand for %s", profile->variant));
        return 0;
    }
    if (is_beyond(profile, target->module)) {
        decline(target, name, "a component");
        return 0;
    }
    struct runtime_job job = make_job(profile, known, target->glue, target->module);
    job.limits = prover->limits;
    if (try_once(prover, runtime, &job, &meeting.answer, error) != 0)
        return -1;
    add_answer(&target->proofs, runtime, target->module, meeting.answer);
    const struct proof *proof = &target->proofs.items[target->proofs.count - 1];
    target->tried = target->tried || proof->answer != ANSWER_UNKNOWN;
    if (proof->answer == ANSWER_UNKNOWN && !target->why)
        target->why = meeting.answer->said;
    findings_add(&meeting, target->verdict);
    return 0;
}

/* The reason in a finding whose cure says how to get one. */
static const char *why_unproved(const struct target *target)
{
    bool lacking = !target->why || strstr(target->why, "none was found") == target->why;
    return lacking ? NULL : target->why;
}

static int prove_in(struct target *target, const struct profile_runtime *known, struct error *error)
{
    const struct runtime *found;
    size_t count;
    bool has_match = false;
    if (prove_find(target->prover, known, &found, &count, error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        has_match = has_match || (found[i].version && profile_stands_for(known, found[i].version,
                                                                         target->profile->variant));
        if (meet(target, known, &found[i], error) != 0)
            return -1;
    }
    if (!has_match)
        decline(target, known->name,
                arena_printf(target->prover->arena, "none was found%s%s: %s",
                             target->profile->variant[0] ? " for " : "", target->profile->variant,
                             known->get));
    return 0;
}

int prove_target(struct prover *prover, const struct profile *profile, const char *glue,
                 const struct proof_module *modules, size_t count, struct verdict *verdict,
                 struct error *error)
{
    struct target target = {.prover = prover,
                            .profile = profile,
                            .glue = glue,
                            .verdict = verdict,
                            .proofs = {.arena = prover->arena}};
    for (size_t i = 0; i < count; i++) {
        target.module = &modules[i];
        target.tried = false;
        target.why = NULL;
        for (size_t r = 0; r < profile->runtime_count; r++)
            if (prove_in(&target, &profile->runtimes[r], error) != 0)
                return -1;
        if (prover->strict && !target.tried)
            findings_add_unproved(prover, profile, target.module, why_unproved(&target), verdict);
    }
    verdict->proofs = target.proofs.items;
    verdict->proof_count = target.proofs.count;
    return 0;
}

/* --- a module without a target --- */

static int try_found(struct prover *prover, const struct profile *profile,
                     const struct profile_runtime *known, const struct proof_module *module,
                     struct proofs *proofs, struct error *error)
{
    const struct runtime *found;
    const struct runtime_answer *answer;
    size_t count;
    if (prove_find(prover, known, &found, &count, error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *name = name_runtime(prover->arena, &found[i]);
        struct runtime_job job = {
            .module = module->bytes, .info = module->info, .stubs = true, .limits = prover->limits};
        if (!found[i].version) {
            add_proof(proofs, name, module->path)->message =
                runtime_complaint(prover->arena, &found[i]);
        } else if (is_beyond(profile, module)) {
            add_proof(proofs, name, module->path)->message = "a component";
        } else {
            if (try_once(prover, &found[i], &job, &answer, error) != 0)
                return -1;
            add_answer(proofs, &found[i], module, answer);
        }
    }
    if (count == 0)
        add_proof(proofs, known->name, module->path)->message =
            arena_printf(prover->arena, "none was found: %s", known->get);
    return 0;
}

static bool is_earlier(const struct profile *profiles, size_t profile, size_t runtime)
{
    const char *name = profiles[profile].runtimes[runtime].name;
    for (size_t p = 0; p <= profile; p++)
        for (size_t r = 0; r < (p == profile ? runtime : profiles[p].runtime_count); r++)
            if (strcmp(profiles[p].runtimes[r].name, name) == 0)
                return true;
    return false;
}

int prove_module(struct prover *prover, const struct profile *profiles, size_t profile_count,
                 const struct proof_module *module, struct proof **out, size_t *count,
                 struct error *error)
{
    struct proofs proofs = {.arena = prover->arena};
    for (size_t p = 0; p < profile_count; p++)
        for (size_t r = 0; r < profiles[p].runtime_count; r++)
            if (!is_earlier(profiles, p, r) &&
                try_found(prover, &profiles[p], &profiles[p].runtimes[r], module, &proofs, error) !=
                    0)
                return -1;
    *out = proofs.items;
    *count = proofs.count;
    return 0;
}
