#include "cmd/proofs.h"

#include <string.h>

#include "cmd/context.h"
#include "pkg/base/file.h"

struct prover *proofs_open(struct run *run)
{
    struct prover *prover = arena_alloc(run->arena, 1, sizeof *prover);
    *prover = (struct prover){.arena = run->arena,
                              .world = run->world,
                              .project = run_project(run),
                              .strict = run->options.strict};
    return prover;
}

static int prove(struct run *run, struct prover *prover, struct prepared *target,
                 struct error *error)
{
    struct proof_module *modules = arena_alloc(run->arena, target->module_count, sizeof *modules);
    bool bare = target->payload.form == PAYLOAD_BARE;
    for (size_t i = 0; i < target->module_count; i++) {
        const struct prepared_module *module = &target->modules[i];
        modules[i] =
            (struct proof_module){module->path, module->optimized.module, &module->optimized.info};
    }
    return prove_target(prover, target->job.profile, bare ? target->job.entry->glue : NULL, modules,
                        target->module_count, &target->verdict, error);
}

int proofs_of_targets(struct run *run, struct publish_result *result, struct error *error)
{
    struct prover *prover = run->options.run ? proofs_open(run) : NULL;
    for (size_t i = 0; prover && i < result->target_count; i++)
        if (prove(run, prover, &result->targets[i], error) != 0)
            return -1;
    return 0;
}

int proofs_of_module(struct run *run, struct report_module *module, struct error *error)
{
    struct proof_module tried = {module->path, module->bytes, module->info};
    struct profile *profiles;
    struct proof *proofs;
    size_t count;
    if (!run->options.run)
        return 0;
    if (context_profiles(run, &profiles, &count, error) != 0 ||
        prove_module(proofs_open(run), profiles, count, &tried, &proofs, &module->proof_count,
                     error) != 0)
        return -1;
    module->proofs = proofs;
    return 0;
}
