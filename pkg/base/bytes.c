#include "pkg/base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"

struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static void free_buffer(void *handle)
{
    free(((struct buffer *)handle)->data);
}

struct buffer *buffer_new(struct arena *arena, size_t limit)
{
    struct buffer *buffer = arena_alloc(arena, 1, sizeof *buffer);
    buffer->limit = limit;
    arena_defer(arena, free_buffer, buffer);
    return buffer;
}

static int reserve(struct buffer *buffer, size_t more)
{
    if (more > buffer->limit - buffer->size)
        return -1;
    size_t need = buffer->size + more + 1;
    if (need <= buffer->capacity)
        return 0;
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity < need)
        capacity *= 2;
    uint8_t *data = realloc(buffer->data, capacity);
    if (!data)
        return -1;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int buffer_add(struct buffer *buffer, const void *data, size_t size)
{
    if (reserve(buffer, size) != 0)
        return -1;
    if (size)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
    return 0;
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    int status = -1;
    if (size >= 0 && reserve(buffer, (size_t)size) == 0) {
        vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, arguments);
        buffer->size += (size_t)size;
        status = 0;
    }
    va_end(arguments);
    return status;
}

struct bytes buffer_bytes(const struct buffer *buffer)
{
    return (struct bytes){buffer->data, buffer->size};
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data ? (const char *)buffer->data : "";
}
