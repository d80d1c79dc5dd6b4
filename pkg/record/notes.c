#include <stdlib.h>
#include <string.h>

#include "pkg/base/bytes.h"
#include "pkg/record/store.h"

enum { APPEND_TRIES = 200, MOST_RECORDS = 1 << 20 };

/* The note on one commit: its blob. */
struct note {
    git_oid blob, commit;
};

static void free_commit(void *handle)
{
    git_commit_free(handle);
}

static void free_blob(void *handle)
{
    git_blob_free(handle);
}

static void free_iterator(void *handle)
{
    git_note_iterator_free(handle);
}

static void free_transaction(void *handle)
{
    git_transaction_free(handle);
}

/* The commit that the ref names; NULL when there are no notes yet. */
static int read_tip(struct arena *arena, struct record_store *store, git_commit **out,
                    struct error *error)
{
    git_oid id;
    *out = NULL;
    int status = git_reference_name_to_id(&id, store->repository, RECORD_REF);
    if (status == GIT_ENOTFOUND)
        return 0;
    if (status != 0 || git_commit_lookup(out, store->repository, &id) != 0)
        return store_fault(error, "cannot read '" RECORD_REF "'");
    arena_defer(arena, free_commit, *out);
    return 0;
}

/* All notes under `tip`, or only those on `only`. */
static int list_notes(struct arena *arena, git_commit *tip, const git_oid *only, struct note **out,
                      size_t *count, struct error *error)
{
    git_note_iterator *iterator = NULL;
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    if (!tip)
        return 0;
    if (git_note_commit_iterator_new(&iterator, tip) != 0)
        return store_fault(error, "cannot read '" RECORD_REF "'");
    arena_defer(arena, free_iterator, iterator);
    for (;;) {
        struct note note = {0};
        int status = git_note_next(&note.blob, &note.commit, iterator);
        if (status == GIT_ITEROVER)
            return 0;
        if (status != 0)
            return store_fault(error, "cannot read '" RECORD_REF "'");
        /* What is no note by its name comes out without a commit. */
        if (git_oid_is_zero(&note.commit) || (only && !git_oid_equal(only, &note.commit)))
            continue;
        *out = arena_grow(arena, *out, *count, &capacity, sizeof **out);
        (*out)[(*count)++] = note;
    }
}

static int read_blob(struct arena *arena, struct record_store *store, const git_oid *id,
                     struct bytes *out, struct error *error)
{
    git_blob *blob = NULL;
    if (git_blob_lookup(&blob, store->repository, id) != 0)
        return store_fault(error, "cannot read a note of '" RECORD_REF "'");
    arena_defer(arena, free_blob, blob);
    git_object_size_t size = git_blob_rawsize(blob);
    if (size > LIMIT_NOTE)
        return error_set(error, FAULT_INPUT, "a note of '" RECORD_REF "' is larger than %d bytes",
                         LIMIT_NOTE);
    *out = (struct bytes){git_blob_rawcontent(blob), (size_t)size};
    return 0;
}

/* What the note on `commit` holds under `tip`, then the lines. */
static int note_text(struct arena *arena, struct record_store *store, git_commit *tip,
                     const git_oid *commit, const char *lines, struct buffer **out,
                     struct error *error)
{
    struct note *notes;
    size_t count;
    *out = buffer_new(arena, LIMIT_NOTE);
    if (list_notes(arena, tip, commit, &notes, &count, error) != 0)
        return -1;
    int status = 0;
    for (size_t i = 0; i < count; i++) {
        struct bytes old;
        if (read_blob(arena, store, &notes[i].blob, &old, error) != 0)
            return -1;
        status |= buffer_add(*out, old.data, old.size);
        if (old.size && old.data[old.size - 1] != '\n')
            status |= buffer_add(*out, "\n", 1);
    }
    status |= buffer_add(*out, lines, strlen(lines));
    return status == 0 ? 0
                       : error_set(error, FAULT_INPUT, "the note on '%s' would grow over %d bytes",
                                   git_oid_tostr_s(commit), LIMIT_NOTE);
}

