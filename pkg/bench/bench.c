#include "pkg/bench/bench.h"

#include <stdarg.h>
#include <time.h>

#include "pkg/base/embedded.h"
#include "pkg/base/text.h"
#include "pkg/bench/internal.h"

double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static const char *find_script(const struct embedded_file *file, const char *name)
{
    while (file->path && !text_is(file->path, name))
        file++;
    return file->text;
}

const char *bench_script(const char *name)
{
    const char *text = find_script(bench_scripts, name);
    text = text ? text : find_script(runtime_scripts, name);
    return text ? text : "";
}

const char *bench_types(struct arena *arena, const struct wasm_info *info)
{
    struct buffer *out = buffer_new(arena, LIMIT_REPORT);
    int status = buffer_printf(out, "const TYPES = [");
    for (size_t i = 0; status == 0 && i < info->import_count; i++)
        status = buffer_printf(out, "%s\"%s\"", i ? "," : "", info->imports[i].type);
    return status == 0 && buffer_printf(out, "];\n") == 0 ? buffer_text(out) : NULL;
}

const char *bench_token(struct bencher *bencher)
{
    uint8_t random[12];
    struct buffer *out = buffer_new(bencher->arena, 64);
    bencher->world->random(bencher->world->context, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        if (buffer_printf(out, "%02x", random[i]) != 0)
            break;
    return buffer_text(out);
}

static uint64_t next_random(struct bencher *bencher)
{
    bencher->random ^= bencher->random << 13;
    bencher->random ^= bencher->random >> 7;
    bencher->random ^= bencher->random << 17;
    return bencher->random;
}

void bench_shuffle(struct bencher *bencher, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t other = (size_t)(next_random(bencher) % (i + 1));
        order[i] = order[other];
        order[other] = i;
    }
}

bool bench_goes_on(const struct bencher *bencher, size_t round)
{
    bool in_time = monotonic() - bencher->began_ms < ROUNDS_MS;
    return round < ROUNDS && (in_time || round < ROUNDS_LEAST);
}

void bench_note(struct bencher *bencher, enum bench_measure measure, const char *note)
{
    if (!bencher->out->rows[measure].note)
        bencher->out->rows[measure].note = note;
}

void bench_note_all(struct bencher *bencher, enum bench_measure first, enum bench_measure last,
                    const char *note)
{
    for (size_t i = first; i <= (size_t)last; i++)
        bench_note(bencher, (enum bench_measure)i, note);
}

int bench_give_up(struct bencher *bencher, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *problem = arena_vprintf(bencher->arena, format, arguments);
    va_end(arguments);
    if (!bencher->out->problem)
        bencher->out->problem = problem;
    return 0;
}

void bench_fail(struct bencher *bencher, size_t subject, const char *why)
{
    if (!bencher->failed[subject])
        bencher->failed[subject] = why;
    if (bencher->subject_count == 1 || subject == BENCH_SHIPPED)
        bench_give_up(bencher, "%s", why);
    else
        bench_note_all(bencher, BENCH_COMPILE, BENCH_MEMORY,
                       arena_printf(bencher->arena, "the original does not run: %s", why));
}

void bench_sample(struct bencher *bencher, enum bench_measure measure, size_t subject, double value)
{
    if (value == value && value < 1e12 && value > -1e12)
        samples_add(bencher->arena, &bencher->samples[measure][subject], value);
}

/* --- from samples to rows --- */

static void fill_row(struct bencher *bencher, enum bench_measure measure)
{
    struct bench_row *row = &bencher->out->rows[measure];
    const struct samples *samples = bencher->samples[measure];
    struct samples *base = &bencher->base[measure];
    row->measure = measure;
    row->base = samples_number(bencher->arena, measure, base, NULL);
    for (size_t i = 0; i < bencher->subject_count; i++)
        row->numbers[i] = samples_number(bencher->arena, measure, &samples[i], base);
    if (bencher->subject_count == 1) {
        row->numbers[BENCH_SHIPPED] = row->numbers[BENCH_ORIGINAL];
        row->within_noise = true;
    } else {
        row->within_noise = samples_within_noise(bencher->arena, measure, &samples[BENCH_ORIGINAL],
                                                 &samples[BENCH_SHIPPED]);
    }
    if (row->numbers[BENCH_ORIGINAL].count == 0 && row->numbers[BENCH_SHIPPED].count == 0 &&
        !row->note)
        row->note = "it does not say";
}

int bench_run(struct arena *arena, const struct world *world, const struct runtime *runtime,
              const struct bench_job *job, struct bench_runtime *out, struct error *error)
{
    static int (*const benches[])(struct bencher *, struct error *) = {
        [RUNTIME_NODE] = node_bench,
        [RUNTIME_WORKERD] = workerd_bench,
        [RUNTIME_VICEROY] = viceroy_bench,
        [RUNTIME_WASMTIME] = wasmtime_bench,
    };
    struct arena own = {0};
    struct bencher bencher = {.arena = arena,
                              .world = world,
                              .runtime = runtime,
                              .job = job,
                              .out = out,
                              .subject_count = job->same ? 1 : BENCH_SUBJECTS,
                              .reference_module = reference_module(arena),
                              .began_ms = monotonic()};
    world->random(world->context, &bencher.random, sizeof bencher.random);
    bencher.random |= 1;
    *out = (struct bench_runtime){.name = runtime->name, .version = runtime->version};
    bencher.own = &own;
    int status = benches[runtime->kind](&bencher, error);
    arena_free(&own); /* processes are ended, folders removed */
    for (size_t i = 0; i < BENCH_MEASURES; i++)
        fill_row(&bencher, (enum bench_measure)i);
    out->reference = samples_number(arena, BENCH_COMPILE, &bencher.reference, NULL);
    return status;
}
