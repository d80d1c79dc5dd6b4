#include "pkg/validate/validate.h"

#include <sys/stat.h>

#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/wasm/wasm.h"
#include "tests/unit/unit.h"

/* (func (result i32) ...) of one instruction and an end. */
#define MODULE(instruction) "\0asm\1\0\0\0\1\5\1\x60\0\1\x7f\3\2\1\0\12\6\1\4\0" instruction "\x0b"

static struct validate_result judge(struct arena *arena, const struct world *world,
                                    struct bytes module, const struct wasm_info *info)
{
    struct error error = {0};
    struct validation_run *run;
    struct validate_result result = {VALIDATION_VALID, NULL};
    if (CHECK(validate_start(arena, world, module, info, &run, &error) == 0))
        CHECK(validate_finish(run, &result, &error) == 0);
    return result;
}

static void tells_valid_from_invalid(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        enum validation answer;
        const char *reason;
    } rows[] = {
        {MODULE("\x41\7"), sizeof MODULE("\x41\7") - 1, VALIDATION_VALID, NULL},
        {MODULE("\x42\7"), sizeof MODULE("\x42\7") - 1, VALIDATION_INVALID, "type mismatch"},
        /* an empty struct type: gc */
        {"\0asm\1\0\0\0\1\3\1\x5f\0", 13, VALIDATION_NOT_JUDGED, "libwabt cannot read gc"},
    };
    struct arena arena = {0};
    struct world *world = unit_world(&arena);
    if (!file_exists(world->program)) {
        unit_skip("validate: build/edge-deploy is not there to be the child");
        arena_free(&arena);
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes module = {(const uint8_t *)rows[i].bytes, rows[i].size};
        struct error error = {0};
        struct wasm_info info;
        if (!CHECK(wasm_scan(&arena, module, WASM_FACTS, &info, &error) == 0))
            continue;
        struct validate_result result = judge(&arena, world, module, &info);
        CHECK(result.answer == rows[i].answer);
        if (rows[i].reason)
            CHECK(result.reason && strstr(result.reason, rows[i].reason));
    }
    arena_free(&arena);
}

/* Children that die or talk nonsense: never valid, and the reason says what happened. */
static void a_dead_child_judges_nothing(void)
{
    static const struct {
        const char *script, *reason;
    } rows[] = {
        {"#!/bin/sh\nkill -ABRT $$\n", "libwabt aborted on it"},
        {"#!/bin/sh\nkill -SEGV $$\n", "killed by signal 11"},
        {"#!/bin/sh\nkill -XCPU $$\n", "no answer in 10 seconds"},
        {"#!/bin/sh\nexit 3\n", "ended with code 3"},
        {"#!/bin/sh\nprintf V\nexit 1\n", "ended with code 1"},
        {"#!/bin/sh\nprintf nonsense\n", "ended with code 0"},
        {"#!/bin/sh\n", "ended with code 0"},
    };
    struct arena arena = {0};
    struct world *world = unit_world(&arena);
    char *folder = unit_folder(&arena);
    struct wasm_info info = {.kind = WASM_CORE};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        char *program = arena_printf(&arena, "%s/child%zu", folder, i);
        CHECK(file_write(program, bytes_of(rows[i].script), 0755, &error) == 0);
        world->program = program;
        struct validate_result result = judge(&arena, world, bytes_of("module"), &info);
        CHECK(result.answer == VALIDATION_NOT_JUDGED);
        if (!CHECK(result.reason && strstr(result.reason, rows[i].reason)))
            fprintf(stderr, "  %s\n", result.reason);
    }
    arena_free(&arena);
}

static void components_are_not_judged(void)
{
    struct arena arena = {0};
    struct wasm_info info = {.kind = WASM_COMPONENT};
    struct validate_result result = judge(&arena, unit_world(&arena), bytes_of(""), &info);
    CHECK(result.answer == VALIDATION_NOT_JUDGED);
    CHECK_TEXT(result.reason, "libwabt reads no components");
    arena_free(&arena);
}

void test_validate(void)
{
    tells_valid_from_invalid();
    a_dead_child_judges_nothing();
    components_are_not_judged();
}
