#include <stdio.h>
#include <stdlib.h>

#include "pkg/validate/validate.h"
#include "pkg/validate/verdict.h"
#include "pkg/wasm/wasm.h"

/* All of the standard input, up to a module and its header; NULL when it is more or memory is
   out. Not from an arena: growing in place matters at this size. */
static uint8_t *read_input(size_t *size)
{
    size_t capacity = 1 << 16;
    uint8_t *data = malloc(capacity);
    *size = 0;
    while (data) {
        *size += fread(data + *size, 1, capacity - *size, stdin);
        if (*size < capacity)
            return data;
        capacity *= 2;
        uint8_t *more = capacity > 2 * (size_t)LIMIT_MODULE ? NULL : realloc(data, capacity);
        if (!more)
            free(data);
        data = more;
    }
    return NULL;
}

int validate_child(void)
{
    static const char letters[] = {VERDICT_VALID, VERDICT_INVALID, VERDICT_UNREAD};
    size_t size;
    uint8_t *data = read_input(&size);
    if (!data || size < VERDICT_HEADER) {
        free(data);
        return 1;
    }
    uint64_t features = 0;
    for (unsigned i = 0; i < VERDICT_HEADER; i++)
        features |= (uint64_t)data[i] << (8 * i);
    char message[VERDICT_SIZE - 2] = "";
    int verdict = wasm_wabt_validate(data + VERDICT_HEADER, size - VERDICT_HEADER, features,
                                     message, sizeof message);
    free(data);
    bool written = printf("%c%s", letters[verdict], message) > 0 && fflush(stdout) == 0;
    return written ? 0 : 1;
}
