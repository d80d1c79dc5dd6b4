#include "pkg/wasm/demangle_parts.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"

void demangled_add(struct demangled_text *text, const void *data, size_t size)
{
    size_t room = sizeof text->data - text->size;
    text->full = text->full || size > room;
    size = size > room ? room : size;
    if (size)
        memcpy(text->data + text->size, data, size);
    text->size += size;
}

void demangled_say(struct demangled_text *text, const char *word)
{
    demangled_add(text, word, strlen(word));
}

void demangled_point(struct demangled_text *text, uint32_t point)
{
    unsigned char bytes[4] = {(unsigned char)point};
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = size; size > 1 && i-- > 0; point >>= 6)
        bytes[i] = (unsigned char)(i ? 0x80 | (point & 0x3f) : (0xf00u >> size & 0xf0u) | point);
    demangled_add(text, bytes, size);
}

bool demangled_suffix(struct demangled_text *text, struct bytes suffix)
{
    static const char llvm[] = ".llvm.";
    size_t size = 0;
    while (size < suffix.size && (suffix.size - size < sizeof llvm - 1 ||
                                  memcmp(suffix.data + size, llvm, sizeof llvm - 1) != 0))
        size++;
    demangled_add(text, suffix.data, size);
    return suffix.size == 0 || suffix.data[0] == '.';
}

/* Full text ends in dots, and not in half a character. */
static void cut(struct demangled_text *text)
{
    size_t size = sizeof text->data - 3;
    while (size > 0 && ((unsigned char)text->data[size] & 0xc0) == 0x80)
        size--;
    memcpy(text->data + size, "...", 3);
    text->size = size + 3;
}

static bool begins(struct bytes text, const char *with)
{
    size_t size = strlen(with);
    return text.size > size && memcmp(text.data, with, size) == 0;
}

/* Where names begin with an underscore of the system's, what is mangled begins with two. */
static struct bytes without_underscore(struct bytes symbol)
{
    if (begins(symbol, "__Z") || begins(symbol, "__R"))
        return (struct bytes){symbol.data + 1, symbol.size - 1};
    return symbol;
}

typedef bool demangler(struct bytes, struct demangled_text *);

/* The first that takes it; a C++ name is never taken for Rust's, which ends in a hash. */
static demangler *demangler_for(struct bytes symbol, struct demangled_text *out)
{
    static demangler *const demanglers[] = {demangle_v0, demangle_legacy, demangle_cxx,
                                            demangle_again};
    for (size_t i = 0; i < sizeof demanglers / sizeof *demanglers; i++) {
        out->size = 0;
        out->full = false;
        if (demanglers[i](symbol, out))
            return demanglers[i];
    }
    return NULL;
}

static size_t copy_crate(struct bytes crate, char out[CRATE_MOST])
{
    if (crate.size == 0 || crate.size > CRATE_MOST)
        return 0;
    memcpy(out, crate.data, crate.size);
    return crate.size;
}

size_t demangle_crate(struct bytes symbol, char out[CRATE_MOST])
{
    struct demangled_text text = {.size = 0};
    symbol = without_underscore(symbol);
    if (begins(symbol, "_R"))
        return copy_crate(demangle_v0_crate(symbol), out);
    if (!(begins(symbol, "_Z") ? demangle_legacy : demangle_again)(symbol, &text))
        return 0;
    return copy_crate(demangle_path_crate((struct bytes){(uint8_t *)text.data, text.size}), out);
}

struct demangled demangle(struct arena *arena, struct bytes symbol)
{
    struct demangled_text text;
    char crate[CRATE_MOST];
    struct bytes bare = without_underscore(symbol);
    if (!demangler_for(bare, &text))
        return (struct demangled){text_safe(arena, (const char *)symbol.data, symbol.size), NULL};
    size_t crate_size = demangle_crate(bare, crate);
    if (text.full)
        cut(&text);
    return (struct demangled){text_safe(arena, text.data, text.size),
                              crate_size ? text_safe(arena, crate, crate_size) : NULL};
}

bool demangle_is_standard(const char *crate)
{
    static const char *const words[] = {
        "core",       "alloc", "std",   "compiler_builtins", "panic_abort", "panic_unwind",
        "proc_macro", "test",  "unwind"};
    size_t i = 0, count = sizeof words / sizeof *words;
    while (i < count && strcmp(words[i], crate) != 0)
        i++;
    return i < count;
}
