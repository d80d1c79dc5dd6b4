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

enum { HEAD = sizeof section_head, DIGITS = 64 };

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

int publish_twin_write(const char *path, const struct optimize_result *result, char sha256[65],
                       struct error *error)
{
    struct arena scratch = {0};
    char shipped[65];
    size_t size = result->debug.size + HEAD + DIGITS;
    uint8_t *file = arena_alloc(&scratch, size, 1);
    digest_sha256(result->module, shipped);
    memcpy(file, result->debug.data, result->debug.size);
    memcpy(file + result->debug.size, section_head, HEAD);
    memcpy(file + result->debug.size + HEAD, shipped, DIGITS);
    digest_sha256((struct bytes){file, size}, sha256);
    int status = check_place(path, error);
    if (status == 0)
        status = file_write(path, (struct bytes){file, size}, 0644, error);
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
        if (publish_twin_write(path, &module->optimized, module->debug_sha256, error) != 0)
            return error_prefix(error, "%s", target->target->name);
        module->debug_path = path;
        target->debug_sha256 = digest_twins(arena, target);
    }
    return 0;
}
