/* What inspect and check share: reading a module, writing one report in several formats. */
#ifndef CMD_REPORTS_H
#define CMD_REPORTS_H

#include "pkg/publish/publish.h"
#include "pkg/report/report.h"

struct run;

/* Reads and scans `path`; its sizes as in module_sizes. */
int read_module(struct run *, const char *path, struct report_module *out,
                struct error *) MUST_CHECK;

/* With --sizes, or when a report needs them: where the module's bytes are, and what it weighs
   compressed. */
void module_sizes(struct run *, struct report_module *);

/* A report of what was judged: modules and verdicts, with their places in the manifest. `modules`
   come out writable, for who has more to say of them. */
void reports_fill(struct run *, const struct publish_result *, struct report *out,
                  struct report_module **modules);

/* Are --format and each --report right? Sets run->writer; run->json too. */
int reports_choose(struct run *, struct error *) MUST_CHECK;

/* Does a report that was asked for need wasm_sizes and compressed sizes? */
bool reports_need_sizes(const struct run *);

/* The report to stdout in --format, and to each file of --report. */
int reports_write(struct run *, const struct report *, struct error *) MUST_CHECK;

/* The files alone: stdout says something else. All are tried; the first failure is the error. */
int reports_write_files(struct run *, const struct report *, struct error *) MUST_CHECK;

/* A run that failed before it had anything to report: each report says why. */
void reports_write_failure(struct run *, const struct error *);

#endif
