/* JSON in and out, over jansson. `json_t` may travel; only this module parses and prints.
   Knows nothing of what documents mean. */
#ifndef PKG_JSON_JSON_H
#define PKG_JSON_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "pkg/base/bytes.h"

struct arena;

/* Parses `text`; duplicate keys, bytes behind the document and nesting deeper than 64 are
   refused. On failure the message is "ORIGIN:LINE:COLUMN: what". The document lives as long as
   the arena. `fault` is the kind of failure to report (FAULT_INPUT for files, FAULT_REMOTE for
   replies). */
int json_read(struct arena *, struct bytes text, const char *origin, enum fault fault, json_t **out,
              struct error *) MUST_CHECK;

/* Ties a value that was made with jansson's constructors to the arena and returns it. */
json_t *json_own(struct arena *, json_t *);

/* The line (from 1) on which the value at `path` stands in `text`, a document that parses; 1
   when there is no such value. A path is keys and indices: "targets.edge.modules[0]"; a key
   that holds a dot, a bracket or a quote is written ["like.this"]. */
size_t json_line(const char *text, const char *path);

/* Where the value at `path` begins in `text`, NULL when there is none. */
const char *json_locate(const char *text, const char *path);

/* `path` with `key` appended, quoted where needed. */
char *json_path(struct arena *, const char *path, const char *key);

/* The value at `path` (as above, but for quoting), NULL when absent; for reading replies without
   a ladder of checks. The other three answer the fallback on absence or on another type. */
json_t *json_find(const json_t *, const char *path);
const char *json_find_string(const json_t *, const char *path, const char *fallback);
json_int_t json_find_integer(const json_t *, const char *path, json_int_t fallback);
bool json_find_bool(const json_t *, const char *path, bool fallback);

/* RFC 7396: `patch` merged into a copy of `document`; both stay as they were. */
json_t *json_merge_patch(struct arena *, const json_t *document, const json_t *patch);

/* One line without spaces, keys in the order they were added; or with an indent of 2, in ASCII. */
char *json_print(struct arena *, const json_t *);
char *json_print_indented(struct arena *, const json_t *);

/* Text from outside as a JSON string: invalid UTF-8 becomes U+FFFD (jansson refuses it). */
json_t *json_text(const char *data, size_t size);

#endif
