int other(int x);

static inline int twice(int x)
{
    return x > 0 ? 2 * x : x / 3;
}
