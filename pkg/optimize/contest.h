/* The candidates of one module, and which of them wins. Private to pkg/optimize. */
#ifndef PKG_OPTIMIZE_CONTEST_H
#define PKG_OPTIMIZE_CONTEST_H

#include "pkg/base/arena.h"
#include "pkg/optimize/internal.h"
#include "pkg/optimize/order.h"

enum {
    MOST_MADE = 5,                        /* stripped, what came, rewritten, and two with passes */
    MOST_ITEMS = MOST_MADE * (1 + ORDERS) /* each in other orders too */
};

struct contest {
    struct work *work;
    struct attempt items[MOST_ITEMS]; /* the first: the module as it is without an optimizer */
    struct arena arenas[MOST_ITEMS];
    size_t count;
    struct attempt *came; /* untouched; out of the question when the target cannot run it */
};

struct attempt *contest_add(struct contest *, const char *name);

/* Drops what came out twice, adds each in other orders, and counts the bytes of all. */
void contest_measure(struct contest *);

const struct attempt *contest_best(const struct contest *, enum optimize_measure);

#endif
