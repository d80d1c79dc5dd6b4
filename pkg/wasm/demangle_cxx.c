/* C++ names, by the C++ runtime that we are linked with. It trusts what it is given: a short symbol
   may say more than memory holds, or work for ever. So what might is not given to it, and shown as
   it stands; of 139,000 symbols of LLVM, Clang, libstdc++ and Node fewer than 1 in 100 are. */
#include <stdlib.h>
#include <string.h>

#include "pkg/wasm/demangle_parts.h"

enum {
    SYMBOL_MOST = 1000,  /* it recurses with the symbol's length */
    WEIGHT_MOST = 100000 /* letters, once all references are followed; each says a word at most */
};

char *__cxa_demangle(const char *, char *, size_t *, int *);

static bool is_plain(struct bytes symbol)
{
    if (symbol.size < 3 || symbol.size > SYMBOL_MOST || memcmp(symbol.data, "_Z", 2) != 0)
        return false;
    for (size_t i = 0; i < symbol.size; i++)
        if (symbol.data[i] <= ' ' || symbol.data[i] > '~')
            return false;
    return true;
}

static size_t count_pairs(struct bytes symbol, const char *pair)
{
    size_t count = 0;
    for (size_t i = 2; i + 1 < symbol.size; i++)
        count += symbol.data[i] == pair[0] && symbol.data[i + 1] == pair[1];
    return count;
}

struct reference {
    bool to_parameter; /* T_, T0_: to an argument of the template */
    size_t number;     /* of S_, S0_, ...: of the part it stands for */
    size_t weight;
};

/* Whether what stands at `at` may be a reference; inside an identifier it is none, which does no
   harm. */
static bool read_reference(struct bytes symbol, size_t at, struct reference *out)
{
    char first = (char)symbol.data[at++];
    *out = (struct reference){.to_parameter = first == 'T'};
    if (first != 'S' && first != 'T')
        return false;
    bool numbered = at < symbol.size && symbol.data[at] != '_';
    for (; at < symbol.size && symbol.data[at] != '_'; at++) {
        uint8_t c = symbol.data[at];
        bool digit = c >= '0' && c <= '9';
        if ((!digit && (c < 'A' || c > 'Z')) || out->number > SYMBOL_MOST)
            return false;
        out->number = out->number * 36 + (size_t)(digit ? c - '0' : c - 'A' + 10);
    }
    out->number += numbered;
    return at < symbol.size;
}

/* A part's number is given when it ends: what it holds itself are parts of smaller numbers, and
   stands further left. So no part weighs more than all those do, and their own letters. */
static bool is_bounded(struct bytes symbol)
{
    struct reference references[SYMBOL_MOST], *next = references;
    size_t weight = symbol.size;
    for (size_t i = 2; i < symbol.size; i++) {
        if (!read_reference(symbol, i, next))
            continue;
        next->weight = i;
        for (const struct reference *before = references; before < next; before++)
            if (next->to_parameter || before->to_parameter || before->number < next->number)
                next->weight += before->weight;
        weight += next->weight;
        if (weight > WEIGHT_MOST)
            return false;
        next++;
    }
    return true;
}

/* What goes beyond the reasoning above: parameters that mean one thing here and another there, in
   names inside of names; those of conversions, which may come before what they stand for; and more
   than one expansion of a pack. */
static bool is_simple(struct bytes symbol)
{
    bool parameters = false;
    struct reference reference;
    for (size_t i = 2; i < symbol.size; i++)
        parameters =
            parameters || (read_reference(symbol, i, &reference) && reference.to_parameter);
    if (!parameters)
        return true;
    return !memchr(symbol.data + 2, 'Z', symbol.size - 2) && count_pairs(symbol, "cv") == 0 &&
           count_pairs(symbol, "Dp") + count_pairs(symbol, "sp") <= 1;
}

bool demangle_cxx(struct bytes symbol, struct demangled_text *out)
{
    char text[SYMBOL_MOST + 1];
    int status = -1;
    if (!is_plain(symbol) || !is_bounded(symbol) || !is_simple(symbol))
        return false;
    memcpy(text, symbol.data, symbol.size);
    text[symbol.size] = '\0';
    char *name = __cxa_demangle(text, NULL, NULL, &status);
    if (status == 0 && name)
        demangled_say(out, name);
    free(name);
    return status == 0;
}
