/* When a request is sent again, and after how long: a pure function. Knows nothing of transfers. */
#ifndef PKG_HTTP_RETRY_H
#define PKG_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "pkg/http/http.h"

enum { RETRY_ATTEMPTS = 4, RETRY_LONGEST_MS = 60000 };

/* How one try ended. */
enum retry_end {
    RETRY_REPLY,
    RETRY_UNSENT,   /* no reply, and nothing of the request had gone out */
    RETRY_LOST,     /* no whole reply: it may or may not have been done */
    RETRY_PERMANENT /* no reply, and another try would end the same */
};

struct retry_question {
    enum retry_end end;
    const struct http_reply *reply; /* when it is RETRY_REPLY */
    bool asked;                     /* the caller says that this reply asks to come again */
    enum http_repeat repeat;
    unsigned attempt; /* tries so far */
    int64_t now;      /* milliseconds since 1970 */
    uint32_t random;
};

/* What the server wants us to wait, in milliseconds; negative when it does not say. */
int64_t retry_wanted(const struct retry_question *);

/* Milliseconds to wait before the next try; -1: this was the last, also because the server wants a
   wait of over RETRY_LONGEST_MS. */
int64_t retry_wait(const struct retry_question *);

#endif
