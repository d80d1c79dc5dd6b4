/* The real world: clock, sleep, randomness, environment, signals. */
#ifndef CMD_WORLD_H
#define CMD_WORLD_H

#include <stdbool.h>

struct run;

/* Fills run->world and takes SIGINT, SIGTERM and SIGPIPE. */
void world_open(struct run *);

/* From now on sleeping only moves the clock (the built-in sandbox needs no waits). */
void world_make_virtual(void);
bool world_is_virtual(void);

#endif
