#include "pkg/validate/validate.h"

#include <signal.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/base/world.h"
#include "pkg/process/process.h"
#include "pkg/validate/verdict.h"
#include "pkg/wasm/wasm.h"

struct validation_run {
    struct arena *arena;
    struct process *process; /* NULL: judged without one */
    uint64_t cpu_seconds;
    struct validate_result result;
};

/* libwabt 1.0.32 reads 6 MB a second on a slow machine; the rest is room for a loaded one. Its
   tree takes up to 60 bytes a byte of code. */
enum {
    CPU_SECONDS = 10,
    SIZE_A_CPU_SECOND = 1 << 20,
    WALL_FACTOR = 6,
    DATA_BYTES = 256 << 20,
    DATA_A_BYTE = 128
};

/* Under the address sanitizer the child, which is this program, could not even map its shadow. */
static uint64_t data_limit(size_t module_size)
{
#if defined(__SANITIZE_ADDRESS__)
    (void)module_size;
    return 0;
#else
    return DATA_BYTES + (uint64_t)DATA_A_BYTE * module_size;
#endif
}

static struct bytes make_input(struct arena *arena, struct bytes module, uint64_t features)
{
    uint8_t *data = arena_alloc(arena, module.size + VERDICT_HEADER, 1);
    for (unsigned i = 0; i < VERDICT_HEADER; i++)
        data[i] = (uint8_t)(features >> (8 * i));
    if (module.size)
        memcpy(data + VERDICT_HEADER, module.data, module.size);
    return (struct bytes){data, module.size + VERDICT_HEADER};
}

int validate_start(struct arena *arena, const struct world *world, struct bytes module,
                   const struct wasm_info *info, struct validation_run **out, struct error *error)
{
    struct validation_run *run = arena_alloc(arena, 1, sizeof *run);
    run->arena = arena;
    *out = run;
    if (info->kind == WASM_COMPONENT) {
        run->result =
            (struct validate_result){VALIDATION_NOT_JUDGED, "libwabt reads no components"};
        return 0;
    }
    run->cpu_seconds = CPU_SECONDS + module.size / SIZE_A_CPU_SECOND;
    const char *const argv[] = {world->program, "_validate", NULL};
    struct process_request request = {
        .argv = argv,
        .input = make_input(arena, module, info->features),
        .output_limit = VERDICT_SIZE,
        .timeout_ms = run->cpu_seconds * 1000 * WALL_FACTOR,
        .cpu_seconds = run->cpu_seconds,
        .data_bytes = data_limit(module.size),
    };
    if (process_start(arena, world, &request, &run->process, error) != 0)
        return error_prefix(error, "validate");
    return 0;
}

static const char *why_it_died(struct arena *arena, const struct validation_run *run,
                               const struct process_result *result)
{
    if (result->timed_out || result->status == 128 + SIGXCPU)
        return arena_printf(arena, "libwabt gave no answer in %llu seconds",
                            (unsigned long long)run->cpu_seconds);
    if (result->status == 128 + SIGABRT)
        return "libwabt aborted on it";
    if (result->status > 128)
        return arena_printf(arena, "libwabt was killed by signal %d", result->status - 128);
    return arena_printf(arena, "libwabt's process ended with code %d", result->status);
}

/* A child that was judged by its exit code alone could be taken for valid when it was not asked. */
static void read_verdict(struct validation_run *run, const struct process_result *result)
{
    static const struct {
        char letter;
        enum validation answer;
    } letters[] = {{VERDICT_VALID, VALIDATION_VALID},
                   {VERDICT_INVALID, VALIDATION_INVALID},
                   {VERDICT_UNREAD, VALIDATION_NOT_JUDGED}};
    struct bytes output = result->output;
    struct validate_result *out = &run->result;
    for (size_t i = 0; i < 3 && result->status == 0 && output.size > 0; i++)
        if (output.data[0] == (uint8_t)letters[i].letter) {
            out->answer = letters[i].answer;
            out->reason = text_safe(run->arena, (const char *)output.data + 1, output.size - 1);
            return;
        }
    out->answer = VALIDATION_NOT_JUDGED;
    out->reason = why_it_died(run->arena, run, result);
}

int validate_finish(struct validation_run *run, struct validate_result *out, struct error *error)
{
    if (run->process) {
        struct process_result result;
        if (process_wait(run->process, &result, error) != 0)
            return error_prefix(error, "validate");
        run->process = NULL;
        read_verdict(run, &result);
    }
    *out = run->result;
    return 0;
}
