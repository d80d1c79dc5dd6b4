#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#include "pkg/archive/archive.h"
#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/digest/digest.h"
#include "tests/unit/unit.h"

static struct archive_item items[] = {
    {"app/", 0755, {NULL, 0}},
    {"app/bin/main.wasm", 0644, {(const uint8_t *)"\0asm\1\0\0\0", 8}},
    {"app/gr\xc3\xbc\xc3\x9f.txt", 0600, {(const uint8_t *)"hi\n", 3}},
    {"run.sh", 0755, {NULL, 0}}};
enum { ITEMS = sizeof items / sizeof *items };

typedef int (*writer)(struct arena *, const struct archive_item *, size_t, struct bytes *,
                      struct error *);

static int write_zip(struct arena *arena, const struct archive_item *all, size_t count,
                     struct bytes *out, struct error *error)
{
    return archive_zip(arena, all, count, 0, out, error);
}

static struct bytes write_items(struct arena *arena, writer write)
{
    struct error error = {0};
    struct bytes out = {0};
    CHECK(write(arena, items, ITEMS, &out, &error) == 0);
    return out;
}

static void check_read_back(struct arena *arena, struct bytes archive)
{
    struct error error = {0};
    struct archive_item *got;
    size_t count;
    if (!CHECK(archive_read(arena, archive, 100, "x", &got, &count, &error) == 0) ||
        !CHECK(count == ITEMS))
        return;
    for (size_t i = 0; i < ITEMS; i++) {
        CHECK_TEXT(got[i].path, items[i].path);
        CHECK(got[i].mode == items[i].mode && bytes_equal(got[i].body, items[i].body));
    }
    CHECK(archive_read(arena, archive, 10, "x", &got, &count, &error) == -1);
    CHECK(error.fault == FAULT_INPUT && strstr(error.message, "too large") != NULL);
}

static void test_same_bytes(struct arena *arena, writer write)
{
    struct bytes first = write_items(arena, write);
    setenv("TZ", "Pacific/Chatham", 1);
    tzset();
    struct bytes second = write_items(arena, write);
    unsetenv("TZ");
    tzset();
    CHECK(first.size > 100 && bytes_equal(first, second));
    check_read_back(arena, first);
}

/* The zip's digest does not depend on the compressor: all its files are too short to be deflated.
   Python's zipfile and Info-ZIP read it back with these names and modes, regular files, all of
   1980-01-01 00:00, with empty extra fields. */
static void test_zip(struct arena *arena)
{
    char digest[65];
    digest_sha256(write_items(arena, write_zip), digest);
    CHECK_TEXT(digest, "eb9e014b49a52c554264fe9b7796a63b9745b56f1d3fbe2bbf141a2f6e00fe4e");
    struct bytes zeros = {arena_alloc(arena, 100000, 1), 100000}, zip;
    struct archive_item item = {"index.mjs", 0644, zeros}, *got;
    struct error error = {0};
    size_t count;
    CHECK(archive_zip(arena, &item, 1, 0, &zip, &error) == 0 && zip.size < 400);
    CHECK(zip.data[6] == 0 && zip.data[8] == 8 && zip.data[28] == 0);
    CHECK(archive_read(arena, zip, 100000, "x", &got, &count, &error) == 0 && count == 1 &&
          bytes_equal(got[0].body, zeros));
}

static struct bytes gunzip(struct arena *arena, struct bytes gzip)
{
    struct bytes out = {arena_alloc(arena, 1, 65536), 0};
    z_stream stream = {0};
    inflateInit2(&stream, 31);
    stream.next_in = (Bytef *)(uintptr_t)gzip.data;
    stream.avail_in = (uInt)gzip.size;
    stream.next_out = (Bytef *)(uintptr_t)out.data;
    stream.avail_out = 65536;
    CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.size = stream.total_out;
    inflateEnd(&stream);
    return out;
}

/* The digest is of the tar within, so that it does not depend on the compressor; Python's tarfile
   reads these entries from it, with mtime, uid and gid 0 and no owner's name. */
