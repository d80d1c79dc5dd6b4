/* libarchive's zip writer always adds extra fields and data descriptors, so the zip is put together
   here; likewise the gzip around libarchive's tar, whose header would name the system it was made
   on. */
#include <archive.h>
#include <archive_entry.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "pkg/archive/archive.h"
#include "pkg/archive/squeeze.h"
#include "pkg/base/arena.h"

static int too_large(struct error *error)
{
    return error_set(error, FAULT_INPUT, "the archive is over %d MiB", LIMIT_ARTIFACT >> 20);
}

static int check_items(const struct archive_item *items, size_t count, struct error *error)
{
    size_t room = LIMIT_ARTIFACT;
    for (size_t i = 0; i < count; i++) {
        if (items[i].body.size > room || strlen(items[i].path) > USHRT_MAX)
            return too_large(error);
        room -= items[i].body.size;
    }
    return 0;
}

static bool is_folder(const char *path)
{
    size_t size = strlen(path);
    return size && path[size - 1] == '/';
}

static la_ssize_t keep(struct archive *archive, void *buffer, const void *data, size_t size)
{
    (void)archive;
    return buffer_add(buffer, data, size) == 0 ? (la_ssize_t)size : -1;
}

static void free_archive(void *handle)
{
    archive_write_free(handle);
}

static void free_entry(void *handle)
{
    archive_entry_free(handle);
}

static int add_to_tar(struct archive *archive, struct archive_entry *entry,
                      const struct archive_item *item)
{
    archive_entry_clear(entry);
    archive_entry_set_pathname(entry, item->path);
    archive_entry_set_filetype(entry, is_folder(item->path) ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, (__LA_MODE_T)item->mode);
    archive_entry_set_mtime(entry, 0, 0);
    archive_entry_set_size(entry, (la_int64_t)item->body.size);
    if (archive_write_header(archive, entry) != ARCHIVE_OK)
        return -1;
    if (item->body.size == 0)
        return 0;
    la_ssize_t written = archive_write_data(archive, item->body.data, item->body.size);
    return written == (la_ssize_t)item->body.size ? 0 : -1;
}

static int write_tar(struct arena *arena, const struct archive_item *items, size_t count,
                     struct buffer *tar, struct error *error)
{
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    arena_defer(arena, free_archive, archive);
    arena_defer(arena, free_entry, entry);
    archive_write_set_format_ustar(archive);
    archive_write_set_bytes_per_block(archive, 0);
    archive_write_set_bytes_in_last_block(archive, 1);
    if (archive_write_open(archive, tar, NULL, keep, NULL) != ARCHIVE_OK)
        return error_set(error, FAULT_INPUT, "cannot make a tar archive");
    for (size_t i = 0; i < count; i++) {
        if (add_to_tar(archive, entry, &items[i]) == 0)
            continue;
        const char *why = archive_error_string(archive);
        return error_set(error, FAULT_INPUT, "cannot put '%s' into a tar archive: %s",
                         items[i].path, why ? why : "too large");
    }
    return archive_write_close(archive) == ARCHIVE_OK ? 0 : too_large(error);
}

int archive_tar_gz(struct arena *arena, const struct archive_item *items, size_t count,
                   struct bytes *out, struct error *error)
{
    if (check_items(items, count, error) != 0)
        return -1;
    struct arena scratch = {0};
    struct buffer *tar = buffer_new(&scratch, (size_t)LIMIT_ARTIFACT + (count + 2) * 1024);
    struct buffer *gzip = buffer_new(arena, LIMIT_ARTIFACT);
    int status = write_tar(&scratch, items, count, tar, error);
    if (status == 0 && squeeze_gzip(buffer_bytes(tar), gzip) != 0)
        status = too_large(error);
    arena_free(&scratch);
    *out = buffer_bytes(gzip);
    return status;
}

/* PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. */
enum {
    ZIP_LOCAL = 0x04034b50,
    ZIP_CENTRAL = 0x02014b50,
    ZIP_END = 0x06054b50,
    ZIP_VERSION = 20,
    ZIP_UNIX = 3 << 8,     /* the attributes hold Unix modes */
    ZIP_UTF8 = 1 << 11,    /* the name is UTF-8 */
    ZIP_DATE = 1 << 5 | 1, /* 1980-01-01 */
    ZIP_STORED = 0,
    ZIP_DEFLATED = 8
};

struct zip_entry {
    const struct archive_item *item;
    uint32_t crc, packed_size, offset;
    unsigned flags, method;
};

