/* One try of one request: libcurl's options and callbacks. Knows nothing of retries. */
#ifndef PKG_HTTP_TRANSFER_H
#define PKG_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "pkg/http/http.h"
#include "pkg/http/retry.h"

struct http {
    const struct world *world;
    CURL *easy;
    CURLM *multi;
    struct http_stats stats;
    bool timed_out;
    void (*tell)(void *context); /* http_before_change; NULL: told, or nobody is to be */
    void *tell_context;
};

/* A checked url. */
struct url {
    CURLU *handle;
    const char *host;         /* as in the Host header: with brackets, with a port that is not
                                 the scheme's own */
    const char *name;         /* host without port, for messages */
    const char *path, *query; /* as on the wire; query "" when there is none */
    const char *shown;        /* without the query, safe to print */
    bool plain;               /* http */
    bool direct;              /* this machine or link-local: no proxy stands in between */
};

/* `link_local`: http is also spoken with the addresses of metadata. */
int url_parse(struct arena *, const char *text, bool link_local, struct url *out,
              struct error *) MUST_CHECK;

/* The header lines of one try: the caller's, and the credentials, signed now. */
int transfer_headers(struct arena *, const struct world *, const struct http_request *,
                     const struct url *, struct curl_slist **out, struct error *) MUST_CHECK;

/* hide.c: stars in place of the credentials' secrets. */
void hide_secrets(char *text, size_t size, const struct http_credentials *);
/* The same in a reply that may be shown: one of 400 or more. */
void hide_echoes(struct http_reply *, struct buffer *body, const struct http_credentials *);

enum {
    TRANSFER_REPLY_MS = 5 * 60000,  /* from the first byte of a reply's body to the last */
    TRANSFER_TOTAL_MS = 30 * 60000, /* of one try */
};

/* failure.c: how long nothing may move; how a try ended; why, in words. */
long transfer_idle_ms(const struct world *, const struct http_request *);
enum retry_end transfer_judge(CURL *, CURLcode);
void transfer_describe(struct arena *, const struct http *, const struct http_request *,
                       const struct url *, CURLcode, char *reason, bool too_large, struct error *);

/* 0: *end says how it ended; with anything but RETRY_REPLY the error is set. -1: interrupted. */
int transfer(struct http *, struct arena *, const struct http_request *, const struct url *,
             struct curl_slist *headers, struct http_reply *out, enum retry_end *end,
             struct error *) MUST_CHECK;

#endif
