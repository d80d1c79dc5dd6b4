/* What there is to say, in words: the same facts for every format, as plain text that is not yet
   made safe. Empty members of what is reported give no lines. Inside pkg/report only. */
#ifndef PKG_REPORT_WORDS_H
#define PKG_REPORT_WORDS_H

#include "pkg/report/report.h"

/* A labelled line: "where", "app.wasm, offset 41". Labels have at most 7 letters. */
struct line {
    const char *label, *text;
};

/* A list of lines that grows; `count` lines are in it. */
struct lines {
    struct arena *arena;
    struct line *items;
    size_t count, capacity;
};

/* Below a finding's message: where, extent, new, cause, cure, source. */
/* "publish lowers it with wasm-opt 132 --signext-lowering" */
const char *words_automatic(struct arena *, const struct cure *);
struct lines words_finding(struct arena *, const struct finding *);
/* Of a target: since (its last deployment), runtime, start, next, tried. `brief`: without sources,
   and without what changes nothing. */
struct lines words_verdict(struct arena *, const struct verdict *, bool brief);
/* Of a module: kind, size, sha256, features, debug; and what it takes the most of (--sizes). */
struct lines words_module(struct arena *, const struct report_module *);

/* "node 24.21.0: app.wasm is taken: instantiated" */
const char *words_proof(struct arena *, const struct proof *);
/* "cold start about 12 ms more than an empty worker (estimate from section sizes)"; NULL: nothing
   is known, or it is none. */
const char *words_estimate(struct arena *, const struct estimate *);
/* The same of a platform: "TITLE: cold start about ...". */
const char *words_module_estimate(struct arena *, const struct report_estimate *);
/* Of a bench: "12.3 ms", and "11.9 to 12.8"; NULL: not measured. */
const char *words_figure(struct arena *, enum bench_measure, const struct bench_number *);
const char *words_range(struct arena *, const struct bench_number *);
/* "-10.6 %", "within the noise"; NULL: nothing to compare. */
const char *words_change(struct arena *, const struct bench_row *, bool same);
const char *words_growth(struct arena *, double from, double to); /* "-10.6 %", "the same" */
/* Whether what ships is better beyond the noise; -1: worse, 0: cannot be told apart. */
int words_better(const struct bench_row *, bool same);
/* "workerd 2026-11-17"; the platform, its variant and "wasm-opt 132 -Oz". */
const char *words_runtime(struct arena *, const struct bench_runtime *);
const char *words_shipped(struct arena *, const struct bench_target *);
extern const char *const words_forms[BENCH_SUBJECTS];           /* "original", "shipped" */
extern const char words_bench_hint[];                           /* how the figures are to be read */
const char *words_kind(const struct wasm_info *);               /* "core module" */
const char *words_place(struct arena *, const struct place *);  /* "app.wasm, offset 41: i32" */
const char *words_host(struct arena *, const struct verdict *); /* platform and variant */
const char *words_answers(struct arena *, const struct report *); /* "2 targets: 1 compatible" */
const char *words_list(struct arena *, const char **, size_t);    /* "a, b" */

/* Safe for a log, and no longer than `most` bytes and an ellipsis. NULL is "". */
const char *words_safe(struct arena *, const char *text, size_t most);

/* "TARGET: feature multimemory": what a finding is called where there is room for a line. */
const char *words_title(struct arena *, const struct verdict *, const struct finding *);

/* Findings of a level. */
size_t words_findings(const struct verdict *, enum level);

/* The worst of all answers; NO also when the run failed. */
enum answer words_answer(const struct report *);

/* Verdicts worst first: no, unknown, yes; those of one answer in their order. */
const struct verdict **words_worst_first(struct arena *, const struct report *);

/* The rules, in the order of cli.md section 5. */
struct rule {
    const char *id, *title, *text; /* title: a few words; text: a sentence or two */
};
extern const struct rule words_rules[];
extern const size_t words_rule_count;
/* The index of the rule of that name; the last rule, "invalid", for an unknown one. */
size_t words_rule(const char *id);

#endif