static void test_tar_gz(struct arena *arena)
{
    char digest[65];
    struct bytes gzip = write_items(arena, archive_tar_gz);
    CHECK(memcmp(gzip.data, "\x1f\x8b\x08\0\0\0\0\0\x02\xff", 10) == 0);
    digest_sha256(gunzip(arena, gzip), digest);
    CHECK_TEXT(digest, "275d1d7269138d21919e700dc853404b9795ac4d7ea9f3be72a2c6946df65bcb");
    CHECK(archive_gzip_size(bytes_of("")) == 20);
    CHECK(archive_gzip_size((struct bytes){arena_alloc(arena, 1, 1 << 20), 1 << 20}) < 2000);
}

static size_t zip_size(struct arena *arena, struct bytes body, size_t limit)
{
    struct archive_item item = {"module.wasm", 0644, body}, *got;
    struct error error = {0};
    struct bytes zip = {0};
    size_t count;
    CHECK(archive_zip(arena, &item, 1, limit, &zip, &error) == 0);
    CHECK(archive_read(arena, zip, body.size, "x", &got, &count, &error) == 0 && count == 1 &&
          bytes_equal(got[0].body, body));
    return zip.size;
}

/* Smaller than zlib makes it, and near a limit smaller still, whether it fits or not; far from one
   no time is spent. */
static void test_smaller(struct arena *arena)
{
    struct error error = {0};
    struct bytes body;
    if (!CHECK(file_read(arena, "platforms/lambda-edge/profile.json", LIMIT_ARTIFACT, &body,
                         &error) == 0))
        return;
    size_t zlib = archive_gzip_size(body), usual = zip_size(arena, body, 0);
    CHECK(usual < zlib);
    CHECK(zip_size(arena, body, usual) < usual);
    CHECK(zip_size(arena, body, usual - usual / 50) < usual);
    CHECK(zip_size(arena, body, usual + usual / 30) < usual);
    CHECK(zip_size(arena, body, 2 * usual) == usual);
    CHECK(zip_size(arena, body, usual / 2) == usual);
    struct archive_item item = {"app/bin/main.wasm", 0644, body};
    struct bytes gzip = {0};
    CHECK(archive_tar_gz(arena, &item, 1, &gzip, &error) == 0 && gzip.size < zlib);
}

