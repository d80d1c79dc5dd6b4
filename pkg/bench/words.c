#include "pkg/bench/bench.h"

static const struct bench_words words[BENCH_MEASURES] = {
    [BENCH_COMPILE] = {"compile", "compile", "ms", "the engine decodes, validates and compiles",
                       false},
    [BENCH_INSTANTIATE] = {"instantiate", "instantiate", "ms",
                           "memory and tables are made and filled, the start function runs", false},
    [BENCH_COLD_START] = {"cold start", "cold_start", "ms",
                          "a fresh isolate or process to the first byte, over an empty worker",
                          false},
    [BENCH_COLD_START_CPU] = {"cold start, CPU", "cold_start_cpu", "ms",
                              "processor time of the same, over an empty worker", false},
    [BENCH_FIRST_CALL] = {"first call", "first_call", "ms",
                          "the first request, once the module is instantiated", false},
    [BENCH_THROUGHPUT] = {"throughput", "throughput", "req/s", "requests a second, ten at a time",
                          true},
    [BENCH_REQUEST_CPU] = {"CPU a request", "request_cpu", "ms",
                           "processor time a request, ten at a time", false},
    [BENCH_MEMORY] = {"memory", "memory", "MB",
                      "most that was resident under ten requests at a time", false},
};

const struct bench_words *bench_words(enum bench_measure measure)
{
    return &words[measure];
}

double bench_figure(enum bench_measure measure, const struct bench_number *number)
{
    return words[measure].more_is_better ? number->median : number->p25;
}
