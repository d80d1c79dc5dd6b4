/* What a GitHub Actions runner is told beside the reports: the outputs of the step, appended to the
   file that GITHUB_OUTPUT names. Without that variable nothing here does anything. A contract:
   .github/actions/edge-deploy/README.md lists the names. */
#ifndef CMD_GITHUB_H
#define CMD_GITHUB_H

#include "cmd/cmd.h"

/* publish_options.attempt: mutation-attempted=true, at once, so that a job which is ended in the
   middle has it. */
void github_attempt(void *run);

/* verdict, commit; of a command that deploys also mutation-attempted, changed, deployments, and
   version-TARGET, previous-version-TARGET, url-TARGET. A platform that only one target names, and
   whose name no target has, counts as a name of that target. */
void github_outputs(struct run *, const struct publish_result *);

/* The commit that was looked at: of a pull request its head, which the event's file names (the
   checked out commit is a merge that belongs to no branch), else GITHUB_SHA. NULL outside. */
const char *github_commit(struct run *);

#endif
