/* What running processes have used so far. */
#ifndef PKG_BENCH_METER_H
#define PKG_BENCH_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { METER_MOST = 16 };

struct meter {
    pid_t ids[METER_MOST];
    size_t count;
};

/* The leader of a group, and who else is in it by now: what was found may be a script that starts
   the program. */
void meter_open(struct meter *, long leader);

/* Processor time in milliseconds of all of them; below 0 where the system does not say. */
double meter_cpu(const struct meter *);

/* Most that was resident, in MB, of the largest of them; 0 where the system does not say. */
double meter_peak(const struct meter *);

#endif
