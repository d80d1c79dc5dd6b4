/* The letters of it: numbers, identifiers, references; and what is printed. */
#include "pkg/wasm/demangle_v0.h"

#include <stdio.h>
#include <string.h>

enum {
    DEPTH_MOST = 250,
    STEPS_MOST = 50000, /* references let a short symbol say much */
    PUNYCODE_MOST = 128 /* code points */
};

void v0_fail(struct v0 *v0)
{
    v0->failed = true;
    v0->at = v0->text.size;
}

uint8_t v0_next(struct v0 *v0)
{
    if (v0->at < v0->text.size)
        return v0->text.data[v0->at++];
    v0_fail(v0);
    return 0;
}

bool v0_eat(struct v0 *v0, uint8_t wanted)
{
    bool there = v0->at < v0->text.size && v0->text.data[v0->at] == wanted;
    v0->at += there;
    return there;
}

/* The value of a digit; 62: it is none. */
static uint64_t digit_62(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return (uint64_t)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (uint64_t)(c - 'a' + 10);
    return c >= 'A' && c <= 'Z' ? (uint64_t)(c - 'A' + 36) : 62;
}

uint64_t v0_number(struct v0 *v0)
{
    uint64_t value = 0;
    if (v0_eat(v0, '_'))
        return 0;
    while (!v0->failed && !v0_eat(v0, '_')) {
        uint64_t digit = digit_62(v0_next(v0));
        if (digit == 62 || value > (UINT64_MAX - 62) / 62)
            v0_fail(v0);
        value = value * 62 + digit;
    }
    return v0->failed ? 0 : value + 1;
}

uint64_t v0_optional(struct v0 *v0, uint8_t tag)
{
    return v0_eat(v0, tag) ? v0_number(v0) + 1 : 0;
}

struct v0_identifier v0_plain_identifier(struct v0 *v0)
{
    struct v0_identifier out = {.disambiguator = 0};
    bool is_punycode = v0_eat(v0, 'u');
    uint8_t first = v0_next(v0);
    size_t size = (size_t)(first - '0');
    if (first < '0' || first > '9')
        v0_fail(v0);
    while (first != '0' && v0->at < v0->text.size && v0->text.data[v0->at] >= '0' &&
           v0->text.data[v0->at] <= '9' && size < v0->text.size)
        size = size * 10 + (size_t)(v0->text.data[v0->at++] - '0');
    (void)v0_eat(v0, '_');
    if (v0->failed || size > v0->text.size - v0->at) {
        v0_fail(v0);
        return out;
    }
    struct bytes name = {v0->text.data + v0->at, size};
    v0->at += size;
    size_t split = is_punycode ? size : 0;
    while (split > 0 && name.data[split - 1] != '_')
        split--;
    if (!is_punycode)
        out.ascii = name;
    else if (split == size)
        v0_fail(v0);
    else
        out.punycode = (struct bytes){name.data + split, size - split};
    if (is_punycode && split > 0)
        out.ascii = (struct bytes){name.data, split - 1};
    return out;
}

struct v0_identifier v0_identifier(struct v0 *v0)
{
    uint64_t disambiguator = v0_optional(v0, 's');
    struct v0_identifier out = v0_plain_identifier(v0);
    out.disambiguator = disambiguator;
    return out;
}

/* --- printing --- */

void v0_say_bytes(struct v0 *v0, struct bytes bytes)
{
    if (!v0->out || v0->failed)
        return;
    demangled_add(v0->out, bytes.data, bytes.size);
    if (v0->out->full)
        v0_fail(v0);
}

void v0_say(struct v0 *v0, const char *text)
{
    v0_say_bytes(v0, bytes_of(text));
}

void v0_say_number(struct v0 *v0, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    v0_say(v0, digits);
}

/* Punycode (RFC 3492) with the digits of identifiers: a to z, then 0 to 9. */
static size_t adapt(uint64_t delta, size_t count, bool first)
{
    size_t k = 0;
    delta /= first ? 700 : 2;
    delta += delta / count;
    for (; delta > 35 * 26 / 2; k += 36)
        delta /= 35;
    return k + (size_t)(36 * delta / (delta + 38));
}

/* The next number of the code; false: there is none, or it is too large. */
static bool next_delta(struct bytes code, size_t *at, size_t bias, uint64_t *out)
{
    uint64_t weight = 1;
    *out = 0;
    for (size_t k = 36;; k += 36) {
        size_t limit = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        uint8_t c = *at < code.size ? code.data[(*at)++] : 0;
        size_t digit = c >= 'a' && c <= 'z'   ? (size_t)(c - 'a')
                       : c >= '0' && c <= '9' ? (size_t)(c - '0' + 26)
                                              : 36;
        if (digit == 36 || weight > UINT32_MAX)
            return false;
        *out += digit * weight;
        if (digit < limit)
            return *out <= UINT32_MAX;
        weight *= 36 - limit;
    }
}

