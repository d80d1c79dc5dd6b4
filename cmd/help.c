#include "cmd/help.h"

#include <string.h>

#include "cmd/cmd.h"
#include "pkg/base/text.h"

/* What the exit code says; cli.md section 3 of the design, and the manual page. */
static const struct {
    int code;
    const char *meaning;
} exit_codes[] = {
    {0, "done"},
    {1, "the network or a platform refused; nothing new is live"},
    {2, "command line, manifest, credential, repository or module unusable"},
    {3, "incompatible with a target, or over a budget"},
    {4, "partly done; the output names what is live"},
    {5, "live and recorded, but verification failed"},
};

static const struct {
    const char *name, *meaning;
} variables[] = {
    {"EDGE_DEPLOY_WASM_OPT", "the wasm-opt to use"},
    {"EDGE_DEPLOY_CACHE_SIZE", "MiB of optimized modules to keep (512); 0: none"},
    {"EDGE_DEPLOY_NODE, EDGE_DEPLOY_WORKERD, EDGE_DEPLOY_VICEROY, EDGE_DEPLOY_WASMTIME",
     "the runtimes that --run tries first: absolute paths, separated by colons"},
    {"SOURCE_DATE_EPOCH", "seconds since 1970 to write instead of the time"},
    {"NO_COLOR", "no colours when set"},
};

static const char *argument_text(const struct option_row *row)
{
    return row->argument ? row->argument : "";
}

static void print_option(const struct option_row *row)
{
    char left[64];
    snprintf(left, sizeof left, "%s%c%s--%s%s%s", row->letter ? "-" : " ",
             row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
             row->argument ? " " : "", argument_text(row));
    if (strlen(left) > 28)
        printf("  %s\n  %-28s  %s\n", left, "", row->help);
    else
        printf("  %-28s  %s\n", left, row->help);
}

static void print_options(unsigned takers)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].commands & takers)
            print_option(&option_rows[i]);
}

static void print_formats(void)
{
    struct arena scratch = {0};
    printf("\nformats: %s\n", report_writer_names(&scratch));
    arena_free(&scratch);
}

static void print_command_help(const struct command *command)
{
    printf("%s\n\nusage: edge-deploy %s [options]%s%s\n", command->summary, command->name,
           command->operands[0] ? " " : "", command->operands);
    if (command->options) {
        puts("\noptions:");
        print_options(command->options);
    }
    puts("\nglobal options:");
    print_options(OPTION_FOR_ALL);
    if (command->options & OPTION_FOR_REPORTS)
        print_formats();
}

static void print_program_help(void)
{
    puts("Checks, optimizes and deploys WebAssembly to the edge.\n\n"
         "usage: edge-deploy <command> [options]\n\ncommands:");
    for (size_t i = 0; i < command_count; i++)
        printf("  %-11s %s\n", commands[i]->name, commands[i]->summary);
    puts("\nglobal options:");
    print_options(OPTION_FOR_ALL);
    puts("\nexit codes:");
    for (size_t i = 0; i < sizeof exit_codes / sizeof *exit_codes; i++)
        printf("  %d  %s\n", exit_codes[i].code, exit_codes[i].meaning);
    puts("\nFirst steps: edge-deploy init && edge-deploy publish --sandbox");
}

int help_version(void)
{
    puts("edge-deploy " EDGE_DEPLOY_VERSION);
    return 0;
}

int help_print(const struct command *command)
{
    if (command)
        print_command_help(command);
    else
        print_program_help();
    return 0;
}

/* A line of roff: a minus is written \-, so that it can be copied. */
static void roff(const char *text)
{
    for (; *text; text++)
        if (*text == '-' || *text == '\\')
            printf("\\%c", *text);
        else
            putchar(*text);
}

static void manual_option(const struct option_row *row)
{
    puts(".TP");
    printf("\\fB");
    if (row->letter)
        printf("\\-%c\\fR, \\fB", row->letter);
    roff("--");
    roff(row->name);
    if (row->argument)
        printf("\\fR \\fI%s", row->argument);
    puts("\\fR");
    roff(row->help);
    putchar('\n');
}

