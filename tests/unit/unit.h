/* The unit harness: a test is a function that checks; a failed check is printed and counted. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/error.h"

extern unsigned unit_passed, unit_failed, unit_skipped;

bool unit_check(bool ok, const char *file, int line, const char *what);
bool unit_check_text(const char *got, const char *expected, const char *file, int line);
void unit_skip(const char *why); /* loud, counted */

#define CHECK(condition)          unit_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_TEXT(got, expected) unit_check_text((got), (expected), __FILE__, __LINE__)

/* Where third-party test data lies (../shared beside the checkout, or EDGE_DEPLOY_SHARED); NULL
   when it is not there. */
const char *unit_shared(struct arena *, const char *path);

/* A world with a virtual clock that starts at 2026-11-22T12:00:00Z, a counting sleep, fixed
   "random" bytes, and the variables set with unit_setenv. */
struct world;
struct world *unit_world(struct arena *);
void unit_setenv(struct world *, const char *name, const char *value);

/* An empty folder that is removed with the arena. */
char *unit_folder(struct arena *);

/* A struct bytes from a literal. */
#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

#endif
