#include "pkg/http/retry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_worth_it(const struct retry_question *question)
{
    if (question->attempt >= RETRY_ATTEMPTS || question->end == RETRY_PERMANENT ||
        question->repeat == HTTP_REPEAT_BY_CALLER)
        return false;
    if (question->end == RETRY_UNSENT)
        return true;
    if (question->end == RETRY_LOST)
        return question->repeat == HTTP_REPEAT_SAFE;
    long status = question->reply->status;
    if (status == 429 || question->asked)
        return true;
    bool busy = status == 500 || status == 502 || status == 503 || status == 504;
    return busy && question->repeat == HTTP_REPEAT_SAFE;
}

/* Decimal digits and nothing else, at most nine of them; -1 otherwise. */
static int64_t whole_number(const char *text, size_t size)
{
    int64_t value = 0;
    if (size == 0 || size > 10)
        return -1;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* RFC 9110, section 10.2.3: seconds or a date, which is compared with the reply's own: this
   machine's clock may be wrong. */
static int64_t retry_after(const struct http_reply *reply, const char *value, int64_t now)
{
    int64_t seconds = whole_number(value, strlen(value));
    if (seconds >= 0)
        return seconds * 1000;
    int64_t date = http_date(value);
    const char *sent = http_header(reply, "Date");
    int64_t theirs = sent ? http_date(sent) : -1;
    return date < 0 ? -1 : date * 1000 - (theirs < 0 ? now : theirs * 1000);
}

/* The t of `"default";r=50;t=30`: seconds until the quota is full again. */
static int64_t rate_limit_time(const char *value)
{
    for (const char *at = strchr(value, ';'); at; at = strchr(at, ';')) {
        at++;
        at += strspn(at, " ");
        if (at[0] != 't' || at[1] != '=')
            continue;
        int64_t seconds = whole_number(at + 2, strcspn(at + 2, ";, "));
        return seconds < 0 ? -1 : seconds * 1000;
    }
    return -1;
}

/* The value of RateLimit-Reset or of a vendor's VENDOR-RateLimit-Reset: seconds from now, or, as
   some send, since 1970. */
static int64_t rate_limit_reset(const struct http_reply *reply, int64_t now)
{
    static const char name[] = "RateLimit-Reset";
    for (size_t i = 0; i < reply->header_count; i++) {
        size_t size = strlen(reply->headers[i].name);
        if (size < sizeof name - 1 ||
            strcasecmp(reply->headers[i].name + size - (sizeof name - 1), name) != 0)
            continue;
        const char *value = reply->headers[i].value;
        int64_t seconds = whole_number(value, strlen(value));
        return seconds < 1000000000 ? seconds * 1000 : seconds * 1000 - now;
    }
    return -1;
}

/* Quota headers come with every reply, and mean us only when it is a 429. */
int64_t retry_wanted(const struct retry_question *question)
{
    const struct http_reply *reply = question->reply;
    if (question->end != RETRY_REPLY)
        return -1;
    const char *value = http_header(reply, "Retry-After");
    int64_t wait = value ? retry_after(reply, value, question->now) : -1;
    if (wait >= 0 || reply->status != 429)
        return wait;
    wait = rate_limit_reset(reply, question->now);
    value = http_header(reply, "RateLimit");
    return wait >= 0 || !value ? wait : rate_limit_time(value);
}

int64_t retry_wait(const struct retry_question *question)
{
    if (!is_worth_it(question))
        return -1;
    int64_t wait = retry_wanted(question);
    if (wait >= 0)
        return wait <= RETRY_LONGEST_MS ? wait : -1;
    int64_t base = INT64_C(500) << (question->attempt - 1);
    return base / 2 + (int64_t)(question->random % (uint32_t)base);
}
