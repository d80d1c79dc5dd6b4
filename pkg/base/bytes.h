/* Data from outside is always a pointer and a size; a buffer that grows carries its limit. */
#ifndef PKG_BASE_BYTES_H
#define PKG_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkg/base/error.h"

struct arena;

struct bytes {
    const uint8_t *data;
    size_t size;
};

struct bytes bytes_of(const char *text);
bool bytes_equal(struct bytes, struct bytes);

/* Every buffer's limit stands here, in bytes. */
enum buffer_limit {
    LIMIT_MANIFEST = 1 << 20,       /* edge-deploy.json, profile.json */
    LIMIT_MODULE = 256 << 20,       /* a .wasm file read from disk */
    LIMIT_ARTIFACT = 256 << 20,     /* an archive, also one unpacked */
    LIMIT_REPLY = 8 << 20,          /* a server's answer */
    LIMIT_PROBE = 1 << 20,          /* a url probe's answer */
    LIMIT_PROCESS_OUTPUT = 1 << 20, /* what a child prints */
    LIMIT_NOTE = 16 << 20,          /* a git note */
    LIMIT_REQUEST = 384 << 20,      /* a request to the sandbox (base64 of an artifact) */
    LIMIT_REPORT = 64 << 20,        /* a report in memory */
    LIMIT_SOURCE_MAP = 64 << 20,    /* a source map, also its mappings rewritten */
};

/* Grows up to `limit` bytes; its memory belongs to the arena it was made from. There is always
   a NUL behind the data, so that text can be read as a string. */
struct buffer {
    uint8_t *data;
    size_t size, capacity, limit;
};

struct buffer *buffer_new(struct arena *, size_t limit);

/* -1 when the limit would be passed; what was there stays. */
int buffer_add(struct buffer *, const void *data, size_t size) MUST_CHECK;
int buffer_printf(struct buffer *, const char *format, ...) PRINTF_LIKE(2, 3);
struct bytes buffer_bytes(const struct buffer *);
const char *buffer_text(const struct buffer *);

#endif
