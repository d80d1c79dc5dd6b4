#include "pkg/report/json_target.h"

#include <string.h>

#include "pkg/json/json.h"

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    set(object, key, text ? json_text(text, strlen(text)) : json_null());
}

static json_t *texts(const char *const *items, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_text(items[i], strlen(items[i])));
    return array;
}

json_t *json_change(const struct change *change)
{
    if (!change->commit)
        return json_null();
    json_t *object = json_object();
    set_text(object, "commit", change->commit);
    set_text(object, "time", change->time);
    set_text(object, "version", change->version);
    set(object, "features_added", texts(change->features_added, change->added_count));
    set(object, "features_removed", texts(change->features_removed, change->removed_count));
    set(object, "bytes", json_integer(change->bytes));
    set(object, "gzip_bytes", change->has_gzip ? json_integer(change->gzip_bytes) : json_null());
    set_text(object, "history", change->history);
    return object;
}

static json_t *facts_json(const struct verdict *verdict)
{
    json_t *array = json_array();
    for (size_t i = 0; i < verdict->fact_count; i++) {
        const struct runtime_fact *fact = &verdict->facts[i];
        json_t *object = json_object();
        set_text(object, "name", fact->name);
        set_text(object, "date", fact->date);
        set_text(object, "text", fact->text);
        set_text(object, "source", fact->source);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *next_json(const struct next_variant *next)
{
    if (!next->variant)
        return json_null();
    json_t *object = json_object();
    set_text(object, "variant", next->variant);
    set(object, "gained", texts(next->gained, next->gained_count));
    set(object, "lost", texts(next->lost, next->lost_count));
    return object;
}

json_t *json_proofs(const struct proof *proofs, size_t count)
{
    static const char *const answers[] = {"taken", "refused", "not proved"};
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object();
        set_text(object, "runtime", proofs[i].runtime);
        set_text(object, "path", proofs[i].path);
        set_text(object, "answer", answers[proofs[i].answer]);
        set_text(object, "how", proofs[i].how);
        set_text(object, "message", proofs[i].message);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *estimate_json(const struct estimate *estimate)
{
    if (!estimate->over)
        return json_null();
    json_t *object = json_object();
    set(object, "cold_start_ms", json_integer((json_int_t)estimate->cold_start_ms));
    set_text(object, "over", estimate->over);
    set_text(object, "basis", estimate->basis);
    set_text(object, "source", estimate->source);
    return object;
}

json_t *json_estimates(const struct report_estimate *estimates, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = estimate_json(&estimates[i].estimate);
        set_text(object, "platform", estimates[i].platform);
        json_array_append_new(array, object);
    }
    return array;
}

void json_add_target(json_t *target, const struct verdict *verdict)
{
    json_t *manifest = json_null();
    if (verdict->manifest) {
        manifest = json_object();
        set_text(manifest, "path", verdict->manifest);
        set(manifest, "line", json_integer(verdict->manifest_line));
    }
    set(target, "manifest", manifest);
    set(target, "runtime_facts", facts_json(verdict));
    set(target, "next_variant", next_json(&verdict->next));
    set(target, "since_last_deploy", json_change(&verdict->change));
    set(target, "estimates", estimate_json(&verdict->estimate));
    if (verdict->proof_count)
        set(target, "proofs", json_proofs(verdict->proofs, verdict->proof_count));
}

static json_t *parts_json(const struct wasm_part *parts, size_t count, bool crates)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object();
        set_text(object, "name", parts[i].name);
        if (crates) {
            set(object, "functions", json_integer((json_int_t)parts[i].count));
        } else {
            set(object, "function", json_integer(parts[i].function));
            set_text(object, "crate", parts[i].crate);
        }
        set(object, "bytes", json_integer((json_int_t)parts[i].bytes));
        json_array_append_new(array, object);
    }
    return array;
}

json_t *json_sizes(const struct wasm_sizes *sizes)
{
    if (!sizes)
        return json_null();
    json_t *object = json_object();
    size_t named =
        sizes->function_count < WASM_NAMED_MOST ? sizes->function_count : WASM_NAMED_MOST;
    set(object, "functions", parts_json(sizes->functions, named, false));
    set(object, "crates", parts_json(sizes->crates, sizes->crate_count, true));
    set(object, "debug_bytes", json_integer((json_int_t)sizes->debug_bytes));
    set(object, "name_bytes", json_integer((json_int_t)sizes->name_bytes));
    set_text(object, "unknown", sizes->unknown);
    return object;
}
