/* What bench prints. */
#ifndef CMD_BENCH_H
#define CMD_BENCH_H

#include "cmd/cmd.h"
#include "pkg/bench/bench.h"
#include "pkg/compat/verdict.h"

void bench_text(struct run *, const struct bench *);
json_t *bench_json(struct run *, const struct bench *, const struct error *);

#endif
