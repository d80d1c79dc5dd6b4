/* The platforms' APIs on loopback (libmicrohttpd), state on disk: for trying out and for tests.
   The platforms' own halves live in platforms/NAME/sandbox.c. Knows no platform by name. */
#ifndef PKG_SANDBOX_SANDBOX_H
#define PKG_SANDBOX_SANDBOX_H

#include <jansson.h>
#include <stdbool.h>

#include "pkg/base/bytes.h"

struct arena;
struct platform_entry;
struct sandbox;
struct world;

struct sandbox_header {
    const char *name, *value;
};

struct sandbox_request {
    struct arena *arena; /* of this request */
    const char *method;
    const char *target; /* path and query as on the wire, prefix included (what is signed) */
    const char *path;   /* behind the prefix, still percent-encoded, before the '?' */
    const char *query;  /* behind the '?', raw; "" when there is none */
    const struct sandbox_header *headers;
    size_t header_count;
    struct bytes body;
    int64_t now; /* milliseconds since 1970 */
};

struct sandbox_reply {
    unsigned status;
    struct sandbox_header headers[16];
    size_t header_count;
    struct bytes body;
};

/* A platform's half. */
struct sandbox_api {
    const char *prefix; /* "/cf" */
    /* Answers one request; calls are one at a time. Must fill the reply. */
    void (*handle)(struct sandbox *, const struct sandbox_request *, struct sandbox_reply *);
    /* What `edge-deploy sandbox` prints under "env": a value's %s is the base url with port. */
    struct sandbox_variable {
        const char *name, *value;
    } environment[12]; /* ends with a NULL name */
    /* How the platform words an error of that HTTP status: the answer to an injected
       `status:CODE`. May be NULL: then it is a plain JSON document. */
    void (*refuse)(struct sandbox *, const struct sandbox_request *, unsigned status,
                   struct sandbox_reply *);
};

/* State: JSON documents and blobs by key, on disk as soon as the call returns, as
   STATE/KEY.json and STATE/KEY.blob. A key is words of A-Z a-z 0-9 - _ . joined by '/'; a word
   may not begin with a dot nor end in .json or .blob; others are refused (-1). */
int sandbox_save(struct sandbox *, const char *key, json_t *document) MUST_CHECK;
/* NULL when there is none; lives as long as the request's arena. */
json_t *sandbox_load(struct sandbox *, struct arena *, const char *key);
int sandbox_save_blob(struct sandbox *, const char *key, struct bytes) MUST_CHECK;
int sandbox_load_blob(struct sandbox *, struct arena *, const char *key,
                      struct bytes *out) MUST_CHECK;
void sandbox_delete(struct sandbox *, const char *key); /* and all below it */
/* Names directly below `key`, sorted. */
const char **sandbox_list(struct sandbox *, struct arena *, const char *key, size_t *count);

const char *sandbox_base(const struct sandbox *); /* "http://127.0.0.1:PORT" */
/* --rate-scale: what the platforms' request quotas are divided by; 1 is as they are. */
unsigned sandbox_rate_scale(const struct sandbox *);
/* The embedded profile.json of the platform with that prefix; NULL when there is none. */
const char *sandbox_profile(const struct sandbox *, const char *prefix);

/* Helpers for the halves. */
const char *sandbox_header(const struct sandbox_request *, const char *name);
/* The decoded value of a query parameter, NULL when absent. */
const char *sandbox_query(const struct sandbox_request *, const char *name);
/* Percent-decodes; -1 on a bad escape or a NUL. */
int sandbox_unescape(struct arena *, const char *text, const char **out) MUST_CHECK;
/* Splits path at '/' into decoded words; the slash in front makes no word, one at the end makes
   an empty one. A word with a bad escape stays as it is. */
const char **sandbox_words(const struct sandbox_request *, size_t *count);
/* application/x-www-form-urlencoded body: the decoded value, NULL when absent or when the body is
   no such form. */
const char *sandbox_form(const struct sandbox_request *, const char *name);

struct sandbox_part {
    const char *name, *filename, *media_type; /* filename and media_type NULL when absent */
    struct bytes body;
};
/* multipart/form-data; -1 when the content type or the body is not that. Bodies point into the
   request's. */
int sandbox_multipart(const struct sandbox_request *, struct sandbox_part **out,
                      size_t *count) MUST_CHECK;

void sandbox_reply_json(const struct sandbox_request *, struct sandbox_reply *, unsigned status,
                        json_t *document); /* takes the reference */
void sandbox_reply_text(struct sandbox_reply *, unsigned status, const char *media_type,
                        const char *text);
void sandbox_reply_header(struct sandbox_reply *, const char *name, const char *value);
/* A version 4 uuid, or `size` random characters of an alphabet. */
char *sandbox_uuid(struct sandbox *, struct arena *);
char *sandbox_random(struct sandbox *, struct arena *, size_t size, const char *alphabet);

/* Serving. */
struct sandbox_options {
    unsigned port;     /* 0: any free one */
    const char *state; /* folder; made when missing, with a .gitignore in it */
    unsigned latency_ms;
    const char *faults; /* --fault SPEC, or NULL; its grammar: pkg/sandbox/faults.h */
    unsigned rate_scale;
    unsigned tick_ms;    /* how far each request moves the world's clock, which must be virtual: who
                            waits virtually must not run into quotas that are counted in real time */
    const char *journal; /* file, or NULL */
    const struct world *world;
    const struct platform_entry *platforms; /* ends with {0} */
};

/* Listens on 127.0.0.1 only and serves in threads of its own until sandbox_stop, or until the
   arena is freed. FAULT_INPUT: the port is taken, the state folder or the journal can't be
   written, the fault specification is wrong. Latency, hang and slow take real time, not the
   world's. */
int sandbox_start(struct arena *, const struct sandbox_options *, struct sandbox **out,
                  struct error *) MUST_CHECK;
void sandbox_stop(struct sandbox *);
unsigned sandbox_port(const struct sandbox *);
/* {"ready":true,"port":...,"env":{...}}; lives as long as the sandbox. */
json_t *sandbox_ready(const struct sandbox *);
/* The value of an environment variable as the sandbox invents it, NULL when it has none. */
const char *sandbox_environment(const struct sandbox *, const char *name);

#endif
