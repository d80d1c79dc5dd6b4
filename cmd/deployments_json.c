/* The documents of publish, rollback, verify and status. */
#include <string.h>

#include "cmd/deployments.h"
#include "cmd/verified.h"
#include "pkg/json/json.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_text(text, strlen(text)) : json_null();
}

/* status and verify load no module: what they know is what was recorded, of what is staged
   nothing. */
static const char *digest_of_modules(const struct run *run, const struct prepared *target)
{
    bool looks = deployments_is(run, "status") || deployments_is(run, "verify");
    if (run->options.staged)
        return NULL;
    if (looks && target->recorded)
        return target->recorded->module_sha256;
    return target->module_sha256;
}

json_t *deployments_side(const struct deployment *side, const char *time)
{
    json_t *json = json_object();
    if (!side->version) {
        json_decref(json);
        return json_null();
    }
    json_object_set_new(json, "version", text_or_null(side->version));
    json_object_set_new(json, "artifact_sha256", text_or_null(side->artifact_sha256));
    json_object_set_new(json, "commit", text_or_null(side->commit));
    json_object_set_new(json, "percent",
                        json_integer(side->staged ? 0 : deployments_percent(side)));
    if (time) {
        json_object_set_new(json, "time", text_or_null(time));
        return json;
    }
    json_object_set_new(json, "drifted", json_boolean(side->drifted));
    json_object_set_new(json, "spreading", json_boolean(side->spreading));
    return json;
}

static json_t *artifact_json(const struct artifact *artifact)
{
    json_t *parts = json_array();
    for (size_t i = 0; i < artifact->part_count; i++) {
        const struct part *part = &artifact->parts[i];
        json_t *row = json_object();
        json_object_set_new(row, "name", text_or_null(part->name));
        json_object_set_new(row, "media_type", text_or_null(part->media_type));
        json_object_set_new(row, "bytes", json_integer((json_int_t)part->body.size));
        json_array_append_new(parts, row);
    }
    json_t *json = json_object();
    json_object_set_new(json, "bytes", json_integer((json_int_t)artifact->counted_bytes));
    json_object_set_new(json, "parts", parts);
    return json;
}

/* Who has judged what ships. */
static json_t *validation_json(const struct prepared *target)
{
    json_t *array = json_array();
    for (size_t i = 0; i < target->module_count; i++) {
        const struct prepared_module *module = &target->modules[i];
        json_t *json = json_object();
        json_object_set_new(json, "module", text_or_null(module->path));
        json_object_set_new(json, "verdict", text_or_null(module->validation));
        json_object_set_new(json, "libwabt", text_or_null(module->second));
        json_array_append_new(array, json);
    }
    return array;
}

/* What would be changed; null and why when that is not known. */
static void add_changes(const struct prepared *target, json_t *json)
{
    json_t *array = target->changes ? json_array() : json_null();
    for (size_t i = 0; i < target->change_count; i++)
        json_array_append_new(array, text_or_null(target->changes[i]));
    json_object_set_new(json, "changes", array);
    if (!target->changes)
        json_object_set_new(json, "changes_unknown", text_or_null(target->no_changes));
}

static json_t *version_json(const struct deployment *version)
{
    json_t *json = json_object();
    json_object_set_new(json, "version", text_or_null(version->version));
    json_object_set_new(json, "percent", json_integer(version->percent));
    json_object_set_new(json, "staged", json_boolean(version->staged));
    json_object_set_new(json, "artifact_sha256", text_or_null(version->artifact_sha256));
    json_object_set_new(json, "commit", text_or_null(version->commit));
    json_object_set_new(json, "url", text_or_null(version->url));
    return json;
}

/* The versions that have traffic or can be tried; null when the platform does not tell. */
static json_t *versions_json(const struct prepared *target)
{
    if (!target->knows_versions)
        return json_null();
    json_t *array = json_array();
    for (size_t i = 0; i < target->version_count; i++)
        if (target->versions[i].percent || target->versions[i].staged)
            json_array_append_new(array, version_json(&target->versions[i]));
    return array;
}

/* How a staged version is asked: at its url, where that is not the usual way. */
static void add_pin(const struct deployment *made, json_t *json)
{
    json_t *pin = json_object();
    if (made->pin_name) {
        json_object_set_new(pin, "header", text_or_null(made->pin_name));
        json_object_set_new(pin, "value", text_or_null(made->pin_value));
    }
    if (made->address)
        json_object_set_new(pin, "address", text_or_null(made->address));
    if (json_object_size(pin))
        json_object_set(json, "try_with", pin);
    json_decref(pin);
}

json_t *deployments_removed(const struct prepared *target)
{
    json_t *array = json_array();
    for (size_t m = 0; m < target->module_count; m++) {
        const struct optimize_result *result = &target->modules[m].optimized;
        for (size_t i = 0; i < result->removed_export_count; i++)
            json_array_append_new(array, json_string(result->removed_exports[i]));
    }
    return array;
}

