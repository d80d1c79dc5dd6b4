/* From what a target names to the bytes that it ships. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "pkg/archive/archive.h"
#include "pkg/base/bytes.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/publish/pipeline.h"

enum { MOST_FILES = 10000 };

/* A file that is read once, however many targets ship it; a module is scanned once. */
struct file {
    struct file *next;
    const char *path; /* resolved */
    struct bytes bytes;
    bool scanned;
    struct wasm_info info;
};

static bool is_wasm(struct bytes bytes)
{
    return bytes.size >= 4 && memcmp(bytes.data, "\0asm", 4) == 0;
}

/* On CI .git/config holds a token; a pattern of a pull request shall not ship it. */
static int check_not_git(struct arena *arena, const char *root, const char *resolved,
                         const char *path, struct error *error)
{
    char *base;
    if (path_within(arena, "/", root, &base, error) != 0)
        return -1;
    for (const char *name = resolved + strlen(base); *name; name += strcspn(name, "/")) {
        name += strspn(name, "/");
        if (strcspn(name, "/") == 4 && strncasecmp(name, ".git", 4) == 0)
            return error_set(error, FAULT_INPUT, "path '%s' leads to what git keeps for itself",
                             path);
    }
    return 0;
}

static int find_file(struct pipeline *pipeline, const char *path, bool anywhere, struct file **out,
                     struct error *error)
{
    char *resolved;
    const char *root = pipeline->manifest->root ? pipeline->manifest->root : "/";
    if (path_within(pipeline->arena, anywhere ? "/" : root, path, &resolved, error) != 0 ||
        (!anywhere && check_not_git(pipeline->arena, root, resolved, path, error) != 0))
        return -1;
    for (struct file *file = pipeline->files; file; file = file->next)
        if (strcmp(file->path, resolved) == 0) {
            *out = file;
            return 0;
        }
    struct file *file = arena_alloc(pipeline->arena, 1, sizeof *file);
    *file = (struct file){.next = pipeline->files, .path = resolved};
    if (file_read(pipeline->arena, resolved, LIMIT_MODULE, &file->bytes, error) != 0)
        return -1;
    pipeline->files = *out = file;
    return 0;
}

/* The file that the target names as its module, main or package. */
static int find_source(struct pipeline *pipeline, const struct target *target, const char *path,
                       struct file **out, struct error *error)
{
    struct error problem = {0};
    char *full = path_join(pipeline->arena, pipeline->manifest->folder, path);
    if (find_file(pipeline, full, false, out, &problem) == 0)
        return 0;
    manifest_fault(pipeline->manifest, error, target->source_path ? target->source_path : "", "%s",
                   problem.message);
    if (!target->build_command)
        return error_hint(error, "build it first, or set build.command");
    if (!pipeline->options->build)
        return error_hint(error, "build it first: %s", target->build_command);
    return error_hint(error, "look at what build.command writes, and where");
}

static int scan_file(struct pipeline *pipeline, struct file *file, const char *path,
                     struct error *error)
{
    if (!file->scanned &&
        wasm_scan(pipeline->arena, file->bytes, WASM_VALIDATION, &file->info, error) != 0)
        return error_prefix(error, "%s", path);
    file->scanned = true;
    return 0;
}

static const char *media_type(const char *name)
{
    static const char *const types[][2] = {{".wasm", "application/wasm"},
                                           {".mjs", "application/javascript+module"},
                                           {".js", "application/javascript+module"},
                                           {".cjs", "application/javascript"},
                                           {".json", "application/json"},
                                           {".map", "application/source-map"},
                                           {".html", "text/html"},
                                           {".txt", "text/plain"}};
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t end = strlen(types[i][0]);
        if (size > end && strcmp(name + size - end, types[i][0]) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}

/* `path` without empty and "." steps, ".." taken back where it can be. */
static char *normalize(struct arena *arena, const char *path)
{
    char *out = arena_alloc(arena, strlen(path) + 2, 1);
    size_t used = 0;
    while (*path) {
        size_t size = strcspn(path, "/");
        bool back = size == 2 && memcmp(path, "..", 2) == 0;
        char *slash = used ? strrchr(out, '/') : NULL;
        const char *last = slash ? slash + 1 : out;
        if (back && used && strcmp(last, "..") != 0) {
            used = slash ? (size_t)(slash - out) : 0;
            out[used] = '\0';
        } else if (size && !(size == 1 && *path == '.')) {
            if (used)
                out[used++] = '/';
            memcpy(out + used, path, size);
            used += size;
            out[used] = '\0';
        }
        path += size + (path[size] == '/');
    }
    return out;
}

/* What a glob pattern would take as special, quoted. */
static char *quote_pattern(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, 2 * strlen(text) + 1, 1), *at = out;
    for (; *text; text++) {
        if (strchr("*?[]\\", *text))
            *at++ = '\\';
        *at++ = *text;
    }
    return out;
}

