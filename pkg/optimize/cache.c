#include "pkg/optimize/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/digest/digest.h"

/* A file is the mark, the SHA-256 of what follows, the key's digits, the value. */
static const char mark[] = "edge-deploy cache 1\n";

enum {
    MARK = sizeof mark - 1,
    DIGEST = 32,
    KEY = 64,
    HEAD = MARK + DIGEST + KEY,
    DEFAULT_MB = 512,
    MOST_MB = 1 << 20,
    BLOCK = 4096,          /* what the smallest file takes */
    STALE_MS = 3600 * 1000 /* nobody is writing that one any more */
};

static const char temporary[] = "tmp-";

static const size_t value_limit = 2 * (size_t)LIMIT_MODULE + (16 << 20);

static void complain(const struct cache *cache, const char *what)
{
    if (cache->verbose)
        world_say(cache->world, "cache", "%s in '%s': %s", what, cache->folder, strerror(errno));
}

/* As the XDG Base Directory Specification 0.8 says: a relative path is to be ignored. */
static const char *parent_folder(struct arena *arena, const struct world *world)
{
    const char *xdg = world_environment(world, "XDG_CACHE_HOME");
    const char *home = world_environment(world, "HOME");
    if (xdg && xdg[0] == '/')
        return xdg;
    return home && home[0] == '/' ? path_join(arena, home, ".cache") : NULL;
}

static uint64_t limit_of(const struct world *world)
{
    const char *text = world_environment(world, "EDGE_DEPLOY_CACHE_SIZE");
    char *end = NULL;
    unsigned long long megabytes = text ? strtoull(text, &end, 10) : DEFAULT_MB;
    if (text && (end == text || *end || text[0] == '-'))
        megabytes = DEFAULT_MB;
    return (megabytes > MOST_MB ? (uint64_t)MOST_MB : (uint64_t)megabytes) << 20;
}

static void make_folder(struct arena *arena, const char *parent, const char *folder)
{
    struct error ignored = {0};
    if (file_make_folder(path_folder(arena, parent), &ignored) == 0) {
        (void)mkdir(parent, 0700);
        (void)mkdir(folder, 0700);
    }
}

static void close_descriptor(void *handle)
{
    close(((const struct cache *)handle)->descriptor);
}

/* Only the user's own, that nobody else writes: a value is believed to be what this program made.
 */
static const char *fault_of(struct arena *arena, const struct cache *cache)
{
    struct stat status;
    if (fstat(cache->descriptor, &status) != 0)
        return arena_printf(arena, "cannot read '%s': %s", cache->folder, strerror(errno));
    if (status.st_uid != geteuid())
        return arena_printf(arena, "'%s' belongs to somebody else", cache->folder);
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return arena_printf(arena, "'%s' may be written by others", cache->folder);
    return NULL;
}

