#include "pkg/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, enum fault fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->fault = fault;
    vsnprintf(error->message, sizeof error->message, format, arguments);
    error->hint[0] = '\0';
    va_end(arguments);
    return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
    char old[sizeof error->message];
    memcpy(old, error->message, sizeof old);
    va_list arguments;
    va_start(arguments, format);
    int used = vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    if (used >= 0 && (size_t)used < sizeof error->message)
        snprintf(error->message + used, sizeof error->message - (size_t)used, ": %s", old);
    return -1;
}

int error_hint(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->hint, sizeof error->hint, format, arguments);
    va_end(arguments);
    return -1;
}

const char *error_kind(enum fault fault)
{
    switch (fault) {
    case FAULT_NONE:
        return "none";
    case FAULT_REMOTE:
        return "remote";
    case FAULT_INPUT:
        return "input";
    case FAULT_INCOMPATIBLE:
        return "incompatible";
    case FAULT_PARTIAL:
        return "partial";
    case FAULT_UNVERIFIED:
        return "unverified";
    case FAULT_INTERRUPTED:
        return "interrupted";
    case FAULT_TERMINATED:
        return "terminated";
    }
    return "unknown";
}
