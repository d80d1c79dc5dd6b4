/* The two halves of the text report. Inside pkg/report only. */
#ifndef PKG_REPORT_TEXT_H
#define PKG_REPORT_TEXT_H

#include "pkg/report/print.h"

void text_module(struct printer *, const struct report *, const struct report_module *);
void text_summary(struct printer *, const struct report *, const struct report_module *);
/* "WebAssembly 2.0 with atomics": the version, and what is in none. */
const char *text_spec(struct arena *, const struct wasm_info *);

void text_sizes(struct printer *, const struct report_module *); /* text_sizes.c */

/* text_component.c */
void text_companions(struct printer *, const struct report_context *);
void text_worlds(struct printer *, const struct report_module *);    /* and the platforms */
void text_component(struct printer *, const struct report_module *); /* interfaces and modules */
void text_wit(struct printer *, const struct report_context *);

void text_matrix(struct printer *, const struct report *);
void text_verdict(struct printer *, const struct verdict *);

#endif
