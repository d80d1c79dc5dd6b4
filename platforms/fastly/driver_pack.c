/* The package: one gzip tar with ROOT/bin/main.wasm and ROOT/fastly.toml (section 5), the same
   bytes for the same module and settings. */
#include <stdlib.h>
#include <string.h>

#include "pkg/archive/archive.h"
#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/digest/digest.h"
#include "platforms/fastly/driver_parts.h"

enum { FOLDER_MODE = 0755, FILE_MODE = 0644 };

/* As the vendor's CLI names the root folder (package.json, "sanitize"): . / space _ + and - become
   one -, other characters but letters and digits are dropped. */
static char *root_name(struct arena *arena, const char *name)
{
    char *out = arena_alloc(arena, strlen(name) + 1, 1);
    size_t size = 0;
    for (; *name; name++) {
        bool word = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                    (*name >= '0' && *name <= '9');
        if (word)
            out[size++] = *name;
        else if (strchr("./ _+-", *name) && size > 0 && out[size - 1] != '-')
            out[size++] = '-';
    }
    while (size > 0 && out[size - 1] == '-')
        size--;
    out[size] = '\0';
    return size ? out : arena_strdup(arena, "package");
}

/* A TOML basic string. */
static char *toml_text(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) * 6 + 3, 1), *at = out;
    *at++ = '"';
    for (; *text; text++) {
        static const char digits[] = "0123456789ABCDEF";
        unsigned char letter = (unsigned char)*text;
        if (letter == '"' || letter == '\\') {
            *at++ = '\\';
            *at++ = *text;
        } else if (letter < 0x20 || letter == 0x7f) {
            memcpy(at, "\\u00", 4);
            at[4] = digits[letter >> 4];
            at[5] = digits[letter & 15];
            at += 6;
        } else {
            *at++ = *text;
        }
    }
    *at++ = '"';
    *at = '\0';
    return out;
}

/* With service_id only when the manifest itself has it: one that comes from the environment or
   from a record would make other bytes on another machine. */
static char *make_toml(const struct job *job, const char *name)
{
    const char *id = json_string_value(json_object_get(job->target->settings, "service_id"));
    char *toml = arena_printf(job->arena,
                              "manifest_version = 3\nname = %s\ndescription = \"\"\n"
                              "authors = [\"edge-deploy\"]\nlanguage = \"other\"\n",
                              toml_text(job->arena, name));
    if (id)
        toml = arena_printf(job->arena, "%sservice_id = %s\n", toml, toml_text(job->arena, id));
    return toml;
}

static void add_value(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);
    if (value)
        json_object_set(to, key, value);
}

/* Keys in a fixed order: it is part of the artifact's digest. */
static char *settings_of(const struct job *job)
{
    static const char *const keys[] = {"name",          "address",           "port",
                                       "override_host", "ssl_cert_hostname", "ssl_sni_hostname"};
    json_t *domains = json_object_get(job->settings, "domains"), *backend;
    json_t *backends = json_array();
    size_t index;
    json_array_foreach(json_object_get(job->settings, "backends"), index, backend)
    {
        json_t *row = json_object();
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            add_value(row, backend, keys[i]);
        json_array_append_new(backends, row);
    }
    json_t *settings =
        json_pack("{s:o, s:o}", "domains", domains ? json_incref(domains) : json_array(),
                  "backends", backends);
    return json_print(job->arena, json_own(job->arena, settings));
}

static int compare_paths(const void *a, const void *b)
{
    const struct archive_item *one = a, *other = b;
    return strcmp(one->path, other->path);
}

/* SHA-512 over the files in the order of their names: the platform's files_hash. */
static char *files_hash(struct arena *arena, const struct archive_item *items, size_t count)
{
    struct archive_item *sorted = arena_alloc(arena, count + 1, sizeof *sorted);
    struct bytes *bodies = arena_alloc(arena, count + 1, sizeof *bodies);
    char *digest = arena_alloc(arena, 129, 1);
    memcpy(sorted, items, count * sizeof *items);
    qsort(sorted, count, sizeof *sorted, compare_paths);
    for (size_t i = 0; i < count; i++)
        bodies[i] = sorted[i].body;
    digest_sha512_parts(bodies, count, digest);
    return digest;
}

