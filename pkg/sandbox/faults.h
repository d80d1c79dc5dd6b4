/* Injected failures: what `--fault SPEC` says, and which request it hits. Knows nothing of
   sockets.

       SPEC   = RULE *("," (RULE / ACTION))     an action joins the rule before it
       RULE   = METHOD " " GLOB ["#" N ["-" M]] "=" ACTION
       METHOD = "PUT", or "*" for any
       GLOB   = of the path with its prefix, * for any characters; one with a "?" is compared with
                path and query
       #N     = only the N-th request that matches, #N-M the N-th to the M-th; else all

   Actions: status:CODE[:retry-after=S] (not done, that answer) - refuse (closed as soon as the
   headers are in, without an answer) - reset-before (the same with a TCP reset) - reset-during
   (reset in the middle of the request's body) - lost (done, then a reset instead of the answer) -
   hang (read, not done, never answered) - slow:BYTES_PER_S (request and answer pass at that
   rate) - html (not done; an HTML page with 502, or with the status given beside it) - truncate
   (done; the connection ends in the middle of the answer's body) - malformed (done; half of the
   body, as if it were whole) - empty (done; no body) - list (done; the body is []) - types:DEPTH
   (done; the values DEPTH levels down in the JSON answer have another type) - stall (done, never
   answered). slow goes with every other action, html with status, no others together. The first
   rule that hits a request counts. */
#ifndef PKG_SANDBOX_FAULTS_H
#define PKG_SANDBOX_FAULTS_H

#include <stddef.h>

#include "pkg/base/error.h"

struct arena;

enum harm {
    HARM_NONE,
    HARM_STATUS,
    HARM_REFUSE,
    HARM_RESET_BEFORE,
    HARM_RESET_DURING,
    HARM_LOST,
    HARM_HANG,
    HARM_HTML,
    HARM_TRUNCATE,
    HARM_MALFORMED,
    HARM_EMPTY,
    HARM_LIST,
    HARM_TYPES,
    HARM_STALL
};

struct fault_rule {
    const char *method, *glob;
    const char *words; /* of its actions, as written: for the journal */
    unsigned long first, last, seen;
    enum harm harm;
    unsigned status;    /* 0: not given */
    unsigned depth;     /* of types */
    long retry_after;   /* seconds; -1: not given */
    unsigned long slow; /* bytes a second; 0: full speed */
};

struct fault_rules {
    struct fault_rule *rules;
    size_t count;
};

/* FAULT_INPUT "fault 'SPEC': character N: what is wrong". */
int faults_parse(struct arena *, const char *specification, struct fault_rules *out,
                 struct error *) MUST_CHECK;

/* The rule that hits this request, or NULL; counts the request in every rule that matches. */
const struct fault_rule *faults_hit(struct fault_rules *, const char *method, const char *target);

#endif
