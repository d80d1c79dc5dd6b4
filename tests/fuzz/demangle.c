/* Demangling: whatever a symbol says, the name is safe, bounded and there, and the crate told alone
   is the one told with the name. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/wasm/demangle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what)
{
    if (!what)
        abort();
}

static void check(struct bytes symbol)
{
    struct arena arena = {0};
    char crate[CRATE_MOST];
    size_t crate_size = demangle_crate(symbol, crate);
    struct demangled out = demangle(&arena, symbol);
    size_t size = strlen(out.name);
    require(crate_size <= CRATE_MOST);
    require(strcmp(text_safe(&arena, out.name, size), out.name) == 0);
    if (out.crate)
        require(strcmp(out.crate, text_safe(&arena, crate, crate_size)) == 0);
    /* The safe form of what was cut at most writes each byte out. */
    bool as_it_stands =
        strcmp(out.name, text_safe(&arena, (const char *)symbol.data, symbol.size)) == 0;
    require(as_it_stands || size <= (size_t)DEMANGLED_MOST * 10);
    arena_free(&arena);
}

/* As it is, and as what follows each mangling's first letters. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const starts[] = {"", "_R", "_RIC1a", "_ZN", "_Z1f"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        size_t front = strlen(starts[i]);
        uint8_t *symbol = malloc(front + size + 1);
        require(symbol != NULL);
        memcpy(symbol, starts[i], front);
        if (size)
            memcpy(symbol + front, data, size);
        check((struct bytes){symbol, front + size});
        free(symbol);
    }
    return 0;
}
