/* SARIF 2.1.0, as code-scanning pages read it: the manifest's line first, because they show lines
   only; the place in the binary as a related location; fingerprints that stay when code moves. */
#include <ctype.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/digest/digest.h"
#include "pkg/json/json.h"
#include "pkg/report/words.h"

enum {
    MOST_RESULTS = 25000, /* of a run that GitHub accepts */
    LONGEST = 4000,       /* bytes of one text */
};

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

/* No link can be made in it: "[text](address)" would be one. */
static const char *unlink_text(struct arena *arena, const char *text)
{
    const char *safe = words_safe(arena, text, LONGEST);
    for (const char *at = strstr(safe, "]("); at; at = strstr(at + 2, "](")) {
        size_t before = (size_t)(at - safe) + 1;
        safe = arena_printf(arena, "%.*s %s", (int)before, safe, at + 1);
        at = safe + before - 1;
    }
    return safe;
}

static json_t *text_json(struct arena *arena, const char *text)
{
    const char *safe = words_safe(arena, text, LONGEST);
    return json_text(safe, strlen(safe));
}

static json_t *message_json(struct arena *arena, const char *text)
{
    const char *safe = unlink_text(arena, text);
    return json_pack("{s:o}", "text", json_text(safe, strlen(safe)));
}

/* --- places --- */

static const char *encode(struct arena *arena, const char *path)
{
    char *out = arena_alloc(arena, 3 * strlen(path) + 1, 1), *to = out;
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        if (isalnum(c) || strchr("-._~/", c))
            *to++ = (char)c;
        else
            to += snprintf(to, 4, "%%%02X", c);
    }
    return out;
}

/* A path of the repository, or one from the root of the machine. */
static json_t *artifact_json(struct arena *arena, const char *path)
{
    json_t *json = json_object();
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    const char *uri = encode(arena, path);
    if (*path == '/') {
        set(json, "uri", json_string(arena_printf(arena, "file://%s", uri)));
        return json;
    }
    set(json, "uri", json_string(uri));
    set(json, "uriBaseId", json_string("%SRCROOT%"));
    return json;
}

static json_t *place_json(struct arena *arena, const char *path, const char *key, json_int_t value)
{
    return json_pack("{s:{s:o, s:{s:I}}}", "physicalLocation", "artifactLocation",
                     artifact_json(arena, path), "region", key, value);
}

static const char *module_path(struct arena *arena, const struct report *report, const char *path)
{
    return arena_printf(arena, "%s%s", path[0] == '/' ? "" : report->folder, path);
}

/* What a person can open: the manifest, or else the module. */
static json_t *location_json(struct arena *arena, const struct report *report,
                             const struct verdict *verdict, const struct finding *finding)
{
    if (verdict->manifest)
        return place_json(arena, verdict->manifest, "startLine", verdict->manifest_line);
    const char *path = finding->where.path;
    if (!path)
        path = report->module_count ? report->modules[0].path : "module.wasm";
    return place_json(arena, module_path(arena, report, path), "startLine", 1);
}

static void add_related(struct arena *arena, json_t *array, json_t *place, const char *text)
{
    set(place, "id", json_integer((json_int_t)json_array_size(array) + 1));
    set(place, "message", message_json(arena, text));
    json_array_append_new(array, place);
}

static void name_function(struct arena *arena, json_t *place, const char *name)
{
    if (name)
        set(place, "logicalLocations",
            json_pack("[{s:o, s:s}]", "fullyQualifiedName", text_json(arena, name), "kind",
                      "function"));
}

static json_t *related_json(struct arena *arena, const struct report *report,
                            const struct place *where)
{
    json_t *array = json_array();
    if (where->path && where->has_offset) {
        json_t *place = place_json(arena, module_path(arena, report, where->path), "byteOffset",
                                   (json_int_t)where->offset);
        name_function(arena, place, where->function_name);
        add_related(arena, array, place, words_place(arena, where));
    }
    if (where->source_file && where->source_line)
        add_related(arena, array,
                    place_json(arena, where->source_file, "startLine", where->source_line),
                    "where the code was written");
    return array;
}

