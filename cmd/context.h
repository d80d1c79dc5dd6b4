/* What is said of a module beyond its bytes: worlds, platforms, companions, --wit. */
#ifndef CMD_CONTEXT_H
#define CMD_CONTEXT_H

#include "cmd/cmd.h"

/* Fills module->context. With --wit the world is read and compared. */
int module_context(struct run *, struct report_module *, struct error *) MUST_CHECK;

/* Fills module->estimates, of the platforms that have figures; nothing where sizes are not asked.
 */
int module_estimates(struct run *, struct report_module *, struct error *) MUST_CHECK;

/* The platforms' profiles, as they stand by default. */
int context_profiles(struct run *, struct profile **out, size_t *count, struct error *) MUST_CHECK;

#endif
