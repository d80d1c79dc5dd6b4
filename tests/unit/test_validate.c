#include "pkg/validate/validate.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "pkg/base/world.h"
#include "pkg/wasm/wasm.h"
#include "tests/unit/unit.h"

/* (func (result i32) ...) of one instruction and an end. */
#define MODULE(instruction) "\0asm\1\0\0\0\1\5\1\x60\0\1\x7f\3\2\1\0\12\6\1\4\0" instruction "\x0b"

static const struct wasm_info core = {.kind = WASM_CORE};

struct bench {
    struct arena arena;
    struct world *world;
    struct validator *validator;
    struct error error;
};

static void open_bench(struct bench *bench, validate_judge *judge)
{
    *bench = (struct bench){0};
    bench->world = unit_world(&bench->arena);
    validate_open(&bench->arena, judge, &bench->validator);
}

static struct validate_result ask(struct bench *bench, struct bytes module,
                                  const struct wasm_info *info)
{
    struct validation_run *run;
    struct validate_result result = {VALIDATION_VALID, "never answered"};
    validate_start(&bench->arena, bench->validator, module, info, &run);
    CHECK(validate_finish(bench->world, run, &result, &bench->error) == 0);
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
        /* a passive segment whose element is i64.div_s: complained of, and then valid */
        {"\0asm\1\0\0\0\11\6\1\5\x70\1\x7f\x0b", 16, VALIDATION_NOT_JUDGED,
         "passive element segment"},
    };
    struct bench bench;
    open_bench(&bench, wasm_wabt_validate);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes module = {(const uint8_t *)rows[i].bytes, rows[i].size};
        struct wasm_info info;
        if (!CHECK(wasm_scan(&bench.arena, module, WASM_FACTS, &info, &bench.error) == 0))
            continue;
        struct validate_result result = ask(&bench, module, &info);
        CHECK(result.answer == rows[i].answer);
        if (rows[i].reason)
            CHECK(result.reason && strstr(result.reason, rows[i].reason));
    }
    arena_free(&bench.arena);
}

/* Does what the module's first byte says. */
static int obey(const uint8_t *data, size_t size, uint64_t features, char *message, size_t limit)
{
    (void)size;
    switch (data[0]) {
    case 'a':
        abort();
    case 's':
        signal(SIGSEGV, SIG_DFL); /* a sanitizer would catch it */
        raise(SIGSEGV);
        break;
    case 'x':
        raise(SIGXCPU);
        break;
    case '0':
    case '3':
        _exit(data[0] - '0');
    case 'n':
        return 7;
    default:
        snprintf(message, limit, "%llx %.3s", (unsigned long long)features, (const char *)data);
    }
    return data[0] == 'V' ? 0 : data[0] == 'I' ? 1 : 2;
}

/* Judges that die or talk nonsense: never valid, the reason says what happened, and the next
   module is judged all the same. */
static void a_dead_judge_judges_nothing(void)
{
    static const struct {
        const char *order, *reason;
    } rows[] = {
        {"abort", "libwabt aborted on it"},  {"segfault", "killed by signal 11"},
        {"xcpu", "no answer in 10 seconds"}, {"0", "ended with code 0"},
        {"3", "ended with code 3"},          {"nonsense", "ended with code"},
    };
    struct bench bench;
    open_bench(&bench, obey);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct validate_result result = ask(&bench, bytes_of(rows[i].order), &core);
        CHECK(result.answer == VALIDATION_NOT_JUDGED);
        if (!CHECK(result.reason && strstr(result.reason, rows[i].reason)))
            fprintf(stderr, "  %s\n", result.reason);
        CHECK(ask(&bench, bytes_of("V"), &core).answer == VALIDATION_VALID);
    }
    arena_free(&bench.arena);
}

