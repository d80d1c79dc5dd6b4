#include "answer.h"

#include <string.h>

#include "median.h"

enum { MOST_PIXELS_A_SIDE = 65535 };

static unsigned char room[HEAD_ROOM + BODY_LIMIT];

static void say(struct response *out, const char *status, const char *text)
{
    *out = (struct response){status, "text/plain; charset=utf-8", room + HEAD_ROOM, strlen(text)};
    memcpy(out->body, text, out->size);
}

static int is_blank(unsigned char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* A number of a picture's head: blanks and comments, then digits. 0 when there is none, or one that
   is too large. */
static size_t read_number(const unsigned char **at, const unsigned char *end)
{
    size_t number = 0;
    while (*at < end && (is_blank(**at) || **at == '#'))
        if (*(*at)++ == '#')
            while (*at < end && **at != '\n')
                ++*at;
    while (*at < end && **at >= '0' && **at <= '9' && number <= MOST_PIXELS_A_SIDE)
        number = number * 10 + (size_t)(*(*at)++ - '0');
    return number <= MOST_PIXELS_A_SIDE ? number : 0;
}

/* Binary PGM (P5, grey) and PPM (P6, red, green and blue) of 256 levels: the head, one blank, the
   samples. -1 when it is malformed, or cut short. */
static int read_picture(const unsigned char *at, const unsigned char *end, struct picture *out)
{
    out->colours = at[1] == '5' ? 1 : 3;
    at += 2;
    size_t width = read_number(&at, end);
    out->rows = read_number(&at, end);
    size_t levels = read_number(&at, end);
    if (width == 0 || out->rows == 0 || levels != 255 || at == end || !is_blank(*at))
        return -1;
    out->samples = at + 1;
    out->width = width * out->colours;
    return (uint64_t)out->width * out->rows <= (uint64_t)(end - out->samples) ? 0 : -1;
}

/* Answers with the head as it came. */
static void denoise(const struct request *request, struct response *out)
{
    struct picture picture;
    const unsigned char *from = request->body;
    if (request->size < 2 || from[0] != 'P' || (from[1] != '5' && from[1] != '6')) {
        say(out, "415 Unsupported Media Type", "Send a binary PGM or PPM picture (P5, P6).\n");
        return;
    }
    if (read_picture(from, from + request->size, &picture) != 0) {
        say(out, "400 Bad Request", "The picture is malformed, cut short, or has not 256 levels.\n");
        return;
    }
    size_t head = (size_t)(picture.samples - from), size = head + picture.rows * picture.width;
    unsigned char *body = room + HEAD_ROOM;
    memcpy(body, from, head);
    median(&picture, body + head);
    *out = (struct response){"200 OK", "image/x-portable-anymap", body, size};
}

void answer(const struct request *request, struct response *out)
{
    if (request->size > BODY_LIMIT)
        say(out, "413 Content Too Large", "A megabyte is the most.\n");
    else if (strcmp(request->path, "/health") == 0)
        say(out, "200 OK", "ok\n");
    else if (strcmp(request->path, "/") == 0)
        say(out, "200 OK", "POST a PGM or PPM picture to /denoise and get it without its noise.\n");
    else if (strcmp(request->path, "/denoise") != 0)
        say(out, "404 Not Found", "There is nothing here.\n");
    else if (strcmp(request->method, "POST") != 0)
        say(out, "405 Method Not Allowed", "POST a PGM or PPM picture.\n");
    else
        denoise(request, out);
}
