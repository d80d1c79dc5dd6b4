/* Modules for tests as text: hex bytes, {...} with its size in front, 'name' with its length in
   front, ^ where a use or an error is expected; for DWARF |text| with a NUL behind it, [...] and
   <...> with a size of 4 and 8 bytes in front. The preamble of a core module comes by itself; a
   text that starts with ! has none. */
#ifndef TESTS_UNIT_WASM_TEXT_H
#define TESTS_UNIT_WASM_TEXT_H

#include "pkg/base/bytes.h"

struct arena;

struct wasm_text {
    struct bytes bytes;
    size_t mark; /* the offset of the ^; SIZE_MAX when there is none */
};

struct wasm_text wasm_text(struct arena *, const char *text);

/* One function of type () -> () with that body; its first byte is at offset 23. */
#define WASM_BODY(code) "01{01 60 00 00} 03{01 00} 0a{01 {00 " code " 0b}}"

/* The features of a scan by id, with blanks; "malformed" and the like stand for failures. */
struct wasm_info;
const char *wasm_feature_words(struct arena *, const struct wasm_info *);

#endif
