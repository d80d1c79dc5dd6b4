/* The two halves of the text report. Inside pkg/report only. */
#ifndef PKG_REPORT_TEXT_H
#define PKG_REPORT_TEXT_H

#include "pkg/report/print.h"

void text_module(struct printer *, const struct report_module *, bool with_sizes);
void text_summary(struct printer *, const struct report_module *); /* in one line */
void text_matrix(struct printer *, const struct report *);
void text_verdict(struct printer *, const struct verdict *);

#endif
