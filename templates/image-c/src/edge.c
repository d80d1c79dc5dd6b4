/* Runs answer() where edge-deploy's glue calls it in a bare module: the request is one HTTP/1.1
   message, written where edge_alloc() says; edge_handle() answers where the response is: address << 32
   | size. No imports. One instance serves many requests. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

#define EXPORT(name) __attribute__((export_name(name)))

enum { ROOM = BODY_LIMIT + (64 << 10) }; /* a body with its head */

static char room[ROOM];

/* What has no room there gets a place of its own, only to be told that it is too large. */
EXPORT("edge_alloc") void *edge_alloc(size_t size)
{
    return size <= sizeof room ? room : malloc(size);
}

/* Cuts off the word that begins there, at a blank; answers what is behind it. */
static char *cut_word(char *at, char *end)
{
    while (at < end && *at > ' ')
        at++;
    if (at == end)
        return end;
    *at = '\0';
    return at + 1;
}

/* Where the body begins: behind the first empty line. */
static char *body_start(char *at, char *end)
{
    for (at += 2; at < end; at++)
        if (*at == '\n' && at[-2] == '\n')
            return at + 1;
    return end;
}

static char *put(char *to, const char *text)
{
    size_t size = strlen(text);
    memcpy(to, text, size);
    return to + size;
}

/* Writes the head before the body. */
static uint64_t respond(const struct response *response)
{
    char head[HEAD_ROOM], *end = put(head, "HTTP/1.1 ");
    end = put(put(end, response->status), "\r\nContent-Type: ");
    end = put(put(end, response->type), "\r\n\r\n");
    size_t size = (size_t)(end - head);
    unsigned char *start = response->body - size;
    memcpy(start, head, size);
    return (uint64_t)(uintptr_t)start << 32 | (size + response->size);
}

EXPORT("edge_handle") uint64_t edge_handle(char *message, size_t size)
{
    char *end = message + size, *path = cut_word(message, end), *rest = cut_word(path, end);
    char *body = body_start(rest, end);
    path[strcspn(path, "?")] = '\0';
    struct request request = {message, path, (unsigned char *)body, (size_t)(end - body)};
    struct response response;
    answer(&request, &response);
    if (message != room)
        free(message);
    return respond(&response);
}