static void manual_command(const struct command *command)
{
    printf(".SS edge\\-deploy %s%s", command->name, command->operands[0] ? " " : "");
    roff(command->operands);
    putchar('\n');
    roff(command->summary);
    putchar('\n');
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].commands & command->options)
            manual_option(&option_rows[i]);
}

static void manual_formats(void)
{
    puts(".SH REPORTS\n"
         "One run of check, inspect or publish writes any number of reports, each\n"
         ".BI \"\\-\\-report \" FORMAT = FILE .\n"
         "All say the same. A file is whole or not there. The formats:");
    for (size_t i = 0; i < report_writer_count; i++)
        printf(".TP\n.B %s\n%s\n", report_writers[i].name, report_writers[i].meaning);
}

static void manual_rollback(void)
{
    puts(".SH ROLLING BACK\n"
         "Without\n.B \\-\\-to\nrollback makes the version live that was live before, each time "
         "one\n"
         "further back; it never goes forward again to a version that was rolled back from.\n"
         ".BI \\-\\-to \" COMMIT\\fR|\\fIVERSION\"\ngoes in either direction. Without notes it "
         "goes by what "
         "the platform\nremembers, and says so. What has a share of the traffic (publish\n"
         ".BR \\-\\-traffic )\nis taken back as a whole.");
}

static void print_manual(struct run *run)
{
    printf(".TH EDGE\\-DEPLOY 1 \"%s\" \"edge\\-deploy " EDGE_DEPLOY_VERSION "\"\n",
           run_today(run));
    puts(".SH NAME\n"
         "edge\\-deploy \\- check, optimize and deploy WebAssembly to the edge\n.SH SYNOPSIS\n"
         ".B edge\\-deploy\n.I command\n.RI [ options ]\n.SH COMMANDS");
    for (size_t i = 0; i < command_count; i++)
        manual_command(commands[i]);
    puts(".SH GLOBAL OPTIONS");
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].commands & OPTION_FOR_ALL)
            manual_option(&option_rows[i]);
    manual_formats();
    manual_rollback();
    puts(".SH EXIT STATUS");
    for (size_t i = 0; i < sizeof exit_codes / sizeof *exit_codes; i++)
        printf(".TP\n%d\n%s\n", exit_codes[i].code, exit_codes[i].meaning);
    puts(".TP\n130, 143\ninterrupted, terminated; the output says what was and was not done\n"
         ".SH ENVIRONMENT");
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        printf(".TP\n.B %s\n%s\n", variables[i].name, variables[i].meaning);
    puts("The platforms' own variables for credentials and endpoints are listed by\n"
         ".B edge\\-deploy platforms\n.IR NAME .\n.SH FILES\n.TP\n.B edge\\-deploy.json\n"
         "the manifest, found upward from the working directory\n.TP\n"
         ".B refs/notes/edge\\-deploy\nthe recorded deployments, as git notes");
}

static int run_help(struct run *run, struct error *error)
{
    const char *name = run->options.operand_count ? run->options.operands[0] : NULL;
    if (!name)
        return help_print(NULL);
    if (strcmp(name, "manual") == 0) {
        print_manual(run);
        return 0;
    }
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return help_print(commands[i]);
    const char **names = arena_alloc(run->arena, command_count, sizeof *names);
    for (size_t i = 0; i < command_count; i++)
        names[i] = commands[i]->name;
    const char *nearest = text_nearest(name, names, command_count);
    error_set(error, FAULT_INPUT, "no help on '%s'", name);
    return error_hint(error,
                      nearest ? "did you mean '%s'?" : "run 'edge-deploy %s' for the commands",
                      nearest ? nearest : "help");
}

const struct command command_help = {
    .name = "help",
    .operands = "[COMMAND|manual]",
    .summary = "this help, a command's, or the manual page (roff)",
    .operand_limit = 1,
    .run = run_help,
};
