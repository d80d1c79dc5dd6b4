/* The runtimes that are programs of their own: what they say is told apart by its words. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/runtime/internal.h"

static const char *said(struct trial *trial, const struct process_result *result)
{
    return trial_words(trial->arena, result->errors.size ? result->errors : result->output);
}

/* The last of it: warnings stand before. */
static const char *said_last(struct trial *trial, const struct process_result *result)
{
    struct bytes all = result->errors.size ? result->errors : result->output;
    size_t skipped = all.size > WORDS_MOST ? all.size - WORDS_MOST : 0;
    return trial_words(trial->arena, (struct bytes){all.data + skipped, all.size - skipped});
}

static bool contains(const char *text, const char *word)
{
    return strstr(text, word) != NULL;
}

static int decline(struct runtime_answer *out, const char *why)
{
    *out = (struct runtime_answer){.outcome = RUNTIME_SAYS_NOT, .said = why};
    return 0;
}

#define NO_JAVASCRIPT "it is no JavaScript engine, whose builtins are asked for"

/* --- viceroy: `run` compiles, links with the host functions, instantiates, and calls _start --- */

#define ENTRY "_start"

/* A name as long as the entry's that is exported neither. */
static const char *other_name(struct arena *arena, const struct wasm_info *info)
{
    for (unsigned i = 0; i < 100; i++) {
        const char *name = arena_printf(arena, "_not%02u", i);
        if (!wasm_find_export(info, name))
            return name;
    }
    return NULL;
}

/* A copy whose _start has another name: nothing is called then, and that it is missed is the last
   thing that is said. */
static struct bytes without_entry(struct arena *arena, const struct runtime_job *job)
{
    const struct wasm_export *entry = wasm_find_export(job->info, ENTRY);
    const char *name = entry ? other_name(arena, job->info) : NULL;
    size_t at = entry ? (size_t)(entry->name.data - job->module.data) : 0;
    if (!name || at >= job->module.size || job->module.size - at < strlen(ENTRY))
        return job->module;
    uint8_t *copy = arena_alloc(arena, job->module.size, 1);
    memcpy(copy, job->module.data, job->module.size);
    memcpy(copy + at, name, strlen(ENTRY));
    return (struct bytes){copy, job->module.size};
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), wanted = strlen(end);
    return size >= wanted && strcmp(text + size - wanted, end) == 0;
}

static void judge_viceroy(struct trial *trial, const struct process_result *result,
                          struct runtime_answer *out)
{
    static const char *const refusals[] = {"failed to compile", "Invalid input WebAssembly",
                                           "unknown import",    "incompatible import type",
                                           "failed to parse",   "WebAssembly translation error"};
    const char *words = said_last(trial, result);
    if (ends_with(words, "failed to find function export `" ENTRY "`")) {
        *out = (struct runtime_answer){.outcome = RUNTIME_TAKES,
                                       .how = "instantiated with its own host functions"};
        return;
    }
    *out = (struct runtime_answer){.outcome = RUNTIME_SAYS_NOT, .said = words};
    if (contains(words, "wasm trap") || contains(words, "wasm backtrace"))
        out->outcome = RUNTIME_TRAPS;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (contains(words, refusals[i]))
            out->outcome = RUNTIME_REFUSES;
    if (!*words)
        out->said = arena_printf(trial->arena, "it ends with exit code %d", result->status);
}

int viceroy_attempt(struct trial *trial, struct runtime_answer *out, struct error *error)
{
    const struct runtime_job *job = trial->job;
    struct process_result result;
    const char *ended;
    if (job->builtins)
        return decline(out, NO_JAVASCRIPT);
    if (job->info->kind == WASM_COMPONENT)
        return decline(out, "a component: it starts one only to answer requests");
    /* Its host functions are the real ones. */
    if (job->info->has_start && job->info->import_count > 0)
        return decline(out, "its start function could reach the network there");
    if (!trial_file(trial, "module.wasm", without_entry(trial->arena, job), error))
        return -1;
    const char *const argv[] = {trial->runtime->path, "run", "module.wasm", NULL};
    if (trial_run(trial, argv, &result, &ended, error) != 0)
        return -1;
    if (ended)
        *out = (struct runtime_answer){.outcome = RUNTIME_STOPPED, .said = ended};
    else
        judge_viceroy(trial, &result, out);
    return 0;
}

/* --- wasmtime: `compile`; nothing runs --- */

int wasmtime_attempt(struct trial *trial, struct runtime_answer *out, struct error *error)
{
    struct process_result result;
    const char *ended, *argv[10] = {trial->runtime->path, "compile", "-o", "module.cwasm"};
    size_t count = 4;
    if (trial->job->builtins)
        return decline(out, NO_JAVASCRIPT);
    /* On in later versions of themselves, or not yet there. */
    if (strtol(trial->runtime->version, NULL, 10) >= 37) {
        argv[count++] = "-W";
        argv[count++] = "gc=y,function-references=y,exceptions=y,wide-arithmetic=y";
    }
    argv[count++] = "module.wasm";
    if (!trial_file(trial, "module.cwasm", (struct bytes){NULL, 0}, error) ||
        !trial_file(trial, "module.wasm", trial->job->module, error) ||
        trial_run(trial, argv, &result, &ended, error) != 0)
        return -1;
    const char *words = said(trial, &result);
    if (ended)
        return decline(out, ended);
    if (result.status == 0)
        *out = (struct runtime_answer){.outcome = RUNTIME_TAKES,
                                       .how = "compiled by the engine, not linked"};
    else if (result.status == 1 && !contains(words, "option") && !contains(words, "argument"))
        *out = (struct runtime_answer){.outcome = RUNTIME_REFUSES, .said = words};
    else
        return decline(
            out, arena_printf(trial->arena, "it ends with exit code %d: %s", result.status, words));
    return 0;
}
