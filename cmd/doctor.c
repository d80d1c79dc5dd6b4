#include <string.h>

#include "cmd/cmd.h"
#include "cmd/proofs.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/optimize/optimize.h"
#include "pkg/process/process.h"
#include "pkg/record/record.h"

/* One line of the doctor's report; `good` false makes the word stand out. */
static void row(struct run *run, json_t *rows, const char *group, const char *name, bool good,
                const char *value)
{
    json_t *json = json_pack("{s:s,s:s,s:b}", "group", group, "name", name, "ok", good);
    json_object_set_new(json, "value", json_text(value, strlen(value)));
    json_array_append_new(rows, json);
    if (run->json)
        return;
    value = text_safe(run->arena, value, strlen(value));
    const char *colour = !run->style.colour ? "" : good ? "\x1b[32m" : "\x1b[33m";
    printf("  %s%-7s%s %-28s %s\n", colour, good ? "ok" : "missing", colour[0] ? "\x1b[0m" : "",
           name, value);
}

static void heading(const struct run *run, const char *text)
{
    if (!run->json)
        printf("%s\n", text);
}

/* All that are found, newest first: an older one is there for what a newer one cannot read. */
static void look_at_optimizers(struct run *run, json_t *rows)
{
    const struct optimizer_search search = {.project = run_project(run)};
    struct optimizer newest = {0};
    struct error error = {0};
    bool found = optimizer_find(run->arena, run->world, &search, &newest, &error) == 0;
    for (const struct optimizer *at = found ? &newest : NULL; at && at->path; at = at->older)
        row(run, rows, "program", "wasm-opt", true,
            arena_printf(run->arena, "%s, version %s", at->path, at->version));
    if (newest.passed_over)
        row(run, rows, "program", "wasm-opt", newest.path != NULL, newest.passed_over);
    else if (!newest.path)
        row(run, rows, "program", "wasm-opt", false,
            error.message[0] ? error.message
                             : "modules ship stripped, not optimized; install binaryen");
}

static void look_at_cache(struct run *run, json_t *rows)
{
    bool good;
    const char *words = run_cache_words(run, &good);
    row(run, rows, "program", "cache", good, words);
}

static void look_at_program(struct run *run, json_t *rows, const char *name, const char *use)
{
    const char *path = process_find(run->arena, run->world, name);
    row(run, rows, "program", name, path != NULL, path ? path : use);
}

static void look_at_repository(struct run *run, json_t *rows)
{
    struct record_store *store;
    struct error error = {0};
    bool good = record_open(run->arena, run->world, ".", &store, &error) == 0;
    const char *tree = good ? record_work_tree(store) : NULL;
    row(run, rows, "repository", "git notes", good,
        good ? arena_printf(run->arena, "%s %s%s", RECORD_REF,
                            tree ? "at " : "in a bare repository", tree ? tree : "")
             : error.message);
}

/* One that is not there, and may be missing for different reasons. */
static const char *missing_words(struct run *run, const struct job *job,
                                 const struct profile_credential *credential)
{
    if (credential->instead_of)
        return job_secret(job, credential->instead_of) ? "not needed" : "not set (another way)";
    if (!credential->required)
        return "not set (optional)";
    return arena_printf(run->arena, "not set; needs: %s",
                        credential->rights ? credential->rights : "");
}

static bool is_replaced(const struct job *job, const struct profile_credential *credential)
{
    size_t others = 0, set = 0;
    for (size_t i = 0; i < job->profile->credential_count; i++) {
        const struct profile_credential *other = &job->profile->credentials[i];
        if (!other->instead_of || strcmp(other->instead_of, credential->name) != 0)
            continue;
        others++;
        set += job_secret(job, other->name) != NULL;
    }
    return others && set == others;
}

static void look_at_credential(struct run *run, json_t *rows, const struct job *job,
                               const struct profile_credential *credential)
{
    bool found = job_secret(job, credential->name) != NULL;
    bool replaced = !found && is_replaced(job, credential);
    const char *value = replaced ? "not needed" : missing_words(run, job, credential);
    if (found)
        value = strcmp(job->secrets_origin, "the environment") == 0
                    ? "set"
                    : arena_printf(run->arena, "from %s", job->secrets_origin);
    row(run, rows, job->profile->name, credential->environment,
        found || replaced || !credential->required, value);
}

