/* The part of a module's JSON that is not in its bytes. Inside pkg/report only. */
#ifndef PKG_REPORT_JSON_CONTEXT_H
#define PKG_REPORT_JSON_CONTEXT_H

#include "pkg/report/report.h"

/* Adds "companions" and, of a component, "wit" to the module and "worlds", "async" and "platforms"
   to its "component". */
void json_add_context(json_t *module, const struct report_context *);

#endif
