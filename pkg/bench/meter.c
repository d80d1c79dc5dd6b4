#include "pkg/bench/meter.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The first bytes of a file below /proc, whose size is not known before. */
static bool read_some(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t got = fread(text, 1, size - 1, file);
    text[got] = '\0';
    fclose(file);
    return got > 0;
}

/* "1 (a name) S 2 3 ...": what stands third behind the name is the group. */
static long group_of(const char *id)
{
    char path[64], text[512];
    long group;
    snprintf(path, sizeof path, "/proc/%.20s/stat", id);
    const char *end = read_some(path, text, sizeof text) ? strrchr(text, ')') : NULL;
    return end && sscanf(end, ") %*c %*d %ld", &group) == 1 ? group : -1;
}

void meter_open(struct meter *meter, long leader)
{
    *meter = (struct meter){.ids = {(pid_t)leader}, .count = 1};
    DIR *folder = opendir("/proc");
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) && meter->count < METER_MOST;) {
        long id = strtol(entry->d_name, NULL, 10);
        if (id > 0 && id != leader && group_of(entry->d_name) == leader)
            meter->ids[meter->count++] = (pid_t)id;
    }
    closedir(folder);
}

/* POSIX's clock of a process: threads that have ended are counted too, unlike in Linux's
   /proc/ID/task/N/schedstat, whose unit of a nanosecond it shares. */
double meter_cpu(const struct meter *meter)
{
#if defined(_POSIX_CPUTIME) && _POSIX_CPUTIME >= 0 && !defined(__APPLE__)
    double sum = 0;
    for (size_t i = 0; i < meter->count; i++) {
        clockid_t clock;
        struct timespec used;
        if (clock_getcpuclockid(meter->ids[i], &clock) != 0 || clock_gettime(clock, &used) != 0)
            return -1;
        sum += (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
    }
    return sum;
#else
    (void)meter;
    return -1;
#endif
}

double meter_peak(const struct meter *meter)
{
    double most = 0;
    for (size_t i = 0; i < meter->count; i++) {
        char path[64], text[2048];
        snprintf(path, sizeof path, "/proc/%ld/status", (long)meter->ids[i]);
        const char *line = read_some(path, text, sizeof text) ? strstr(text, "VmHWM:") : NULL;
        double kib = line ? strtod(line + strlen("VmHWM:"), NULL) : 0;
        most = kib / 1024 > most ? kib / 1024 : most;
    }
    return most;
}
