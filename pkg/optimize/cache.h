/* What was worked out once, in files under the user's cache folder: $XDG_CACHE_HOME/edge-deploy,
   else $HOME/.cache/edge-deploy, on every system. A value is found by a key, which is a digest of
   all that it was made from. Safe for runs side by side and for those that are killed; what cannot
   be used is as good as not there. Knows nothing of what the values are. */
#ifndef PKG_OPTIMIZE_CACHE_H
#define PKG_OPTIMIZE_CACHE_H

#include <stdbool.h>

#include "pkg/base/bytes.h"

struct arena;
struct stat;
struct world;

/* May be used by several threads at once. NULL is one that holds nothing and keeps nothing. */
struct cache {
    const struct world *world;
    const char *folder;
    int descriptor; /* of the folder */
    uint64_t limit; /* bytes of all values */
    bool verbose;   /* says what it could not do */
};

struct cache_settings {
    bool make; /* the folder, when it is not there */
    bool verbose;
};

/* Closed with the arena. NULL, and in `problem` why (itself NULL where none is wanted: a limit of
   0, or not made): there is no place for it, or it is not the user's own, or others may write it.
 */
const struct cache *cache_open(struct arena *, const struct world *, const struct cache_settings *,
                               const char **problem);

/* The value that was kept by this key (64 hex digits), which then counts as used. One that is
   damaged is removed, and not found. */
bool cache_get(const struct cache *, struct arena *, const char *key, struct bytes *out);

/* Keeps the value, and removes those longest not used when there are more than the limit. That it
   cannot is no failure. */
void cache_put(const struct cache *, const char *key, struct bytes value);

void cache_remove(const struct cache *, const char *key);

/* How many values there are, and how many bytes they take. */
void cache_usage(const struct cache *, size_t *count, uint64_t *bytes);

/* When a file was last written, in nanoseconds since 1970. */
int64_t cache_modified_ns(const struct stat *);

#endif