struct names {
    const char **items;
    size_t count, capacity;
};

static void free_glob(void *handle)
{
    globfree(handle);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Adds the files that match, as paths relative to the manifest. */
static int expand(struct pipeline *pipeline, const char *pattern, struct names *names,
                  struct error *error)
{
    struct arena *arena = pipeline->arena;
    const char *folder = pipeline->manifest->folder;
    glob_t *found = arena_alloc(arena, 1, sizeof *found);
    size_t skip = strcmp(folder, ".") == 0 ? 0 : strlen(path_join(arena, folder, "x")) - 1;
    char *full = path_join(arena, quote_pattern(arena, folder), pattern);
    int status = pattern[0] == '/' ? GLOB_NOMATCH : glob(full, 0, NULL, found);
    arena_defer(arena, free_glob, found);
    if (status != 0 || found->gl_pathc == 0)
        return error_set(error, FAULT_INPUT, "no file matches '%s'", pattern);
    for (size_t i = 0; i < found->gl_pathc; i++) {
        if (is_folder(found->gl_pathv[i]))
            continue;
        if (names->count >= MOST_FILES)
            return error_set(error, FAULT_INPUT, "more than %d files match", MOST_FILES);
        names->items =
            arena_grow(arena, names->items, names->count, &names->capacity, sizeof *names->items);
        names->items[names->count++] = normalize(arena, found->gl_pathv[i] + skip);
    }
    return 0;
}

static int expand_all(struct pipeline *pipeline, const struct target *target, const char *key,
                      const struct words *patterns, struct names *names, struct error *error)
{
    for (size_t i = 0; i < patterns->count; i++) {
        struct error problem = {0};
        if (expand(pipeline, patterns->items[i], names, &problem) != 0)
            return manifest_fault(pipeline->manifest, error,
                                  arena_printf(pipeline->arena, "%s.%s[%zu]", target->path, key, i),
                                  "%s", problem.message);
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts, and takes out doubles and `main`. */
static void sort_names(struct names *names, const char *main)
{
    size_t kept = 0;
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, by_name);
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], main) != 0 &&
            (kept == 0 || strcmp(names->items[i], names->items[kept - 1]) != 0))
            names->items[kept++] = names->items[i];
    names->count = kept;
}

static void add_module(struct arena *arena, struct prepared *target, size_t *capacity,
                       const char *path, size_t part, struct bytes bytes,
                       const struct wasm_info *info)
{
    target->modules =
        arena_grow(arena, target->modules, target->module_count, capacity, sizeof *target->modules);
    target->modules[target->module_count++] = (struct prepared_module){
        .path = path, .part = part, .original = bytes, .original_info = *info};
}

/* Reads one file into the next part; a module among them is scanned. */
static int add_part(struct pipeline *pipeline, struct prepared *target, size_t *capacity,
                    const char *path, const char *name, struct error *error)
{
    struct payload *payload = &target->payload;
    struct file *file;
    char *full = path_join(pipeline->arena, pipeline->manifest->folder, path);
    if (find_file(pipeline, full, false, &file, error) != 0)
        return -1;
    if (is_wasm(file->bytes)) {
        if (scan_file(pipeline, file, path, error) != 0)
            return -1;
        add_module(pipeline->arena, target, capacity, path, payload->part_count, file->bytes,
                   &file->info);
    }
    payload->parts[payload->part_count++] =
        (struct part){name, path_base(name), media_type(name), file->bytes};
    return 0;
}

static int load_main(struct pipeline *pipeline, struct prepared *target, struct error *error)
{
    struct arena *arena = pipeline->arena;
    const struct target *wanted = target->target;
    struct names names = {0};
    struct file *file;
    size_t capacity = 0;
    char *main = normalize(arena, wanted->main), *folder = path_folder(arena, main);
    size_t skip = strcmp(folder, ".") == 0 ? 0 : strlen(folder) + 1;
    if (expand_all(pipeline, wanted, "modules", &wanted->modules, &names, error) != 0 ||
        expand_all(pipeline, wanted, "files", &wanted->files, &names, error) != 0)
        return -1;
    sort_names(&names, main);
    if (find_source(pipeline, wanted, main, &file, error) != 0)
        return -1;
    target->payload.form = PAYLOAD_MAIN;
    target->payload.parts = arena_alloc(arena, names.count + 1, sizeof(struct part));
    if (add_part(pipeline, target, &capacity, main, main + skip, error) != 0)
        return -1;
    for (size_t i = 0; i < names.count; i++) {
        const char *path = names.items[i];
        bool below = skip == 0 ? strncmp(path, "../", 3) != 0 : strncmp(path, main, skip) == 0;
        if (!below) {
            error_set(error, FAULT_INPUT, "%s: file '%s' does not lie below the folder of '%s'",
                      wanted->name, path, main);
            return error_hint(error, "let the build put it beside '%s'", main);
        }
        if (add_part(pipeline, target, &capacity, path, path + skip, error) != 0)
            return -1;
    }
    return 0;
}

