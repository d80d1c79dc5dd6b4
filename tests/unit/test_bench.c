/* Statistics of a bench: quantiles, ranges, and when a difference is none; its reference module;
   budgets of time. */
#include "pkg/base/budget.h"
#include "pkg/bench/internal.h"
#include "pkg/compat/verdict.h"
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
    struct samples five = fill(arena, 10, 0.1, 5), apart = fill(arena, 10.41, 0.1, 5);
    struct samples touching = fill(arena, 10.39, 0.1, 5);
    CHECK(!samples_within_noise(arena, BENCH_THROUGHPUT, &five, &apart));
    CHECK(samples_within_noise(arena, BENCH_THROUGHPUT, &five, &touching));
    struct bench_number few = samples_number(arena, BENCH_THROUGHPUT, &five, NULL);
    CHECK(few.low == 10 && few.high > 10.39 && few.high < 10.41);
    CHECK(samples_within_noise(arena, BENCH_COMPILE, &quiet, &none));
}

static void test_reference(struct arena *arena)
{
    struct bytes module = reference_module(arena), again = reference_module(arena);
    struct wasm_info info;
    struct error error = {0};
    CHECK(wasm_scan(arena, module, WASM_VALIDATION, &info, &error) == 0);
    CHECK_TEXT(error.message, "");
    CHECK(module.size > 260000 && module.size < 270000);
    CHECK(bytes_equal(module, again));
    CHECK(info.features == 0);
}

/* What is found of a budget, as "LEVEL KEY, ". */
static const char *judged(struct arena *arena, struct budget budget, bool strict,
                          const struct bench_runtime *runtime)
{
    struct bench_runtime copy = *runtime;
    struct bench_target target = {
        .target = "edge", .module = "app.wasm", .runtimes = &copy, .runtime_count = 1};
    const char *out = "";
    bench_judge(arena, &budget, strict, &target);
    for (size_t i = 0; i < target.finding_count; i++) {
        CHECK_TEXT(target.findings[i].rule, "budget");
        out = arena_printf(arena, "%s%s %s, ", out, level_name(target.findings[i].level),
                           target.findings[i].subject);
    }
    return out;
}

static void test_budgets(struct arena *arena)
{
    struct bench_runtime measured = {.name = "engine", .version = "1"};
    struct bench_runtime missing = {.name = "engine", .problem = "none was found"};
    measured.rows[BENCH_COMPILE].numbers[BENCH_SHIPPED] = (struct bench_number){6, 7, 5, 7, 40};
    measured.rows[BENCH_COLD_START].numbers[BENCH_SHIPPED] = (struct bench_number){9, 9, 8, 9, 40};
    measured.reference = (struct bench_number){2, 3, 1, 3, 40}; /* so 6 ms here are 3 ms there */
    struct budget none = {0};
    CHECK_TEXT(judged(arena, none, true, &missing), "");
    CHECK_TEXT(judged(arena, (struct budget){.compile_ms = 3.1}, false, &measured), "");
    CHECK_TEXT(judged(arena, (struct budget){.compile_ms = 2.9}, false, &measured),
               "error compile_ms, ");
    /* The time that passed, as long as processor time is not known. */
    CHECK_TEXT(judged(arena, (struct budget){.cold_start_ms = 8}, false, &measured),
               "error cold_start_ms, ");
    measured.rows[BENCH_COLD_START_CPU].numbers[BENCH_SHIPPED] =
        (struct bench_number){4, 4, 3, 5, 40};
    CHECK_TEXT(judged(arena, (struct budget){.cold_start_ms = 8}, false, &measured), "");
    CHECK_TEXT(judged(arena, (struct budget){.cold_start_ms = 3.9}, false, &measured),
               "error cold_start_ms, ");
    CHECK_TEXT(judged(arena, (struct budget){.cold_start_ms = 8, .compile_ms = 1}, false, &missing),
               "warning cold_start_ms, warning compile_ms, ");
    CHECK_TEXT(judged(arena, (struct budget){.cold_start_ms = 8}, true, &missing),
               "error cold_start_ms, ");
}

void test_bench(void)
{
    struct arena arena = {0};
    test_quantiles(&arena);
    test_numbers(&arena);
    test_noise(&arena);
    test_reference(&arena);
    test_budgets(&arena);
    arena_free(&arena);
}