/* Several at once, collected in another order. */
static void each_gets_its_own_answer(void)
{
    static const char *const orders[] = {"Ion", "Uab", "abort", "Vxx", "Itwo"};
    struct bench bench;
    struct validation_run *runs[5];
    struct validate_result results[5];
    struct wasm_info info = {.kind = WASM_CORE, .features = 0xabc};
    open_bench(&bench, obey);
    for (size_t i = 0; i < 5; i++)
        validate_start(&bench.arena, bench.validator, bytes_of(orders[i]), &info, &runs[i]);
    for (size_t i = 5; i-- > 0;)
        CHECK(validate_finish(bench.world, runs[i], &results[i], &bench.error) == 0);
    CHECK_TEXT(results[0].reason, "abc Ion");
    CHECK_TEXT(results[1].reason, "abc Uab");
    CHECK(results[1].answer == VALIDATION_NOT_JUDGED);
    CHECK_TEXT(results[2].reason, "libwabt aborted on it");
    CHECK(results[3].answer == VALIDATION_VALID && results[4].answer == VALIDATION_INVALID);
    arena_free(&bench.arena);
}

static int kill_all(const uint8_t *data, size_t size, uint64_t features, char *message,
                    size_t limit)
{
    (void)data, (void)size, (void)features, (void)message, (void)limit;
    kill(getppid(), SIGKILL);
    return 7;
}

static void what_is_not_asked_is_not_judged(void)
{
    struct bench bench;
    struct wasm_info component = {.kind = WASM_COMPONENT};
    open_bench(&bench, obey);
    CHECK_TEXT(ask(&bench, bytes_of("V"), &component).reason, "libwabt reads no components");
    struct bytes large = {arena_alloc(&bench.arena, VALIDATE_LIMIT + 1, 1), VALIDATE_LIMIT + 1};
    struct validate_result result = ask(&bench, large, &core);
    CHECK(result.answer == VALIDATION_NOT_JUDGED && strstr(result.reason, "more than"));
    bench.validator = NULL;
    result = ask(&bench, bytes_of("V"), &core);
    CHECK(result.answer == VALIDATION_NOT_JUDGED && strstr(result.reason, "not there"));
    arena_free(&bench.arena);
    open_bench(&bench, kill_all);
    for (int i = 0; i < 2; i++) {
        result = ask(&bench, bytes_of("V"), &core);
        CHECK(result.answer == VALIDATION_NOT_JUDGED && strstr(result.reason, "libwabt's process"));
    }
    arena_free(&bench.arena);
}

/* What was asked before is still answered. */
static void closes(void)
{
    struct bench bench;
    struct validation_run *run;
    struct validate_result result;
    open_bench(&bench, obey);
    validate_start(&bench.arena, bench.validator, bytes_of("Ion"), &core, &run);
    validate_close(bench.validator);
    CHECK(validate_finish(bench.world, run, &result, &bench.error) == 0);
    CHECK(result.answer == VALIDATION_INVALID);
    result = ask(&bench, bytes_of("V"), &core);
    CHECK(result.answer == VALIDATION_NOT_JUDGED && strstr(result.reason, "not there"));
    arena_free(&bench.arena);
}

static int sleep_long(const uint8_t *data, size_t size, uint64_t features, char *message,
                      size_t limit)
{
    (void)data, (void)size, (void)features, (void)message, (void)limit;
    sleep(20);
    return 0;
}

static int asked_to_stop(void *context)
{
    (void)context;
    return SIGINT;
}

static void stops_when_asked(void)
{
    struct bench bench;
    struct validation_run *run;
    struct validate_result result;
    open_bench(&bench, sleep_long);
    bench.world->interrupted = asked_to_stop;
    validate_start(&bench.arena, bench.validator, bytes_of("V"), &core, &run);
    CHECK(validate_finish(bench.world, run, &result, &bench.error) == -1);
    CHECK(bench.error.fault == FAULT_INTERRUPTED);
    arena_free(&bench.arena);
}

void test_validate(void)
{
    tells_valid_from_invalid();
    a_dead_judge_judges_nothing();
    each_gets_its_own_answer();
    what_is_not_asked_is_not_judged();
    closes();
    stops_when_asked();
}
