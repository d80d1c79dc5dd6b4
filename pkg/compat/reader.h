/* Reads the objects of a profile strictly, from tables of keys: an unknown key, a missing one and
   a wrong type are each FAULT_INPUT with the JSON path. Knows nothing of what they mean. */
#ifndef PKG_COMPAT_READER_H
#define PKG_COMPAT_READER_H

#include <jansson.h>
#include <stdbool.h>

#include "pkg/base/error.h"

struct arena;

struct reader {
    struct arena *arena;
    const char *text, *origin; /* the document, for the line of a mistake; its name */
    struct error *error;
};

enum key_kind {
    KEY_TEXT,   /* not empty; const char * */
    KEY_DATE,   /* YYYY-MM-DD; const char * */
    KEY_CHOICE, /* one of `choices`; const char * */
    KEY_NUMBER, /* not negative; double */
    KEY_FLAG,   /* bool */
    KEY_WORDS,  /* array of texts; const char ** at `offset`, size_t at `second` */
    KEY_PAIR,   /* {"key": "text"}; const char * at `offset` and at `second` */
    KEY_OBJECT, /* json_t * */
    KEY_ARRAY,  /* json_t * */
};

struct key {
    const char *name;
    enum key_kind kind;
    bool required;
    size_t offset, second; /* where in the struct it goes */
    const char *const *choices;
};

struct key_table {
    const struct key *keys;
    size_t count;
};

#define KEY_TABLE(keys) ((struct key_table){(keys), sizeof(keys) / sizeof *(keys)})

int reader_fault(struct reader *, const char *path, const char *format, ...) PRINTF_LIKE(3, 4);

/* "did you mean ...?", or all the words when none is near. Returns -1. */
int reader_suggest(struct reader *, const char *word, const char *const *words, size_t count);

int reader_object(struct reader *, const char *path, const json_t *, struct key_table,
                  void *out) MUST_CHECK;

/* A struct of `size` bytes for each member of the object, whose key goes to the struct's first
   member (const char *name); or for each element of the array. NULL stands for none. */
int reader_members(struct reader *, const char *path, const json_t *, struct key_table, size_t size,
                   void *out, size_t *count) MUST_CHECK;
int reader_elements(struct reader *, const char *path, const json_t *, struct key_table,
                    size_t size, void *out, size_t *count) MUST_CHECK;

#endif
