/* What the function answers, the same on every platform. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

struct request {
    const char *method, *path;
    const unsigned char *body;
    size_t size;
};

struct response {
    const char *status, *type; /* "200 OK", "text/plain" */
    const unsigned char *body;
    size_t size;
};

enum { BODY_LIMIT = 1 << 20 };

/* The response's body may be new memory, which nobody frees: an instance serves one request. */
void answer(const struct request *, struct response *out);

#endif
