/* One HTTP request at a time (libcurl): auth, limits, retries. Credentials are attached here and
   only here; they never appear in an error, in a url or in what is said. Knows nothing of
   platforms. */
#ifndef PKG_HTTP_HTTP_H
#define PKG_HTTP_HTTP_H

#include <stdbool.h>

#include "pkg/base/bytes.h"

struct arena;
struct world;

/* One per thread. Certificates are always verified, by this machine's authorities or those of the
   file that CURL_CA_BUNDLE or SSL_CERT_FILE names. */
struct http;
int http_open(struct arena *, const struct world *, struct http **out, struct error *) MUST_CHECK;

struct http_header {
    const char *name, *value;
};

/* A multipart/form-data part. media_type NULL: no Content-Type line. */
struct http_part {
    const char *name, *filename, *media_type;
    struct bytes body;
};

enum http_auth { HTTP_AUTH_NONE, HTTP_AUTH_HEADER, HTTP_AUTH_AWS };

/* The words are secrets; the pointers are borrowed. Where a server says one of them in a reply of
   400 or more, or the library in an error, stars stand in its place; so also for a `secret` that
   goes in the body, with the scheme NONE. */
struct http_credentials {
    enum http_auth scheme;
    const char *header, *prefix, *secret; /* HEADER: "Authorization", "Bearer ", the token */
    const char *access_key, *secret_key, *session_token, *region, *service; /* AWS */
};

struct http_reply {
    long status;
    struct http_header *headers;
    size_t header_count;
    struct bytes body;
    int64_t retry_after_s; /* how long the server wants us to stay away; 0: it does not say */
};

/* Whether a request may be sent again after a failure. */
enum http_repeat {
    HTTP_REPEAT_SAFE,      /* reads, and writes that leave the same state when done twice */
    HTTP_REPEAT_NEVER,     /* a lost answer must be looked up first: -1 comes back at once for it */
    HTTP_REPEAT_BY_CALLER, /* one try, whatever comes of it: the caller has a loop of its own */
};

struct http_request {
    const char *method, *url; /* https, or http to a loopback host; anything else is refused */
    const struct http_header *headers;
    size_t header_count;
    struct bytes body; /* ignored when there are parts */
    const struct http_part *parts;
    size_t part_count;
    struct http_credentials credentials;
    enum http_repeat repeat;
    /* True for a reply that asks to come again (besides 429 and 500, 502, 503, 504): CloudFront's
       400 Throttling. A reply that certainly changed nothing may be repeated even under NEVER, so
       429 always is. NULL: none. */
    bool (*again)(const struct http_reply *);
    size_t reply_limit;  /* bytes; 0: LIMIT_REPLY */
    long timeout_ms;     /* without progress; 0: 60 s */
    long total_ms;       /* of one try; 0: 30 minutes */
    const char *socket;  /* the path of a Unix socket to connect to instead; its connection is kept,
                            whatever `repeat` says. NULL: none */
    const char *address; /* connect to this IP address instead of the host's own; NULL: do not */
    bool reads;          /* it changes nothing, whatever its method */
    bool follow;         /* follow redirects (never with credentials) */
    bool link_local;     /* may be http to one of the addresses at which clouds tell a machine its
                            own role; never through a proxy, never redirected */
};

struct http_stats {
    unsigned requests, retries;
};

/* -1 (FAULT_REMOTE) means no reply at all, or one over the limit, after the retries that
   `repeat` allows; a 4xx or 5xx is a reply and the caller reads it. Retries: 4 attempts in all;
   waits for Retry-After (seconds or date), on a 429 also for a vendor's RateLimit-Reset or
   RateLimit's t; else 0.5 s doubling with jitter; each is said. A server that wants a wait of over
   60 s is not asked again: its reply comes back at once, with the wait in retry_after_s.
   Credentials are signed afresh for each try. Redirects are not followed with credentials. */
int http_send(struct http *, struct arena *, const struct http_request *, struct http_reply *out,
              struct error *) MUST_CHECK;

/* What is to be told once, before the first request that may change something (other than GET and
   HEAD) is sent; http_announce tells it for a caller who changes something by other means. */
void http_before_change(struct http *, void (*tell)(void *context), void *context);
void http_announce(struct http *);

/* The first header of that name, in any case; NULL when absent. */
const char *http_header(const struct http_reply *, const char *name);
struct http_stats http_statistics(const struct http *);
/* Whether the time of the last request was over before the whole reply was there. */
bool http_timed_out(const struct http *);

/* A Date or Retry-After in seconds since 1970; -1 when it is no date. */
int64_t http_date(const char *text);

/* Percent-encodes all but A-Z a-z 0-9 - _ . ~ */
char *http_escape(struct arena *, const char *text);

#endif
