#include "pkg/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    max_align_t data[];
};

struct arena_deferral {
    struct arena_deferral *next;
    void (*fn)(void *);
    void *handle;
};

static void *out_of_memory(void)
{
    fputs("edge-deploy: out of memory\n", stderr);
    exit(1);
}

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    struct arena_block *block = calloc(1, sizeof *block + size);
    if (!block)
        return out_of_memory();
    block->size = size;
    /* A large block goes behind the current one, whose rest stays in use. */
    if (arena->blocks && size > BLOCK_SIZE) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX / 2) / size)
        return out_of_memory();
    size_t need = (count * size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
    struct arena_block *block = arena->blocks;
    if (!block || block->size - block->used < need)
        block = add_block(arena, need > BLOCK_SIZE ? need : BLOCK_SIZE);
    void *out = (unsigned char *)block->data + block->used;
    block->used += need;
    return out;
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    if (size == SIZE_MAX)
        return out_of_memory();
    char *out = arena_alloc(arena, size + 1, 1);
    if (size)
        memcpy(out, data, size);
    return out;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size < 0)
        return out_of_memory();
    char *out = arena_alloc(arena, (size_t)size + 1, 1);
    vsnprintf(out, (size_t)size + 1, format, arguments);
    return out;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *out = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return out;
}

static void *move_array(struct arena *arena, const void *array, size_t count, size_t wanted,
                        size_t *capacity, size_t size)
{
    void *out = arena_alloc(arena, wanted, size);
    if (count)
        memcpy(out, array, count * size);
    *capacity = wanted;
    return out;
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    return move_array(arena, array, count, *capacity ? *capacity * 2 : 16, capacity, size);
}

void *arena_reserve(struct arena *arena, void *array, size_t count, size_t more, size_t *capacity,
                    size_t size)
{
    if (more <= *capacity - count)
        return array;
    return move_array(arena, array, count, count + more, capacity, size);
}

void arena_defer(struct arena *arena, void (*fn)(void *), void *handle)
{
    struct arena_deferral *deferral = arena_alloc(arena, 1, sizeof *deferral);
    *deferral = (struct arena_deferral){arena->deferrals, fn, handle};
    arena->deferrals = deferral;
}

void arena_free(struct arena *arena)
{
    while (arena->deferrals) {
        struct arena_deferral *deferral = arena->deferrals;
        arena->deferrals = deferral->next;
        deferral->fn(deferral->handle);
    }
    while (arena->blocks) {
        struct arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
}
