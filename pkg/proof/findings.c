/* What follows when a runtime and the profile disagree. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "pkg/proof/internal.h"

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* Whether the finding is about that module, or about no module. */
static bool concerns(const struct finding *finding, const struct proof_module *module)
{
    return !finding->where.path || strcmp(finding->where.path, module->path) == 0;
}

/* Whether the verdict refuses the module itself; a budget or a setting is no matter of engines. */
static bool refuses(const struct verdict *verdict, const struct proof_module *module)
{
    static const char *const apart[] = {"budget", "artifact", "setting", "runtime", "export"};
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (finding->level == LEVEL_ERROR && concerns(finding, module) &&
            !is_one_of(finding->rule, apart, sizeof apart / sizeof *apart))
            return true;
    }
    return false;
}

static bool has_unknowns(const struct verdict *verdict, const struct proof_module *module)
{
    for (size_t i = 0; i < verdict->finding_count; i++)
        if (verdict->findings[i].is_unknown && concerns(&verdict->findings[i], module) &&
            strcmp(verdict->findings[i].rule, "runtime") != 0)
            return true;
    return false;
}

static const char *name_of(const struct meeting *meeting)
{
    return arena_printf(meeting->prover->arena, "%s %s", meeting->runtime->name,
                        meeting->runtime->version);
}

static struct finding make(const struct meeting *meeting, enum level level, const char *message)
{
    return (struct finding){
        .level = level,
        .rule = "runtime",
        .subject = meeting->runtime->name,
        .message = message,
        .source = arena_printf(meeting->prover->arena, "tried here in %s", name_of(meeting)),
        .where = {.path = meeting->module->path, .function = WASM_NO_FUNCTION}};
}

static const char *identify(const struct meeting *meeting)
{
    char *sha256 = arena_alloc(meeting->prover->arena, 65, 1);
    digest_sha256(meeting->module->bytes, sha256);
    return arena_printf(meeting->prover->arena, "%zu bytes, sha256 %s", meeting->module->bytes.size,
                        sha256);
}

/* The profile says yes to all, and what it was probed with is no newer. */
static struct finding our_mistake(const struct meeting *meeting)
{
    struct arena *arena = meeting->prover->arena;
    const struct profile *profile = meeting->profile;
    struct finding finding = make(meeting, LEVEL_ERROR,
                                  arena_printf(arena, "%s refuses what the profile accepts: %s",
                                               name_of(meeting), meeting->answer->said));
    finding.cause = arena_printf(arena,
                                 "this is a mistake of edge-deploy: its profile of %s (%s) says "
                                 "yes to all that the module uses",
                                 profile->title, profile->as_of);
    finding.cure.other = arena_printf(
        arena, "report it to the project of edge-deploy, with this message and the module (%s)",
        identify(meeting));
    return finding;
}

static struct finding older(const struct meeting *meeting)
{
    struct arena *arena = meeting->prover->arena;
    const char *probed = profile_probed_with(meeting->known, meeting->runtime->version);
    struct finding finding =
        make(meeting, LEVEL_WARNING,
             arena_printf(arena, "%s refuses it: %s", name_of(meeting), meeting->answer->said));
    finding.is_unknown = true;
    finding.cause = arena_printf(arena, "it is older than %s %s, with which the profile was probed",
                                 meeting->runtime->name, probed);
    finding.cure.other = arena_printf(arena, "try it with %s %s or newer: %s",
                                      meeting->runtime->name, probed, meeting->known->get);
    return finding;
}

/* The engine as its own program sets it up, which the platform may not. */
static struct finding other_setting(const struct meeting *meeting)
{
    struct finding finding = make(meeting, LEVEL_WARNING,
                                  arena_printf(meeting->prover->arena, "%s refuses it: %s",
                                               name_of(meeting), meeting->answer->said));
    finding.is_unknown = true;
    finding.cause = "the platform has this engine, and may have set it up otherwise";
    if (meeting->profile->runtimes != meeting->known)
        finding.cure.other =
            arena_printf(meeting->prover->arena, "try it in %s: %s",
                         meeting->profile->runtimes[0].name, meeting->profile->runtimes[0].get);
    return finding;
}

