/* bench as the "bench" of a JSON document. */
#include <math.h>
#include <string.h>

#include "cmd/bench.h"

static json_t *text_or_null(const char *text)
{
    json_t *json = text ? json_string(text) : NULL;
    return json ? json : json_null();
}

/* To the microsecond, and the tenth of a percent. */
static json_t *real(double value)
{
    return json_real(round(value * 1000) / 1000);
}

static json_t *number_json(enum bench_measure measure, const struct bench_number *number)
{
    if (number->count == 0)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:s}", "p25", real(number->p25), "median",
                     real(number->median), "low", real(number->low), "high", real(number->high),
                     "count", (json_int_t)number->count, "unit", bench_words(measure)->unit);
}

static json_t *row_json(const struct bench_row *row)
{
    const struct bench_words *words = bench_words(row->measure);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:b, s:o}", "measure", words->name, "meaning",
                     words->meaning, "original",
                     number_json(row->measure, &row->numbers[BENCH_ORIGINAL]), "shipped",
                     number_json(row->measure, &row->numbers[BENCH_SHIPPED]), "empty_worker",
                     number_json(row->measure, &row->base), "within_noise", (int)row->within_noise,
                     "note", text_or_null(row->note));
}

static json_t *runtime_json(const struct bench_runtime *runtime)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < BENCH_MEASURES && runtime->version && !runtime->problem; i++)
        json_array_append_new(rows, row_json(&runtime->rows[i]));
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", runtime->name, "version",
                     text_or_null(runtime->version), "problem", text_or_null(runtime->problem),
                     "reference_compile", number_json(BENCH_COMPILE, &runtime->reference), "rows",
                     rows);
}

static json_t *sizes_json(const struct bench_sizes *sizes)
{
    return json_pack("{s:I, s:I, s:I, s:b}", "bytes", (json_int_t)sizes->raw, "gzip_bytes",
                     (json_int_t)sizes->gzip, "zip_bytes", (json_int_t)sizes->zip, "simd128",
                     (int)sizes->simd);
}

static json_t *finding_json(const struct finding *finding)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "rule", finding->rule, "level",
                     level_name(finding->level), "subject", finding->subject, "message",
                     finding->message);
}

static json_t *target_json(const struct bench_target *target)
{
    json_t *runtimes = json_array(), *findings = json_array();
    for (size_t i = 0; i < target->runtime_count; i++)
        json_array_append_new(runtimes, runtime_json(&target->runtimes[i]));
    for (size_t i = 0; i < target->finding_count; i++)
        json_array_append_new(findings, finding_json(&target->findings[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "target",
                     target->target, "platform", target->platform, "variant", target->variant,
                     "module", target->module, "how", target->how, "same", (int)target->same,
                     "original", sizes_json(&target->sizes[BENCH_ORIGINAL]), "shipped",
                     sizes_json(&target->sizes[BENCH_SHIPPED]), "problem",
                     text_or_null(target->problem), "runtimes", runtimes, "findings", findings);
}

json_t *bench_json(struct run *run, const struct bench *bench, const struct error *error)
{
    json_t *document = run_document(run, error), *targets = json_array();
    for (size_t i = 0; i < bench->target_count; i++) {
        json_t *target = target_json(&bench->targets[i]);
        if (target)
            json_array_append_new(targets, target);
    }
    json_object_set_new(document, "bench", json_pack("{s:o}", "targets", targets));
    return document;
}
