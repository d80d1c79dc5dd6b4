/* What a command that judges [FILE] is about: the manifest's targets, or platforms without one. */
#ifndef CMD_CHOOSE_H
#define CMD_CHOOSE_H

#include "pkg/base/error.h"

struct run;

/* Without a manifest a target each of --platform, or of all platforms, that ships FILE. */
int choose_targets(struct run *, struct error *) MUST_CHECK;

#endif
