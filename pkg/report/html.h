/* The parts of the HTML report. Whatever comes from outside goes through `print`, which writes it
   so that no browser reads it as markup. Inside pkg/report only. */
#ifndef PKG_REPORT_HTML_H
#define PKG_REPORT_HTML_H

#include "pkg/report/print.h"
#include "pkg/report/report.h"

/* Where a fact is from, and when: one of the list at the end of the page. */
struct html_source {
    const char *text, *as_of; /* as_of NULL: the text says it, or nobody knows */
    const char *title;        /* of the platform whose profile has it */
};

struct html {
    struct arena *arena;
    FILE *file;
    const struct report *report;
    size_t written; /* bytes so far */
    struct html_source *sources;
    size_t source_count, source_capacity;
};

enum {
    HTML_MOST_SHOWN = 200,      /* rows of one list */
    HTML_MOST_FUNCTIONS = 1000, /* largest first; the rest is summed */
    HTML_MOST_BYTES = 280000,   /* and no more than that, however long their names are */
    HTML_LONGEST_NAME = 240,    /* characters of one name in a list */
};

/* Writes `template`, which is ours, with each mark replaced by the next argument, all of them
   `const char *`: %t text, %n a name from a module (isolated: its direction is its own), %m markup
   made here. NULL is nothing. */
void html_print(struct html *, const char *template, ...);

/* Text with what looks like an address (https) made a link. */
void html_linked(struct html *, const char *text);

/* A date, with its time of day or without; what is none stays text. */
void html_date(struct html *, const char *text);

/* "[3]", a link to the list of sources, which has each once. */
void html_cite(struct html *, const char *title, const char *text, const char *as_of);
void html_sources(struct html *);

/* A sign and its word, never colour alone: kind is "yes", "no", "part", "unknown" or "note". */
const char *html_badge(struct html *, const char *kind, const char *word);
const char *html_answer(struct html *, enum answer);
const char *html_support(struct html *, enum support);

const char *html_number(struct html *, uint64_t);
const char *html_bytes(struct html *, uint64_t); /* "1,048,576 bytes (1.0 MiB)" */
const char *html_short(struct html *, uint64_t); /* "1.0 MiB" */
const char *html_share(struct html *, uint64_t part, uint64_t whole); /* "12.5 %" */
const char *html_index(struct html *, size_t);                        /* plain digits, for ids */

const char *html_capital(struct html *, const char *); /* its first letter large */

/* The name, cut where it gets too long for a list. */
const char *html_fit(struct html *, const char *name);

/* "function 3 `name` (crate regex), offset 41: memory.copy, src/lib.rs:12" and the path. */
void html_place(struct html *, const struct place *, bool with_path);

/* The sections of the page, in its order. */
void html_matrix(struct html *);
void html_targets(struct html *);
void html_proofs(struct html *, const struct proof *, size_t count);
void html_target_extras(struct html *, const struct verdict *); /* all but its findings */
void html_bench(struct html *);
void html_features(struct html *);
void html_sizes(struct html *);
void html_modules(struct html *);
void html_component(struct html *, const struct report_module *);

/* "a/b.wasm" is "b.wasm". */
const char *html_base_name(const char *path);

/* What a heading has to say of which module it is about: nothing where there is but one. */
void html_module_heading(struct html *, const struct report_module *);
/* The heading of a part of that: one level deeper where there is one. `count` 0: not said. */
void html_subheading(struct html *, const char *title, size_t count);

#endif
