#include "part/two.h"

int other(int x)
{
    for (int i = 0; i < 10; i++)
        if (twice(i) == x)
            return i;
#line 4000 "made/by/a_generator.y"
    return x ^ 0x55;
}
