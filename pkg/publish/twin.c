/* The shipped module's twin with names and debug information: the same code, so that what the
   shipped one says of itself (functions, offsets in the code) can be looked up in it. */
#include <string.h>
#include <sys/stat.h>

#include "pkg/base/file.h"
#include "pkg/digest/digest.h"
#include "pkg/publish/pipeline.h"

/* The last section of a twin: whose it is. By it a file is known as ours. */
static const uint8_t section_head[] = {0,   84,  19,  'e', 'd', 'g', 'e', '-', 'd', 'e', 'p',
                                       'l', 'o', 'y', '.', 't', 'w', 'i', 'n', '_', 'o', 'f'};

enum { HEAD = sizeof section_head, DIGITS = 64, LEB = 5 };

static bool is_ours(struct bytes file)
{
    return file.size > HEAD + DIGITS &&
           memcmp(file.data + file.size - HEAD - DIGITS, section_head, HEAD) == 0;
}

static int check_place(const char *path, struct error *error)
{
    struct arena scratch = {0};
    struct stat status;
    struct bytes file;
    struct error ignored = {0};
    bool there = lstat(path, &status) == 0;
    bool good = !there ||
                (S_ISREG(status.st_mode) &&
                 file_read(&scratch, path, LIMIT_ARTIFACT, &file, &ignored) == 0 && is_ours(file));
    arena_free(&scratch);
    if (good)
        return 0;
    error_set(error, FAULT_INPUT, "cannot write '%s': a file that is no twin stands there", path);
    return error_hint(error, "move it away, or leave out optimize.keep_debug");
}

const char *publish_twin_path(struct arena *arena, const char *module, const char *target)
{
    size_t size = strlen(module);
    if (size > 5 && strcmp(module + size - 5, ".wasm") == 0)
        size -= 5;
    char *name = target ? arena_printf(arena, ".%s", target) : arena_strdup(arena, "");
    for (char *at = name; *at; at++)
        if (*at == '/')
            *at = '_';
    return arena_printf(arena, "%.*s%s.debug.wasm", (int)size, module, name);
}

/* A number as LEB128, in five bytes. */
static void put_size(uint8_t *to, size_t size)
{
    for (size_t i = 0; i < LEB; i++)
        to[i] = (uint8_t)((size >> (7 * i) & 0x7f) | (i + 1 < LEB ? 0x80 : 0));
}

/* The section that names the map; empty without one. */
static struct bytes map_section(struct arena *arena, const char *path, bool mapped)
{
    static const char name[] = "\20sourceMappingURL";
    const char *url = arena_printf(arena, "%s.map", path_base(path));
    size_t size = sizeof name - 1 + LEB + strlen(url);
    uint8_t *section = arena_alloc(arena, 1 + LEB + size, 1), *at = section + 1 + LEB;
    if (!mapped)
        return (struct bytes){section, 0};
    put_size(section + 1, size);
    memcpy(at, name, sizeof name - 1);
    put_size(at + sizeof name - 1, strlen(url));
    memcpy(at + sizeof name - 1 + LEB, url, strlen(url));
    return (struct bytes){section, 1 + LEB + size};
}

static struct bytes make_twin(struct arena *arena, const struct optimize_result *result,
                              struct bytes named)
{
    char shipped[65];
    size_t size = result->debug.size + named.size + HEAD + DIGITS;
    uint8_t *file = arena_alloc(arena, size, 1), *at = file + result->debug.size;
    digest_sha256(result->module, shipped);
    memcpy(file, result->debug.data, result->debug.size);
    memcpy(at, named.data, named.size);
    memcpy(at + named.size, section_head, HEAD);
    memcpy(at + named.size + HEAD, shipped, DIGITS);
    return (struct bytes){file, size};
}

int publish_twin_write(const char *path, const struct optimize_result *result,
                       const struct source_map *map, char sha256[65], struct error *error)
{
    struct arena scratch = {0};
    bool mapped = map && result->mappings.size;
    struct bytes twin = make_twin(&scratch, result, map_section(&scratch, path, mapped));
    digest_sha256(twin, sha256);
    int status = check_place(path, error);
    if (status == 0 && mapped)
        status = source_map_write(map, path, result, error);
    if (status == 0)
        status = file_write(path, twin, 0644, error);
    arena_free(&scratch);
    return status;
}

/* Of several modules: over their twins' digests and paths, a line each. */
static const char *digest_twins(struct arena *arena, const struct prepared *target)
{
    const struct prepared_module *modules = target->modules;
    struct buffer *lines = buffer_new(arena, LIMIT_MANIFEST * 16);
    char *digest = arena_alloc(arena, 65, 1);
    if (target->module_count == 1)
        return modules[0].debug_sha256;
    for (size_t i = 0; i < target->module_count; i++)
        if (modules[i].debug_path &&
            buffer_printf(lines, "%s %s\n", modules[i].debug_sha256, modules[i].path) != 0)
            break;
    digest_sha256(buffer_bytes(lines), digest);
    return digest;
}

int publish_twins(struct arena *arena, struct prepared *target, const char *folder, bool beside,
                  struct error *error)
{
    for (size_t i = 0; i < target->module_count; i++) {
        struct prepared_module *module = &target->modules[i];
        if (module->optimized.debug.size == 0)
            continue;
        const char *name = beside ? module->path : path_base(module->path);
        const char *path = path_join(
            arena, folder, publish_twin_path(arena, name, beside ? target->target->name : NULL));
        if (publish_twin_write(path, &module->optimized, module->source_map, module->debug_sha256,
                               error) != 0)
            return error_prefix(error, "%s", target->target->name);
        module->debug_path = path;
        target->debug_sha256 = digest_twins(arena, target);
    }
    return 0;
}