int record_can_write(struct record_store *store, struct error *error)
{
    git_transaction *transaction = NULL;
    if (git_transaction_new(&transaction, store->repository) != 0)
        return store_fault(error, "cannot write '" RECORD_REF "'");
    int status = git_transaction_lock_ref(transaction, RECORD_REF);
    if (status != 0 && status != GIT_ELOCKED)
        store_fault(error, "cannot write '" RECORD_REF "'");
    git_transaction_free(transaction);
    return status != 0 && status != GIT_ELOCKED ? -1 : 0;
}

/* Moves the ref from `tip` to `next` unless somebody else has moved it: 1 then, and 1 also when
   somebody holds the lock. The lock, and not git_reference_create_matching, because that one
   can't compare with "there is no such ref yet". */
static int swap(struct arena *arena, struct record_store *store, const git_signature *signature,
                const git_commit *tip, const git_oid *next, struct error *error)
{
    git_transaction *transaction = NULL;
    git_oid now;
    if (git_transaction_new(&transaction, store->repository) != 0)
        return store_fault(error, "cannot write '" RECORD_REF "'");
    arena_defer(arena, free_transaction, transaction);
    int status = git_transaction_lock_ref(transaction, RECORD_REF);
    if (status == GIT_ELOCKED) {
        (void)store_break_lock(store); /* the next try will see */
        return 1;
    }
    if (status != 0)
        return store_fault(error, "cannot lock '" RECORD_REF "'");
    status = git_reference_name_to_id(&now, store->repository, RECORD_REF);
    if (status != 0 && status != GIT_ENOTFOUND)
        return store_fault(error, "cannot read '" RECORD_REF "'");
    if (tip ? status != 0 || !git_oid_equal(&now, git_commit_id(tip)) : status == 0)
        return 1;
    if (git_transaction_set_target(transaction, RECORD_REF, next, signature,
                                   "edge-deploy: record") != 0 ||
        git_transaction_commit(transaction) != 0)
        return store_fault(error, "cannot write '" RECORD_REF "'");
    return 0;
}

/* One try: 0 done, 1 somebody else was first, -1 failed. */
static int append_once(struct arena *arena, struct record_store *store, const git_oid *commit,
                       const char *lines, struct error *error)
{
    git_commit *tip;
    struct buffer *text;
    git_oid next;
    git_signature *signature = store_signature(arena, store, NULL);
    if (!signature)
        return store_fault(error, "cannot make a signature");
    if (read_tip(arena, store, &tip, error) != 0 ||
        note_text(arena, store, tip, commit, lines, &text, error) != 0)
        return -1;
    if (git_note_commit_create(&next, NULL, store->repository, tip, signature, signature, commit,
                               buffer_text(text), 1) != 0)
        return store_fault(error, "cannot write a note");
    return swap(arena, store, signature, tip, &next, error);
}

static int join_lines(struct arena *arena, const struct record *records, size_t count,
                      const char **out, struct error *error)
{
    struct buffer *lines = buffer_new(arena, LIMIT_NOTE);
    for (size_t i = 0; i < count; i++)
        if (buffer_printf(lines, "%s\n", record_line(arena, &records[i])) != 0)
            return error_set(error, FAULT_INPUT, "the records are larger than %d bytes",
                             LIMIT_NOTE);
    *out = buffer_text(lines);
    return 0;
}

static void wait_a_little(struct record_store *store)
{
    uint8_t noise = 0;
    store->world->random(store->world->context, &noise, sizeof noise);
    world_sleep(store->world, 2 + noise % 32);
}

int record_append(struct arena *arena, struct record_store *store, const char *commit,
                  const struct record *records, size_t count, struct error *error)
{
    git_oid id;
    const char *lines = "";
    if (join_lines(arena, records, count, &lines, error) != 0)
        return -1;
    if (git_oid_fromstr(&id, commit) != 0)
        return error_set(error, FAULT_INPUT, "'%s' is no commit", commit);
    for (int i = 0; i < APPEND_TRIES; i++) {
        struct arena scratch = {0};
        int status = append_once(&scratch, store, &id, lines, error);
        arena_free(&scratch);
        if (status <= 0)
            return status;
        wait_a_little(store);
    }
    error_set(error, FAULT_INPUT, "cannot write '" RECORD_REF "': another process keeps it locked");
    return error_hint(error, "end the other git process, or remove a stale .lock file");
}

