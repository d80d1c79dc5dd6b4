#include <string.h>

#include "cmd/cmd.h"
#include "pkg/base/embedded.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"

enum { MOST_TEMPLATES = 16 };

/* The folders at the top of templates/. */
static size_t list_templates(struct arena *arena, const char *out[MOST_TEMPLATES])
{
    size_t count = 0;
    for (const struct embedded_file *file = templates; file->path; file++) {
        const char *slash = strchr(file->path, '/');
        if (!slash || count == MOST_TEMPLATES)
            continue;
        const char *name = arena_copy(arena, file->path, (size_t)(slash - file->path));
        if (count == 0 || strcmp(out[count - 1], name) != 0)
            out[count++] = name;
    }
    return count;
}

/* The path below the template's folder, NULL when the file is of another template. */
static const char *path_in(const struct embedded_file *file, const char *name)
{
    size_t size = strlen(name);
    bool inside = strncmp(file->path, name, size) == 0 && file->path[size] == '/';
    return inside ? file->path + size + 1 : NULL;
}

static int check_template(struct run *run, const char *name, struct error *error)
{
    const char *names[MOST_TEMPLATES];
    size_t count = list_templates(run->arena, names);
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return 0;
    const char *nearest = text_nearest(name, names, count);
    error_set(error, FAULT_INPUT, "no template '%s'", name);
    char *all = arena_strdup(run->arena, "");
    for (size_t i = 0; i < count; i++)
        all = arena_printf(run->arena, "%s%s%s", all, i ? ", " : "", names[i]);
    if (nearest)
        return error_hint(error, "did you mean '%s'?", nearest);
    return error_hint(error, "the templates are: %s", all);
}

static int write_new(const char *path, const char *text, json_t *written, struct error *error)
{
    bool script = strlen(path) > 3 && strcmp(path + strlen(path) - 3, ".sh") == 0;
    if (file_exists(path)) {
        fprintf(stderr, "kept '%s', which is there already\n", path);
        return 0;
    }
    json_array_append_new(written, json_string(path));
    return file_write(path, bytes_of(text), script ? 0755 : 0644, error);
}

static int write_template(struct run *run, const char *name, json_t *written, struct error *error)
{
    for (const struct embedded_file *file = templates; file->path; file++) {
        const char *path = path_in(file, name);
        if (path && write_new(path, file->text, written, error) != 0)
            return -1;
    }
    return write_new("edge-deploy.schema.json",
                     arena_printf(run->arena, "%s\n", platform_schema(run->arena)), written, error);
}

static int run_init(struct run *run, struct error *error)
{
    const char *name = run->options.template ? run->options.template : "c";
    json_t *written = json_own(run->arena, json_array());
    size_t i;
    json_t *path;
    if (check_template(run, name, error) != 0)
        return -1;
    if (file_exists("edge-deploy.json")) {
        error_set(error, FAULT_INPUT, "'edge-deploy.json' is there already");
        return error_hint(error, "remove it, or run init in another folder");
    }
    if (write_template(run, name, written, error) != 0)
        return -1;
    if (run->json) {
        json_t *document = run_document(run, NULL);
        json_object_set(document, "written", written);
        run_print_json(run, document);
        return 0;
    }
    json_array_foreach(written, i, path) printf("wrote %s\n", json_string_value(path));
    puts("\nNext: commit these files, then run 'edge-deploy publish --sandbox' to try it.");
    return 0;
}

const struct command command_init = {
    .name = "init",
    .operands = "",
    .summary = "a manifest, a sample function, a workflow; never overwrites",
    .options = OPTION_FOR_INIT,
    .run = run_init,
};
