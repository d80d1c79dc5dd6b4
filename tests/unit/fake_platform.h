/* Two platforms that exist only in tests: "alpha" (JavaScript glue, runs everything) and "beta"
   (no glue, closed imports, no simd128). Their hooks write what they were asked to a log and keep
   what is live in memory. */
#ifndef TESTS_UNIT_FAKE_PLATFORM_H
#define TESTS_UNIT_FAKE_PLATFORM_H

#include <stdbool.h>

#include "pkg/base/error.h"

enum { FAKE_VERSIONS = 16 };

struct fake_version {
    char artifact_sha256[65], commit[65];
    bool staged, gone; /* gone: activate and versions() know nothing of it */
    unsigned took;     /* when it last got traffic: the number of the activation; 0: never */
};

struct fake_platform {
    struct fake_version versions[FAKE_VERSIONS]; /* version "vN" is versions[N - 1] */
    unsigned version_count;
    unsigned live;   /* N, with the largest share; 0: nothing */
    unsigned beside; /* N of the one with the rest; 0: none */
    unsigned beside_percent;
    unsigned activations;
    bool deferred;       /* upload only checks, activate sends */
    bool drifted;        /* live() says that it was not put there by us */
    bool spreading;      /* live() says that it is on its way */
    const char *same_as; /* live() says that its code is that version's */
    bool forgetful;      /* versions() does not know what was live before */
};

struct fake {
    struct fake_platform alpha, beta;
    /* A hook that fails, "alpha.upload", and how; NULL: none. Failing hooks are logged too. */
    const char *failing;
    enum fault fault;       /* FAULT_NONE: it fails without a reason */
    bool then_silent;       /* once it has failed, live() does too */
    bool late;              /* an activation that fails has switched nevertheless */
    bool talkative;         /* hooks that work leave an error behind */
    const char *url;        /* where what was activated answers; NULL: where nobody listens */
    void (*at_ready)(void); /* what happens just before ready() looks */
    void (*switched)(void); /* what happens just after an activation */
    char log[16384];        /* a line a call: "alpha.upload edge v1" */
};

extern struct fake fake;

/* All as it was at the start: without the hooks that may be NULL. */
void fake_reset(void);
/* Both platforms get them. ready() looks at base, plan() and versions() tell what there is. */
void fake_add_hooks(void);

#endif
