/* What the halves need to read a request and to write a reply. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/json/json.h"
#include "pkg/sandbox/internal.h"

const char *sandbox_header(const struct sandbox_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static int digit(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    letter |= 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

static int unescape(struct arena *arena, const char *text, size_t size, bool plus, const char **out)
{
    char *decoded = arena_alloc(arena, size + 1, 1);
    size_t written = 0;
    for (size_t i = 0; i < size; i++) {
        char letter = text[i];
        if (letter == '%') {
            int high = i + 2 < size ? digit(text[i + 1]) : -1;
            int low = high < 0 ? -1 : digit(text[i + 2]);
            if (low < 0)
                return -1;
            letter = (char)(high << 4 | low);
            i += 2;
        } else if (plus && letter == '+') {
            letter = ' ';
        }
        if (letter == '\0')
            return -1;
        decoded[written++] = letter;
    }
    *out = decoded;
    return 0;
}

int sandbox_unescape(struct arena *arena, const char *text, const char **out)
{
    return unescape(arena, text, strlen(text), false, out);
}

/* The value of `name` in `size` bytes of a=b&c=d; each name is decoded before it is compared. */
static const char *find_value(struct arena *arena, const char *text, size_t size, const char *name)
{
    const char *end = text + size;
    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        if (!stop)
            stop = end;
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        const char *name_end = equals ? equals : stop, *got;
        bool found = unescape(arena, text, (size_t)(name_end - text), true, &got) == 0 &&
                     strcmp(got, name) == 0;
        const char *value = equals ? equals + 1 : stop;
        if (found)
            return unescape(arena, value, (size_t)(stop - value), true, &got) == 0 ? got : NULL;
        text = stop + 1;
    }
    return NULL;
}

const char *sandbox_query(const struct sandbox_request *request, const char *name)
{
    return find_value(request->arena, request->query, strlen(request->query), name);
}

const char *sandbox_form(const struct sandbox_request *request, const char *name)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = sandbox_header(request, "Content-Type");
    if (!type || strncasecmp(type, form, strlen(form)) != 0 || request->body.size == 0)
        return NULL;
    return find_value(request->arena, (const char *)request->body.data, request->body.size, name);
}

const char **sandbox_words(const struct sandbox_request *request, size_t *count)
{
    const char **words = NULL, *at = request->path;
    size_t capacity = 0;
    *count = 0;
    if (*at == '/')
        at++;
    for (;;) {
        size_t size = strcspn(at, "/");
        const char *word;
        if (unescape(request->arena, at, size, false, &word) != 0)
            word = arena_copy(request->arena, at, size);
        words = arena_grow(request->arena, words, *count, &capacity, sizeof *words);
        words[(*count)++] = word;
        if (at[size] == '\0')
            return words;
        at += size + 1;
    }
}

void sandbox_reply_header(struct sandbox_reply *reply, const char *name, const char *value)
{
    if (reply->header_count < sizeof reply->headers / sizeof *reply->headers)
        reply->headers[reply->header_count++] = (struct sandbox_header){name, value};
}

void sandbox_reply_text(struct sandbox_reply *reply, unsigned status, const char *media_type,
                        const char *text)
{
    reply->status = status;
    reply->body = bytes_of(text);
    sandbox_reply_header(reply, "Content-Type", media_type);
}

void sandbox_reply_json(const struct sandbox_request *request, struct sandbox_reply *reply,
                        unsigned status, json_t *document)
{
    char *text = json_print(request->arena, document);
    json_decref(document);
    sandbox_reply_text(reply, text ? status : 500, "application/json", text ? text : "{}");
}

char *sandbox_random(struct sandbox *sandbox, struct arena *arena, size_t size,
                     const char *alphabet)
{
    size_t letters = strlen(alphabet), filled = 0;
    size_t fair = 256 - 256 % letters; /* above it the first letters would be likelier */
    char *text = arena_alloc(arena, size + 1, 1);
    while (filled < size) {
        uint8_t chunk[64];
        sandbox->world->random(sandbox->world->context, chunk, sizeof chunk);
        for (size_t i = 0; i < sizeof chunk && filled < size; i++)
            if (chunk[i] < fair)
                text[filled++] = alphabet[chunk[i] % letters];
    }
    return text;
}

char *sandbox_uuid(struct sandbox *sandbox, struct arena *arena)
{
    uint8_t raw[16];
    sandbox->world->random(sandbox->world->context, raw, sizeof raw);
    raw[6] = (uint8_t)(0x40 | (raw[6] & 0x0f));
    raw[8] = (uint8_t)(0x80 | (raw[8] & 0x3f));
    char *text = arena_alloc(arena, 37, 1), *out = text;
    for (size_t i = 0; i < sizeof raw; i++) {
        static const char digits[] = "0123456789abcdef";
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[raw[i] >> 4];
        *out++ = digits[raw[i] & 15];
    }
    return text;
}