/* Until when they are good; nothing where that is not known. */
static void look_at_expiry(struct run *run, json_t *rows, const struct job *job)
{
    int64_t left = (job->secrets_expire - world_now(run->world)) / 1000;
    if (!job->secrets_expire)
        return;
    const char *time = text_time(run->arena, job->secrets_expire / 1000);
    row(run, rows, job->profile->name, "expires", left > 60,
        left > 60   ? time
        : left <= 0 ? arena_printf(run->arena, "%s: over", time)
                    : arena_printf(run->arena, "%s: too soon", time));
}

static void look_at_credentials(struct run *run, json_t *rows, const struct platform_entry *entry,
                                const struct profile *profile)
{
    struct target target = {.name = profile->name};
    struct job job = {.arena = run->arena,
                      .world = run->world,
                      .entry = entry,
                      .profile = profile,
                      .target = &target};
    struct error unusable = {0};
    if (job_find_secrets(&job, &unusable) != 0) {
        row(run, rows, profile->name, "credentials", false, unusable.message);
        return;
    }
    for (size_t i = 0; i < profile->credential_count; i++)
        look_at_credential(run, rows, &job, &profile->credentials[i]);
    look_at_expiry(run, rows, &job);
}

/* What check --run would try there. */
static int look_at_runtime(struct run *run, json_t *rows, const struct profile *profile,
                           const struct profile_runtime *known, struct prover *prover,
                           struct error *error)
{
    struct error problem = {0};
    const struct runtime *found;
    size_t count;
    if (prove_find(prover, known, &found, &count, &problem) != 0) {
        if (problem.fault != FAULT_INPUT) {
            *error = problem;
            return -1;
        }
        row(run, rows, profile->name, known->name, false, problem.message);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        row(run, rows, profile->name,
            arena_printf(run->arena, "%s%s%s", known->name, found[i].version ? " " : "",
                         found[i].version ? found[i].version : ""),
            found[i].version != NULL,
            found[i].problem ? arena_printf(run->arena, "%s: %s", found[i].path, found[i].problem)
                             : found[i].path);
    if (count == 0)
        row(run, rows, profile->name, known->name, false,
            arena_printf(run->arena, "for check --run: %s", known->get));
    return 0;
}

static int look_at_runtimes(struct run *run, json_t *rows, const struct profile *profile,
                            struct prover *prover, struct error *error)
{
    for (size_t i = 0; i < profile->runtime_count; i++)
        if (look_at_runtime(run, rows, profile, &profile->runtimes[i], prover, error) != 0)
            return -1;
    return 0;
}

static int look_at_platform(struct run *run, json_t *rows, const struct platform_entry *entry,
                            struct prover *prover, struct error *error)
{
    struct profile profile;
    if (profile_parse(run->arena, entry->profile_json, entry->platform->name, NULL, &profile,
                      error) != 0)
        return -1;
    heading(run, arena_printf(run->arena, "%s (profile of %s)", profile.title, profile.as_of));
    look_at_credentials(run, rows, entry, &profile);
    return look_at_runtimes(run, rows, &profile, prover, error);
}

static int run_doctor(struct run *run, struct error *error)
{
    json_t *rows = json_own(run->arena, json_array());
    struct prover *prover = proofs_open(run);
    heading(run, "programs");
    look_at_optimizers(run, rows);
    look_at_cache(run, rows);
    look_at_program(run, rows, "git", "needed for --push-record");
    heading(run, "repository");
    look_at_repository(run, rows);
    for (const struct platform_entry *entry = platforms; entry->platform; entry++)
        if (look_at_platform(run, rows, entry, prover, error) != 0)
            return -1;
    if (run->json) {
        json_t *document = run_document(run, NULL);
        json_object_set(document, "checks", rows);
        run_print_json(run, document);
    } else {
        puts("\nNothing of this is needed to try it: edge-deploy publish --sandbox");
    }
    return 0;
}

const struct command command_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "what is installed, which credentials are set, what is missing",
    .needs_platforms = true,
    .run = run_doctor,
};
