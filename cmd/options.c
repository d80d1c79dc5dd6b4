#include "cmd/options.h"

#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "pkg/base/arena.h"
#include "pkg/base/text.h"

#define AT(member) offsetof(struct options, member)

const struct option_row option_rows[] = {
    {"directory", 'C', "DIR", "run as if started in DIR", OPTION_FOR_ALL, OPTION_TEXT, AT(folder),
     0, 0},
    {"config", 'c', "FILE", "the manifest (default edge-deploy.json, found upward)", OPTION_FOR_ALL,
     OPTION_TEXT, AT(config), 0, 0},
    {"env", 0, "NAME", "merge environments.NAME over the manifest", OPTION_FOR_ALL, OPTION_TEXT,
     AT(environment), 0, 0},
    {"target", 't', "NAME", "only this target (repeatable)", OPTION_FOR_ALL, OPTION_WORDS,
     AT(targets), 0, 0},
    {"platform", 0, "NAME[@VARIANT]",
     "check against this platform, without a manifest (repeatable)", OPTION_FOR_ALL, OPTION_WORDS,
     AT(platforms), 0, 0},
    {"profile", 0, "FILE", "use this profile instead of the built-in one", OPTION_FOR_ALL,
     OPTION_TEXT, AT(profile), 0, 0},
    {"format", 0, "FORMAT", "what stdout holds: text or json (check: any)", OPTION_FOR_ALL,
     OPTION_TEXT, AT(format), 0, 0},
    {"report", 0, "FORMAT=FILE", "write a further report of the same run (repeatable)",
     OPTION_FOR_REPORTS, OPTION_WORDS, AT(reports), 0, 0},
    {"strict", 0, NULL, "an unknown counts as a no", OPTION_FOR_ALL, OPTION_FLAG, AT(strict), 0, 0},
    {"sandbox", 0, NULL, "the built-in platforms instead of the real ones", OPTION_FOR_ALL,
     OPTION_FLAG, AT(sandbox), 0, 0},
    {"quiet", 'q', NULL, "no progress on stderr", OPTION_FOR_ALL, OPTION_FLAG, AT(quiet), 0, 0},
    {"verbose", 'v', NULL, "more words on stderr", OPTION_FOR_ALL, OPTION_FLAG, AT(verbose), 0, 0},
    {"no-color", 0, NULL, "no colours", OPTION_FOR_ALL, OPTION_FLAG, AT(no_color), 0, 0},
    {"no-input", 0, NULL, "never ask", OPTION_FOR_ALL, OPTION_FLAG, AT(no_input), 0, 0},
    {"help", 'h', NULL, "show help", OPTION_FOR_ALL, OPTION_FLAG, AT(help), 0, 0},
    {"version", 0, NULL, "show the version", OPTION_FOR_ALL, OPTION_FLAG, AT(version), 0, 0},

    {"template", 0, "NAME",
     "c (default), rust, assemblyscript; image-c, image-rust, image-assemblyscript",
     OPTION_FOR_INIT, OPTION_TEXT, AT(template), 0, 0},
    {"sizes", 0, NULL, "sizes of the sections, compressed size",
     OPTION_FOR_INSPECT | OPTION_FOR_CHECK, OPTION_FLAG, AT(sizes), 0, 0},
    {"run", 0, NULL, "also instantiate in the runtimes found here, in a child with limits",
     OPTION_FOR_INSPECT | OPTION_FOR_CHECK, OPTION_FLAG, AT(run), 0, 0},
    {"wit", 0, "DIR", "compare the component with a world of this WIT (needs wasm-tools or jco)",
     OPTION_FOR_INSPECT | OPTION_FOR_CHECK, OPTION_TEXT, AT(wit), 0, 0},
    {"world", 0, "NAME", "the world of --wit to compare with",
     OPTION_FOR_INSPECT | OPTION_FOR_CHECK, OPTION_TEXT, AT(wit_world), 0, 0},
    {"output", 'o', "PATH", "where to write the product", OPTION_FOR_OUTPUT, OPTION_TEXT,
     AT(output), 0, 0},
    {"optimizer", 0, "PATH", "the wasm-opt to use (default: EDGE_DEPLOY_WASM_OPT, then PATH)",
     OPTION_FOR_BUILD, OPTION_TEXT, AT(optimizer), 0, 0},
    {"no-cache", 0, NULL, "optimize anew", OPTION_FOR_BUILD, OPTION_FLAG, AT(no_cache), 0, 0},
    {"dry-run", 'n', NULL, "all up to the first changing request", OPTION_FOR_PUBLISH, OPTION_FLAG,
     AT(dry_run), 0, 0},
    {"stage", 0, NULL, "upload, do not activate", OPTION_FOR_PUBLISH, OPTION_FLAG, AT(stage), 0, 0},
    {"traffic", 0, "PERCENT", "share of the traffic for the new version", OPTION_FOR_PUBLISH,
     OPTION_NUMBER, AT(traffic), 1, 100},
    {"force", 0, NULL, "publish although this artifact is live", OPTION_FOR_PUBLISH, OPTION_FLAG,
     AT(force), 0, 0},
    {"overwrite", 0, NULL, "go on although somebody else deployed in between",
     OPTION_FOR_PUBLISH | OPTION_FOR_ROLLBACK, OPTION_FLAG, AT(overwrite), 0, 0},
    {"no-record", 0, NULL, "write no git note", OPTION_FOR_PUBLISH | OPTION_FOR_ROLLBACK,
     OPTION_FLAG, AT(no_record), 0, 0},
    {"push-record", 0, NULL, "push the notes to the remote",
     OPTION_FOR_PUBLISH | OPTION_FOR_ROLLBACK, OPTION_FLAG, AT(push_record), 0, 0},
    {"no-wait", 0, NULL, "do not wait for propagation", OPTION_FOR_PUBLISH | OPTION_FOR_ROLLBACK,
     OPTION_FLAG, AT(no_wait), 0, 0},
    {"jobs", 0, "N", "targets at the same time (default: all)", OPTION_FOR_PUBLISH, OPTION_NUMBER,
     AT(jobs), 1, 64},
    {"timeout", 0, "SECONDS", "how long to wait", OPTION_FOR_VERIFY, OPTION_NUMBER, AT(timeout), 1,
     3600},
    {"staged", 0, NULL, "what is staged, instead of what is live", OPTION_FOR_VERIFY, OPTION_FLAG,
     AT(staged), 0, 0},
    {"to", 0, "COMMIT|VERSION", "which deployment (default: the one before)", OPTION_FOR_ROLLBACK,
     OPTION_TEXT, AT(to), 0, 0},
    {"port", 0, "N", "port to listen on (0: any free one)", OPTION_FOR_SANDBOX, OPTION_NUMBER,
     AT(port), 0, 65535},
    {"state", 0, "DIR", "where its state lies (default .edge-deploy/sandbox)", OPTION_FOR_SANDBOX,
     OPTION_TEXT, AT(state), 0, 0},
    {"latency", 0, "MS", "wait before each answer", OPTION_FOR_SANDBOX, OPTION_NUMBER, AT(latency),
     0, 60000},
    {"fault", 0, "SPEC", "METHOD PATH-GLOB[#N|#N-M]=ACTION[,...]", OPTION_FOR_SANDBOX, OPTION_TEXT,
     AT(fault), 0, 0},
    {"rate-scale", 0, "N", "divide the request quotas by N", OPTION_FOR_SANDBOX, OPTION_NUMBER,
     AT(rate_scale), 1, 1000000},
    {"journal", 0, "FILE", "a JSON line a request", OPTION_FOR_SANDBOX, OPTION_TEXT, AT(journal), 0,
     0},
    {"schema", 0, NULL, "print the manifest's JSON Schema", OPTION_FOR_PLATFORMS, OPTION_FLAG,
     AT(schema), 0, 0},
};

