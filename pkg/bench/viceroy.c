#include "pkg/bench/internal.h"

int viceroy_bench(struct bencher *bencher, struct error *error)
{
    (void)error;
    return bench_give_up(bencher, "this version of edge-deploy does not bench it: sizes only");
}
