/* Help, manual page and version from the tables of commands and options. */
#ifndef CMD_HELP_H
#define CMD_HELP_H

struct command;

int help_version(void);
/* Of one command, or of the program when NULL. */
int help_print(const struct command *);

#endif