/* --- results --- */

/* The same finding has the same one whatever else changed: no offset, no index is in it. */
static json_t *fingerprint(struct arena *arena, const struct verdict *verdict,
                           const struct finding *finding)
{
    char hex[65];
    const char *text = arena_printf(arena, "%s\n%s\n%s\n%s", verdict->target, finding->rule,
                                    finding->subject ? finding->subject : "",
                                    finding->where.path ? finding->where.path : "");
    digest_sha256(bytes_of(text), hex);
    return json_string(hex);
}

static const char *describe(struct arena *arena, const struct verdict *verdict,
                            const struct finding *finding)
{
    struct lines lines = words_finding(arena, finding);
    const char *text =
        arena_printf(arena, "%s (%s): %s", unlink_text(arena, verdict->target),
                     words_host(arena, verdict), unlink_text(arena, finding->message));
    for (size_t i = 0; i < lines.count; i++)
        text = arena_printf(arena, "%s\n%s: %s", text, lines.items[i].label,
                            unlink_text(arena, lines.items[i].text));
    return text;
}

static json_t *result_json(struct arena *arena, const struct report *report,
                           const struct verdict *verdict, const struct finding *finding)
{
    size_t rule = words_rule(finding->rule);
    const char *text = describe(arena, verdict, finding);
    json_t *related = related_json(arena, report, &finding->where);
    json_t *json = json_pack(
        "{s:s, s:I, s:s, s:{s:o}, s:[o], s:{s:o}, s:{s:o, s:o}}", "ruleId", words_rules[rule].id,
        "ruleIndex", (json_int_t)rule, "level", level_name(finding->level), "message", "text",
        json_text(text, strlen(text)), "locations", location_json(arena, report, verdict, finding),
        "partialFingerprints", "edgeDeploy/v1", fingerprint(arena, verdict, finding), "properties",
        "target", text_json(arena, verdict->target), "subject", text_json(arena, finding->subject));
    if (json_array_size(related))
        json_object_set(json, "relatedLocations", related);
    json_decref(related);
    return json;
}

/* Worst first, so that what has no room matters least. */
static json_t *results_json(struct arena *arena, const struct report *report, size_t *left_out)
{
    json_t *array = json_array();
    const struct verdict **verdicts = words_worst_first(arena, report);
    for (int level = LEVEL_ERROR; level >= LEVEL_NOTE; level--)
        for (size_t i = 0; i < report->verdict_count; i++)
            for (size_t f = 0; f < verdicts[i]->finding_count; f++) {
                const struct finding *finding = &verdicts[i]->findings[f];
                if ((int)finding->level != level)
                    continue;
                if (json_array_size(array) < MOST_RESULTS)
                    json_array_append_new(array, result_json(arena, report, verdicts[i], finding));
                else
                    ++*left_out;
            }
    return array;
}

/* --- the run --- */

static json_t *rules_json(struct arena *arena)
{
    json_t *array = json_array();
    for (size_t i = 0; i < words_rule_count; i++) {
        const struct rule *rule = &words_rules[i];
        char *name = arena_strdup(arena, rule->id);
        name[0] = (char)toupper((unsigned char)name[0]);
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:{s:s}, s:{s:s}, s:{s:s, s:s}, s:{s:s}, s:{s:[s]}}", "id",
                             rule->id, "name", name, "shortDescription", "text", rule->title,
                             "fullDescription", "text", rule->text, "help", "text", rule->text,
                             "markdown", rule->text, "defaultConfiguration", "level", "error",
                             "properties", "tags", "webassembly"));
    }
    return array;
}

static json_t *artifacts_json(struct arena *arena, const struct report *report)
{
    json_t *array = json_array();
    if (report->manifest)
        json_array_append_new(
            array, json_pack("{s:o}", "location", artifact_json(arena, report->manifest)));
    for (size_t i = 0; i < report->module_count; i++) {
        const struct report_module *module = &report->modules[i];
        char sha256[65];
        digest_sha256(module->bytes, sha256);
        json_array_append_new(
            array, json_pack("{s:o, s:I, s:s, s:{s:s}}", "location",
                             artifact_json(arena, module_path(arena, report, module->path)),
                             "length", (json_int_t)module->bytes.size, "mimeType",
                             "application/wasm", "hashes", "sha-256", sha256));
    }
    return array;
}

