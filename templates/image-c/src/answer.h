/* What the function answers, the same on every platform. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

struct request {
    const char *method, *path;
    const unsigned char *body;
    size_t size;
};

/* Before `body` are HEAD_ROOM free bytes, for who has to write a head there. It lies in one place
   that every request writes anew. */
struct response {
    const char *status, *type; /* "200 OK", "text/plain" */
    unsigned char *body;
    size_t size;
};

enum { BODY_LIMIT = 1 << 20, HEAD_ROOM = 256 };

void answer(const struct request *, struct response *out);

#endif
