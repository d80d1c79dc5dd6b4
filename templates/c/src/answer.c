#include "answer.h"

#include <stdlib.h>
#include <string.h>

static void say(struct response *out, const char *status, const char *text)
{
    *out = (struct response){status, "text/plain; charset=utf-8", (const unsigned char *)text,
                             strlen(text)};
}

/* A number of a picture's head: blanks and comments, then digits. 0 when there is none. */
static unsigned long read_number(const unsigned char **at, const unsigned char *end)
{
    unsigned long number = 0;
    while (*at < end && (**at == ' ' || **at == '\n' || **at == '\t' || **at == '#'))
        if (*(*at)++ == '#')
            while (*at < end && **at != '\n')
                ++*at;
    while (*at < end && **at >= '0' && **at <= '9' && number < 100000)
        number = number * 10 + (unsigned long)(*(*at)++ - '0');
    return number;
}

static unsigned char *put_number(unsigned char *to, unsigned long number)
{
    if (number >= 10)
        to = put_number(to, number / 10);
    *to = (unsigned char)('0' + number % 10);
    return to + 1;
}

/* "P5 WIDTH HEIGHT 255" */
static unsigned char *put_head(unsigned char *to, unsigned long width, unsigned long height)
{
    memcpy(to, "P5\n", 3);
    to = put_number(to + 3, width);
    *to++ = ' ';
    to = put_number(to, height);
    memcpy(to, "\n255\n", 5);
    return to + 5;
}

/* The picture's brightness: a PPM (P6, three bytes a pixel) becomes a PGM (P5, one byte a pixel).
   Weights of ITU-R BT.601, in 256ths. */
static void grey(const struct request *request, struct response *out)
{
    const unsigned char *at = request->body + 2, *end = request->body + request->size;
    if (request->size < 2 || memcmp(request->body, "P6", 2) != 0) {
        say(out, "415 Unsupported Media Type", "Send a binary PPM picture (P6).\n");
        return;
    }
    unsigned long width = read_number(&at, end), height = read_number(&at, end);
    unsigned long most = read_number(&at, end);
    unsigned long long pixels = (unsigned long long)width * height;
    if (pixels == 0 || most != 255 || at == end || pixels > (size_t)(end - at - 1) / 3) {
        say(out, "400 Bad Request", "The picture is cut short, or has not 255 levels.\n");
        return;
    }
    at++;
    unsigned char *body = malloc((size_t)pixels + 64);
    if (!body) {
        say(out, "413 Content Too Large", "The picture is too large.\n");
        return;
    }
    unsigned char *to = put_head(body, width, height);
    for (size_t i = 0; i < (size_t)pixels; i++, at += 3)
        *to++ = (unsigned char)((at[0] * 77 + at[1] * 150 + at[2] * 29) >> 8);
    *out = (struct response){"200 OK", "image/x-portable-graymap", body, (size_t)(to - body)};
}

void answer(const struct request *request, struct response *out)
{
    int is_post = strcmp(request->method, "POST") == 0;
    if (request->size > BODY_LIMIT)
        say(out, "413 Content Too Large", "A megabyte is the most.\n");
    else if (strcmp(request->path, "/health") == 0)
        say(out, "200 OK", "ok\n");
    else if (strcmp(request->path, "/") == 0)
        say(out, "200 OK", "Hello from the edge. POST a PPM picture to /grey and get it in grey.\n");
    else if (strcmp(request->path, "/grey") != 0)
        say(out, "404 Not Found", "There is nothing here.\n");
    else if (!is_post)
        say(out, "405 Method Not Allowed", "POST a PPM picture.\n");
    else
        grey(request, out);
}
