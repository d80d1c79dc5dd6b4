/* bench as a table a target, its runtimes beneath each other. */
#include <math.h>
#include <string.h>

#include "cmd/bench.h"
#include "cmd/table.h"
#include "pkg/base/text.h"

static const char *bytes_cell(struct run *run, size_t bytes)
{
    return bytes < 10000 ? arena_printf(run->arena, "%zu B", bytes)
                         : arena_printf(run->arena, "%.1f KB", (double)bytes / 1000);
}

/* Three digits, whatever it is. */
static const char *value_cell(struct run *run, double value)
{
    double size = fabs(value);
    return arena_printf(run->arena, "%.*f", size < 9.995 ? 2 : size < 99.95 ? 1 : 0, value);
}

static const char *change_cell(struct run *run, double from, double to)
{
    return from > 0 ? arena_printf(run->arena, "%+.1f %%", (to - from) / from * 100) : NULL;
}

static const char *number_cell(struct run *run, enum bench_measure measure,
                               const struct bench_number *number)
{
    if (number->count == 0)
        return NULL;
    return arena_printf(run->arena, "%s (%s..%s)", value_cell(run, bench_figure(measure, number)),
                        value_cell(run, number->low), value_cell(run, number->high));
}

static void add_size(struct run *run, struct table *table, const char *name, size_t original,
                     size_t shipped)
{
    const char *cells[] = {
        "", arena_printf(run->arena, "%s", name), bytes_cell(run, original),
        bytes_cell(run, shipped),
        original == shipped ? NULL : change_cell(run, (double)original, (double)shipped)};
    table_add(table, cells, 0, TINT_NONE);
}

static void add_sizes(struct run *run, struct table *table, const struct bench_target *target)
{
    const struct bench_sizes *sizes = target->sizes;
    const char *simd[] = {"", "SIMD", sizes[0].simd ? "yes" : "no", sizes[1].simd ? "yes" : "no",
                          NULL};
    add_size(run, table, "size", sizes[0].raw, sizes[1].raw);
    add_size(run, table, "size, gzip", sizes[0].gzip, sizes[1].gzip);
    add_size(run, table, "size, zip", sizes[0].zip, sizes[1].zip);
    table_add(table, simd, 0, TINT_NONE);
}

static void add_row(struct run *run, struct table *table, const struct bench_runtime *runtime,
                    const struct bench_row *row, bool same)
{
    const struct bench_words *words = bench_words(row->measure);
    const struct bench_number *original = &row->numbers[BENCH_ORIGINAL];
    const struct bench_number *shipped = &row->numbers[BENCH_SHIPPED];
    double from = bench_figure(row->measure, original), to = bench_figure(row->measure, shipped);
    const char *change = change_cell(run, from, to);
    enum tint tint = TINT_NONE;
    if (original->count == 0 || shipped->count == 0 || same)
        change = NULL;
    else if (row->within_noise)
        change = "within the noise";
    else
        tint = (to > from) == words->more_is_better ? TINT_GOOD : TINT_BAD;
    if (row->note && original->count == 0 && shipped->count == 0)
        change = "not measured";
    const char *cells[] = {arena_printf(run->arena, "%s %s", runtime->name, runtime->version),
                           arena_printf(run->arena, "%s, %s", words->label, words->unit),
                           number_cell(run, row->measure, original),
                           number_cell(run, row->measure, shipped), change};
    table_add(table, cells, 4, tint);
}

/* "compile, first call": the measures that have that note. */
static const char *labels_of(struct run *run, const struct bench_runtime *runtime, const char *note)
{
    const char *out = "";
    for (size_t i = 0; i < BENCH_MEASURES; i++)
        if (text_is(runtime->rows[i].note, note))
            out = arena_printf(run->arena, "%s%s%s", out, *out ? ", " : "",
                               bench_words((enum bench_measure)i)->label);
    return out;
}

static bool is_said(const struct bench_runtime *runtime, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (text_is(runtime->rows[i].note, runtime->rows[row].note))
            return true;
    return false;
}

static void say_notes(struct run *run, const struct bench_runtime *runtime)
{
    const char *name = runtime->version
                           ? arena_printf(run->arena, "%s %s", runtime->name, runtime->version)
                           : runtime->name;
    if (runtime->problem)
        printf("%s: %s\n", name, text_safe(run->arena, runtime->problem, strlen(runtime->problem)));
    for (size_t i = 0; i < BENCH_MEASURES && !runtime->problem; i++) {
        const char *note = runtime->rows[i].note;
        if (note && !is_said(runtime, i))
            printf("%s: %s: %s\n", name, labels_of(run, runtime, note),
                   text_safe(run->arena, note, strlen(note)));
    }
}

static void print_target(struct run *run, const struct bench_target *target)
{
    static const char *const heads[] = {"RUNTIME", "MEASURE", "ORIGINAL",
                                        "SHIPPED", "CHANGE",  NULL};
    struct table table;
    printf("%s (%s%s%s): %s, %s\n", target->target, target->platform, target->variant[0] ? " " : "",
           target->variant, text_safe(run->arena, target->module, strlen(target->module)),
           target->same ? "ships as it is" : target->how);
    table_open(&table, run, heads);
    add_sizes(run, &table, target);
    for (size_t i = 0; i < target->runtime_count; i++)
        for (size_t m = 0; m < BENCH_MEASURES && !target->runtimes[i].problem; m++)
            add_row(run, &table, &target->runtimes[i], &target->runtimes[i].rows[m], target->same);
    table_print(&table);
    if (target->problem)
        printf("%s\n", target->problem);
    for (size_t i = 0; i < target->runtime_count; i++)
        say_notes(run, &target->runtimes[i]);
    for (size_t i = 0; i < target->finding_count; i++) {
        const struct finding *finding = &target->findings[i];
        printf("%s: %s\n", level_name(finding->level), finding->message);
    }
}

void bench_text(struct run *run, const struct bench *bench)
{
    for (size_t i = 0; i < bench->target_count; i++) {
        printf("%s", i ? "\n" : "");
        print_target(run, &bench->targets[i]);
    }
    printf(
        "\nTimes: 25th percentile; req/s: median; in brackets their 90 %% range, of fewer than 20 "
        "the whole.\nCold start is over an empty worker. Within the noise: the range of the "
        "difference holds 0.\n");
}