static json_t *targets_json(struct arena *arena, const struct report *report)
{
    json_t *array = json_array();
    for (size_t i = 0; i < report->verdict_count; i++) {
        const struct verdict *verdict = &report->verdicts[i];
        struct lines lines = words_verdict(arena, verdict, false);
        json_t *facts = json_array();
        for (size_t l = 0; l < lines.count; l++)
            json_array_append_new(
                facts, text_json(arena, arena_printf(arena, "%s: %s", lines.items[l].label,
                                                     lines.items[l].text)));
        json_array_append_new(
            array,
            json_pack("{s:o, s:o, s:s, s:s, s:o}", "target", text_json(arena, verdict->target),
                      "platform", text_json(arena, words_host(arena, verdict)), "verdict",
                      answer_word(verdict->answer), "profileAsOf",
                      verdict->profile_as_of ? verdict->profile_as_of : "", "facts", facts));
    }
    return array;
}

/* A category of its own for each manifest, and for a target that is checked alone: an upload
   replaces the one before of the same category. */
static json_t *automation_json(struct arena *arena, const struct report *report)
{
    const char *place = report->manifest       ? report->manifest
                        : report->module_count ? report->modules[0].path
                                               : "module.wasm";
    const char *id = arena_printf(arena, "edge-deploy/%s/", words_safe(arena, place, LONGEST));
    if (report->verdict_count == 1)
        id = arena_printf(arena, "%s%s/", id,
                          words_safe(arena, report->verdicts[0].target, LONGEST));
    return json_pack("{s:o}", "id", json_text(id, strlen(id)));
}

static json_t *notification(struct arena *arena, const char *level, const char *text)
{
    return json_pack("{s:s, s:o}", "level", level, "message", message_json(arena, text));
}

/* Incompatible is a result, and a run that gives it has done its work. */
static json_t *invocation_json(struct arena *arena, const struct report *report, size_t left_out)
{
    enum fault fault = report->failure ? report->failure->fault : FAULT_NONE;
    bool done = fault == FAULT_NONE || fault == FAULT_INCOMPATIBLE;
    json_t *notes = json_array();
    if (!done)
        json_array_append_new(notes, notification(arena, "error", report->failure->message));
    if (left_out)
        json_array_append_new(
            notes,
            notification(arena, "warning", arena_printf(arena, "%zu results left out", left_out)));
    return json_pack("{s:b, s:i, s:o}", "executionSuccessful", done, "exitCode", (int)fault,
                     "toolExecutionNotifications", notes);
}

int report_sarif(struct arena *arena, const struct report *report, const struct report_style *style,
                 FILE *file)
{
    size_t left_out = 0;
    json_t *results = results_json(arena, report, &left_out);
    (void)style;
    json_t *driver = json_pack("{s:s, s:s, s:o}", "name", "edge-deploy", "version", report->version,
                               "rules", rules_json(arena));
    json_t *base = json_pack("{s:{s:{s:s}}}", "%SRCROOT%", "description", "text",
                             "the root of the repository");
    json_t *run =
        json_pack("{s:{s:o}, s:o, s:o, s:[o], s:o, s:o, s:{s:o}}", "tool", "driver", driver,
                  "automationDetails", automation_json(arena, report), "originalUriBaseIds", base,
                  "invocations", invocation_json(arena, report, left_out), "artifacts",
                  artifacts_json(arena, report), "results", results, "properties", "targets",
                  targets_json(arena, report));
    json_t *document = json_own(arena, json_pack("{s:s, s:s, s:[o]}", "$schema",
                                                 "https://json.schemastore.org/sarif-2.1.0.json",
                                                 "version", "2.1.0", "runs", run));
    return fprintf(file, "%s\n", json_print_indented(arena, document)) < 0 ? -1 : 0;
}
