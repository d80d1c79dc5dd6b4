#include "cmd/reports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/annotate.h"
#include "cmd/cmd.h"
#include "pkg/base/file.h"

/* --- what is asked for --- */

static bool takes_formats(const struct command *command)
{
    return command && (command->options & (OPTION_FOR_INSPECT | OPTION_FOR_CHECK)) != 0;
}

static int choose_stdout(struct run *run, struct error *error)
{
    const char *format = run->options.format ? run->options.format : "text";
    if (report_writer_find(format, &run->writer, error) != 0)
        return -1;
    run->json = strcmp(format, "json") == 0;
    if (run->json || strcmp(format, "text") == 0 || takes_formats(run->command))
        return 0;
    if (!run->command)
        return error_set(error, FAULT_INPUT, "format '%s' needs a command", format);
    error_set(error, FAULT_INPUT, "'%s' does not print '%s'", run->command->name, format);
    if (strcmp(run->command->name, "publish") == 0)
        return error_hint(error, "write: --report %s=FILE", format);
    return error_hint(error, "use --format text or --format json");
}

/* "FORMAT=FILE" in its two parts. */
static int split_word(struct run *run, const char *word, const struct report_writer **writer,
                      const char **file, struct error *error)
{
    const char *equals = strchr(word, '=');
    if (!equals || !equals[1]) {
        error_set(error, FAULT_INPUT, "option '--report' takes FORMAT=FILE, not '%s'", word);
        return error_hint(error, "write: --report %s=FILE", equals || !*word ? "json" : word);
    }
    *file = equals + 1;
    if (strcmp(*file, "-") == 0) {
        error_set(error, FAULT_INPUT, "a further report cannot go to stdout: '%s'", word);
        return error_hint(error, "use --format %.*s for stdout", (int)(equals - word), word);
    }
    return report_writer_find(arena_copy(run->arena, word, (size_t)(equals - word)), writer, error);
}

int reports_choose(struct run *run, struct error *error)
{
    const struct words *words = &run->options.reports;
    const struct report_writer *writer;
    const char *file;
    int result = choose_stdout(run, error);
    for (size_t i = 0; result == 0 && i < words->count; i++)
        result = split_word(run, words->items[i], &writer, &file, error);
    if (result != 0)
        run->writer = NULL;
    return result;
}

bool reports_need_sizes(const struct run *run)
{
    const struct words *words = &run->options.reports;
    bool needed = takes_formats(run->command) && run->writer->needs_sizes;
    for (size_t i = 0; i < words->count; i++)
        for (size_t w = 0; w < report_writer_count; w++) {
            size_t size = strlen(report_writers[w].name);
            needed |= report_writers[w].needs_sizes && words->items[i][size] == '=' &&
                      strncmp(words->items[i], report_writers[w].name, size) == 0;
        }
    return needed;
}

/* --- what was judged --- */

/* Every module once, however many targets ship it. */
static size_t collect_modules(const struct publish_result *result, struct report_module *out)
{
    size_t count = 0;
    for (size_t i = 0; i < result->target_count; i++)
        for (size_t m = 0; m < result->targets[i].module_count; m++) {
            const struct prepared_module *module = &result->targets[i].modules[m];
            size_t known = 0;
            while (known < count && strcmp(out[known].path, module->path) != 0)
                known++;
            if (known == count)
                out[count++] = (struct report_module){.path = module->path,
                                                      .bytes = module->original,
                                                      .info = &module->original_info,
                                                      .gzip_bytes = module->gzip_bytes};
        }
    return count;
}

/* The manifest's place in the repository. One that lies elsewhere is named as it was found. */
static void locate_manifest(struct run *run, struct report *out)
{
    const struct manifest *manifest = &run->manifest;
    struct error none = {0};
    char *root, *folder;
    out->folder = "";
    if (!manifest->text)
        return;
    out->manifest = manifest->path;
    if (path_within(run->arena, "/", manifest->root, &root, &none) != 0 ||
        path_within(run->arena, root, path_folder(run->arena, manifest->path), &folder, &none) != 0)
        return;
    folder += strlen(root);
    folder += *folder == '/';
    if (!run->options.operand_count && *folder)
        out->folder = arena_printf(run->arena, "%s/", folder);
    out->manifest =
        arena_printf(run->arena, "%s%s%s", folder, *folder ? "/" : "", path_base(manifest->path));
}

