#include <string.h>

#include "cmd/cmd.h"

/* `command` NULL: those that all commands take. */
static void print_words_for(const struct command *command)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (command ? option_is_for(&option_rows[i], command)
                    : option_rows[i].commands == OPTION_FOR_ALL)
            printf(" --%s", option_rows[i].name);
}

static void print_commands(void)
{
    for (size_t i = 0; i < command_count; i++)
        printf(" %s", commands[i]->name);
}

/* The options whose value is the next word, as a pattern of the shell. */
static void print_takers(void)
{
    const char *before = "";
    for (size_t i = 0; i < option_row_count; i++) {
        if (!option_rows[i].argument)
            continue;
        printf("%s--%s", before, option_rows[i].name);
        before = " | ";
        if (option_rows[i].letter)
            printf(" | -%c", option_rows[i].letter);
    }
}

/* What stands in the place of a file: words that the command's operand can be. */
static void print_operands(const struct command *command)
{
    if (command == &command_completion)
        printf(" bash zsh fish");
    if (command == &command_help)
        printf(" manual");
    if (command == &command_help)
        print_commands();
    for (const struct platform_entry *entry = platforms; entry->platform; entry++)
        if (command == &command_platforms)
            printf(" %s", entry->platform->name);
}

static void print_formats(void)
{
    for (size_t i = 0; i < report_writer_count; i++)
        printf("%s%s", i ? " " : "", report_writers[i].name);
}

static void print_bash(void)
{
    printf("# edge-deploy completion for bash\n_edge_deploy() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    local i command='' words='' operands=''\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n        case ${COMP_WORDS[i]} in\n"
           "        ");
    print_takers();
    printf(") ((i++)) ;;\n"
           "        -*) ;;\n        *) command=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n"
           "    case $command in\n    '') words='");
    print_words_for(NULL);
    printf("' operands='");
    print_commands();
    puts("' ;;");
    for (size_t i = 0; i < command_count; i++) {
        printf("    %s) words='", commands[i]->name);
        print_words_for(commands[i]);
        printf("' operands='");
        print_operands(commands[i]);
        puts("' ;;");
    }
    printf("    esac\n    case $before in\n    ");
    print_takers();
    printf(") words='' operands='' ;;\n    esac\n"
           "    if [[ $before == --format ]]; then operands='");
    print_formats();
    puts("'; fi\n"
         "    if [[ $word != -* ]]; then words=$operands; fi\n"
         "    if [[ -n $words ]]; then\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n    else\n"
         "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n    fi\n}\n"
         "complete -o filenames -F _edge_deploy edge-deploy");
}

/* Text within single quotes of zsh and fish, and within zsh's [...]. */
static void print_quoted(const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'')
            printf("'\\''");
        else if (strchr(special, *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void print_zsh_options(const struct command *command)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (!option_is_for(row, command))
            continue;
        printf(" \\\n            '--%s%s[", row->name, row->argument ? "=" : "");
        print_quoted(row->help, "[]:");
        printf("]%s'", row->argument ? ":value:_files" : "");
    }
}

static void print_zsh(void)
{
    puts("#compdef edge-deploy\n_edge_deploy() {\n    local -a commands\n    commands=(");
    for (size_t i = 0; i < command_count; i++) {
        printf("        '%s:", commands[i]->name);
        print_quoted(commands[i]->summary, ":");
        puts("'");
    }
    puts("    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        "
         "return\n"
         "    fi\n    case $words[2] in");
    for (size_t i = 0; i < command_count; i++) {
        printf("    %s)\n        _arguments", commands[i]->name);
        print_zsh_options(commands[i]);
        puts(" \\\n            '*:file:_files' ;;");
    }
    puts("    esac\n}\n_edge_deploy \"$@\"");
}

static void print_fish(void)
{
    puts("# edge-deploy completion for fish");
    for (size_t i = 0; i < command_count; i++) {
        printf("complete -c edge-deploy -n __fish_use_subcommand -f -a %s -d '", commands[i]->name);
        print_quoted(commands[i]->summary, "");
        puts("'");
        for (size_t j = 0; j < option_row_count; j++) {
            const struct option_row *row = &option_rows[j];
            if (!option_is_for(row, commands[i]))
                continue;
            printf("complete -c edge-deploy -n '__fish_seen_subcommand_from %s' -l %s%s -d '",
                   commands[i]->name, row->name, row->argument ? " -r" : "");
            print_quoted(row->help, "");
            puts("'");
        }
    }
}

static int run_completion(struct run *run, struct error *error)
{
    const char *shell = run->options.operand_count ? run->options.operands[0] : "";
    if (strcmp(shell, "bash") == 0)
        print_bash();
    else if (strcmp(shell, "zsh") == 0)
        print_zsh();
    else if (strcmp(shell, "fish") == 0)
        print_fish();
    else {
        error_set(error, FAULT_INPUT, shell[0] ? "unknown shell '%s'" : "no shell named%s", shell);
        return error_hint(error, "write: edge-deploy completion bash, zsh or fish");
    }
    return 0;
}

const struct command command_completion = {
    .name = "completion",
    .operands = "bash|zsh|fish",
    .summary = "print the completion script of a shell",
    .operand_limit = 1,
    .run = run_completion,
};
