#include "pkg/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pkg/base/arena.h"

bool text_is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool text_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

enum { LONGEST_WORD = 64, LONGEST_ESCAPE = 10 /* \u{10ffff} */ };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance with transpositions of neighbours, for words of up to LONGEST_WORD. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST_WORD + 1];
    size_t a_size = strlen(a), b_size = strlen(b);
    if (a_size > LONGEST_WORD || b_size > LONGEST_WORD)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t change = before[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = least(change, least(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], earlier[j - 2] + 1);
        }
    }
    return rows[a_size % 3][b_size];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t size = strlen(word), best_distance = size < 4 ? 2 : size / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, candidates[i]);
        if (d < best_distance) {
            best = candidates[i];
            best_distance = d;
        }
    }
    return best;
}

/* The code point at `data`, and how many bytes it takes; 0 bytes when it is no valid UTF-8. */
static uint32_t decode(const unsigned char *data, size_t size, size_t *taken)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = data[0];
    size_t need = lead < 0x80       ? 1
                  : lead >> 5 == 6  ? 2
                  : lead >> 4 == 14 ? 3
                  : lead >> 3 == 30 ? 4
                                    : 0;
    *taken = 0;
    if (need == 0 || need > size)
        return lead;
    uint32_t point = need == 1 ? lead : lead & (0xffu >> (need + 1));
    for (size_t i = 1; i < need; i++) {
        if (data[i] >> 6 != 2)
            return lead;
        point = point << 6 | (data[i] & 0x3f);
    }
    if (point < smallest[need] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return lead;
    *taken = need;
    return point;
}

static bool is_harmless(uint32_t point)
{
    bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
    bool direction = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
                     point == 0x200e || point == 0x200f || point == 0x61c;
    bool separator = point == 0x2028 || point == 0x2029 || point == 0xfeff;
    bool none = (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
    return !control && !direction && !separator && !none;
}

static char *put_escape(char *out, uint32_t point)
{
    static const char digits[] = "0123456789abcdef";
    memcpy(out, "\\u{", 3);
    out += 3;
    int shift = 20;
    while (shift > 4 && point >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *out++ = digits[point >> shift & 15];
    *out++ = '}';
    return out;
}

/* The runners of CI systems take orders from what is printed: "::order" at the start of a line, and
   a line can be broken at any space; "##[order]" anywhere. */
static bool is_order(const unsigned char *in, size_t size, size_t at)
{
    bool first = at == 0 || in[at - 1] == ' ';
    return (first && size - at >= 2 && in[at] == ':' && in[at + 1] == ':') ||
           (size - at >= 3 && memcmp(in + at, "##[", 3) == 0);
}

/* How many bytes it takes when it is safe; how many code points are written out differently. */
static size_t safe_size(const unsigned char *in, size_t size, size_t *escapes)
{
    size_t taken, out = 0;
    for (size_t at = 0; at < size; at += taken ? taken : 1) {
        bool harmless = is_harmless(decode(in + at, size - at, &taken)) && taken;
        harmless = harmless && !is_order(in, size, at);
        *escapes += !harmless;
        out += harmless ? taken : LONGEST_ESCAPE;
    }
    return out;
}

char *text_safe(struct arena *arena, const char *data, size_t size)
{
    const unsigned char *in = (const unsigned char *)data;
    size_t escapes = 0, room = safe_size(in, size, &escapes);
    if (escapes == 0)
        return arena_copy(arena, data, size);
    char *text = arena_alloc(arena, room + 1, 1), *out = text;
    for (size_t at = 0; at < size;) {
        size_t taken;
        uint32_t point = decode(in + at, size - at, &taken);
        if (taken && is_harmless(point) && !is_order(in, size, at)) {
            memcpy(out, in + at, taken);
            out += taken;
        } else {
            out = put_escape(out, point);
        }
        at += taken ? taken : 1;
    }
    *out = '\0';
    return text;
}

char *text_time(struct arena *arena, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm parts;
    char text[32];
    gmtime_r(&when, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return arena_strdup(arena, text);
}

static int number(const char *text, size_t digits)
{
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool text_is_date(const char *text)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    int year = number(text, 4), month = number(text + 5, 2), day = number(text + 8, 2);
    if (year < 0 || month < 1 || month > 12)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day >= 1 && day <= days[month - 1] + (month == 2 && leap);
}

bool text_matches_bytes(const char *pattern, struct bytes text)
{
    const char *star = NULL;
    size_t at = 0, retry = 0;
    while (at < text.size) {
        if (*pattern == '*') {
            star = pattern++;
            retry = at;
        } else if ((uint8_t)*pattern == text.data[at] && *pattern) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star + 1;
            at = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool text_matches(const char *pattern, const char *text)
{
    return text_matches_bytes(pattern, bytes_of(text));
}
