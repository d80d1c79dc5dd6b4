/* Statistics of a bench: quantiles, ranges, and when a difference is none. */
#include "pkg/bench/numbers.h"
#include "tests/unit/unit.h"

static struct samples fill(struct arena *arena, double from, double step, size_t count)
{
    struct samples out = {0};
    for (size_t i = 0; i < count; i++) /* in no order */
        samples_add(arena, &out, from + step * (double)(i * 7 % count));
    return out;
}

static void test_quantiles(struct arena *arena)
{
    struct samples four = fill(arena, 1, 1, 4), one = fill(arena, 5, 0, 1), none = {0};
    CHECK(samples_quantile(arena, &four, 0) == 1);
    CHECK(samples_quantile(arena, &four, 0.25) == 1.75);
    CHECK(samples_quantile(arena, &four, 0.5) == 2.5);
    CHECK(samples_quantile(arena, &four, 1) == 4);
    CHECK(samples_quantile(arena, &one, 0.25) == 5);
    CHECK(samples_quantile(arena, &none, 0.5) == 0);
    CHECK(four.items[0] == 1 && four.items[1] == 4); /* they stay as they came */
}

static void test_numbers(struct arena *arena)
{
    struct samples base = fill(arena, 10, 0.01, 40), worker = fill(arena, 15, 0.01, 40), none = {0};
    struct bench_number over = samples_number(arena, BENCH_COLD_START, &worker, &base);
    CHECK(over.count == 40);
    CHECK(over.p25 > 4.99 && over.p25 < 5.01 && over.median > 4.99 && over.median < 5.01);
    CHECK(over.low <= over.p25 && over.p25 <= over.high);
    CHECK(over.high - over.low < 0.4);
    CHECK(samples_number(arena, BENCH_COLD_START, &none, &base).count == 0);
    struct bench_number alone = samples_number(arena, BENCH_COMPILE, &worker, NULL);
    CHECK(alone.p25 > 15.09 && alone.p25 < 15.11);
    CHECK(bench_figure(BENCH_COMPILE, &alone) == alone.p25);
    CHECK(bench_figure(BENCH_THROUGHPUT, &alone) == alone.median);
    struct bench_number again = samples_number(arena, BENCH_COMPILE, &worker, NULL);
    CHECK(again.low == alone.low && again.high == alone.high);
}

static void test_noise(struct arena *arena)
{
    struct samples quiet = fill(arena, 10, 0.01, 40), other = fill(arena, 10.01, 0.01, 40);
    struct samples faster = fill(arena, 9, 0.01, 40), wild = fill(arena, 5, 0.3, 40), none = {0};
    CHECK(samples_within_noise(arena, BENCH_COMPILE, &quiet, &other));
    CHECK(!samples_within_noise(arena, BENCH_COMPILE, &quiet, &faster));
    CHECK(samples_within_noise(arena, BENCH_COMPILE, &wild, &faster));
    CHECK(samples_within_noise(arena, BENCH_COMPILE, &quiet, &none));
}

void test_bench(void)
{
    struct arena arena = {0};
    test_quantiles(&arena);
    test_numbers(&arena);
    test_noise(&arena);
    arena_free(&arena);
}
