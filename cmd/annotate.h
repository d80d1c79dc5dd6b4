/* A report where a GitHub workflow shows it: annotations, and the summary of the step. */
#ifndef CMD_ANNOTATE_H
#define CMD_ANNOTATE_H

#include "cmd/cmd.h"

/* Annotations on stderr (stdout holds the result and nothing else; the runner reads both) and the
   Markdown in the file that GITHUB_STEP_SUMMARY names. Nothing outside of a workflow
   (GITHUB_ACTIONS=true); fails no run. */
void annotate(struct run *, const struct report *);

#endif
