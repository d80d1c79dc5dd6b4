/* Runs all test functions, or those whose name holds the word given. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

/* TESTS(X): a row per tests/unit/test_NAME.c, each of which has void test_NAME(void). */
#include UNIT_TESTS

#define X(name) void test_##name(void);
TESTS(X)
#undef X

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
#define X(name) {#name, test_##name},
    TESTS(X)
#undef X
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (argc < 2 || strstr(tests[i].name, argv[1]))
            tests[i].run();
    printf("unit: %u passed, %u failed, %u skipped\n", unit_passed, unit_failed, unit_skipped);
    return unit_failed != 0;
}
