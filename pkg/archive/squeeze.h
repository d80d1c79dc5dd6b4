/* Deflate as small as libraries make it. Private to pkg/archive. */
#ifndef PKG_ARCHIVE_SQUEEZE_H
#define PKG_ARCHIVE_SQUEEZE_H

#include "pkg/base/bytes.h"

enum squeeze {
    SQUEEZE_WELL, /* libdeflate at its best: a second or two for what is usual */
    SQUEEZE_HARD  /* zopfli, where it ends in seconds; else the same */
};

/* Raw deflate. -1: more than the buffer's limit, or no memory. */
int squeeze_raw(struct bytes, enum squeeze, struct buffer *out) MUST_CHECK;

/* The same in gzip's wrapping, without a time, a name or a system (RFC 1952, 2.3.1). */
int squeeze_gzip(struct bytes, struct buffer *out) MUST_CHECK;

#endif