const size_t option_row_count = sizeof option_rows / sizeof *option_rows;

enum { ROWS = sizeof option_rows / sizeof *option_rows, LONG_BASE = 1000 };

bool option_is_for(const struct option_row *row, const struct command *command)
{
    return (row->commands & (OPTION_FOR_ALL | command->options)) != 0;
}

/* A number of defaults that are not zero. */
static void set_defaults(struct options *out)
{
    *out = (struct options){.rate_scale = 1};
}

static void add_word(struct arena *arena, struct words *words, const char *word)
{
    const char **items = arena_alloc(arena, words->count + 1, sizeof *items);
    if (words->count)
        memcpy(items, words->items, words->count * sizeof *items);
    items[words->count] = word;
    *words = (struct words){items, words->count + 1};
}

static int set_number(const struct option_row *row, const char *text, long *out,
                      struct error *error)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end || value < row->minimum || value > row->maximum)
        return error_set(error, FAULT_INPUT,
                         "option '--%s' takes a number from %ld to %ld, not '%s'", row->name,
                         row->minimum, row->maximum, text);
    *out = value;
    return 0;
}

static int set_option(struct arena *arena, const struct option_row *row, char *argument,
                      struct options *out, struct error *error)
{
    void *member = (char *)out + row->offset;
    switch (row->type) {
    case OPTION_FLAG:
        *(bool *)member = true;
        return 0;
    case OPTION_TEXT:
        *(const char **)member = argument;
        return 0;
    case OPTION_WORDS:
        add_word(arena, member, argument);
        return 0;
    case OPTION_NUMBER:
        return set_number(row, argument, member, error);
    }
    return 0;
}

