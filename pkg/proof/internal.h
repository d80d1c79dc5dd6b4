/* Inside pkg/proof only. */
#ifndef PKG_PROOF_INTERNAL_H
#define PKG_PROOF_INTERNAL_H

#include "pkg/proof/proof.h"

/* One module of a target and one runtime that stands for it. */
struct meeting {
    struct prover *prover;
    const struct profile *profile;
    const struct profile_runtime *known;
    const struct runtime *runtime;
    const struct proof_module *module;
    const struct runtime_answer *answer;
};

/* What the answer adds to the verdict that stands already. */
void findings_add(const struct meeting *, struct verdict *);

/* With --strict: no runtime has tried the module. */
void findings_add_unproved(struct prover *, const struct profile *, const struct proof_module *,
                           const char *why, struct verdict *);

#endif
