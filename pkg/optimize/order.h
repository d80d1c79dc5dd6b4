/* In which order functions compress best: those that resemble each other side by side. */
#ifndef PKG_OPTIMIZE_ORDER_H
#define PKG_OPTIMIZE_ORDER_H

#include "pkg/base/bytes.h"

struct arena;

/* ORDER_SHORT: what is named most gets the numbers that take the fewest bytes, so that no order
   makes a smaller module. ORDER_FREE: numbers of one byte and of two are not told apart, so that
   likeness decides: some 0.3 % larger, and 0.7 % smaller compressed. ORDER_ROOM: between them, as
   free as it can be with at most `room` bytes more than ORDER_SHORT. */
enum order { ORDER_SHORT, ORDER_ROOM, ORDER_FREE, ORDERS };

/* Which of the bodies comes first, which second...: a permutation of 0 to count - 1, in the arena.
   `uses` says how often each function is named anywhere in the module, in which `imported` ones
   come before them. The same input gives the same order. Time and memory are bounded by the bodies'
   bytes: some 40 bytes and 60 steps each. */
const uint32_t *order_by_likeness(struct arena *, enum order, size_t room,
                                  const struct bytes *bodies, const uint32_t *uses, uint32_t count,
                                  uint32_t imported);

#endif
