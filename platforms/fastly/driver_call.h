/* One request to the API: what is asked, what was answered, and what a refusal means. Knows nothing
   of services and versions. Facts are from contracts/fastly.md (2026-11-22), whose sections the
   comments name. */
#ifndef PLATFORMS_FASTLY_DRIVER_CALL_H
#define PLATFORMS_FASTLY_DRIVER_CALL_H

#include "pkg/json/json.h"
#include "pkg/platform/platform.h"

/* What a good answer is; another one is a failure, never "not there". */
enum shape { SHAPE_OBJECT, SHAPE_LIST, SHAPE_ANY };

/* What is asked, and how its failure is told. */
struct compute_ask {
    const char *method, *path; /* behind the endpoint */
    const char *what;          /* "clone version 3": behind "cannot" */
    const char *form;          /* an urlencoded body, or NULL */
    const struct http_part *parts;
    size_t part_count;
    enum shape shape;
    bool once;     /* a lost answer must be looked up before it is sent again */
    bool may_lack; /* that it is not there is an answer, not a failure */
};

struct compute_answer {
    json_t *document; /* NULL when absent */
    bool absent;
    bool unclear;  /* it failed in a way that leaves open whether it was done */
    bool conflict; /* it is there already, or somebody else changes the same */
};

/* Reads a reply: 0 for a 2xx with JSON of the right shape, or for the API's own 404 that `ask` may
   lack. Pure. */
int compute_read_reply(struct arena *, const struct compute_ask *, const struct http_reply *,
                       struct compute_answer *out, struct error *) MUST_CHECK;

/* An answer that is not what the API documents, told: -1. */
int compute_odd(struct error *, const char *format, ...) PRINTF_LIKE(2, 3);

/* Behind the hint that there is; returns -1. */
int compute_add_hint(struct error *, const char *format, ...) PRINTF_LIKE(2, 3);

/* Says in `error` what a refusal means. */
int compute_refuse(struct arena *, const struct compute_ask *, const struct http_reply *,
                   struct error *);
/* Makes the hint of a refusal sharper: what the token lacks, when a quota is full again. Pure.
   `token` is what the API says of it, or NULL; `now` in milliseconds since 1970. */
void compute_sharpen(struct arena *, const struct compute_ask *, const struct http_reply *,
                     const json_t *token, int64_t now, struct error *);

/* The same, after asking what the token may do. */
void compute_explain(const struct job *, const struct compute_ask *, const struct http_reply *,
                     struct error *);

/* Sends and reads. */
int compute_call(const struct job *, const struct compute_ask *, struct compute_answer *out,
                 struct error *) MUST_CHECK;

/* After an unclear failure: waits a while, longer with each attempt; false when there is no use in
   another attempt. */
bool compute_wait(const struct job *, unsigned attempt);

/* A form's "name=value" appended, escaped; a NULL value is left out. */
char *compute_field(struct arena *, const char *form, const char *name, const char *value);

#endif
