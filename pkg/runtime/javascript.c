/* The JavaScript engines: a script of ours compiles, links and instantiates, and prints one line of
   JSON behind a token that the module cannot know. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/embedded.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/runtime/internal.h"

static const char *script(const char *name)
{
    for (const struct embedded_file *file = runtime_scripts; file->path; file++)
        if (strcmp(file->path, name) == 0)
            return file->text;
    return "";
}

static const char *mode_of(const struct runtime_job *job)
{
    return job->builtins ? "builtins" : job->stubs ? "stubs" : job->glue ? "glue" : "none";
}

/* The types are our own words, of letters, digits and brackets: as a string they need no escapes.
 */
static int add_types(struct buffer *out, const struct runtime_job *job)
{
    int status = buffer_printf(out, "const TYPES = [");
    for (size_t i = 0; status == 0 && job->stubs && i < job->info->import_count; i++)
        status = buffer_printf(out, "%s\"%s\"", i ? "," : "", job->info->imports[i].type);
    return status == 0 ? buffer_printf(out, "];\n") : -1;
}

/* main.mjs: what it is about, then the two scripts. */
static int write_main(struct trial *trial, const char *first, const char *last, const char **path,
                      struct error *error)
{
    struct buffer *text = buffer_new(trial->arena, LIMIT_REPORT);
    if (buffer_printf(text, "%sconst TOKEN = \"%s\", MODE = \"%s\";\n", first, trial->token,
                      mode_of(trial->job)) != 0 ||
        add_types(text, trial->job) != 0 ||
        buffer_printf(text, "%s%s", script("host.mjs"), script(last)) != 0)
        return error_set(error, FAULT_INPUT, "the module has too many imports to stand in for");
    *path = trial_file(trial, "main.mjs", buffer_bytes(text), error);
    return *path ? 0 : -1;
}

static int write_module_and_glue(struct trial *trial, struct error *error)
{
    const struct runtime_job *job = trial->job;
    if (!trial_file(trial, "module.wasm", job->module, error))
        return -1;
    if (job->stubs || !job->glue)
        return 0;
    const char *glue = arena_printf(trial->arena, "%s%s", job->glue, script("glue_end.mjs"));
    return trial_file(trial, "glue.mjs", bytes_of(glue), error) ? 0 : -1;
}

/* --- the answer --- */

static const char *find_line(const char *text, const char *token)
{
    size_t size = strlen(token);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, token, size) == 0)
            return line + size;
    }
    return NULL;
}

static json_t *read_answer(struct trial *trial, const struct process_result *result)
{
    const char *line = find_line((const char *)result->output.data, trial->token);
    struct error ignored = {0};
    json_t *json;
    if (!line)
        line = find_line((const char *)result->errors.data, trial->token);
    if (!line)
        return NULL;
    struct bytes text = {(const uint8_t *)line, strcspn(line, "\n")};
    return json_read(trial->arena, text, "answer", FAULT_INPUT, &json, &ignored) == 0 ? json : NULL;
}

static const char *safe(struct arena *arena, const char *text)
{
    return text_safe(arena, text, strlen(text));
}

/* "instantiated, 3 imports stubbed (env.a, env.b, ...)" */
static const char *describe(struct trial *trial, const json_t *answer)
{
    json_int_t count = json_find_integer(answer, "stubbed", 0);
    if (trial->job->glue && !trial->job->stubs)
        return "instantiated with the imports of our glue";
    if (count == 0)
        return trial->job->info->import_count ? "instantiated" : "instantiated; it has no imports";
    const char *names = "";
    const json_t *list = json_object_get(answer, "names");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name)
            names = arena_printf(trial->arena, "%s%s%s", names, i ? ", " : "",
                                 safe(trial->arena, name));
    }
    return arena_printf(trial->arena, "instantiated, with stubs for %lld import%s (%s%s)",
                        (long long)count, count == 1 ? "" : "s", names,
                        count > (json_int_t)json_array_size(list) ? ", ..." : "");
}

static void judge(struct trial *trial, const json_t *answer, struct runtime_answer *out)
{
    static const struct {
        const char *stage;
        enum runtime_outcome supplied, stubbed;
        const char *prefix;
    } stages[] = {
        {"runs", RUNTIME_TAKES, RUNTIME_TAKES, ""},
        {"compile", RUNTIME_REFUSES, RUNTIME_REFUSES, ""},
        {"link", RUNTIME_REFUSES, RUNTIME_SAYS_NOT, "it compiles, and does not link with stubs: "},
        {"start", RUNTIME_TRAPS, RUNTIME_SAYS_NOT, "it compiles, and stops with stubs: "},
        {"stub", RUNTIME_SAYS_NOT, RUNTIME_SAYS_NOT, "it compiles, and this cannot be stubbed: "},
        {"memory", RUNTIME_SAYS_NOT, RUNTIME_SAYS_NOT, "within the limits of the trial: "},
        {"glue", RUNTIME_SAYS_NOT, RUNTIME_SAYS_NOT, "our glue does not load: "},
    };
    const char *stage = json_find_string(answer, "stage", "");
    const char *said = safe(trial->arena, json_find_string(answer, "said", ""));
    bool stubbed = json_find_integer(answer, "stubbed", 0) > 0;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        if (strcmp(stages[i].stage, stage) != 0)
            continue;
        out->outcome = stubbed ? stages[i].stubbed : stages[i].supplied;
        out->how = out->outcome == RUNTIME_TAKES ? describe(trial, answer) : NULL;
        bool explained = out->outcome == RUNTIME_SAYS_NOT;
        out->said = arena_printf(trial->arena, "%s%s", explained ? stages[i].prefix : "", said);
    }
    if (out->outcome == RUNTIME_TAKES)
        out->said = NULL;
}