const struct cache *cache_open(struct arena *arena, const struct world *world,
                               const struct cache_settings *settings, const char **problem)
{
    struct cache *cache = arena_alloc(arena, 1, sizeof *cache);
    const char *parent = parent_folder(arena, world);
    *problem = parent ? NULL : "neither XDG_CACHE_HOME nor HOME names a folder";
    *cache = (struct cache){
        .world = world, .limit = limit_of(world), .verbose = settings->verbose, .descriptor = -1};
    if (!parent || cache->limit == 0)
        return NULL;
    cache->folder = path_join(arena, parent, "edge-deploy");
    if (settings->make)
        make_folder(arena, parent, cache->folder);
    cache->descriptor = open(cache->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (cache->descriptor < 0) {
        if (settings->make || errno != ENOENT)
            *problem = arena_printf(arena, "cannot open '%s': %s", cache->folder, strerror(errno));
        return NULL;
    }
    arena_defer(arena, close_descriptor, cache);
    *problem = fault_of(arena, cache);
    return *problem ? NULL : cache;
}

static bool is_key(const char *name)
{
    return strspn(name, "0123456789abcdef") == KEY && name[KEY] == '\0';
}

/* All of an open file; false when it is none of ours. */
static bool read_whole(struct arena *arena, int descriptor, struct bytes *out)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
        status.st_size < HEAD || (uintmax_t)status.st_size > value_limit + HEAD)
        return false;
    size_t size = (size_t)status.st_size, got = 0;
    uint8_t *data = arena_alloc(arena, size + 1, 1);
    while (got < size) {
        ssize_t n = read(descriptor, data + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    *out = (struct bytes){data, size};
    return true;
}

static bool is_whole(struct bytes file, const char *key)
{
    uint8_t digest[DIGEST];
    digest_sha256_raw((struct bytes){file.data + MARK + DIGEST, file.size - MARK - DIGEST}, digest);
    return memcmp(file.data, mark, MARK) == 0 && memcmp(file.data + MARK, digest, DIGEST) == 0 &&
           memcmp(file.data + MARK + DIGEST, key, KEY) == 0;
}

bool cache_get(const struct cache *cache, struct arena *arena, const char *key, struct bytes *out)
{
    const struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    struct bytes file;
    if (!cache || !is_key(key))
        return false;
    /* Not waiting for who would write a pipe of that name. */
    int descriptor = openat(cache->descriptor, key, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
        if (errno != ENOENT)
            cache_remove(cache, key);
        return false;
    }
    bool good = read_whole(arena, descriptor, &file) && is_whole(file, key);
    if (good)
        (void)futimens(descriptor, now);
    close(descriptor);
    if (!good) {
        cache_remove(cache, key);
        return false;
    }
    *out = (struct bytes){file.data + HEAD, file.size - HEAD};
    return true;
}

void cache_remove(const struct cache *cache, const char *key)
{
    if (cache && is_key(key))
        (void)unlinkat(cache->descriptor, key, 0);
}

static bool write_file(const struct cache *cache, const char *name, struct bytes body)
{
    uint8_t digest[DIGEST];
    int descriptor =
        openat(cache->descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return false;
    digest_sha256_raw(body, digest);
    bool good = file_write_all(descriptor, bytes_of(mark)) &&
                file_write_all(descriptor, (struct bytes){digest, DIGEST}) &&
                file_write_all(descriptor, body);
    int saved = errno;
    if (close(descriptor) != 0)
        good = false;
    else
        errno = saved;
    return good;
}

struct entry {
    char name[KEY + 1];
    int64_t used; /* ns since 1970 */
    uint64_t bytes;
};

int64_t cache_modified_ns(const struct stat *status)
{
#if defined(__APPLE__) && !defined(_DARWIN_C_SOURCE)
    return (int64_t)status->st_mtime * 1000000000 + status->st_mtimensec;
#elif defined(__APPLE__)
    return (int64_t)status->st_mtime * 1000000000 + status->st_mtimespec.tv_nsec;
#else
    return (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
#endif
}

/* The values; what a killed run has left is removed on the way. */
static size_t list(const struct cache *cache, struct arena *arena, bool tidy, struct entry **out)
{
    int64_t now = world_now(cache->world);
    size_t count = 0, capacity = 0;
    int descriptor = openat(cache->descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
    const struct dirent *item;
    struct stat status;
    if (!folder && descriptor >= 0)
        close(descriptor);
    while (folder && (item = readdir(folder))) {
        bool left = strncmp(item->d_name, temporary, sizeof temporary - 1) == 0;
        if ((!left && !is_key(item->d_name)) ||
            fstatat(cache->descriptor, item->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode))
            continue;
        if (left) {
            if (tidy && now - cache_modified_ns(&status) / 1000000 > STALE_MS)
                (void)unlinkat(cache->descriptor, item->d_name, 0);
            continue;
        }
        *out = arena_grow(arena, *out, count, &capacity, sizeof **out);
        struct entry *entry = &(*out)[count++];
        *entry = (struct entry){.used = cache_modified_ns(&status),
                                .bytes = ((uint64_t)status.st_size + BLOCK - 1) / BLOCK * BLOCK};
        memcpy(entry->name, item->d_name, KEY + 1);
    }
    if (folder)
        closedir(folder);
    return count;
}

static int by_use(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    return (a->used > b->used) - (a->used < b->used);
}

/* Somewhat below the limit, so that not each write has to. */
static void sweep(const struct cache *cache)
{
    struct arena scratch = {0};
    struct entry *entries = NULL;
    size_t count = list(cache, &scratch, true, &entries);
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += entries[i].bytes;
    if (total > cache->limit) {
        qsort(entries, count, sizeof *entries, by_use);
        for (size_t i = 0; i + 1 < count && total > cache->limit / 8 * 7; i++) {
            cache_remove(cache, entries[i].name);
            total -= entries[i].bytes;
        }
    }
    arena_free(&scratch);
}

void cache_put(const struct cache *cache, const char *key, struct bytes value)
{
    struct arena scratch = {0};
    uint8_t random[8];
    if (!cache || !is_key(key) || value.size > value_limit || value.size + HEAD > cache->limit)
        return;
    cache->world->random(cache->world->context, random, sizeof random);
    const char *name = arena_printf(&scratch, "%s%ld-%s", temporary, (long)getpid(),
                                    digest_hex(&scratch, (struct bytes){random, sizeof random}));
    uint8_t *body = arena_alloc(&scratch, KEY + value.size, 1);
    memcpy(body, key, KEY);
    if (value.size)
        memcpy(body + KEY, value.data, value.size);
    if (!write_file(cache, name, (struct bytes){body, KEY + value.size}) ||
        renameat(cache->descriptor, name, cache->descriptor, key) != 0) {
        complain(cache, "cannot keep a result");
        (void)unlinkat(cache->descriptor, name, 0);
    } else {
        sweep(cache);
    }
    arena_free(&scratch);
}

void cache_usage(const struct cache *cache, size_t *count, uint64_t *bytes)
{
    struct arena scratch = {0};
    struct entry *entries = NULL;
    *count = cache ? list(cache, &scratch, false, &entries) : 0;
    *bytes = 0;
    for (size_t i = 0; i < *count; i++)
        *bytes += entries[i].bytes;
    arena_free(&scratch);
}
