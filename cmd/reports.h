/* What inspect and check share: reading a module, writing one report in several formats. */
#ifndef CMD_REPORTS_H
#define CMD_REPORTS_H

#include "pkg/report/report.h"

struct run;

/* Reads and scans `path`; the gzip size only with --sizes. */
int read_module(struct run *, const char *path, struct report_module *out,
                struct error *) MUST_CHECK;

/* The report to stdout in --format, and to each file of --report. */
int reports_write(struct run *, const struct report *, struct error *) MUST_CHECK;

#endif
