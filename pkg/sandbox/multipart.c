/* multipart/form-data (RFC 7578, RFC 2046 section 5.1): hostile input, one pass. */
#include <string.h>
#include <strings.h>

#include "pkg/base/arena.h"
#include "pkg/sandbox/internal.h"

enum { MOST_PARTS = 10000, LARGEST_HEAD = 16384, LONGEST_BOUNDARY = 70 };

struct reader {
    struct arena *arena;
    const char *at, *end;
    char delimiter[LONGEST_BOUNDARY + 5]; /* CR LF - - boundary */
    size_t delimiter_size;
};

/* Behind a parameter's '=': the end of its value, token or quoted text; NULL when a quote is not
   closed. */
static const char *skip_value(const char *at)
{
    if (*at != '"')
        return at + strcspn(at, "; \t");
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : NULL;
}

static char *copy_value(struct arena *arena, const char *at, const char *end)
{
    char *text = arena_alloc(arena, (size_t)(end - at) + 1, 1), *out = text;
    if (*at != '"')
        return memcpy(text, at, (size_t)(end - at));
    for (at++; at + 1 < end; at++) {
        if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        *out++ = *at;
    }
    return text;
}

/* The value of `name` among the parameters behind the first ';' of a header value, NULL when it
   is absent or malformed. */
static const char *parameter(struct arena *arena, const char *value, const char *name)
{
    size_t name_size = strlen(name);
    for (const char *at = strchr(value, ';'); at && *at == ';';) {
        at += 1 + strspn(at + 1, " \t");
        size_t size = strcspn(at, "=; \t");
        if (at[size] != '=')
            return NULL;
        const char *end = skip_value(at + size + 1);
        if (!end)
            return NULL;
        if (size == name_size && strncasecmp(at, name, size) == 0)
            return copy_value(arena, at + size + 1, end);
        at = end + strspn(end, " \t");
    }
    return NULL;
}

static int open_reader(const struct sandbox_request *request, struct reader *reader)
{
    static const char type[] = "multipart/form-data";
    const char *value = sandbox_header(request, "Content-Type");
    if (!value || strncasecmp(value, type, strlen(type)) != 0)
        return -1;
    const char *boundary = parameter(request->arena, value, "boundary");
    size_t size = boundary ? strlen(boundary) : 0;
    if (size == 0 || size > LONGEST_BOUNDARY || strpbrk(boundary, "\r\n"))
        return -1;
    reader->arena = request->arena;
    reader->at = (const char *)request->body.data;
    reader->end = reader->at + request->body.size;
    memcpy(reader->delimiter, "\r\n--", 4);
    memcpy(reader->delimiter + 4, boundary, size + 1);
    reader->delimiter_size = size + 4;
    return request->body.size ? 0 : -1;
}

/* The next delimiter at or behind `at`, NULL when there is none. A delimiter is at most 74 bytes,
   so the comparisons are bounded too. */
static const char *find_delimiter(const struct reader *reader, const char *at)
{
    while ((size_t)(reader->end - at) >= reader->delimiter_size) {
        size_t left = (size_t)(reader->end - at) - reader->delimiter_size + 1;
        at = memchr(at, '\r', left);
        if (!at)
            return NULL;
        if (memcmp(at, reader->delimiter, reader->delimiter_size) == 0)
            return at;
        at++;
    }
    return NULL;
}

static bool stands_at(const struct reader *reader, const char *text)
{
    size_t size = strlen(text);
    return (size_t)(reader->end - reader->at) >= size && memcmp(reader->at, text, size) == 0;
}

/* Behind a delimiter: "--" ends the body (1), else blanks and a line end begin a part (0). */
static int begin_part(struct reader *reader)
{
    if (stands_at(reader, "--"))
        return 1;
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t'))
        reader->at++;
    if (!stands_at(reader, "\r\n"))
        return -1;
    reader->at += 2;
    return 0;
}

static int read_line(const struct reader *reader, char *line, struct sandbox_part *part)
{
    char *colon = strchr(line, ':');
    if (!colon)
        return -1;
    *colon = '\0';
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    if (strcasecmp(line, "Content-Type") == 0)
        part->media_type = value;
    if (strcasecmp(line, "Content-Disposition") != 0)
        return 0;
    if (strncasecmp(value, "form-data", 9) != 0)
        return -1;
    part->name = parameter(reader->arena, value, "name");
    part->filename = parameter(reader->arena, value, "filename");
    return part->name ? 0 : -1;
}

/* The header lines of a part, through the empty line. */
static int read_head(struct reader *reader, struct sandbox_part *part)
{
    const char *limit = reader->end;
    if (limit - reader->at > LARGEST_HEAD)
        limit = reader->at + LARGEST_HEAD;
    for (;;) {
        const char *stop = memchr(reader->at, '\r', (size_t)(limit - reader->at));
        if (!stop || stop + 1 >= reader->end || stop[1] != '\n')
            return -1;
        size_t size = (size_t)(stop - reader->at);
        char *line = arena_copy(reader->arena, reader->at, size);
        reader->at = stop + 2;
        if (size == 0)
            return part->name ? 0 : -1;
        if (strlen(line) != size || read_line(reader, line, part) != 0 || reader->at > limit)
            return -1;
    }
}

static int read_part(struct reader *reader, struct sandbox_part *part)
{
    if (read_head(reader, part) != 0)
        return -1;
    const char *stop = find_delimiter(reader, reader->at);
    if (!stop)
        return -1;
    part->body = (struct bytes){(const uint8_t *)reader->at, (size_t)(stop - reader->at)};
    reader->at = stop + reader->delimiter_size;
    return 0;
}

/* Up to the first delimiter, which may stand at the very beginning, without a line end. */
static int skip_preamble(struct reader *reader)
{
    if (stands_at(reader, reader->delimiter + 2)) {
        reader->at += reader->delimiter_size - 2;
        return 0;
    }
    reader->at = find_delimiter(reader, reader->at);
    if (!reader->at)
        return -1;
    reader->at += reader->delimiter_size;
    return 0;
}

int sandbox_multipart(const struct sandbox_request *request, struct sandbox_part **out,
                      size_t *count)
{
    struct reader reader = {0};
    size_t capacity = 0;
    *out = NULL;
    *count = 0;
    if (open_reader(request, &reader) != 0 || skip_preamble(&reader) != 0)
        return -1;
    for (;;) {
        int begun = begin_part(&reader);
        if (begun != 0)
            return begun > 0 ? 0 : -1;
        struct sandbox_part part = {0};
        if (*count == MOST_PARTS || read_part(&reader, &part) != 0)
            return -1;
        *out = arena_grow(request->arena, *out, *count, &capacity, sizeof **out);
        (*out)[(*count)++] = part;
    }
}
