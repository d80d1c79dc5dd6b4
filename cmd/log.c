#include <string.h>

#include "cmd/cmd.h"
#include "cmd/table.h"
#include "pkg/json/json.h"
#include "pkg/record/record.h"

static bool is_wanted(const struct run *run, const struct record *record)
{
    const struct words *targets = &run->options.targets;
    const char *environment = run->options.environment;
    bool named = targets->count == 0;
    for (size_t i = 0; !named && i < targets->count; i++)
        named = strcmp(targets->items[i], record->target) == 0;
    return named &&
           (!environment || (record->environment && strcmp(environment, record->environment) == 0));
}

static char *shortened(struct run *run, const char *text, size_t size)
{
    return text ? arena_copy(run->arena, text, strlen(text) < size ? strlen(text) : size) : NULL;
}

static void add_row(struct run *run, struct table *table, const struct record *record)
{
    const char *cells[] = {
        record->time,
        record->target,
        record->environment,
        arena_printf(run->arena, "%s%s%s", record->event,
                     record->percent < 100 ? arena_printf(run->arena, " %u %%", record->percent)
                                           : "",
                     record->dirty ? " (dirty)" : ""),
        record->version,
        shortened(run, record->commit, 8),
        shortened(run, record->artifact_sha256, 12),
        arena_printf(run->arena, "%llu", (unsigned long long)record->artifact_bytes),
        run->options.verbose ? shortened(run, record->debug_sha256, 12) : NULL};
    table_add(table, cells, 3, strcmp(record->event, "rollback") == 0 ? TINT_WARN : TINT_NONE);
}

static void print_text(struct run *run, const struct record *records, size_t count)
{
    const char *const heads[] = {"TIME",   "TARGET",  "ENV",
                                 "EVENT",  "VERSION", "COMMIT",
                                 "DIGEST", "BYTES",   run->options.verbose ? "DEBUG" : NULL,
                                 NULL};
    struct table table;
    table_open(&table, run, heads);
    for (size_t i = 0; i < count; i++)
        if (is_wanted(run, &records[i]))
            add_row(run, &table, &records[i]);
    if (table.count > 1)
        table_print(&table);
    else if (count)
        progress_say(run, "", "no recorded deployment is of that target and environment");
    else
        progress_say(run, "",
                     "no deployment is recorded here; fetch the notes with: git fetch "
                     "origin " RECORD_REF ":" RECORD_REF);
}

/* The line as it is recorded, and the commit that it stands on. */
static int print_json(struct run *run, const struct record *records, size_t count, size_t skipped,
                      struct error *error)
{
    json_t *document = run_document(run, NULL), *array = json_array();
    json_object_set_new(document, "records", array);
    json_object_set_new(document, "skipped", json_integer((json_int_t)skipped));
    for (size_t i = 0; i < count; i++) {
        json_t *line;
        if (!is_wanted(run, &records[i]))
            continue;
        if (json_read(run->arena, bytes_of(record_line(run->arena, &records[i])), "record",
                      FAULT_INPUT, &line, error) != 0)
            return -1;
        json_object_set_new(line, "commit", json_string(records[i].commit));
        json_array_append(array, line);
    }
    run_print_json(run, document);
    return 0;
}

static int run_log(struct run *run, struct error *error)
{
    const char *word = run->options.operand_count ? run->options.operands[0] : NULL;
    const char *commit = NULL;
    struct record_store *store;
    struct record *records;
    size_t count, skipped;
    if (record_open(run->arena, run->world, ".", &store, error) != 0)
        return -1;
    if (word && !(commit = record_resolve(run->arena, store, word))) {
        error_set(error, FAULT_INPUT, "no commit '%s'", word);
        return error_hint(error, "name a commit as git does: a hash, a branch, HEAD~1");
    }
    if (record_list(run->arena, store, commit, &records, &count, &skipped, error) != 0)
        return -1;
    if (run->json)
        return print_json(run, records, count, skipped, error);
    print_text(run, records, count);
    return 0;
}

const struct command command_log = {
    .name = "log",
    .operands = "[COMMIT]",
    .summary = "the recorded deployments, newest first",
    .operand_limit = 1,
    .needs_records = true,
    .run = run_log,
};
