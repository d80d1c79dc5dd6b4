#include "pkg/bench/numbers.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"

enum {
    RESAMPLES = 500,
    FEW = 20 /* resamples of fewer are too much alike: they would see differences in noise */
};

void samples_add(struct arena *arena, struct samples *samples, double value)
{
    samples->items =
        arena_grow(arena, samples->items, samples->count, &samples->capacity, sizeof(double));
    samples->items[samples->count++] = value;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double quantile_of_sorted(const double *items, size_t count, double share)
{
    double at = share * (double)(count - 1);
    size_t below = (size_t)at;
    if (below + 1 >= count)
        return items[count - 1];
    return items[below] + (at - (double)below) * (items[below + 1] - items[below]);
}

static double *sorted(struct arena *arena, const struct samples *samples)
{
    double *copy = arena_copy(arena, samples->items, samples->count * sizeof *copy);
    qsort(copy, samples->count, sizeof *copy, compare);
    return copy;
}

double samples_quantile(struct arena *arena, const struct samples *samples, double share)
{
    return samples->count == 0 ? 0
                               : quantile_of_sorted(sorted(arena, samples), samples->count, share);
}

static double share_of(enum bench_measure measure)
{
    return bench_words(measure)->more_is_better ? 0.5 : 0.25;
}

/* The same numbers each time: what is printed of the same measurements is the same. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static double resampled(const struct samples *samples, double *room, double share, uint32_t *state)
{
    if (samples->count == 0)
        return 0;
    for (size_t i = 0; i < samples->count; i++)
        room[i] = samples->items[next_random(state) % samples->count];
    qsort(room, samples->count, sizeof *room, compare);
    return quantile_of_sorted(room, samples->count, share);
}

/* All of a's less all of b's, as far as they lie apart. */
static void whole_range(struct arena *arena, const struct samples *a, const struct samples *b,
                        double *low, double *high)
{
    *low = samples_quantile(arena, a, 0) - samples_quantile(arena, b, 1);
    *high = samples_quantile(arena, a, 1) - samples_quantile(arena, b, 0);
}

/* The 90 % range of a's figure less b's; of few the whole. */
static void range(struct arena *arena, enum bench_measure measure, const struct samples *a,
                  const struct samples *b, double *low, double *high)
{
    size_t most = a->count > b->count ? a->count : b->count;
    if (a->count < FEW || (b->count > 0 && b->count < FEW)) {
        whole_range(arena, a, b, low, high);
        return;
    }
    double *room = arena_alloc(arena, most + 1, sizeof *room);
    double *differences = arena_alloc(arena, RESAMPLES, sizeof *differences);
    uint32_t state = 2463534242U;
    for (size_t i = 0; i < RESAMPLES; i++)
        differences[i] = resampled(a, room, share_of(measure), &state) -
                         resampled(b, room, share_of(measure), &state);
    qsort(differences, RESAMPLES, sizeof *differences, compare);
    *low = quantile_of_sorted(differences, RESAMPLES, 0.05);
    *high = quantile_of_sorted(differences, RESAMPLES, 0.95);
}

struct bench_number samples_number(struct arena *arena, enum bench_measure measure,
                                   const struct samples *samples, const struct samples *base)
{
    static const struct samples nothing;
    struct bench_number out = {.count = samples->count};
    base = base ? base : &nothing;
    if (samples->count == 0)
        return out;
    out.p25 = samples_quantile(arena, samples, 0.25) - samples_quantile(arena, base, 0.25);
    out.median = samples_quantile(arena, samples, 0.5) - samples_quantile(arena, base, 0.5);
    range(arena, measure, samples, base, &out.low, &out.high);
    return out;
}

bool samples_within_noise(struct arena *arena, enum bench_measure measure, const struct samples *a,
                          const struct samples *b)
{
    double low, high;
    if (a->count == 0 || b->count == 0)
        return true;
    range(arena, measure, a, b, &low, &high);
    return low <= 0 && high >= 0;
}
