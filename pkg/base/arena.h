/* Memory of one run: everything allocated here lives until the arena is freed, and foreign
   handles (curl, git, json) can be tied to it. Knows nothing of what is stored. */
#ifndef PKG_BASE_ARENA_H
#define PKG_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;
struct arena_deferral;

/* Starts as {0}. Not shared between threads: each thread has its own. */
struct arena {
    struct arena_block *blocks;
    struct arena_deferral *deferrals;
};

/* `count` objects of `size` bytes, zeroed and aligned for any type. Never NULL: when memory is
   out, or count * size overflows, the program ends with a message. */
void *arena_alloc(struct arena *, size_t count, size_t size);

/* A copy of `size` bytes at `data`, with a NUL after them (so it also serves for text). */
void *arena_copy(struct arena *, const void *data, size_t size);

/* A copy of the NUL-terminated `text`; NULL stays NULL. */
char *arena_strdup(struct arena *, const char *text);

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
char *
arena_printf(struct arena *, const char *format, ...);
char *arena_vprintf(struct arena *, const char *format, va_list arguments);

/* Calls fn(handle) when the arena is freed; newest first, before any memory goes. */
void arena_defer(struct arena *, void (*fn)(void *), void *handle);

/* Grows an array held in the arena: returns room for at least `count` + 1 elements of `size`
   bytes with the first `count` kept. `*capacity` (elements) is updated; amortised O(1). */
void *arena_grow(struct arena *, void *array, size_t count, size_t *capacity, size_t size);

/* Room for `more` elements behind the first `count`, no more than that: where it is known how many
   come, growing would leave as much again behind. */
void *arena_reserve(struct arena *, void *array, size_t count, size_t more, size_t *capacity,
                    size_t size);

/* Runs the deferrals, then frees; the arena is {0} again. */
void arena_free(struct arena *);

#endif