void reports_fill(struct run *run, const struct publish_result *result, struct report *out,
                  struct report_module **modules)
{
    struct verdict *verdicts = arena_alloc(run->arena, result->target_count, sizeof *verdicts);
    size_t limit = 0;
    for (size_t i = 0; i < result->target_count; i++)
        limit += result->targets[i].module_count;
    *modules = arena_alloc(run->arena, limit, sizeof **modules);
    *out = (struct report){.command = run->command->name,
                           .version = EDGE_DEPLOY_VERSION,
                           .modules = *modules,
                           .module_count = collect_modules(result, *modules),
                           .verdicts = verdicts,
                           .strict = run->options.strict,
                           .with_sizes = run->options.sizes};
    locate_manifest(run, out);
    for (size_t i = 0; i < out->module_count; i++)
        module_sizes(run, &(*modules)[i]);
    for (size_t i = 0; i < result->target_count; i++) {
        const struct prepared *target = &result->targets[i];
        if (!target->verdict.target)
            continue;
        struct verdict *verdict = &verdicts[out->verdict_count++];
        *verdict = target->verdict;
        if (!out->manifest)
            continue;
        verdict->manifest = out->manifest;
        verdict->manifest_line = (unsigned)manifest_line(&run->manifest, target->target->path);
    }
}

/* --- writing --- */

/* A device or a pipe takes the bytes as they come; nothing is renamed over it. */
static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static int write_special(const char *path, struct bytes bytes, struct error *error)
{
    FILE *file = fopen(path, "w");
    bool failed = !file || fwrite(bytes.data, 1, bytes.size, file) != bytes.size;
    if ((file && fclose(file) != 0) || failed)
        return error_set(error, FAULT_INPUT, "cannot write '%s': %s", path, strerror(errno));
    return 0;
}

static int write_file(struct run *run, const struct report *report,
                      const struct report_writer *writer, const char *path, struct error *error)
{
    /* Colour is for a terminal; a file never has it. */
    struct report_style style = run->style;
    char *text = NULL;
    size_t size = 0;
    style.colour = false;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return error_set(error, FAULT_INPUT, "cannot write '%s'", path);
    int status = writer->write(run->arena, report, &style, file);
    bool failed = fclose(file) != 0 || status != 0;
    arena_defer(run->arena, free, text);
    if (failed)
        return error_set(error, FAULT_INPUT, "cannot write '%s'", path);
    struct bytes bytes = {(const uint8_t *)text, size};
    return is_special(path) ? write_special(path, bytes, error)
                            : file_write(path, bytes, 0644, error);
}

int reports_write_files(struct run *run, const struct report *report, struct error *error)
{
    int result = 0;
    run->reported = true;
    for (size_t i = 0; i < run->options.reports.count; i++) {
        const struct report_writer *writer;
        struct error problem = {0};
        const char *path;
        if (split_word(run, run->options.reports.items[i], &writer, &path, &problem) == 0 &&
            write_file(run, report, writer, path, &problem) == 0)
            continue;
        if (result == 0)
            *error = problem;
        else
            output_error(run, &problem);
        result = -1;
    }
    if (run->command->options & (OPTION_FOR_CHECK | OPTION_FOR_PUBLISH))
        annotate(run, report);
    return result;
}

int reports_write(struct run *run, const struct report *report, struct error *error)
{
    int result = reports_write_files(run, report, error);
    if (run->json)
        run_print_json(run, report_json(run->arena, report));
    else if (run->writer->write(run->arena, report, &run->style, stdout) != 0 && result == 0)
        result = error_set(error, FAULT_INPUT, "cannot write the report");
    return result;
}

void reports_write_failure(struct run *run, const struct error *failure)
{
    struct report report = {.command = run->command->name,
                            .version = EDGE_DEPLOY_VERSION,
                            .failure = failure,
                            .folder = ""};
    struct error problem = {0};
    if (reports_write_files(run, &report, &problem) != 0)
        output_error(run, &problem);
    /* stderr says it to a person, and JSON has a document of its own. */
    if (takes_formats(run->command) && !run->json && run->writer->write != report_text)
        run->writer->write(run->arena, &report, &run->style, stdout);
}
