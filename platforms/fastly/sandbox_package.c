/* The package: its layout is checked when it comes, its WebAssembly when the version is validated
   or activated. */
#include <stdlib.h>
#include <string.h>

#include "pkg/archive/archive.h"
#include "pkg/base/arena.h"
#include "pkg/compat/profile.h"
#include "pkg/digest/digest.h"
#include "pkg/wasm/wasm.h"
#include "platforms/fastly/sandbox_parts.h"
#include "platforms/fastly/sandbox_toml.h"

enum { PACKAGE_LIMIT = 100000000 }; /* bytes of the tar.gz: contract section 6 */

/* An archive taken apart. */
struct package {
    struct archive_item *items;
    size_t count;
    const struct archive_item *module, *manifest;
};

static bool is_folder(const struct archive_item *item)
{
    size_t size = strlen(item->path);
    return size > 0 && item->path[size - 1] == '/';
}

/* The platform wants all below one folder, with `bin/main.wasm` and `fastly.toml` in it; flat
   archives are refused since 2025-10-31 (contract section 5, fastly/cli #1573). */
static int find_parts(struct package *package)
{
    size_t root = package->count ? strcspn(package->items[0].path, "/") : 0;
    for (size_t i = 0; i < package->count; i++) {
        const struct archive_item *item = &package->items[i];
        if (root == 0 || strncmp(item->path, package->items[0].path, root) != 0)
            return -1;
        if (item->path[root] == '\0' && item->body.size == 0)
            continue; /* the folder itself, written without a slash */
        if (item->path[root] != '/')
            return -1;
        if (strcmp(item->path + root, "/bin/main.wasm") == 0)
            package->module = item;
        if (strcmp(item->path + root, "/fastly.toml") == 0)
            package->manifest = item;
    }
    bool is_flat =
        package->count > 0 && strncmp(package->items[0].path, ".", root) == 0 && root == 1;
    return package->module && package->manifest && !is_flat ? 0 : -1;
}

static int open_package(struct arena *arena, struct bytes archive, struct package *out)
{
    struct error error;
    *out = (struct package){0};
    bool is_gzip = archive.size > 2 && archive.data[0] == 0x1f && archive.data[1] == 0x8b;
    if (!is_gzip || archive.size > PACKAGE_LIMIT ||
        archive_read(arena, archive, LIMIT_ARTIFACT, "package", &out->items, &out->count, &error) !=
            0)
        return -1;
    return find_parts(out);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp((*(const struct archive_item *const *)a)->path,
                  (*(const struct archive_item *const *)b)->path);
}

/* SHA-512 over the contents of all files in the order of their full names (contract section 5). */
static void files_hash(struct arena *arena, const struct package *package, char out[129])
{
    const struct archive_item **files = arena_alloc(arena, package->count, sizeof *files);
    struct bytes *contents = arena_alloc(arena, package->count, sizeof *contents);
    size_t count = 0;
    for (size_t i = 0; i < package->count; i++)
        if (!is_folder(&package->items[i]))
            files[count++] = &package->items[i];
    qsort(files, count, sizeof *files, compare_paths);
    for (size_t i = 0; i < count; i++)
        contents[i] = files[i]->body;
    digest_sha512_parts(contents, count, out);
}

/* What GET and PUT package answer under "metadata"; NULL when fastly.toml lacks what it must
   have. */
static json_t *describe(struct arena *arena, const struct package *package, struct bytes archive)
{
    char files[129], whole[129];
    json_t *manifest = toml_top_level(arena, package->manifest->body);
    const char *name = json_find_string(manifest, "name", NULL);
    if (!name || !*name || !json_find_string(manifest, "language", NULL) ||
        json_find_integer(manifest, "manifest_version", 0) < 1)
        return NULL;
    json_t *authors = json_object_get(manifest, "authors");
    files_hash(arena, package, files);
    digest_sha512_parts(&archive, 1, whole);
    return json_pack("{s:s, s:s, s:o, s:s, s:I, s:s, s:s}", "name", name, "description",
                     json_find_string(manifest, "description", ""), "authors",
                     json_is_array(authors) ? json_incref(authors) : json_array(), "language",
                     json_find_string(manifest, "language", ""), "size", (json_int_t)archive.size,
                     "hashsum", whole, "files_hash", files);
}

static bool import_is_known(const struct profile *profile, const struct wasm_import *import)
{
    for (size_t i = 0; i < profile->import_count; i++) {
        const struct profile_import *row = &profile->imports[i];
        if (strcmp(row->module, import->module) == 0 && strcmp(row->name, import->name) == 0)
            return import->kind == WASM_FUNC &&
                   (!row->type || strcmp(row->type, import->type) == 0);
    }
    return !profile->imports_closed;
}

