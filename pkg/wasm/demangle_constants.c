/* Constants of Rust's newer mangling: numbers, characters, text, and what is made of them. */
#include <string.h>

#include "pkg/wasm/demangle_v0.h"
#include "pkg/wasm/reader.h"

static void braced(struct v0 *v0)
{
    v0_constant(v0, false);
}

static void unbraced(struct v0 *v0)
{
    v0_constant(v0, true);
}

static bool is_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static uint8_t digit_value(uint8_t c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Hexadecimal digits up to a '_'. */
static struct bytes read_digits(struct v0 *v0)
{
    size_t from = v0->at;
    while (v0->at < v0->text.size && is_digit(v0->text.data[v0->at]))
        v0->at++;
    struct bytes digits = {v0->text.data + from, v0->at - from};
    if (!v0_eat(v0, '_'))
        v0_fail(v0);
    return digits;
}

/* False: it has more than 64 bits. */
static bool number_of(struct bytes digits, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (*out >> 60)
            return false;
        *out = *out << 4 | digit_value(digits.data[i]);
    }
    return true;
}

static void integer(struct v0 *v0)
{
    struct bytes digits = read_digits(v0);
    uint64_t value;
    if (number_of(digits, &value)) {
        v0_say_number(v0, value);
        return;
    }
    v0_say(v0, "0x");
    v0_say_bytes(v0, digits);
}

static void boolean(struct v0 *v0)
{
    uint64_t value = 2;
    if (!number_of(read_digits(v0), &value) || value > 1)
        v0_fail(v0);
    v0_say(v0, value ? "true" : "false");
}

/* As in a Rust literal; what is dangerous to print is written out by whoever prints. */
static void say_character(struct v0 *v0, uint32_t point, uint32_t quote)
{
    static const char letters[] = "t\tr\rn\n0\0";
    if (!v0->out || v0->failed)
        return;
    for (size_t i = 0; i + 1 < sizeof letters; i += 2)
        if (point == (unsigned char)letters[i + 1]) {
            v0_say_bytes(v0, bytes_of("\\"));
            v0_say_bytes(v0, (struct bytes){(const uint8_t *)letters + i, 1});
            return;
        }
    if (point == quote || point == '\\')
        v0_say(v0, "\\");
    demangled_point(v0->out, point);
    if (v0->out->full)
        v0_fail(v0);
}

static void character(struct v0 *v0)
{
    uint64_t point = 0;
    if (!number_of(read_digits(v0), &point) || point > 0x10ffff ||
        (point >= 0xd800 && point < 0xe000))
        v0_fail(v0);
    v0_say(v0, "'");
    say_character(v0, (uint32_t)point, '\'');
    v0_say(v0, "'");
}

/* The next code point of UTF-8 in digits; false: there is none. */
static bool next_point(struct bytes digits, size_t *at, uint32_t *out)
{
    uint8_t text[4];
    struct bytes bytes = {text, 0};
    size_t wanted = 1;
    while (bytes.size < wanted && *at + 1 < digits.size) {
        uint8_t high = digit_value(digits.data[*at]), low = digit_value(digits.data[*at + 1]);
        text[bytes.size++] = (uint8_t)(high << 4 | low);
        wanted = text[0] < 0xc0 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
        *at += 2;
    }
    if (bytes.size < wanted || !utf8_valid(bytes))
        return false;
    *out = wanted == 1 ? text[0] : text[0] & (0x7fu >> wanted);
    for (size_t i = 1; i < wanted; i++)
        *out = *out << 6 | (text[i] & 0x3fu);
    return true;
}

static void literal(struct v0 *v0)
{
    struct bytes digits = read_digits(v0);
    uint32_t point;
    if (digits.size % 2)
        v0_fail(v0);
    v0_say(v0, "\"");
    for (size_t at = 0; v0->out && at < digits.size && !v0->failed;) {
        if (next_point(digits, &at, &point))
            say_character(v0, point, '"');
        else
            v0_fail(v0);
    }
    v0_say(v0, "\"");
}

static void field(struct v0 *v0)
{
    struct v0_identifier name = v0_identifier(v0);
    v0_say_identifier(v0, &name);
    v0_say(v0, ": ");
    unbraced(v0);
}

static void variant(struct v0 *v0)
{
    v0_path(v0, true);
    if (v0_eat(v0, 'T')) {
        v0_say(v0, "(");
        v0_list(v0, unbraced, ", ");
        v0_say(v0, ")");
    } else if (v0_eat(v0, 'S')) {
        v0_say(v0, " { ");
        v0_list(v0, field, ", ");
        v0_say(v0, " }");
    } else if (!v0_eat(v0, 'U')) {
        v0_fail(v0);
    }
}

/* What is no literal stands in braces where a type might be meant. */
static void expression(struct v0 *v0, uint8_t tag)
{
    if (tag == 'e') {
        v0_say(v0, "*");
        literal(v0);
    } else if (tag == 'R' || tag == 'Q') {
        v0_say(v0, tag == 'R' ? "&" : "&mut ");
        unbraced(v0);
    } else if (tag == 'A') {
        v0_say(v0, "[");
        v0_list(v0, unbraced, ", ");
        v0_say(v0, "]");
    } else if (tag == 'T') {
        v0_say(v0, "(");
        v0_say(v0, v0_list(v0, unbraced, ", ") == 1 ? ",)" : ")");
    } else if (tag == 'V') {
        variant(v0);
    } else {
        v0_fail(v0);
    }
}

static void referred_constant(struct v0 *v0, bool in_value)
{
    size_t resume;
    if (!v0_refer(v0, &resume))
        return;
    (in_value ? unbraced : braced)(v0);
    v0_return(v0, resume);
}

static void signed_integer(struct v0 *v0)
{
    if (v0_eat(v0, 'n'))
        v0_say(v0, "-");
    integer(v0);
}

void v0_constant(struct v0 *v0, bool in_value)
{
    if (!v0_enter(v0))
        return;
    uint8_t tag = v0_next(v0);
    if (!tag)
        v0_fail(v0);
    else if (tag == 'p')
        v0_say(v0, "_");
    else if (strchr("htmyoj", tag))
        integer(v0);
    else if (strchr("aslxni", tag))
        signed_integer(v0);
    else if (tag == 'b')
        boolean(v0);
    else if (tag == 'c')
        character(v0);
    else if (tag == 'R' && v0_eat(v0, 'e'))
        literal(v0);
    else if (tag == 'B')
        referred_constant(v0, in_value);
    else {
        v0_say(v0, in_value ? "" : "{");
        expression(v0, tag);
        v0_say(v0, in_value ? "" : "}");
    }
    v0_leave(v0);
}