/* No answer: what it printed instead. */
static void judge_silence(struct trial *trial, const struct process_result *result,
                          const char *ended, struct runtime_answer *out)
{
    const char *words =
        trial_words(trial->arena, result->errors.size ? result->errors : result->output);
    bool stubbed = trial->job->stubs && trial->job->info->import_count > 0;
    out->outcome = ended && !stubbed ? RUNTIME_STOPPED : RUNTIME_SAYS_NOT;
    out->said = ended;
    if (!ended && result->status > 128)
        out->said = arena_printf(trial->arena, "it was ended by signal %d%s%s",
                                 result->status - 128, *words ? ": " : "", words);
    else if (!ended)
        out->said = arena_printf(trial->arena, "it ends with exit code %d and no answer%s%s",
                                 result->status, *words ? ": " : "", words);
}

static int ask(struct trial *trial, const char *const *argv, struct runtime_answer *out,
               bool *has_answered, struct error *error)
{
    struct process_result result;
    const char *ended;
    if (trial_run(trial, argv, &result, &ended, error) != 0)
        return -1;
    json_t *answer = read_answer(trial, &result);
    *has_answered = answer != NULL;
    if (answer)
        judge(trial, answer, out);
    else
        judge_silence(trial, &result, ended, out);
    return 0;
}

/* --- node --- */

int node_attempt(struct trial *trial, struct runtime_answer *out, struct error *error)
{
    long major = strtol(trial->runtime->version, NULL, 10), minor = 0;
    const char *dot = strchr(trial->runtime->version, '.'), *path;
    bool has_answered;
    minor = dot ? strtol(dot + 1, NULL, 10) : 0;
    if (write_main(trial, "", "node.mjs", &path, error) != 0 ||
        write_module_and_glue(trial, error) != 0)
        return -1;
    /* The permission model is there since 20, and named so since 22.13 and 23.5. */
    bool is_final = major >= 24 || (major == 23 && minor >= 5) || (major == 22 && minor >= 13);
    const char *argv[8] = {trial->runtime->path, "--no-warnings", "--no-addons"};
    size_t count = 3;
    if (major >= 20) {
        argv[count++] = is_final ? "--permission" : "--experimental-permission";
        argv[count++] = arena_printf(trial->arena, "--allow-fs-read=%s/*", trial->folder);
    }
    argv[count++] = path;
    return ask(trial, argv, out, &has_answered, error);
}

/* --- workerd --- */

static int write_config(struct trial *trial, bool bytes, struct error *error)
{
    bool glue = trial->job->glue && !trial->job->stubs && !bytes;
    const char *date = trial->job->date ? trial->job->date : trial->runtime->version;
    const char *text = arena_printf(
        trial->arena,
        "using Workerd = import \"/workerd/workerd.capnp\";\n"
        "const config :Workerd.Config = (services = [\n"
        "  (name = \"main\", worker = (compatibilityDate = \"%s\", globalOutbound = \"none\", "
        "modules = [\n"
        "    (name = \"main.mjs\", esModule = embed \"main.mjs\"),%s\n"
        "    (name = \"module.wasm\", %s = embed \"module.wasm\")])),\n"
        "  (name = \"none\", network = (allow = []))]);\n",
        date, glue ? "\n    (name = \"glue.mjs\", esModule = embed \"glue.mjs\")," : "",
        bytes ? "data" : "wasm");
    return trial_file(trial, "config.capnp", bytes_of(text), error) ? 0 : -1;
}

/* Bytes are compiled, and not linked with the glue. */
static int ask_worker(struct trial *trial, bool bytes, struct runtime_answer *out,
                      bool *has_answered, struct error *error)
{
    const char *const argv[] = {trial->runtime->path, "test", "config.capnp", NULL};
    const char *path;
    bool glue = trial->job->glue && !trial->job->stubs && !bytes;
    trial->file_count = 0; /* the second time the same ones are written again */
    return write_main(trial,
                      glue ? "import { supplied } from \"./glue.mjs\";\n"
                           : "const supplied = {};\n",
                      bytes ? "workerd_bytes.mjs" : "workerd.mjs", &path, error) != 0 ||
                   write_module_and_glue(trial, error) != 0 ||
                   write_config(trial, bytes, error) != 0
               ? -1
               : ask(trial, argv, out, has_answered, error);
}

int workerd_attempt(struct trial *trial, struct runtime_answer *out, struct error *error)
{
    struct runtime_answer second = {.outcome = RUNTIME_SAYS_NOT};
    bool has_answered;
    if (ask_worker(trial, false, out, &has_answered, error) != 0)
        return -1;
    if (has_answered)
        return 0;
    if (out->outcome == RUNTIME_STOPPED)
        return 0;
    /* It does not start: is it the module? */
    if (ask_worker(trial, true, &second, &has_answered, error) != 0)
        return -1;
    if (has_answered && second.outcome == RUNTIME_REFUSES)
        *out = second;
    return 0;
}
