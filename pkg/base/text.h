/* Words: the nearest right one for a typing mistake, hostile text made harmless, times. */
#ifndef PKG_BASE_TEXT_H
#define PKG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/base/bytes.h"

struct arena;

/* Both are there, and the same. */
bool text_is(const char *a, const char *b);
/* The same, or neither is there. */
bool text_equal(const char *a, const char *b);

/* The candidate nearest to `word` (edit distance, transpositions count one), or NULL when none
   is near enough to be meant. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* `size` bytes from outside as UTF-8 that no terminal or log obeys: control characters, invalid
   sequences and bidirectional overrides become \u{XX}, and so does what begins an order to a CI
   system's runner ("::" at the start of a word, "##["). */
char *text_safe(struct arena *, const char *data, size_t size);

/* `seconds` since 1970 as UTC RFC 3339: 2026-11-22T13:15:00Z. */
char *text_time(struct arena *, int64_t seconds);

/* True when `text` is a date YYYY-MM-DD of the calendar. */
bool text_is_date(const char *text);

/* Matches `text` against `pattern`, in which * stands for any run of characters. */
bool text_matches(const char *pattern, const char *text);
bool text_matches_bytes(const char *pattern, struct bytes text);

#endif
