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

/* Starts the sandbox (again: on the same state) and makes a job for it. */
void fastly_open(struct field *, const char *faults, const char *settings);
/* upload, ready and activate, as one publish does them. */
int fastly_publish(struct field *, bool second, struct deployment *out, struct error *);
void fastly_check_published(struct field *, bool second, const char *version, const char *previous);
/* The body of the reply to a request made by hand. */
json_t *fastly_ask(struct field *, const char *method, const char *path, const char *form);
size_t fastly_count_services(struct field *);

#endif
