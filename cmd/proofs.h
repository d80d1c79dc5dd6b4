/* check --run and inspect --run: the modules in the runtimes found here. */
#ifndef CMD_PROOFS_H
#define CMD_PROOFS_H

#include "cmd/cmd.h"
#include "pkg/proof/proof.h"

/* What tries modules in this run; the project is the git work tree that we are in. */
struct prover *proofs_open(struct run *);

/* With --run: fills the proofs of each target's verdict, and what follows from them. */
int proofs_of_targets(struct run *, struct publish_result *, struct error *) MUST_CHECK;

/* With --run: fills the module's own proofs. */
int proofs_of_module(struct run *, struct report_module *, struct error *) MUST_CHECK;

#endif