static void test_refused_to_write(struct arena *arena)
{
    struct error error = {0};
    struct bytes out;
    struct archive_item item = {"x", 0644, {(const uint8_t *)"x", (size_t)LIMIT_ARTIFACT + 1}};
    CHECK(archive_zip(arena, &item, 1, 0, &out, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK(archive_tar_gz(arena, &item, 1, &out, &error) == -1 && error.fault == FAULT_INPUT);
    char name[301] = "";
    memset(name, 'n', 300);
    item = (struct archive_item){name, 0644, {NULL, 0}};
    CHECK(archive_tar_gz(arena, &item, 1, &out, &error) == -1 && error.fault == FAULT_INPUT);
}

/* One header block of a tar; the checksum as POSIX says. */
static void tar_entry(struct buffer *tar, const char *name, char type, const char *link,
                      const char *body)
{
    uint8_t block[512] = {0};
    memcpy(block, name, strlen(name));
    memcpy(block + 100, "0000644", 7);
    snprintf((char *)block + 124, 12, "%011o", (unsigned)strlen(body));
    memcpy(block + 148, "        ", 8);
    block[156] = (uint8_t)type;
    memcpy(block + 157, link, strlen(link));
    memcpy(block + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof block; i++)
        sum += block[i];
    snprintf((char *)block + 148, 8, "%06o", sum);
    CHECK(buffer_add(tar, block, sizeof block) == 0);
    if (body[0]) {
        memset(block, 0, sizeof block);
        memcpy(block, body, strlen(body));
        CHECK(buffer_add(tar, block, sizeof block) == 0);
    }
}

static void test_hostile_entries(struct arena *arena)
{
    static const struct {
        const char *name;
        char type;
        const char *link, *message;
    } rows[] = {
        {"/etc/passwd", '0', "", "'a.tar' holds an entry with the unsafe name '/etc/passwd'"},
        {"a/../../b", '0', "", "'a.tar' holds an entry with the unsafe name 'a/../../b'"},
        {"..", '5', "", "'a.tar' holds an entry with the unsafe name '..'"},
        {"a\x1b[31m", '0', "", "'a.tar' holds an entry with the unsafe name 'a\\u{1b}[31m'"},
        {"link", '2', "/etc", "'a.tar' holds 'link', which is neither file nor folder"},
        {"hard", '1', "ok", "'a.tar' holds 'hard', which is neither file nor folder"},
        {"device", '3', "", "'a.tar' holds 'device', which is neither file nor folder"},
        {"fifo", '6', "", "'a.tar' holds 'fifo', which is neither file nor folder"},
        {"./ok", '0', "", "'a.tar' holds 'ok' twice"},
    };
    struct archive_item *got;
    size_t count;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        struct buffer *tar = buffer_new(arena, 1 << 16);
        tar_entry(tar, "ok", '0', "", "body");
        tar_entry(tar, rows[i].name, rows[i].type, rows[i].link, "");
        CHECK(archive_read(arena, buffer_bytes(tar), 1 << 16, "a.tar", &got, &count, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
        CHECK_TEXT(error.message, rows[i].message);
    }
}

static void test_too_many(struct arena *arena)
{
    struct error error = {0};
    struct buffer *tar = buffer_new(arena, 64 << 20);
    struct archive_item *got;
    size_t count;
    for (unsigned i = 0; i <= 10000; i++)
        tar_entry(tar, arena_printf(arena, "f%u", i), '0', "", "");
    CHECK(archive_read(arena, buffer_bytes(tar), 100, "x", &got, &count, &error) == -1);
    CHECK_TEXT(error.message, "'x' holds more than 10000 entries");
}

/* Cut anywhere, or with a byte turned around: an error or a list, never more. */
static void test_damaged(struct arena *arena, writer write)
{
    struct bytes whole = write_items(arena, write);
    for (size_t size = 0; size < whole.size; size += 3) {
        struct arena own = {0};
        struct error error = {0};
        struct archive_item *got;
        size_t count = 0;
        uint8_t *copy = arena_copy(&own, whole.data, whole.size);
        (void)!archive_read(&own, (struct bytes){copy, size}, 1000, "x", &got, &count, &error);
        copy[size] ^= 0x55;
        (void)!archive_read(&own, (struct bytes){copy, whole.size}, 1000, "x", &got, &count,
                            &error);
        arena_free(&own);
    }
    struct error error = {0};
    struct archive_item *got;
    size_t count;
    CHECK(archive_read(arena, bytes_of("plain text"), 9, "x", &got, &count, &error) == -1);
    CHECK(archive_read(arena, (struct bytes){whole.data, whole.size / 2}, 99, "x", &got, &count,
                       &error) == -1);
}

/* Half a byte each is what they hold: none makes less of it; a size that is known is kept. */
static void counts(void)
{
    static uint8_t data[300000];
    uint32_t state = 1;
    for (size_t i = 0; i < sizeof data; i++) {
        state = state * 1664525 + 1013904223;
        data[i] = (uint8_t)(state >> 24 & 15);
    }
    struct archive_sizes sizes = {0}, quick = {0}, known = {.gzip_bytes = 7};
    struct bytes bytes = {data, sizeof data};
    archive_count(bytes, false, &sizes);
    CHECK(sizes.gzip_bytes == archive_gzip_size(bytes) && sizes.gzip_level == 9);
    CHECK(sizes.gzip_bytes > 150000 && sizes.gzip_bytes < 180000);
    CHECK(sizes.brotli_bytes > 149000 && sizes.brotli_bytes < sizes.gzip_bytes);
    CHECK(sizes.brotli_quality == 9);
    archive_count(bytes, true, &quick);
    CHECK(quick.gzip_level < 9 && quick.gzip_bytes > 149000);
    CHECK(quick.brotli_quality < 9 && quick.brotli_bytes > 149000);
    archive_count((struct bytes){data, 1000}, true, &known);
    CHECK(known.gzip_bytes == 7 && known.brotli_quality == 9 && known.brotli_bytes > 500);
    archive_count((struct bytes){data, 0}, true, &quick);
    CHECK(quick.brotli_bytes > 0);
}

void test_archive(void)
{
    counts();
    struct arena arena = {0};
    test_same_bytes(&arena, archive_tar_gz);
    test_same_bytes(&arena, write_zip);
    test_zip(&arena);
    test_tar_gz(&arena);
    test_smaller(&arena);
    test_refused_to_write(&arena);
    test_hostile_entries(&arena);
    test_too_many(&arena);
    test_damaged(&arena, archive_tar_gz);
    test_damaged(&arena, write_zip);
    arena_free(&arena);
}
