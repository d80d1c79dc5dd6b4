/* What the files of verify share: patience, and one target's probe. */
#ifndef PKG_PUBLISH_VERIFY_H
#define PKG_PUBLISH_VERIFY_H

#include "pkg/publish/pipeline.h"

/* Until when one target is asked, with growing waits. */
struct patience {
    int64_t began, deadline, wait, said;
    unsigned tries;
    const char *why; /* what was said last */
};

struct patience patience_of(const struct pipeline *, const struct prepared *);

/* Waits a while, and says why when that is new or half a minute has gone; false when there is no
   time left or we were asked to stop. */
bool patience_wait(struct pipeline *, struct prepared *, struct patience *, const char *why);

/* Keeps why the target is not verified; -1. */
int unverified(struct prepared *, enum verification, const char *format, ...) PRINTF_LIKE(3, 4);

/* probe.c: asks the url as the manifest says until it answers as wanted; fills probe, answered,
   verification and, with -1, error. */
int probe(struct pipeline *, struct prepared *, struct patience *) MUST_CHECK;

/* staged.c: what is staged into ->deployment of each target; FAULT_INPUT where a platform can't. */
int staged_find(struct pipeline *, struct error *) MUST_CHECK;

/* local.c: what lies here, packed without a build, for each target: local_sha256 or why not. */
void local_pack(const struct pipeline *);

#endif
