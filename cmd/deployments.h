/* What publish, rollback, verify and status tell: what their files share. */
#ifndef CMD_DEPLOYMENTS_H
#define CMD_DEPLOYMENTS_H

#include "cmd/cmd.h"

/* Is it this command that runs? */
bool deployments_is(const struct run *, const char *name);

/* status looks at what is live, the others at what they made. */
const struct deployment *deployments_shown(const struct run *, const struct prepared *);
unsigned deployments_percent(const struct deployment *); /* of the traffic */

const char *deployments_safe(struct run *, const char *text); /* to print; NULL becomes "" */
char *deployments_short(struct run *, const char *text, size_t size); /* NULL stays NULL */

/* Where what is live answers, a line each; `before` stands before the first one. */
void deployments_urls(struct run *, const struct publish_result *, const char *before);

/* Names of the exports that were removed from the target's modules. */
json_t *deployments_removed(const struct prepared *);

/* deployments_status.c */
void deployments_status(struct run *, const struct publish_result *);

#endif
