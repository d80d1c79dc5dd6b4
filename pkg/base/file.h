/* Whole files and paths. Knows nothing of what is in them. */
#ifndef PKG_BASE_FILE_H
#define PKG_BASE_FILE_H

#include <stdbool.h>

#include "pkg/base/bytes.h"

struct arena;

/* Reads all of `path` (a regular file of at most `limit` bytes) into `out`, with a NUL behind
   it. FAULT_INPUT when it is missing, unreadable, no regular file or too large. */
int file_read(struct arena *, const char *path, size_t limit, struct bytes *out,
              struct error *) MUST_CHECK;

/* Writes to a temporary name beside `path` and renames, so that a reader sees the old or the new
   file, never a part. `mode` are the permission bits. Missing folders are made. */
int file_write(const char *path, struct bytes, unsigned mode, struct error *) MUST_CHECK;

/* Writes all of it, however many calls that takes; false with errno set. */
bool file_write_all(int descriptor, struct bytes);

/* Makes `path` and its parents; an existing folder is fine. */
int file_make_folder(const char *path, struct error *) MUST_CHECK;

bool file_exists(const char *path);

/* `folder`/`name`; an absolute `name` stands alone. */
char *path_join(struct arena *, const char *folder, const char *name);

/* All of `path` before the last slash; "." when there is none. */
char *path_folder(struct arena *, const char *path);
const char *path_base(const char *path);

/* Resolves `path` (links too) and fails with FAULT_INPUT unless the result lies in `root`. The
   file must exist. `out` is the resolved path. */
int path_within(struct arena *, const char *root, const char *path, char **out,
                struct error *) MUST_CHECK;

#endif
