/* Rust's older mangling, which is C++'s with a hash as the last part and signs spelled out:
   _ZN4core3fmt5write17h0123456789abcdefE; and what was made of it and of the newer one. */
#include <string.h>

#include "pkg/wasm/demangle_parts.h"

enum { HASH_DIGITS = 16, HASH_SHORTEST = 10 };

static bool is_hex(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!text.data[i] || !strchr("0123456789abcdef", text.data[i]))
            return false;
    return text.size > 0;
}

static bool is_hash(struct bytes part)
{
    return part.size == HASH_DIGITS + 1 && part.data[0] == 'h' &&
           is_hex((struct bytes){part.data + 1, HASH_DIGITS});
}

/* $LT$ and the like: the sign; 0: none that is known. `size` is that of the word between. */
static uint32_t sign_of(const uint8_t *word, size_t size)
{
    static const struct {
        const char *word;
        char sign;
    } rows[] = {{"SP", '@'}, {"BP", '*'}, {"RF", '&'}, {"LT", '<'},
                {"GT", '>'}, {"LP", '('}, {"RP", ')'}, {"C", ','}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (size == strlen(rows[i].word) && memcmp(word, rows[i].word, size) == 0)
            return (uint32_t)rows[i].sign;
    uint32_t point = 0;
    if (size < 2 || size > 7 || word[0] != 'u' || !is_hex((struct bytes){word + 1, size - 1}))
        return 0;
    for (size_t i = 1; i < size; i++)
        point = point << 4 | (uint32_t)(word[i] <= '9' ? word[i] - '0' : word[i] - 'a' + 10);
    bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    return control || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : point;
}

/* What stands at the start of `part`, spelled out; how many bytes of it that was. */
static size_t add_sign(struct bytes part, struct demangled_text *out)
{
    const uint8_t *end = part.size > 1 ? memchr(part.data + 1, '$', part.size - 1) : NULL;
    if (*part.data == '.') {
        bool path = part.size > 1 && part.data[1] == '.';
        demangled_say(out, path ? "::" : ".");
        return path ? 2 : 1;
    }
    size_t size = end ? (size_t)(end - part.data - 1) : 0;
    uint32_t sign = end ? sign_of(part.data + 1, size) : 0;
    if (!sign)
        return 0;
    demangled_point(out, sign);
    return size + 2;
}

static void add_part(struct bytes part, struct demangled_text *out)
{
    if (part.size > 1 && part.data[0] == '_' && part.data[1] == '$')
        part = (struct bytes){part.data + 1, part.size - 1};
    for (size_t i = 0; i < part.size;) {
        size_t taken = 0;
        bool plain = part.data[i] != '.' && part.data[i] != '$';
        if (!plain)
            taken = add_sign((struct bytes){part.data + i, part.size - i}, out);
        if (!plain && taken == 0) {
            demangled_add(out, part.data + i, part.size - i); /* a sign of later times */
            return;
        }
        while (plain && i + taken < part.size && part.data[i + taken] != '.' &&
               part.data[i + taken] != '$')
            taken++;
        if (plain)
            demangled_add(out, part.data + i, taken);
        i += taken;
    }
}

/* The next part, behind its size in decimal; of size 0 at the end, or where there is none. */
static struct bytes next_part(struct bytes symbol, size_t *at)
{
    size_t size = 0, start = *at;
    while (start < symbol.size && symbol.data[start] >= '0' && symbol.data[start] <= '9' &&
           size < symbol.size)
        size = size * 10 + (size_t)(symbol.data[start++] - '0');
    if (size > symbol.size - start)
        size = 0;
    *at = start + size;
    return (struct bytes){symbol.data + start, size};
}

bool demangle_legacy(struct bytes symbol, struct demangled_text *out)
{
    size_t at = 3;
    if (symbol.size < at || memcmp(symbol.data, "_ZN", at) != 0)
        return false;
    struct bytes part = next_part(symbol, &at);
    for (bool first = true; part.size; first = false) {
        if (is_hash(part) && at < symbol.size && symbol.data[at] == 'E')
            return !first && demangled_suffix(
                                 out, (struct bytes){symbol.data + at + 1, symbol.size - at - 1});
        if (!first)
            demangled_say(out, "::");
        add_part(part, out);
        part = next_part(symbol, &at);
    }
    return false;
}

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c >= 0x80;
}

/* The size of "[0123456789abcdef]" behind a crate's name; 0: it is none. */
static size_t crate_hash_size(struct bytes text, size_t at)
{
    size_t end = at + 1;
    while (end < text.size && end - at <= HASH_DIGITS + 1 && text.data[end] != ']')
        end++;
    bool closed = end < text.size && text.data[end] == ']' && end - at - 1 >= HASH_SHORTEST;
    if (at == 0 || !is_word(text.data[at - 1]) || !closed ||
        !is_hex((struct bytes){text.data + at + 1, end - at - 1}))
        return 0;
    return end - at + 1;
}

bool demangle_again(struct bytes symbol, struct demangled_text *out)
{
    enum { TAIL = HASH_DIGITS + 3 }; /* "::h" and the digits */
    bool found = false;
    if (symbol.size > TAIL && memcmp(symbol.data + symbol.size - TAIL, "::", 2) == 0 &&
        is_hash((struct bytes){symbol.data + symbol.size - TAIL + 2, TAIL - 2})) {
        symbol.size -= TAIL;
        found = true;
    }
    for (size_t i = 0, from = 0; i <= symbol.size; i++) {
        size_t hash = i < symbol.size && symbol.data[i] == '[' ? crate_hash_size(symbol, i) : 0;
        if (hash == 0 && i < symbol.size)
            continue;
        demangled_add(out, symbol.data + from, i - from);
        found = found || hash;
        from = i + hash;
        i = hash ? from - 1 : i;
    }
    return found;
}

/* --- crates --- */

/* Signs and words in front of a type's path: "&", "*const ", "[", "dyn ". */
static size_t skip_front(struct bytes path, size_t at)
{
    static const char *const words[] = {"<",    "&",     "*const ", "*mut ", "mut ",
                                        "dyn ", "impl ", "[",       "(",     " "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]);
        if (size <= path.size - at && memcmp(path.data + at, words[i], size) == 0) {
            at += size;
            i = (size_t)-1; /* once more from the first */
        }
    }
    return at;
}

/* The first word from `at` on when a path goes on behind it. */
static struct bytes word_at(struct bytes path, size_t at)
{
    size_t start = skip_front(path, at), end = start;
    while (end < path.size && is_word(path.data[end]))
        end++;
    bool goes_on = path.size - end >= 2 && path.data[end] == ':' && path.data[end + 1] == ':';
    return (struct bytes){path.data + start, goes_on ? end - start : 0};
}

/* Where the trait of "<A as B>" begins; 0: there is none. */
static size_t find_trait(struct bytes path)
{
    size_t depth = 0;
    for (size_t i = 0; i + 4 < path.size; i++) {
        depth += path.data[i] == '<';
        if (path.data[i] == '>' && (i == 0 || path.data[i - 1] != '-') && --depth == 0)
            return 0;
        if (depth == 1 && memcmp(path.data + i, " as ", 4) == 0)
            return i + 4;
    }
    return 0;
}

struct bytes demangle_path_crate(struct bytes path)
{
    struct bytes crate = word_at(path, 0);
    if (crate.size || path.size == 0 || path.data[0] != '<')
        return crate;
    size_t trait = find_trait(path);
    return trait ? word_at(path, trait) : crate;
}