/* `size` bytes of each value, little end first. */
static int put(struct buffer *out, uint32_t value, unsigned size)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    return buffer_add(out, bytes, size);
}

/* What local and central headers share, from "version needed" to the length of the extra field. */
static int put_common(struct buffer *out, const struct zip_entry *entry)
{
    return put(out, ZIP_VERSION, 2) || put(out, entry->flags, 2) || put(out, entry->method, 2) ||
           put(out, 0, 2) || put(out, ZIP_DATE, 2) || put(out, entry->crc, 4) ||
           put(out, entry->packed_size, 4) || put(out, (uint32_t)entry->item->body.size, 4) ||
           put(out, (uint32_t)strlen(entry->item->path), 2) || put(out, 0, 2);
}

static int put_name(struct buffer *out, const struct zip_entry *entry)
{
    return buffer_add(out, entry->item->path, strlen(entry->item->path));
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

static int put_local(struct buffer *out, struct zip_entry *entry, enum squeeze effort)
{
    struct arena scratch = {0};
    struct bytes body = entry->item->body;
    struct buffer *packed = buffer_new(&scratch, LIMIT_ARTIFACT);
    bool smaller = squeeze_raw(body, effort, packed) == 0 && packed->size < body.size;
    struct bytes sent = smaller ? buffer_bytes(packed) : body;
    entry->method = smaller ? ZIP_DEFLATED : ZIP_STORED;
    entry->flags = is_ascii(entry->item->path) ? 0 : ZIP_UTF8;
    entry->crc = (uint32_t)crc32(0, body.data, (uInt)body.size);
    entry->packed_size = (uint32_t)sent.size;
    entry->offset = (uint32_t)out->size;
    int status = put(out, ZIP_LOCAL, 4) || put_common(out, entry) || put_name(out, entry) ||
                 buffer_add(out, sent.data, sent.size);
    arena_free(&scratch);
    return status ? -1 : 0;
}

static int put_central(struct buffer *out, const struct zip_entry *entry)
{
    bool folder = is_folder(entry->item->path);
    uint32_t mode = (folder ? 0040000u : 0100000u) | (entry->item->mode & 07777);
    return put(out, ZIP_CENTRAL, 4) || put(out, ZIP_UNIX | ZIP_VERSION, 2) ||
           put_common(out, entry) || put(out, 0, 2) || put(out, 0, 2) || put(out, 0, 2) ||
           put(out, mode << 16 | (folder ? 0x10u : 0), 4) || put(out, entry->offset, 4) ||
           put_name(out, entry);
}

static int put_end(struct buffer *out, size_t count, size_t start)
{
    uint32_t size = (uint32_t)(out->size - start);
    return put(out, ZIP_END, 4) || put(out, 0, 4) || put(out, (uint32_t)count, 2) ||
           put(out, (uint32_t)count, 2) || put(out, size, 4) || put(out, (uint32_t)start, 4) ||
           put(out, 0, 2);
}

static int make_zip(struct arena *arena, const struct archive_item *items, size_t count,
                    enum squeeze effort, struct bytes *out, struct error *error)
{
    struct zip_entry *entries = arena_alloc(arena, count + 1, sizeof *entries);
    struct buffer *zip = buffer_new(arena, LIMIT_ARTIFACT);
    for (size_t i = 0; i < count; i++) {
        entries[i].item = &items[i];
        if (put_local(zip, &entries[i], effort) != 0)
            return too_large(error);
    }
    size_t start = zip->size;
    for (size_t i = 0; i < count; i++)
        if (put_central(zip, &entries[i]) != 0)
            return too_large(error);
    if (put_end(zip, count, start) != 0)
        return too_large(error);
    *out = buffer_bytes(zip);
    return 0;
}

/* Where a few percent may decide. */
static bool is_near(size_t size, size_t limit)
{
    return size > limit - limit / 20 && size <= limit + limit / 20;
}

int archive_zip(struct arena *arena, const struct archive_item *items, size_t count, size_t limit,
                struct bytes *out, struct error *error)
{
    struct bytes harder;
    if (check_items(items, count, error) != 0)
        return -1;
    if (count >= USHRT_MAX)
        return error_set(error, FAULT_INPUT, "a zip holds at most %d files", USHRT_MAX - 1);
    if (make_zip(arena, items, count, SQUEEZE_WELL, out, error) != 0)
        return -1;
    if (!is_near(out->size, limit))
        return 0;
    if (make_zip(arena, items, count, SQUEEZE_HARD, &harder, error) != 0)
        return -1;
    if (harder.size < out->size)
        *out = harder;
    return 0;
}
