/* What the files of pkg/record share: the open repository. */
#ifndef PKG_RECORD_STORE_H
#define PKG_RECORD_STORE_H

#include <git2.h>
#include <stdbool.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/record/record.h"

struct record_store {
    git_repository *repository;
    const struct world *world;
    const char *head, *work_tree, *folder; /* folder: where git is run */
    git_oid seen; /* the tip whose records record_list() has read; zero: there was none */
};

/* FAULT_INPUT "what: libgit2's words". */
int store_fault(struct error *, const char *what);

/* Removes a lock of the notes' ref that nobody can be holding any more: a process was killed with
   it. False when there is none as old as that. */
bool store_break_lock(struct record_store *);

/* The time of the newest record, when others have written since record_list(); else NULL. */
const char *store_newest_time(struct arena *, struct record_store *);

/* The user's signature from environment or configuration, else ours; freed with the arena. NULL
   when out of memory. `is_ours` (may be NULL) tells which. */
git_signature *store_signature(struct arena *, struct record_store *, bool *is_ours);

#endif
