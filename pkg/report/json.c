/* The JSON documents of cli.md section 5. */
#include "pkg/json/json.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "pkg/report/json_context.h"
#include "pkg/report/json_target.h"
#include "pkg/report/report.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_text(text, strlen(text)) : json_null();
}

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    set(object, key, text_or_null(text));
}

static void set_size(json_t *object, const char *key, uint64_t value)
{
    set(object, key, json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

static json_t *texts(const char *const *items, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, text_or_null(items[i]));
    return array;
}

static json_t *function_index(uint32_t function)
{
    return function == WASM_NO_FUNCTION ? json_null() : json_integer(function);
}

/* --- a module --- */

static json_t *ways_json(const struct wasm_use *use)
{
    json_t *array = json_array();
    for (const struct wasm_way *way = use->ways; way; way = way->next) {
        json_t *item = json_object();
        set_text(item, "reason", wasm_reason_name(way->reason));
        set_text(item, "what", way->what);
        set_size(item, "count", way->count);
        json_array_append_new(array, item);
    }
    return array;
}

static void set_source(json_t *object, const char *file, uint32_t line)
{
    set_text(object, "source_file", file);
    set(object, "source_line", line ? json_integer(line) : json_null());
}

static json_t *use_json(const struct wasm_use *use)
{
    json_t *place = json_object();
    set_text(place, "reason", wasm_reason_name(use->reason));
    set_size(place, "offset", use->offset);
    set(place, "function", function_index(use->function));
    set_text(place, "function_name", use->function_name);
    set_text(place, "crate", use->crate);
    set_text(place, "instruction", use->instruction);
    set_source(place, use->source.file, use->source.line);
    return place;
}

/* "first" is the first in the file, "first_in_code" the first in a function. */
static json_t *feature_json(const struct wasm_use *use)
{
    const struct wasm_use ahead = {.reason = use->ahead.reason,
                                   .offset = use->ahead.offset,
                                   .function = WASM_NO_FUNCTION,
                                   .instruction = use->ahead.what};
    json_t *feature = json_object();
    set_text(feature, "name", wasm_features[use->feature].id);
    set_text(feature, "spec", wasm_features[use->feature].spec);
    set_size(feature, "count", use->count);
    set_size(feature, "functions", use->functions);
    set_size(feature, "function_bytes", use->function_bytes);
    set(feature, "uses", ways_json(use));
    set(feature, "first", use_json(use->ahead.what ? &ahead : use));
    set(feature, "first_in_code", use->function != WASM_NO_FUNCTION ? use_json(use) : json_null());
    return feature;
}

static json_t *imports_json(const struct wasm_info *info)
{
    json_t *array = json_array();
    for (size_t i = 0; i < info->import_count; i++) {
        json_t *item = json_object();
        set_text(item, "module", info->imports[i].module);
        set_text(item, "name", info->imports[i].name);
        set_text(item, "kind", wasm_extern_name(info->imports[i].kind));
        set_text(item, "type", info->imports[i].type);
        json_array_append_new(array, item);
    }
    return array;
}

static json_t *exports_json(struct arena *arena, const struct wasm_info *info)
{
    json_t *array = json_array();
    for (size_t i = 0; i < info->export_count; i++) {
        json_t *item = json_object();
        set_text(item, "name", wasm_export_name(arena, &info->exports[i]));
        set_text(item, "kind", wasm_extern_name(info->exports[i].kind));
        set_text(item, "type", info->exports[i].type);
        json_array_append_new(array, item);
    }
    return array;
}

static json_t *memories_json(const struct wasm_info *info)
{
    json_t *array = json_array();
    for (size_t i = 0; i < info->memory_count; i++) {
        const struct wasm_memory *memory = &info->memories[i];
        json_t *item = json_object();
        set_size(item, "min_pages", memory->min_pages);
        if (memory->has_max)
            set_size(item, "max_pages", memory->max_pages);
        else
            set(item, "max_pages", json_null());
        set(item, "shared", json_boolean(memory->shared));
        set_text(item, "index_type", memory->is_64 ? "i64" : "i32");
        set_size(item, "page_size", memory->page_size);
        json_array_append_new(array, item);
    }
    return array;
}

static json_t *sections_json(const struct wasm_info *info)
{
    json_t *array = json_array();
    for (size_t i = 0; i < info->section_count; i++) {
        json_t *item = json_object();
        set_text(item, "name", info->sections[i].name);
        set_size(item, "bytes", info->sections[i].size);
        json_array_append_new(array, item);
    }
    return array;
}

/* {"language": ["Rust"], "processed-by": ["rustc 1.95.0"]} */
static json_t *producers_json(struct arena *arena, const struct wasm_info *info)
{
    json_t *object = json_object();
    for (size_t i = 0; i < info->producer_count; i++) {
        const struct wasm_producer *producer = &info->producers[i];
        const char *version = producer->version ? producer->version : "";
        json_t *list = json_object_get(object, producer->field);
        if (!list) {
            list = json_array();
            set(object, producer->field, list);
        }
        json_array_append_new(list, text_or_null(arena_printf(arena, "%s%s%s", producer->name,
                                                              *version ? " " : "", version)));
    }
    return object;
}

static void add_facts(struct arena *arena, json_t *object, const struct wasm_info *info)
{
    json_t *features = json_array();
    for (size_t i = 0; i < info->use_count; i++)
        json_array_append_new(features, feature_json(&info->uses[i]));
    set_text(object, "kind", info->kind == WASM_COMPONENT ? "component" : "core");
    set_text(object, "spec", info->spec);
    set(object, "validation", text_or_null(wasm_validity_text(arena, info)));
    set_text(object, "debug", wasm_debug_text(arena, info));
    set(object, "features", features);
    set(object, "declared_features", texts(info->declared_features, info->declared_feature_count));
    set(object, "imports", imports_json(info));
    set(object, "exports", exports_json(arena, info));
    set(object, "memories", memories_json(info));
    set(object, "sections", sections_json(info));
}

static json_t *component_json(struct arena *arena, const struct wasm_component *component)
{
    json_t *object = json_object(), *modules = json_array();
    if (!component) {
        json_decref(object);
        json_decref(modules);
        return json_null();
    }
    for (size_t i = 0; i < component->module_count; i++) {
        json_t *module = json_object();
        set_size(module, "bytes", component->modules[i].size);
        add_facts(arena, module, &component->modules[i]);
        set(module, "producers", producers_json(arena, &component->modules[i]));
        json_array_append_new(modules, module);
    }
    set(object, "modules", modules);
    set(object, "imports", texts(component->imports, component->import_count));
    set(object, "exports", texts(component->exports, component->export_count));
    return object;
}

static json_t *module_json(struct arena *arena, const struct report_module *module)
{
    json_t *object = json_object();
    char sha256[65];
    digest_sha256(module->bytes, sha256);
    set_text(object, "path", module->path);
    set_size(object, "bytes", module->bytes.size);
    set(object, "gzip_bytes",
        module->gzip_bytes ? json_integer((json_int_t)module->gzip_bytes) : json_null());
    set(object, "brotli_bytes",
        module->brotli_bytes ? json_integer((json_int_t)module->brotli_bytes) : json_null());
    if (module->brotli_bytes) {
        set_size(object, "gzip_level", module->gzip_level);
        set_size(object, "brotli_quality", module->brotli_quality);
    }
    set_text(object, "sha256", sha256);
    add_facts(arena, object, module->info);
    set(object, "producers", producers_json(arena, module->info));
    set(object, "component", component_json(arena, module->info->component));
    if (module->sizes)
        set(object, "sizes", json_sizes(module->sizes));
    if (module->context)
        json_add_context(object, module->context);
    if (module->estimate_count)
        set(object, "estimates", json_estimates(module->estimates, module->estimate_count));
    if (module->proof_count)
        set(object, "proofs", json_proofs(module->proofs, module->proof_count));
    return object;
}

json_t *report_module_json(struct arena *arena, const struct report_module *module)
{
    return json_own(arena, module_json(arena, module));
}

/* --- a verdict --- */

static json_t *place_json(const struct place *where)
{
    json_t *object = json_object();
    set_text(object, "path", where->path);
    set(object, "offset",
        where->has_offset ? json_integer((json_int_t)where->offset) : json_null());
    set(object, "function", where->has_offset ? function_index(where->function) : json_null());
    set_text(object, "function_name", where->function_name);
    set_text(object, "instruction", where->instruction);
    set_text(object, "crate", where->crate);
    set_source(object, where->source_file, where->source_line);
    return object;
}

static json_t *finding_json(const struct finding *finding)
{
    json_t *object = json_object(), *cure = json_object();
    set_text(object, "rule", finding->rule);
    set_text(object, "level", level_name(finding->level));
    set_text(object, "subject", finding->subject);
    set_text(object, "message", finding->message);
    set(object, "where", place_json(&finding->where));
    set_text(object, "cause", finding->cause);
    set(object, "cure", cure);
    set_text(cure, "lowering", finding->cure.lowering);
    set_text(cure, "automatic", finding->cure.automatic);
    set_text(cure, "compiler", finding->cure.compiler);
    set_text(cure, "other", finding->cure.other);
    set_text(cure, "source", finding->cure.source);
    set_text(object, "source", finding->source);
    set_size(object, "count", finding->count);
    set_size(object, "functions", finding->functions);
    set_size(object, "function_bytes", finding->function_bytes);
    set_text(object, "since", finding->since);
    return object;
}

static json_t *verdict_json(const struct verdict *verdict)
{
    json_t *object = json_object(), *findings = json_array();
    set_text(object, "target", verdict->target);
    set_text(object, "platform", verdict->platform);
    set_text(object, "variant", verdict->variant);
    set_text(object, "profile_as_of", verdict->profile_as_of);
    set_text(object, "verdict", answer_word(verdict->answer));
    set(object, "modules", texts(verdict->modules, verdict->module_count));
    set(object, "findings", findings);
    for (size_t i = 0; i < verdict->finding_count; i++)
        json_array_append_new(findings, finding_json(&verdict->findings[i]));
    json_add_target(object, verdict);
    return object;
}

json_t *report_verdict_json(struct arena *arena, const struct verdict *verdict)
{
    return json_own(arena, verdict_json(verdict));
}

/* --- documents --- */

json_t *report_document(struct arena *arena, const char *command, const struct error *error)
{
    json_t *object = json_own(arena, json_object()), *failure;
    bool failed = error && error->fault != FAULT_NONE;
    set(object, "schema", json_integer(1));
    set_text(object, "command", command);
    set(object, "ok", json_boolean(!failed));
    if (!failed)
        return object;
    failure = json_object();
    set(object, "error", failure);
    set_text(failure, "kind", error_kind(error->fault));
    set_text(failure, "message", error->message);
    set_text(failure, "hint", error->hint[0] ? error->hint : NULL);
    return object;
}

/* Of the first target that was deployed before; each target has its own, too. */
static json_t *since_last_deploy(const struct report *report)
{
    for (size_t i = 0; i < report->verdict_count; i++)
        if (report->verdicts[i].change.commit)
            return json_change(&report->verdicts[i].change);
    return json_null();
}

json_t *report_json(struct arena *arena, const struct report *report)
{
    json_t *document = report_document(arena, report->command, report->failure);
    if (report_is_empty(report))
        return document;
    json_t *modules = json_array(), *targets = json_array();
    for (size_t i = 0; i < report->module_count; i++)
        json_array_append_new(modules, module_json(arena, &report->modules[i]));
    if (report->module_count == 1)
        json_object_set(document, "module", json_array_get(modules, 0));
    else
        json_object_set(document, "modules", modules);
    json_decref(modules);
    for (size_t i = 0; i < report->verdict_count; i++)
        json_array_append_new(targets, verdict_json(&report->verdicts[i]));
    if (strcmp(report->command, "inspect") != 0) {
        json_object_set(document, "targets", targets);
        set(document, "since_last_deploy", since_last_deploy(report));
    }
    json_decref(targets);
    return document;
}