/* How many code points there are in `out`; 0: it can't be decoded. */
static size_t decode_punycode(const struct v0_identifier *identifier, uint32_t out[PUNYCODE_MOST])
{
    size_t count = identifier->ascii.size, bias = 72, at = 0;
    uint64_t position = 0;
    uint32_t point = 0x80;
    if (count >= PUNYCODE_MOST)
        return 0;
    for (size_t i = 0; i < count; i++)
        out[i] = identifier->ascii.data[i];
    while (at < identifier->punycode.size) {
        uint64_t delta;
        bool first = at == 0;
        if (!next_delta(identifier->punycode, &at, bias, &delta) || count == PUNYCODE_MOST)
            return 0;
        position += delta;
        count++;
        if (position / count > 0x10ffff - point)
            return 0;
        point += (uint32_t)(position / count);
        position %= count;
        if (point >= 0xd800 && point < 0xe000)
            return 0;
        memmove(out + position + 1, out + position, (count - 1 - (size_t)position) * sizeof *out);
        out[position++] = point;
        bias = adapt(delta, count, first);
    }
    return count;
}

void v0_say_identifier(struct v0 *v0, const struct v0_identifier *identifier)
{
    uint32_t points[PUNYCODE_MOST];
    size_t count = 0;
    if (!v0->out || v0->failed || identifier->punycode.size == 0) {
        v0_say_bytes(v0, identifier->ascii);
        return;
    }
    count = decode_punycode(identifier, points);
    for (size_t i = 0; i < count; i++)
        demangled_point(v0->out, points[i]);
    if (v0->out->full)
        v0_fail(v0);
    if (count)
        return;
    v0_say(v0, "punycode{");
    v0_say_bytes(v0, identifier->ascii);
    v0_say(v0, identifier->ascii.size ? "-" : "");
    v0_say_bytes(v0, identifier->punycode);
    v0_say(v0, "}");
}

/* --- structure --- */

bool v0_enter(struct v0 *v0)
{
    v0->depth++;
    if (v0->depth > DEPTH_MOST || ++v0->steps > STEPS_MOST)
        v0_fail(v0);
    return !v0->failed;
}

void v0_leave(struct v0 *v0)
{
    v0->depth--;
}

bool v0_refer(struct v0 *v0, size_t *resume)
{
    size_t start = v0->at - 1;
    uint64_t to = v0_number(v0);
    if (to >= start)
        v0_fail(v0);
    if (v0->failed || !v0->out || !v0_enter(v0))
        return false;
    *resume = v0->at;
    v0->at = (size_t)to;
    return true;
}

void v0_return(struct v0 *v0, size_t resume)
{
    v0_leave(v0);
    if (!v0->failed)
        v0->at = resume;
}

size_t v0_list(struct v0 *v0, void (*item)(struct v0 *), const char *between)
{
    size_t count = 0;
    while (!v0->failed && !v0_eat(v0, 'E')) {
        if (count++)
            v0_say(v0, between);
        item(v0);
    }
    return count;
}

/* --- symbols --- */

/* Behind a path there may be the crate that made this instance of it, and words of the compiler's:
   those of LLVM are left out. */
static bool read_rest(struct v0 *v0)
{
    struct demangled_text *out = v0->out;
    v0->out = NULL;
    if (v0->at < v0->text.size && v0->text.data[v0->at] >= 'A' && v0->text.data[v0->at] <= 'Z')
        v0_path(v0, false);
    v0->out = out;
    struct bytes rest = {v0->text.data + v0->at, v0->text.size - v0->at};
    return !v0->failed && demangled_suffix(v0->out, rest);
}

static bool start(struct bytes symbol, struct demangled_text *out, struct v0 *v0)
{
    if (symbol.size < 3 || symbol.data[0] != '_' || symbol.data[1] != 'R' || symbol.data[2] < 'A' ||
        symbol.data[2] > 'Z')
        return false;
    *v0 = (struct v0){.text = {symbol.data + 2, symbol.size - 2}, .out = out};
    return true;
}

bool demangle_v0(struct bytes symbol, struct demangled_text *out)
{
    struct v0 v0;
    if (!start(symbol, out, &v0))
        return false;
    v0_path(&v0, true);
    return (!v0.failed && read_rest(&v0)) || out->full;
}

/* Where an implementation stands says whose code it is; what it is for need not. */
struct bytes demangle_v0_crate(struct bytes symbol)
{
    struct v0 v0;
    const struct bytes none = {NULL, 0};
    if (!start(symbol, NULL, &v0))
        return none;
    while (v0_enter(&v0)) { /* references may go round in circles */
        size_t here = v0.at;
        switch (v0_next(&v0)) {
        case 'C': {
            struct v0_identifier name = v0_identifier(&v0);
            return v0.failed || name.punycode.size ? none : name.ascii;
        }
        case 'N':
            (void)v0_next(&v0);
            break;
        case 'M':
        case 'X':
            (void)v0_optional(&v0, 's');
            break;
        case 'I':
            break;
        case 'Y':
            v0_type(&v0);
            break;
        case 'B': {
            uint64_t to = v0_number(&v0);
            if (v0.failed || to >= here)
                return none;
            v0.at = (size_t)to;
            break;
        }
        default:
            return none;
        }
    }
    return none;
}
