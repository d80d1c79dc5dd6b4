/* Reading a symbol of Rust's newer mangling (Rust RFC 2603; the rustc book, "v0 Symbol Format").
   Internal to pkg/wasm. */
#ifndef PKG_WASM_DEMANGLE_V0_H
#define PKG_WASM_DEMANGLE_V0_H

#include "pkg/wasm/demangle_parts.h"

struct v0 {
    struct bytes text; /* behind "_R": references count from there */
    size_t at;
    struct demangled_text *out; /* NULL: nothing is printed, and no reference followed */
    unsigned depth, steps;
    uint64_t lifetimes; /* bound around what is being read */
    bool failed;        /* or full: then nothing more matters */
};

/* Of "ident": plain, or with `punycode` for what is no ASCII. */
struct v0_identifier {
    struct bytes ascii, punycode;
    uint64_t disambiguator;
};

void v0_fail(struct v0 *);
uint8_t v0_next(struct v0 *);                          /* 0 at the end, which is a failure */
bool v0_eat(struct v0 *, uint8_t wanted);              /* goes on behind it when it is there */
uint64_t v0_number(struct v0 *);                       /* base 62 */
uint64_t v0_optional(struct v0 *, uint8_t tag);        /* 0: not there; else the number, from 1 */
struct v0_identifier v0_plain_identifier(struct v0 *); /* without a disambiguator */
struct v0_identifier v0_identifier(struct v0 *);

void v0_say(struct v0 *, const char *text);
void v0_say_number(struct v0 *, uint64_t);
void v0_say_bytes(struct v0 *, struct bytes);
void v0_say_identifier(struct v0 *, const struct v0_identifier *);

/* Around each path, type and constant: false when it is too deep or too much. */
bool v0_enter(struct v0 *);
void v0_leave(struct v0 *);
/* Behind a 'B': true with the reader moved to what it refers to; v0_return comes back. */
bool v0_refer(struct v0 *, size_t *resume);
void v0_return(struct v0 *, size_t resume);

/* Items up to an 'E', with ", " or the like between them; how many. */
size_t v0_list(struct v0 *, void (*item)(struct v0 *), const char *between);

void v0_path(struct v0 *, bool in_value);
void v0_type(struct v0 *);
void v0_constant(struct v0 *, bool in_value); /* in_value: no braces are needed */

#endif