static const char *judge_imports(struct arena *arena, const struct profile *profile,
                                 const struct wasm_info *info)
{
    for (size_t i = 0; i < info->import_count; i++)
        if (!import_is_known(profile, &info->imports[i]))
            return arena_printf(arena, "ERROR: unknown import: `%s::%s` has not been defined",
                                info->imports[i].module, info->imports[i].name);
    return NULL;
}

static const char *judge_features(struct arena *arena, const struct profile *profile,
                                  const struct wasm_info *info)
{
    for (size_t i = 0; i < info->use_count; i++) {
        const struct wasm_use *use = &info->uses[i];
        if (profile->features[use->feature].support == SUPPORT_NO)
            return arena_printf(arena,
                                "ERROR: WebAssembly translation error\nCaused by:\n    Invalid "
                                "input WebAssembly code at offset %zu: %s not enabled",
                                use->offset, wasm_features[use->feature].id);
    }
    return NULL;
}

static const char *judge_module(struct arena *arena, const struct profile *profile,
                                struct bytes module)
{
    struct wasm_info info;
    struct error error;
    if (wasm_scan(arena, module, WASM_VALIDATION, &info, &error) != 0)
        return arena_printf(arena,
                            "ERROR: WebAssembly translation error\nCaused by:\n    Invalid input "
                            "WebAssembly code: %s",
                            error.message);
    if (info.kind == WASM_COMPONENT)
        return profile->component.support == SUPPORT_NO ? "ERROR: components are not enabled"
                                                        : NULL;
    const char *problem = judge_features(arena, profile, &info);
    return problem ? problem : judge_imports(arena, profile, &info);
}

/* What stands against activating the package, NULL when nothing does. */
static const char *judge_package(struct call *call, const struct package *package)
{
    struct profile profile;
    struct error error;
    const char *text = sandbox_profile(call->sandbox, FASTLY_PREFIX);
    if (!text || profile_parse(call->arena, text, "profile.json", NULL, &profile, &error) != 0)
        return "The sandbox cannot read its profile";
    return judge_module(call->arena, &profile, package->module->body);
}

static json_t *public_package(struct call *call)
{
    json_t *package = json_copy(json_object_get(call->version, "package"));
    json_object_del(package, "problem");
    json_object_set_new(package, "version", json_integer(call->number));
    return package;
}

static void get(struct call *call)
{
    if (json_is_null(json_object_get(call->version, "package")))
        fastly_fail(call, 404, "Record not found", "Cannot find package");
    else
        fastly_answer(call, 200, public_package(call));
}

static void keep(struct call *call, struct bytes archive, json_t *metadata, const char *problem)
{
    json_t *now = json_own(call->arena, fastly_now(call));
    json_object_set_new(call->version, "package",
                        json_pack("{s:s, s:s, s:O, s:O, s:n, s:o, s:o*}", "id", fastly_new_id(call),
                                  "service_id", call->id, "created_at", now, "updated_at", now,
                                  "deleted_at", "metadata", metadata, "problem",
                                  problem ? json_text(problem, strlen(problem)) : NULL));
    if (sandbox_save_blob(call->sandbox, fastly_package_key(call, call->number), archive) != 0)
        fastly_fail(call, 500, "Internal Server Error", "The sandbox cannot keep the package");
    else if (fastly_save_version(call, call->number, call->version) == 0)
        fastly_answer(call, 200, public_package(call));
}

static void put(struct call *call)
{
    struct sandbox_part *parts;
    size_t count;
    struct package package;
    if (sandbox_multipart(call->request, &parts, &count) != 0 || count != 1 || !parts[0].name ||
        strcmp(parts[0].name, "package") != 0) {
        /* Inference: the words. One part of that name is what the CLI sends. */
        fastly_fail(call, 400, "Bad request", "Exactly one part named 'package' is expected");
        return;
    }
    json_t *metadata = NULL;
    if (open_package(call->arena, parts[0].body, &package) == 0)
        metadata = describe(call->arena, &package, parts[0].body);
    if (metadata)
        keep(call, parts[0].body, metadata, judge_package(call, &package));
    else
        fastly_fail(call, 400, "Bad request", "Failed to extract metadata from package");
}

/* That a module which cannot be translated is refused at activation, with status 400 and these
   first words, is from fastly/cli #1328 (2024-10-18). That unknown imports are refused at the same
   moment, and that `validate` finds both, is inference; Viceroy's words for them. The package was
   judged when it was sent. */
const char *fastly_package_problem(struct call *call)
{
    return json_find_string(call->version, "package.problem", NULL);
}

const struct route fastly_package_routes[] = {
    {"GET", "service/*/version/*/package", NEEDS_VERSION, get},
    {"PUT", "service/*/version/*/package", NEEDS_DRAFT, put},
    {0}};
