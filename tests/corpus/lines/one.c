#include "part/two.h"

typedef float four __attribute__((vector_size(16)));

static __attribute__((noinline)) four scale(four x, float by)
{
    four all = {by, by, by, by};
    return x * all;
}

__attribute__((noinline)) int never_called(int x)
{
    return twice(x) - 1;
}

__attribute__((export_name("run"))) int run(float *values, int count)
{
    int sum = 0;
    for (int i = 0; i < count; i += 4) {
        four *at = (four *)(values + i);
        *at = scale(*at, (float)count);
        sum += twice((int)values[i]);
    }
    return sum + other(sum);
}
