/* Lines of a note: none may crash, what parses must print and parse again to the same line. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/record/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct record record, again;
    if (record_parse(&arena, (const char *)data, size, &record) == 0) {
        char *line = record_line(&arena, &record);
        if (strpbrk(line, "\n\x1b\x7f") || record_parse(&arena, line, strlen(line), &again) != 0 ||
            strcmp(record_line(&arena, &again), line) != 0)
            abort();
    }
    arena_free(&arena);
    return 0;
}
