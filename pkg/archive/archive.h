/* tar.gz and zip in memory (libarchive; compressed by libdeflate and zopfli), and what compression
   makes of bytes (zlib, libbrotli): the same bytes for the same entries at any time and place, by
   the same versions of these libraries. Knows nothing of what is in them. */
#ifndef PKG_ARCHIVE_ARCHIVE_H
#define PKG_ARCHIVE_ARCHIVE_H

#include <stdbool.h>

#include "pkg/base/bytes.h"

struct arena;

struct archive_item {
    const char *path; /* relative, '/' between names; a folder ends in '/' */
    unsigned mode;    /* permission bits */
    struct bytes body;
};

/* ustar, entries in the order given, mtime 0, uid and gid 0 without names, gzip header without
   time and name. FAULT_INPUT when it would pass LIMIT_ARTIFACT. */
int archive_tar_gz(struct arena *, const struct archive_item *, size_t count, struct bytes *out,
                   struct error *) MUST_CHECK;

/* zip with deflate, times fixed at 1980-01-01, no extra fields. When its size comes within 5 % of
   `limit` (bytes; 0: none) it is made once more by zopfli, which takes seconds and gains one or two
   percent. */
int archive_zip(struct arena *, const struct archive_item *, size_t count, size_t limit,
                struct bytes *out, struct error *) MUST_CHECK;

/* Unpacks a tar.gz or zip into memory. Refused with FAULT_INPUT: more than `size_limit` bytes
   unpacked in all, more than 10,000 entries, absolute paths, '..', links and devices. `origin`
   names the archive in messages. */
int archive_read(struct arena *, struct bytes, size_t size_limit, const char *origin,
                 struct archive_item **out, size_t *count, struct error *) MUST_CHECK;

/* How many bytes gzip (zlib, level 9) makes of it: what budgets, reports and the optimizer count,
   because every machine can count it again (`gzip -9` differs by up to 1.3 %). */
size_t archive_gzip_size(struct bytes);

struct archive_sizes {
    size_t gzip_bytes, brotli_bytes;
    unsigned gzip_level, brotli_quality;
};

/* Both, each on a processor of its own; `gzip_bytes` stays when it is not 0. `quick`: of more than
   256 KiB by lower levels, a few percent larger, in a sixth of the time. */
void archive_count(struct bytes, bool quick, struct archive_sizes *out);

#endif
