/* A sandbox with Fastly's half, and jobs that reach it: for the tests of the driver. */
#ifndef TESTS_UNIT_FASTLY_BOX_H
#define TESTS_UNIT_FASTLY_BOX_H

#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/json/json.h"
#include "pkg/platform/platform.h"
#include "pkg/sandbox/sandbox.h"
#include "platforms/fastly/driver_parts.h"
#include "tests/unit/unit.h"

extern const struct platform platform_fastly;

#define COMMIT   "0123456789abcdef0123456789abcdef01234567"
#define SETTINGS "{\"service_name\":\"demo\"}"

json_t *fastly_json(struct arena *, const char *text);
/* A job without network. */
struct job fastly_job(struct arena *, const char *settings);
/* One of two small modules, packed. */
struct artifact fastly_pack(struct job *, bool second);
struct bytes fastly_module(bool second);

struct field {
    struct arena *arena;
    struct sandbox *sandbox;
    struct job job;
    char *folder;
    unsigned runs;
};

/* What is answered in place of the sandbox's half, from now on. */
struct fastly_twist {
    const char *method, *path; /* path: a pattern behind the prefix; NULL: nothing is twisted */
    unsigned nth;              /* only that one; 0: each */
    unsigned status;           /* 0: 200 */
    const char *body;
    const char *header, *value; /* or NULL */
    bool done;                  /* the request is obeyed, and answered so all the same */
    unsigned seen, answered;    /* counts */
    unsigned writes;            /* of any kind: all requests but GET */
};
extern struct fastly_twist fastly_twist;

/* Starts the sandbox (again: on the same state) and makes a job for it. */
void fastly_open(struct field *, const char *faults, const char *settings);
/* upload, ready and activate, as one publish does them. */
int fastly_publish(struct field *, bool second, struct deployment *out, struct error *);
void fastly_check_published(struct field *, bool second, const char *version, const char *previous);
/* The body of the reply to a request made by hand. */
json_t *fastly_ask(struct field *, const char *method, const char *path, const char *form);
size_t fastly_count_services(struct field *);

#endif
