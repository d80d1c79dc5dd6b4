/* What the user typed, from one table: getopt_long, --help, completions and the manual page come
   from it. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "pkg/base/error.h"
#include "pkg/manifest/manifest.h"

struct arena;
struct command;

/* Which commands take an option; an option of OPTION_FOR_ALL is global. */
enum {
    OPTION_FOR_ALL = 1,
    OPTION_FOR_INSPECT = 2,
    OPTION_FOR_CHECK = 4,
    OPTION_FOR_BUILD = 8, /* optimize, publish, package, bench */
    OPTION_FOR_OUTPUT = 16,
    OPTION_FOR_PUBLISH = 32,
    OPTION_FOR_VERIFY = 64,
    OPTION_FOR_ROLLBACK = 128,
    OPTION_FOR_SANDBOX = 256,
    OPTION_FOR_INIT = 512,
    OPTION_FOR_PLATFORMS = 1024,
    OPTION_FOR_BENCH = 2048,
    OPTION_FOR_REPORTS =
        OPTION_FOR_INSPECT | OPTION_FOR_CHECK | OPTION_FOR_PUBLISH | OPTION_FOR_BENCH,
};

struct options {
    /* global */
    const char *folder, *config, *environment, *profile, *format;
    struct words targets, platforms, reports;
    bool strict, sandbox, quiet, verbose, no_color, no_input, help, version;
    /* of single commands */
    bool sizes, run, no_cache, dry_run, stage, staged, force, overwrite, no_record, push_record,
        no_wait, schema;
    const char *optimizer, *output, *wit, *wit_world, *to, *state, *fault, *journal, *template;
    long traffic, jobs, timeout, port, latency, rate_scale;
    /* what stands behind the options */
    const char **operands;
    size_t operand_count;
};

struct option_row {
    const char *name;     /* "dry-run" */
    char letter;          /* 'n', or 0 */
    const char *argument; /* "NAME", or NULL */
    const char *help;
    unsigned commands; /* OPTION_FOR_... */
    enum { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_WORDS } type;
    size_t offset; /* of its member in struct options */
    long minimum, maximum;
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* Reads all options and finds the command (the first operand, which is then no operand any more).
   FAULT_INPUT with the nearest right word; what was read so far stays in `out` (so that
   --format json is known on failure too). `command` may come out NULL: none was given. */
int options_read(struct arena *, int argc, char **argv, struct options *out,
                 const struct command **command, struct error *) MUST_CHECK;

/* True when `command` takes the option of that row. */
bool option_is_for(const struct option_row *, const struct command *command);

#endif
