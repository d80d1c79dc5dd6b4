/* What the files of pkg/record share: the open repository. */
#ifndef PKG_RECORD_STORE_H
#define PKG_RECORD_STORE_H

#include <git2.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/record/record.h"

struct record_store {
    git_repository *repository;
    const struct world *world;
    const char *head, *work_tree, *folder; /* folder: where git is run */
};

/* FAULT_INPUT "what: libgit2's words". */
int store_fault(struct error *, const char *what);

/* The user's signature from environment or configuration, else ours; freed with the arena. NULL
   when out of memory. `is_ours` (may be NULL) tells which. */
git_signature *store_signature(struct arena *, struct record_store *, bool *is_ours);

#endif
