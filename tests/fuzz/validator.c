/* Our validator against libwabt, on what both can read: one may not find valid what the other finds
   invalid. Where libwabt is known to be wrong its answer does not count; every such row has its
   reason. libwabt aborts on assertions for some modules: then it has no answer. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/wasm/wasm.h"
#include "tests/fuzz/shared/mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
MUTATE_MODULES

enum { MESSAGE_SIZE = 400, SIZE_MOST = 1 << 16 };
enum answer { ANSWER_VALID, ANSWER_INVALID, ANSWER_NONE };

/* Parts of one side's message, while the other says valid. */
struct row {
    const char *message, *reason;
    bool constant; /* outside of functions only */
};

/* libwabt 1.0.32 refuses, we accept. */
static const struct row strict[] = {
    {"unable to read u32 leb128: ", "3.0: the numbers in limits are of 64 bits", true},
    {"local count must be <",
     "2^28 locals of one type; what engines take is the profiles' business", false},
    {NULL, NULL, false},
};

/* We refuse, libwabt 1.0.32 accepts. */
static const struct row lax[] = {
    {"has alignment 2^32,", "it computes 2^32 in 32 bits", false},
    {"has alignment 2^33,", "it computes 2^33 in 32 bits", false},
    {"has alignment 2^34,", "it computes 2^34 in 32 bits", false},
    {"has alignment 2^35,", "it computes 2^35 in 32 bits", false},
    {"has alignment 2^36,", "it computes 2^36 in 32 bits", false},
    {"expected a table of functions", "it calls through a table of anything", false},
    {"found nothing on the stack", "it lets a segment have an empty offset", true},
    {NULL, NULL, false},
};

static sigjmp_buf escape;

static void leave(int number)
{
    (void)number;
    siglongjmp(escape, 1);
}

static enum answer ask_libwabt(struct bytes file, uint64_t features, char *message)
{
    struct sigaction action = {.sa_handler = leave, .sa_flags = SA_NODEFER}, before;
    volatile int answer = ANSWER_NONE;
    sigaction(SIGABRT, &action, &before);
    if (sigsetjmp(escape, 1) == 0)
        answer = wasm_wabt_validate(file.data, file.size, features, message, MESSAGE_SIZE);
    sigaction(SIGABRT, &before, NULL);
    return (enum answer)answer;
}

/* What we say is in `error`, what the module shows in `facts`. */
static enum answer ask_ourselves(struct arena *arena, struct bytes file, struct wasm_info *facts,
                                 struct error *error)
{
    struct wasm_info info;
    if (wasm_scan(arena, file, WASM_FACTS, facts, error) != 0 || facts->kind != WASM_CORE)
        return ANSWER_NONE;
    if (wasm_scan(arena, file, WASM_VALIDATION, &info, error) != 0)
        return ANSWER_INVALID;
    return info.validity == WASM_NOT_JUDGED ? ANSWER_NONE : ANSWER_VALID;
}

static bool is_explained(const struct row *rows, const char *message)
{
    for (; rows->message; rows++)
        if (strstr(message, rows->message) && !(rows->constant && strstr(message, " in function ")))
            return true;
    return false;
}

/* In code that is not reached libwabt forgets the type that a select names. */
static bool may_have_typed_select(const struct wasm_info *facts)
{
    for (size_t i = 0; i < facts->use_count; i++)
        for (const struct wasm_way *way = facts->uses[i].ways; way; way = way->next)
            if (facts->uses[i].feature == WASM_FEATURE_REFERENCE_TYPES &&
                way->reason == WASM_BY_INSTRUCTION)
                return true;
    return false;
}

static bool is_known(enum answer ours, const struct wasm_info *facts, const char *our_message,
                     const char *their_message)
{
    if (ours == ANSWER_VALID)
        return is_explained(strict, their_message);
    return may_have_typed_select(facts) || is_explained(lax, our_message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error error = {0};
    struct bytes file = {data, size};
    struct wasm_info facts = {0};
    char message[MESSAGE_SIZE] = "";
    enum answer ours = size > SIZE_MOST ? ANSWER_NONE : ask_ourselves(&arena, file, &facts, &error);
    enum answer theirs =
        ours == ANSWER_NONE ? ANSWER_NONE : ask_libwabt(file, facts.features, message);
    if (ours != theirs && theirs != ANSWER_NONE &&
        !is_known(ours, &facts, error.message, message)) {
        fprintf(stderr, "we say %s %s\nlibwabt says %s %s\n",
                ours == ANSWER_VALID ? "valid" : "invalid", error.message,
                theirs == ANSWER_VALID ? "valid" : "invalid", message);
        abort();
    }
    arena_free(&arena);
    return 0;
}
