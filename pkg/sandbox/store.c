/* State on disk: STATE/KEY.json and STATE/KEY.blob; what is below a key lies in STATE/KEY/. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/json/json.h"
#include "pkg/sandbox/internal.h"

enum { LONGEST_KEY = 600, LONGEST_KEY_WORD = 200, DEEPEST = 16 };

static const char key_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789-_.";

static bool ends_in(const char *word, size_t size, const char *suffix)
{
    size_t suffix_size = strlen(suffix);
    return size >= suffix_size && memcmp(word + size - suffix_size, suffix, suffix_size) == 0;
}

static bool is_key(const char *key)
{
    if (strlen(key) > LONGEST_KEY)
        return false;
    for (unsigned depth = 0; depth < DEEPEST; depth++) {
        size_t size = strspn(key, key_letters);
        if (size == 0 || size > LONGEST_KEY_WORD || key[0] == '.' || ends_in(key, size, ".json") ||
            ends_in(key, size, ".blob"))
            return false;
        key += size;
        if (*key == '\0')
            return true;
        if (*key++ != '/')
            return false;
    }
    return false;
}

/* NULL for what is no key. */
static char *place(const struct sandbox *sandbox, struct arena *arena, const char *key,
                   const char *suffix)
{
    if (!is_key(key))
        return NULL;
    return arena_printf(arena, "%s/%s%s", sandbox->state, key, suffix);
}

static int save(struct sandbox *sandbox, const char *key, const char *suffix, struct bytes bytes)
{
    struct arena scratch = {0};
    struct error ignored;
    char *path = place(sandbox, &scratch, key, suffix);
    int result = path ? file_write(path, bytes, 0600, &ignored) : -1;
    arena_free(&scratch);
    return result;
}

static int load(struct sandbox *sandbox, struct arena *arena, const char *key, const char *suffix,
                struct bytes *out)
{
    struct error ignored;
    char *path = place(sandbox, arena, key, suffix);
    return path ? file_read(arena, path, LIMIT_REQUEST, out, &ignored) : -1;
}

int sandbox_save(struct sandbox *sandbox, const char *key, json_t *document)
{
    struct arena scratch = {0};
    char *text = json_print_indented(&scratch, document);
    int result = text ? save(sandbox, key, ".json", bytes_of(text)) : -1;
    arena_free(&scratch);
    return result;
}

json_t *sandbox_load(struct sandbox *sandbox, struct arena *arena, const char *key)
{
    struct bytes text;
    struct error ignored;
    json_t *document;
    if (load(sandbox, arena, key, ".json", &text) != 0)
        return NULL;
    return json_read(arena, text, key, FAULT_INPUT, &document, &ignored) == 0 ? document : NULL;
}

int sandbox_save_blob(struct sandbox *sandbox, const char *key, struct bytes bytes)
{
    return save(sandbox, key, ".blob", bytes);
}

int sandbox_load_blob(struct sandbox *sandbox, struct arena *arena, const char *key,
                      struct bytes *out)
{
    return load(sandbox, arena, key, ".blob", out);
}

static void close_folder(void *handle)
{
    closedir(handle);
}

/* Removes the folder and all in it; links are removed, not followed. */
static void remove_folder(const char *path, unsigned depth)
{
    struct arena scratch = {0};
    DIR *folder = opendir(path);
    if (!folder)
        return;
    arena_defer(&scratch, close_folder, folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char *name = path_join(&scratch, path, entry->d_name);
        if (lstat(name, &status) == 0 && S_ISDIR(status.st_mode) && depth < DEEPEST)
            remove_folder(name, depth + 1);
        else
            unlink(name);
    }
    arena_free(&scratch);
    rmdir(path);
}

void sandbox_delete(struct sandbox *sandbox, const char *key)
{
    struct arena scratch = {0};
    char *folder = place(sandbox, &scratch, key, "");
    if (folder) {
        unlink(arena_printf(&scratch, "%s.json", folder));
        unlink(arena_printf(&scratch, "%s.blob", folder));
        remove_folder(folder, 0);
    }
    arena_free(&scratch);
}

/* The key's word that a file or folder of that name stands for; NULL for leftovers of a write
   that was interrupted. */
static char *word_of(struct arena *arena, const char *folder, const char *name)
{
    struct stat status;
    size_t size = strlen(name);
    if (name[0] == '.')
        return NULL;
    if (ends_in(name, size, ".json") || ends_in(name, size, ".blob"))
        return arena_copy(arena, name, size - 5);
    if (stat(path_join(arena, folder, name), &status) == 0 && S_ISDIR(status.st_mode))
        return arena_strdup(arena, name);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t drop_repeated(const char **names, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    return kept;
}

const char **sandbox_list(struct sandbox *sandbox, struct arena *arena, const char *key,
                          size_t *count)
{
    struct arena scratch = {0};
    const char **names = arena_alloc(arena, 1, sizeof *names);
    size_t capacity = 1;
    char *path = place(sandbox, arena, key, "");
    DIR *folder = path ? opendir(path) : NULL;
    *count = 0;
    if (!folder)
        return names;
    arena_defer(&scratch, close_folder, folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char *word = word_of(arena, path, entry->d_name);
        if (!word)
            continue;
        names = arena_grow(arena, names, *count, &capacity, sizeof *names);
        names[(*count)++] = word;
    }
    qsort(names, *count, sizeof *names, compare);
    *count = drop_repeated(names, *count);
    arena_free(&scratch);
    return names;
}