static bool has_export(const struct wasm_info *info, const char *name, enum wasm_extern kind,
                       const char *type)
{
    const struct wasm_export *found = wasm_find_export(info, name);
    return found && found->kind == kind && (!type || strcmp(found->type, type) == 0);
}

static bool imports_only(const struct wasm_info *info, const char *module)
{
    for (size_t i = 0; i < info->import_count; i++)
        if (strcmp(info->imports[i].module, module) != 0)
            return false;
    return true;
}

/* The two entries of cli.md section 7. */
static enum entry entry_of(const struct wasm_info *info)
{
    if (info->kind != WASM_CORE || !has_export(info, "memory", WASM_MEMORY, NULL))
        return ENTRY_NONE;
    if (has_export(info, "_start", WASM_FUNC, "()->()") &&
        imports_only(info, "wasi_snapshot_preview1"))
        return ENTRY_WASI;
    if (has_export(info, "edge_alloc", WASM_FUNC, "(i32)->(i32)") &&
        has_export(info, "edge_handle", WASM_FUNC, "(i32,i32)->(i64)") && info->import_count == 0)
        return ENTRY_BYTES;
    return ENTRY_NONE;
}

static int load_bare(struct pipeline *pipeline, struct prepared *target, struct error *error)
{
    const char *given = pipeline->options->module_file;
    const char *path = given ? given : target->target->module;
    struct arena *arena = pipeline->arena;
    struct file *file;
    size_t capacity = 0;
    if (given ? find_file(pipeline, given, true, &file, error)
              : find_source(pipeline, target->target, path, &file, error))
        return -1;
    if (scan_file(pipeline, file, path, error) != 0)
        return -1;
    add_module(arena, target, &capacity, path, 0, file->bytes, &file->info);
    target->payload.form = PAYLOAD_BARE;
    target->payload.entry = entry_of(&file->info);
    target->payload.parts = arena_alloc(arena, 1, sizeof(struct part));
    target->payload.part_count = 1;
    target->payload.parts[0] =
        (struct part){path_base(path), path_base(path), "application/wasm", file->bytes};
    return 0;
}

/* A ready archive ships as it is; what is in it is judged. */
static int load_package(struct pipeline *pipeline, struct prepared *target, struct error *error)
{
    struct arena *arena = pipeline->arena;
    const char *path = target->target->package;
    struct archive_item *items;
    struct file *file;
    size_t count, capacity = 0;
    if (find_source(pipeline, target->target, path, &file, error) != 0 ||
        archive_read(arena, file->bytes, LIMIT_ARTIFACT, path, &items, &count, error) != 0)
        return -1;
    target->payload.form = PAYLOAD_PACKAGE;
    target->payload.parts = arena_alloc(arena, 1, sizeof(struct part));
    target->payload.part_count = 1;
    target->payload.parts[0] =
        (struct part){path_base(path), path_base(path), media_type(path), file->bytes};
    target->payload.items = items;
    target->payload.item_count = count;
    for (size_t i = 0; i < count; i++) {
        struct wasm_info info;
        char *name = arena_printf(arena, "%s:%s", path, items[i].path);
        if (!is_wasm(items[i].body) && !text_matches("*.wasm", items[i].path))
            continue;
        if (wasm_scan(arena, items[i].body, WASM_VALIDATION, &info, error) != 0)
            return error_prefix(error, "%s", name);
        add_module(arena, target, &capacity, name, 0, items[i].body, &info);
    }
    return 0;
}

int load_target(struct pipeline *pipeline, struct prepared *target, struct error *error)
{
    const struct target *wanted = target->target;
    if (pipeline->options->module_file)
        return load_bare(pipeline, target, error);
    if (wanted->package)
        return load_package(pipeline, target, error);
    if (wanted->main)
        return load_main(pipeline, target, error);
    if (wanted->module)
        return load_bare(pipeline, target, error);
    return manifest_fault(pipeline->manifest, error, wanted->path,
                          "names no 'module', 'main' or 'package'");
}