static void finish(const struct job *job, const char *name, struct bytes package,
                   struct artifact *out)
{
    struct part *part = arena_alloc(job->arena, 1, sizeof *part);
    *part = (struct part){.name = "package",
                          .filename =
                              arena_printf(job->arena, "%s.tar.gz", root_name(job->arena, name)),
                          .media_type = "application/octet-stream",
                          .body = package};
    out->parts = part;
    out->part_count = 1;
    out->counted_bytes = package.size;
    out->settings = settings_of(job);
    artifact_seal(out);
}

static int pack_module(const struct job *job, const char *name, struct bytes module,
                       struct artifact *out, struct error *error)
{
    struct arena *arena = job->arena;
    struct bytes package, toml = bytes_of(make_toml(job, name));
    const char *root = root_name(arena, name);
    struct archive_item items[] = {
        {arena_printf(arena, "%s/", root), FOLDER_MODE, {0}},
        {arena_printf(arena, "%s/bin/", root), FOLDER_MODE, {0}},
        {arena_printf(arena, "%s/bin/main.wasm", root), FILE_MODE, module},
        {arena_printf(arena, "%s/fastly.toml", root), FILE_MODE, toml}};
    if (archive_tar_gz(arena, items, sizeof items / sizeof *items, &package, error) != 0)
        return -1;
    out->unpacked_bytes = module.size + toml.size;
    out->content = files_hash(arena, items, sizeof items / sizeof *items);
    finish(job, name, package, out);
    return 0;
}

static bool ends_in(const char *path, const char *root, size_t root_size, const char *rest)
{
    return strncmp(path, root, root_size) == 0 && strcmp(path + root_size, rest) == 0;
}

/* One root folder with both files: flat archives are refused since 2025-10-31 (section 5). */
static int check_layout(const struct archive_item *items, size_t count, const char *origin,
                        struct error *error)
{
    const char *root = count ? items[0].path : "";
    size_t root_size = strcspn(root, "/") + 1;
    bool manifest = false, module = false, single = strchr(root, '/') && root[0] != '.';
    for (size_t i = 0; single && i < count; i++) {
        single &= strncmp(items[i].path, root, root_size - 1) == 0 &&
                  (items[i].path[root_size - 1] == '/' || items[i].path[root_size - 1] == '\0');
        manifest |= ends_in(items[i].path, root, root_size, "fastly.toml");
        module |= ends_in(items[i].path, root, root_size, "bin/main.wasm");
    }
    if (single && manifest && module)
        return 0;
    error_set(error, FAULT_INPUT, "package '%s' is not laid out as the platform wants it", origin);
    return error_hint(error, "put fastly.toml and bin/main.wasm into one folder, and pack that");
}

static int pack_package(const struct job *job, const char *name, const struct payload *payload,
                        struct artifact *out, struct error *error)
{
    const struct part *part = &payload->parts[0];
    const char *origin = text_safe(job->arena, part->name, strlen(part->name));
    if (part->body.size < 2 || part->body.data[0] != 0x1f || part->body.data[1] != 0x8b)
        return error_set(error, FAULT_INPUT, "package '%s' is no tar.gz", origin);
    if (check_layout(payload->items, payload->item_count, origin, error) != 0)
        return -1;
    for (size_t i = 0; i < payload->item_count; i++)
        out->unpacked_bytes += payload->items[i].body.size;
    out->content = files_hash(job->arena, payload->items, payload->item_count);
    finish(job, name, part->body, out);
    return 0;
}

int compute_pack(const struct job *job, const struct payload *payload, struct artifact *out,
                 struct error *error)
{
    const char *name = job_text(job, "service_name");
    if (!name)
        name = job->target->name;
    *out = (struct artifact){0};
    if (payload->form == PAYLOAD_PACKAGE && payload->part_count == 1)
        return pack_package(job, name, payload, out, error);
    if (payload->form == PAYLOAD_BARE && payload->part_count == 1)
        return pack_module(job, name, payload->parts[0].body, out, error);
    error_set(error, FAULT_INPUT, "this platform runs one module, not 'main' with files");
    return error_hint(error, "name a 'module', or a ready 'package', in target '%s'",
                      job->target->name);
}
