/* Lambda@Edge's driver in front of Lambda@Edge's sandbox half, over loopback HTTP. */
#ifndef TESTS_UNIT_LAMBDA_STAGE_H
#define TESTS_UNIT_LAMBDA_STAGE_H

#include "pkg/json/json.h"
#include "pkg/sandbox/sandbox.h"
#include "platforms/lambda-edge/driver_parts.h"
#include "tests/unit/unit.h"

extern const struct platform platform_lambda_edge;

struct stage {
    struct arena *arena;
    struct world *world;
    struct sandbox *sandbox;
    const char *journal;
    struct platform_entry entries[2];
    struct target target;
    struct profile profile;
    struct job job; /* of the function "resize" */
    struct error error;
};

extern const char lambda_commit[];

/* `faults` as for --fault, or NULL. */
void lambda_stage_open(struct arena *, const char *faults, struct stage *);
/* The job of another run, or of another function. */
struct job lambda_job(struct stage *, const char *function);
/* How many requests of that method have reached the sandbox that have `path` in them. */
unsigned lambda_stage_count(struct stage *, const char *method, const char *path);
/* The module with a number behind it, in a custom section. */
int lambda_pack(struct stage *, struct job *, char number, struct artifact *out);
/* The same packed, brought, and made live, without asking before whether it may be. */
int lambda_publish(struct stage *, struct job *, char number, struct artifact *,
                   struct deployment *out);
void lambda_check_live(struct stage *, const char *version, const char *sha256);

#endif
