/* Words of a bench: the same figures for every format. */
#include <math.h>

#include "pkg/base/arena.h"
#include "pkg/report/print.h"
#include "pkg/report/words.h"

const char *const words_forms[BENCH_SUBJECTS] = {"original", "shipped"};
const char words_bench_hint[] =
    "Times are 25th percentiles, requests a second a median; the range holds that figure in 90 % "
    "of "
    "resamplings. Cold starts are over an empty worker. Within the noise: the range of the "
    "difference holds 0.";

/* Three digits, whatever it is. */
static const char *value(struct arena *arena, double value)
{
    double size = fabs(value);
    return arena_printf(arena, "%.*f", size < 9.995 ? 2 : size < 99.95 ? 1 : 0, value);
}

const char *words_figure(struct arena *arena, enum bench_measure measure,
                         const struct bench_number *number)
{
    if (number->count == 0)
        return NULL;
    return arena_printf(arena, "%s %s", value(arena, bench_figure(measure, number)),
                        bench_words(measure)->unit);
}

const char *words_range(struct arena *arena, const struct bench_number *number)
{
    if (number->count == 0)
        return NULL;
    return arena_printf(arena, "%s to %s", value(arena, number->low), value(arena, number->high));
}

const char *words_growth(struct arena *arena, double from, double to)
{
    if (!(from > 0))
        return NULL;
    return fabs(to - from) < from / 2000
               ? "the same"
               : arena_printf(arena, "%+.1f %%", (to - from) / from * 100);
}

static bool is_comparable(const struct bench_row *row, bool same)
{
    return !same && row->numbers[BENCH_ORIGINAL].count && row->numbers[BENCH_SHIPPED].count;
}

static double figure_of(const struct bench_row *row, size_t form)
{
    return bench_figure(row->measure, &row->numbers[form]);
}

const char *words_change(struct arena *arena, const struct bench_row *row, bool same)
{
    if (!is_comparable(row, same))
        return NULL;
    return row->within_noise
               ? "within the noise"
               : words_growth(arena, figure_of(row, BENCH_ORIGINAL), figure_of(row, BENCH_SHIPPED));
}

int words_better(const struct bench_row *row, bool same)
{
    if (!is_comparable(row, same) || row->within_noise)
        return 0;
    bool more = figure_of(row, BENCH_SHIPPED) > figure_of(row, BENCH_ORIGINAL);
    return more == bench_words(row->measure)->more_is_better ? 1 : -1;
}

const char *words_runtime(struct arena *arena, const struct bench_runtime *runtime)
{
    return runtime->version ? arena_printf(arena, "%s %s", runtime->name, runtime->version)
                            : runtime->name;
}

const char *words_shipped(struct arena *arena, const struct bench_target *target)
{
    const char *variant = target->variant ? target->variant : "";
    return arena_printf(arena, "%s%s%s, %s", target->platform, *variant ? " " : "", variant,
                        target->same  ? "ships as it is"
                        : target->how ? target->how
                                      : "optimized");
}