/* The records of one note, oldest first. */
struct listing {
    struct record *records;
    size_t count, capacity, skipped;
};

static bool is_blank(const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

static void read_lines(struct arena *arena, struct bytes text, const char *commit,
                       struct listing *listing)
{
    const char *at = (const char *)text.data, *end = at + text.size;
    while (at < end && listing->count < MOST_RECORDS) {
        const char *line = at, *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        at = stop + 1;
        struct record record;
        if (is_blank(line, (size_t)(stop - line)))
            continue;
        if (record_parse(arena, line, (size_t)(stop - line), &record) != 0) {
            listing->skipped++;
            continue;
        }
        record.commit = commit;
        listing->records = arena_grow(arena, listing->records, listing->count, &listing->capacity,
                                      sizeof *listing->records);
        listing->records[listing->count++] = record;
    }
}

/* Newest first; of the same time the one that stands later. */
struct sortable {
    struct record record;
    size_t place;
};

static int by_time(const void *a, const void *b)
{
    const struct sortable *x = a, *y = b;
    int order = strcmp(y->record.time, x->record.time);
    return order ? order : (x->place < y->place) - (x->place > y->place);
}

static void sort_records(struct listing *listing)
{
    struct arena scratch = {0};
    struct sortable *rows = arena_alloc(&scratch, listing->count, sizeof *rows);
    for (size_t i = 0; i < listing->count; i++)
        rows[i] = (struct sortable){listing->records[i], i};
    if (listing->count)
        qsort(rows, listing->count, sizeof *rows, by_time);
    for (size_t i = 0; i < listing->count; i++)
        listing->records[i] = rows[i].record;
    arena_free(&scratch);
}

static int read_notes(struct arena *arena, struct record_store *store, const struct note *notes,
                      size_t count, struct listing *listing, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct arena scratch = {0};
        struct bytes text;
        char *commit = arena_alloc(arena, GIT_OID_HEXSZ + 1, 1);
        git_oid_tostr(commit, GIT_OID_HEXSZ + 1, &notes[i].commit);
        int status = read_blob(&scratch, store, &notes[i].blob, &text, error);
        if (status == 0)
            read_lines(arena, text, commit, listing);
        arena_free(&scratch);
        if (status != 0)
            return -1;
    }
    return 0;
}

int record_list(struct arena *arena, struct record_store *store, const char *commit,
                struct record **out, size_t *count, size_t *skipped, struct error *error)
{
    struct arena scratch = {0};
    struct listing listing = {0};
    struct note *notes;
    git_commit *tip;
    git_oid only;
    size_t note_count;
    if (commit && git_oid_fromstr(&only, commit) != 0)
        return error_set(error, FAULT_INPUT, "'%s' is no commit", commit);
    int status = read_tip(&scratch, store, &tip, error);
    if (status == 0 && !commit)
        store->seen = tip ? *git_commit_id(tip) : (git_oid){{0}};
    if (status == 0)
        status = list_notes(&scratch, tip, commit ? &only : NULL, &notes, &note_count, error);
    if (status == 0)
        status = read_notes(arena, store, notes, note_count, &listing, error);
    arena_free(&scratch);
    if (status != 0)
        return -1;
    sort_records(&listing);
    *out = listing.records;
    *count = listing.count;
    *skipped = listing.skipped;
    return 0;
}

const char *store_newest_time(struct arena *arena, struct record_store *store)
{
    struct record *records;
    struct error ignored;
    size_t count, skipped;
    git_oid tip = {{0}};
    (void)git_reference_name_to_id(&tip, store->repository, RECORD_REF);
    if (git_oid_equal(&tip, &store->seen) ||
        record_list(arena, store, NULL, &records, &count, &skipped, &ignored) != 0 || count == 0)
        return NULL;
    return records[0].time;
}
