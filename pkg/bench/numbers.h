/* Statistics of repeated measurements. Knows nothing of what was measured. */
#ifndef PKG_BENCH_NUMBERS_H
#define PKG_BENCH_NUMBERS_H

#include "pkg/bench/bench.h"

/* Measurements of one thing, as they come. */
struct samples {
    double *items;
    size_t count, capacity;
};

void samples_add(struct arena *, struct samples *, double);

/* The value below which that share of them lies, between two of them where it falls between. */
double samples_quantile(struct arena *, const struct samples *, double share);

/* Over `base` (NULL: over nothing): its figure is subtracted, and varies with it in the range. */
struct bench_number samples_number(struct arena *, enum bench_measure, const struct samples *,
                                   const struct samples *base);

/* Whether the 90 % range of the difference of the two figures holds 0; of fewer than 20, whether
   any of one lies among those of the other. */
bool samples_within_noise(struct arena *, enum bench_measure, const struct samples *,
                          const struct samples *);

#endif
