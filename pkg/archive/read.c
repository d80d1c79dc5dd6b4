#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#ifdef __APPLE__
#include <xlocale.h>
#endif

#include "pkg/archive/archive.h"
#include "pkg/base/arena.h"
#include "pkg/base/text.h"

enum { MOST_ENTRIES = 10000, LONGEST_PATH = 4096 };

struct reading {
    struct arena *arena;
    struct archive *archive;
    const char *origin;
    struct archive_item *items;
    size_t count, capacity, seen, room;
};

static void free_archive(void *handle)
{
    archive_read_free(handle);
}

static int refuse(const struct reading *reading, struct error *error)
{
    const char *why = archive_error_string(reading->archive);
    why = why ? why : "unreadable";
    return error_set(error, FAULT_INPUT, "'%s' is no sound tar.gz or zip: %s", reading->origin,
                     text_safe(reading->arena, why, strlen(why)));
}

static bool leaves_its_folder(const char *path)
{
    if (path[0] == '/')
        return true;
    for (const char *at = path; *at; at += strspn(at, "/")) {
        size_t size = strcspn(at, "/");
        if (size == 2 && memcmp(at, "..", 2) == 0)
            return true;
        at += size;
    }
    return false;
}

/* The name without a leading "./"; NULL when it is none that may be used. */
static const char *usable_path(const struct reading *reading, struct archive_entry *entry,
                               struct error *error)
{
    const char *name = archive_entry_pathname_utf8(entry);
    name = name ? name : archive_entry_pathname(entry);
    if (!name || !name[0] || strlen(name) > LONGEST_PATH) {
        error_set(error, FAULT_INPUT, "'%s' holds an entry without a usable name", reading->origin);
        return NULL;
    }
    const char *safe = text_safe(reading->arena, name, strlen(name));
    if (strcmp(safe, name) != 0 || leaves_its_folder(name)) {
        error_set(error, FAULT_INPUT, "'%s' holds an entry with the unsafe name '%s'",
                  reading->origin, safe);
        return NULL;
    }
    while (safe[0] == '.' && safe[1] == '/')
        safe += 1 + strspn(safe + 1, "/");
    return safe;
}

static int read_body(struct reading *reading, const char *path, struct bytes *out,
                     struct error *error)
{
    struct buffer *body = buffer_new(reading->arena, reading->room);
    uint8_t chunk[65536];
    la_ssize_t got;
    while ((got = archive_read_data(reading->archive, chunk, sizeof chunk)) > 0)
        if (buffer_add(body, chunk, (size_t)got) != 0)
            return error_set(error, FAULT_INPUT, "'%s' is too large when unpacked, at '%s'",
                             reading->origin, path);
    if (got < 0)
        return refuse(reading, error);
    reading->room -= body->size;
    *out = (struct bytes){(const uint8_t *)buffer_text(body), body->size};
    return 0;
}

static int read_entry(struct reading *reading, struct archive_entry *entry, struct error *error)
{
    const char *path = usable_path(reading, entry, error);
    if (!path)
        return -1;
    bool folder = archive_entry_filetype(entry) == AE_IFDIR;
    if ((!folder && archive_entry_filetype(entry) != AE_IFREG) || archive_entry_hardlink(entry) ||
        archive_entry_symlink(entry))
        return error_set(error, FAULT_INPUT, "'%s' holds '%s', which is neither file nor folder",
                         reading->origin, path);
    if (folder && (path[0] == '\0' || strcmp(path, ".") == 0))
        return 0;
    struct archive_item item = {path, archive_entry_perm(entry) & 0777, {NULL, 0}};
    if (folder && path[strlen(path) - 1] != '/')
        item.path = arena_printf(reading->arena, "%s/", path);
    if (!folder && read_body(reading, path, &item.body, error) != 0)
        return -1;
    reading->items =
        arena_grow(reading->arena, reading->items, reading->count, &reading->capacity, sizeof item);
    reading->items[reading->count++] = item;
    return 0;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* With two entries of one name, what is checked need not be what is run. */
static int refuse_twins(const struct reading *reading, struct error *error)
{
    const char **paths = arena_alloc(reading->arena, reading->count + 1, sizeof *paths);
    for (size_t i = 0; i < reading->count; i++)
        paths[i] = reading->items[i].path;
    qsort(paths, reading->count, sizeof *paths, compare_paths);
    for (size_t i = 1; i < reading->count; i++)
        if (strcmp(paths[i - 1], paths[i]) == 0)
            return error_set(error, FAULT_INPUT, "'%s' holds '%s' twice", reading->origin,
                             paths[i]);
    return 0;
}

static int read_entries(struct reading *reading, struct error *error)
{
    struct archive_entry *entry;
    int status;
    while ((status = archive_read_next_header(reading->archive, &entry)) != ARCHIVE_EOF) {
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
            return refuse(reading, error);
        if (++reading->seen > MOST_ENTRIES)
            return error_set(error, FAULT_INPUT, "'%s' holds more than %d entries", reading->origin,
                             MOST_ENTRIES);
        if (read_entry(reading, entry, error) != 0)
            return -1;
    }
    return refuse_twins(reading, error);
}

/* libarchive turns names into the thread's locale's characters, and the program runs in "C", where
   a zip's UTF-8 names get lost. */
static locale_t utf8_locale(void)
{
    static const char *const names[] = {"C.UTF-8", "en_US.UTF-8", "UTF-8"};
    locale_t out = (locale_t)0;
    for (size_t i = 0; i < sizeof names / sizeof *names && !out; i++)
        out = newlocale(LC_CTYPE_MASK, names[i], (locale_t)0);
    return out;
}

static int read_all(struct reading *reading, struct bytes bytes, struct error *error)
{
    archive_read_support_filter_gzip(reading->archive);
    archive_read_support_format_tar(reading->archive);
    archive_read_support_format_zip_seekable(reading->archive);
    if (archive_read_open_memory(reading->archive, bytes.data, bytes.size) != ARCHIVE_OK)
        return refuse(reading, error);
    return read_entries(reading, error);
}

int archive_read(struct arena *arena, struct bytes bytes, size_t size_limit, const char *origin,
                 struct archive_item **out, size_t *count, struct error *error)
{
    struct reading reading = {
        .arena = arena, .archive = archive_read_new(), .origin = origin, .room = size_limit};
    arena_defer(arena, free_archive, reading.archive);
    locale_t wanted = utf8_locale();
    locale_t before = uselocale(wanted);
    int status = read_all(&reading, bytes, error);
    uselocale(before);
    if (wanted)
        freelocale(wanted);
    *out = reading.items;
    *count = reading.count;
    return status;
}
