/* What the user allows a module to weigh. 0 or false: no budget. */
#ifndef PKG_BASE_BUDGET_H
#define PKG_BASE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
    uint64_t module_bytes, gzip_bytes, memory_bytes; /* bytes */
    double growth_percent;                           /* against the last recorded deployment */
    bool has_growth;
    double cold_start_ms, compile_ms; /* judged by bench alone */
};

#endif
