/* What verify has to show besides what all that deploys shows. */
#ifndef CMD_VERIFIED_H
#define CMD_VERIFIED_H

#include "cmd/cmd.h"

/* Adds recorded (or staged), live and local digest, and which of them are the same. */
void verified_json(const struct run *, const struct prepared *, json_t *json);
void verified_text(struct run *, const struct publish_result *);

#endif