static int unknown_option(const char *word, struct error *error)
{
    const char *names[ROWS];
    char name[64] = "";
    for (size_t i = 0; i < ROWS; i++)
        names[i] = option_rows[i].name;
    while (*word == '-')
        word++;
    size_t size = strcspn(word, "=");
    if (size < sizeof name)
        memcpy(name, word, size);
    error_set(error, FAULT_INPUT, "unknown option '--%.*s'", (int)(size < 60 ? size : 60), word);
    const char *nearest = text_nearest(name, names, ROWS);
    if (nearest)
        return error_hint(error, "did you mean '--%s'?", nearest);
    return error_hint(error, "run 'edge-deploy --help' for the options");
}

static int find_command(const char *word, const struct command **command, struct error *error)
{
    const char *names[64];
    for (size_t i = 0; i < command_count; i++) {
        names[i] = commands[i]->name;
        if (strcmp(word, names[i]) == 0) {
            *command = commands[i];
            return 0;
        }
    }
    error_set(error, FAULT_INPUT, "unknown command '%s'", word);
    const char *nearest = text_nearest(word, names, command_count);
    if (nearest)
        return error_hint(error, "did you mean '%s'?", nearest);
    return error_hint(error, "run 'edge-deploy --help' for the commands");
}

/* Fills getopt's table and its letters; a row's value is LONG_BASE + its index. */
static void fill_tables(struct option long_options[ROWS + 1], char letters[2 * ROWS + 2])
{
    char *letter = letters;
    *letter++ = ':';
    for (size_t i = 0; i < ROWS; i++) {
        const struct option_row *row = &option_rows[i];
        long_options[i] = (struct option){
            row->name, row->argument ? required_argument : no_argument, NULL, LONG_BASE + (int)i};
        if (row->letter) {
            *letter++ = row->letter;
            if (row->argument)
                *letter++ = ':';
        }
    }
    long_options[ROWS] = (struct option){NULL, 0, NULL, 0};
    *letter = '\0';
}

static const struct option_row *row_of(int value)
{
    if (value >= LONG_BASE)
        return &option_rows[value - LONG_BASE];
    for (size_t i = 0; i < ROWS; i++)
        if (option_rows[i].letter == value)
            return &option_rows[i];
    return NULL;
}

static int bad_option(int value, char **argv, struct error *error)
{
    const char *word = argv[optind - 1];
    if (value != ':' && optopt >= LONG_BASE)
        return error_set(error, FAULT_INPUT, "option '--%s' takes no value", row_of(optopt)->name);
    if (value != ':')
        return optopt > 0 && optopt < 128
                   ? error_set(error, FAULT_INPUT, "unknown option '-%c'", optopt)
                   : unknown_option(word, error);
    const struct option_row *row = row_of(optopt);
    error_set(error, FAULT_INPUT, "option '--%s' needs a value", row ? row->name : word);
    return error_hint(error, "write --%s %s", row ? row->name : word,
                      row ? row->argument : "VALUE");
}

/* Which options were given, so that those of other commands can be refused. */
static int check_options(const bool given[ROWS], const struct command *command, struct error *error)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (given[i] && !option_is_for(&option_rows[i], command)) {
            error_set(error, FAULT_INPUT, "option '--%s' is not for '%s'", option_rows[i].name,
                      command->name);
            return error_hint(error, "run 'edge-deploy %s --help' for its options", command->name);
        }
    }
    return 0;
}

static int check_operands(const struct options *options, const struct command *command,
                          struct error *error)
{
    if (options->operand_count <= command->operand_limit)
        return 0;
    error_set(error, FAULT_INPUT, "'%s' does not take '%s'", command->name,
              options->operands[command->operand_limit]);
    return error_hint(error, "usage: edge-deploy %s%s%s", command->name,
                      command->operands[0] ? " " : "", command->operands);
}

int options_read(struct arena *arena, int argc, char **argv, struct options *out,
                 const struct command **command, struct error *error)
{
    struct option long_options[ROWS + 1];
    char letters[2 * ROWS + 2];
    bool given[ROWS] = {false};
    int value;
    set_defaults(out);
    *command = NULL;
    fill_tables(long_options, letters);
    opterr = 0;
    while ((value = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        const struct option_row *row = value == ':' || value == '?' ? NULL : row_of(value);
        if (!row)
            return bad_option(value, argv, error);
        given[row - option_rows] = true;
        if (set_option(arena, row, optarg, out, error) != 0)
            return -1;
    }
    out->operands = arena_alloc(arena, (size_t)(argc - optind) + 1, sizeof *out->operands);
    for (int i = optind + 1; i < argc; i++)
        out->operands[out->operand_count++] = argv[i];
    if (optind >= argc)
        return 0;
    if (find_command(argv[optind], command, error) != 0 ||
        check_options(given, *command, error) != 0)
        return -1;
    return out->help ? 0 : check_operands(out, *command, error);
}