/* What single commands have to tell beyond the keys that all have. */
static void add_details(const struct run *run, const struct prepared *target, json_t *json)
{
    if (target->artifact.sha256[0])
        json_object_set_new(json, "artifact", artifact_json(&target->artifact));
    if (target->module_count) {
        json_object_set_new(json, "optimizer", text_or_null(target->modules[0].optimized.how));
        json_object_set_new(json, "removed_exports", deployments_removed(target));
    }
    if (deployments_is(run, "status")) {
        json_object_set_new(json, "live", deployments_side(&target->live, NULL));
        json_object_set_new(
            json, "recorded",
            deployments_side(&target->deployment, target->recorded ? target->recorded->time : ""));
        json_object_set_new(json, "versions", versions_json(target));
    }
    if (run->options.dry_run)
        add_changes(target, json);
    if (target->state == STATE_UPLOADED)
        add_pin(&target->deployment, json);
    if (target->module_count)
        json_object_set_new(json, "validation", validation_json(target));
    if (target->deployment.resource)
        json_object_set_new(json, "resource", text_or_null(target->deployment.resource));
    if (deployments_is(run, "verify"))
        verified_json(run, target, json);
    if (target->probe)
        json_object_set_new(json, "probe", text_or_null(target->probe));
    if (target->verification)
        json_object_set_new(json, "verification",
                            text_or_null(verification_name(target->verification)));
    if (target->answered)
        json_object_set_new(json, "answered", text_or_null(target->answered));
    if (target->error.fault != FAULT_NONE)
        json_object_set_new(json, "error", text_or_null(target->error.message));
}

/* Null for what is not live. */
static json_t *percent_json(const struct prepared *target, const struct deployment *deployment)
{
    bool is_live = target->state == STATE_LIVE || target->state == STATE_UNCHANGED ||
                   target->state == STATE_ROLLED_BACK;
    return is_live && deployment->version ? json_integer(deployments_percent(deployment))
                                          : json_null();
}

/* Where debug information was kept for what ships. */
static void add_twins(json_t *json, const struct prepared *target)
{
    json_t *paths = json_array();
    for (size_t i = 0; i < target->module_count; i++)
        if (target->modules[i].debug_path)
            json_array_append_new(paths, text_or_null(target->modules[i].debug_path));
    if (target->debug_sha256) {
        json_object_set_new(json, "debug_sha256", text_or_null(target->debug_sha256));
        json_object_set(json, "debug_paths", paths);
    }
    json_decref(paths);
}

static json_t *target_json(const struct run *run, const struct prepared *target)
{
    const struct deployment *deployment = deployments_shown(run, target);
    const char *previous = deployment->previous;
    if (deployments_is(run, "status") && target->recorded)
        previous = target->recorded->previous_version;
    json_t *json = json_object();
    json_object_set_new(json, "target", text_or_null(target->target->name));
    json_object_set_new(json, "platform", text_or_null(target->target->platform));
    json_object_set_new(json, "state",
                        target->state == STATE_NONE ? json_null()
                                                    : json_string(state_name(target->state)));
    json_object_set_new(json, "version", text_or_null(deployment->version));
    json_object_set_new(json, "percent", percent_json(target, deployment));
    json_object_set_new(json, "previous_version", text_or_null(previous));
    json_object_set_new(json, "url", text_or_null(deployments_url(target)));
    json_object_set_new(json, "artifact_sha256", text_or_null(deployments_digest(run, target)));
    json_object_set_new(json, "module_sha256", text_or_null(digest_of_modules(run, target)));
    add_twins(json, target);
    json_object_set_new(json, "requests", json_integer(target->stats.requests));
    json_object_set_new(json, "retries", json_integer(target->stats.retries));
    json_object_set_new(json, "seconds",
                        json_real((double)(int64_t)(target->seconds * 1000) / 1000));
    add_details(run, target, json);
    return json;
}

static json_t *verdicts_json(struct run *run, const struct publish_result *result)
{
    json_t *array = json_array();
    for (size_t i = 0; i < result->target_count; i++)
        if (result->targets[i].verdict.target)
            json_array_append(array, report_verdict_json(run->arena, &result->targets[i].verdict));
    return array;
}

json_t *deployments_json(struct run *run, const struct publish_result *result,
                         const struct error *error)
{
    json_t *document = run_document(run, error), *array = json_array();
    for (size_t i = 0; i < result->target_count; i++)
        json_array_append_new(array, target_json(run, &result->targets[i]));
    json_object_set_new(document, "deployments", array);
    json_object_set_new(document, "mutation_attempted", json_boolean(result->mutation_attempted));
    json_object_set_new(document, "commit", text_or_null(result->commit));
    if (deployments_is(run, "publish") || deployments_is(run, "rollback")) {
        json_object_set_new(document, "recorded", json_boolean(result->recorded));
        json_object_set_new(document, "record_failure", text_or_null(result->record_failure));
    }
    if (deployments_is(run, "publish"))
        json_object_set_new(document, "targets", verdicts_json(run, result));
    return document;
}
