/* Cloudflare's driver in front of Cloudflare's sandbox half, over loopback HTTP. */
#ifndef TESTS_UNIT_CLOUDFLARE_STAGE_H
#define TESTS_UNIT_CLOUDFLARE_STAGE_H

#include "pkg/json/json.h"
#include "pkg/sandbox/sandbox.h"
#include "platforms/cloudflare/driver_parts.h"
#include "tests/unit/unit.h"

extern const struct platform platform_cloudflare;

#define STAGE_COMMIT "89abcdef0123456789abcdef0123456789abcdef"

struct stage {
    struct arena *arena;
    struct world *world;
    struct sandbox *sandbox;
    struct platform_entry entries[2];
    struct target target;
    struct profile profile;
    struct job job;
    struct error error;
};

/* `faults` and `routes` (a JSON list) may be NULL. */
void stage_open(struct arena *, const char *faults, const char *routes, struct stage *);
/* A new run: what the driver remembers of the one before is gone; another tag. */
void stage_run(struct stage *, unsigned number);
/* Another artifact for each number that is odd or even. */
void stage_pack(struct stage *, unsigned number, struct artifact *);
/* A whole publish of that artifact, in a run of its own; NULL, or which hook failed. */
const char *stage_publish(struct stage *, unsigned number, unsigned percent, struct artifact *,
                          struct deployment *out);
/* A request of somebody else's; the result, NULL when it is refused. */
json_t *stage_send(struct stage *, const char *method, const char *path, json_t *body);
size_t stage_versions(struct stage *);

#endif