/* What the profile does not know the runtime has answered. */
static struct finding answered(const struct meeting *meeting)
{
    struct finding finding = make(meeting, LEVEL_ERROR,
                                  arena_printf(meeting->prover->arena, "%s refuses it: %s",
                                               name_of(meeting), meeting->answer->said));
    finding.cause = "the profile did not know";
    return finding;
}

static void add_refusal(const struct meeting *meeting, struct verdict *verdict)
{
    struct finding finding;
    if (refuses(verdict, meeting->module))
        return;
    if (meeting->known->engine_only)
        finding = other_setting(meeting);
    else if (profile_predates(meeting->known, meeting->runtime->version))
        finding = older(meeting);
    else
        finding = has_unknowns(verdict, meeting->module) ? answered(meeting) : our_mistake(meeting);
    compat_add(meeting->prover->arena, verdict, &finding);
}

static void add_trap(const struct meeting *meeting, struct verdict *verdict)
{
    struct arena *arena = meeting->prover->arena;
    struct finding finding = make(meeting, LEVEL_ERROR,
                                  arena_printf(arena, "it stops while %s instantiates it: %s",
                                               name_of(meeting), meeting->answer->said));
    finding.cause = meeting->module->info->has_start
                        ? "its start function fails, or a segment lies outside"
                        : "a segment of data or elements lies outside its memory or table";
    finding.cure.other = "instantiate it in a debugger, or build it with names to see where";
    compat_add(arena, verdict, &finding);
}

/* Without a start section it may only be large, and the machine slow. */
static void add_endless(const struct meeting *meeting, struct verdict *verdict)
{
    struct arena *arena = meeting->prover->arena;
    if (!meeting->module->info->has_start)
        return;
    struct finding finding = make(meeting, LEVEL_WARNING,
                                  arena_printf(arena, "%s does not come to an end with it: %s",
                                               name_of(meeting), meeting->answer->said));
    finding.is_unknown = true;
    finding.cause = "its start function runs as it is instantiated";
    finding.cure.other = "do the work when the module is called, not in its start function";
    compat_add(arena, verdict, &finding);
}

/* Features alone: other refusals (one memory, a size) are no matter of the engine. */
static void add_strictness(const struct meeting *meeting, struct verdict *verdict)
{
    struct arena *arena = meeting->prover->arena;
    const char *names = NULL;
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (finding->level == LEVEL_ERROR && strcmp(finding->rule, "feature") == 0 &&
            concerns(finding, meeting->module))
            names =
                names ? arena_printf(arena, "%s, %s", names, finding->subject) : finding->subject;
    }
    if (!names || meeting->known->engine_only)
        return;
    struct finding finding =
        make(meeting, LEVEL_NOTE,
             arena_printf(arena, "%s takes it, although the profile says no to %s",
                          name_of(meeting), names));
    finding.cause = meeting->profile->variant[0]
                        ? arena_printf(arena,
                                       "%s may run another version of it, and nothing of "
                                       "the module was called",
                                       meeting->profile->variant)
                        : "nothing of the module was called; the platform may run another version";
    compat_add(arena, verdict, &finding);
}

void findings_add(const struct meeting *meeting, struct verdict *verdict)
{
    switch (meeting->answer->outcome) {
    case RUNTIME_TAKES:
        add_strictness(meeting, verdict);
        return;
    case RUNTIME_REFUSES:
        add_refusal(meeting, verdict);
        return;
    case RUNTIME_TRAPS:
        add_trap(meeting, verdict);
        return;
    case RUNTIME_STOPPED:
        add_endless(meeting, verdict);
        return;
    case RUNTIME_SAYS_NOT:
        return;
    }
}

void findings_add_unproved(struct prover *prover, const struct profile *profile,
                           const struct proof_module *module, const char *why,
                           struct verdict *verdict)
{
    struct finding finding = {.level = LEVEL_WARNING,
                              .is_unknown = true,
                              .rule = "runtime",
                              .subject = profile->name,
                              .message = arena_printf(prover->arena,
                                                      "no runtime found here has proved it%s%s",
                                                      why ? ": " : "", why ? why : ""),
                              .where = {.path = module->path, .function = WASM_NO_FUNCTION}};
    if (profile->runtime_count)
        finding.cure.other = profile->runtimes[0].get;
    compat_add(prover->arena, verdict, &finding);
}
