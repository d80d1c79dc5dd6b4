#include "pkg/digest/sigv4.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/digest/digest.h"

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("-_.~", c));
}

/* Percent-encodes all but the unreserved characters and those in `also`. */
static char *encode(struct arena *arena, const char *text, size_t size, const char *also)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, size * 3 + 1, 1), *end = out;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)text[i];
        if (is_unreserved(text[i]) || (byte && strchr(also, text[i]))) {
            *end++ = text[i];
            continue;
        }
        *end++ = '%';
        *end++ = digits[byte >> 4];
        *end++ = digits[byte & 15];
    }
    return out;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes %XX (a '+' stays a plus) and encodes again, so that all spellings come out the same. */
static char *encode_again(struct arena *arena, const char *text, size_t size)
{
    char *plain = arena_alloc(arena, size + 1, 1);
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        int high = text[i] == '%' && i + 2 < size ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        plain[used++] = low >= 0 ? (char)(high * 16 + low) : text[i];
        i += low >= 0 ? 2 : 0;
    }
    return encode(arena, plain, used, "");
}

/* Takes out empty, "." and ".." segments; a final slash stays. */
static char *normalize(struct arena *arena, const char *path)
{
    char *out = arena_alloc(arena, strlen(path) + 2, 1);
    size_t used = 0;
    bool folder = true;
    while (*path) {
        path += strspn(path, "/");
        size_t size = strcspn(path, "/");
        folder = path[size] == '/' || size == 0;
        if (size == 2 && memcmp(path, "..", 2) == 0) {
            while (used && out[--used] != '/')
                ;
            folder = true;
        } else if (size == 1 && path[0] == '.') {
            folder = true;
        } else if (size) {
            out[used++] = '/';
            memcpy(out + used, path, size);
            used += size;
        }
        path += size;
    }
    if (folder || used == 0)
        out[used++] = '/';
    out[used] = '\0';
    return out;
}

static const char *canonical_path(struct arena *arena, const struct sigv4_request *request)
{
    const char *path = request->path && request->path[0] ? request->path : "/";
    if (request->keep_path)
        return encode(arena, path, strlen(path), "/%");
    path = normalize(arena, path);
    return encode(arena, path, strlen(path), "/");
}

struct pair {
    const char *name, *value;
    size_t order;
};

static int compare_parameters(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : strcmp(left->value, right->value);
}

/* `count` texts, one after the other. */
static char *join(struct arena *arena, const char *const *texts, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(texts[i]);
    char *out = arena_alloc(arena, size + 1, 1), *end = out;
    for (size_t i = 0; i < count; i++) {
        size_t step = strlen(texts[i]);
        memcpy(end, texts[i], step);
        end += step;
    }
    return out;
}

static const char *canonical_query(struct arena *arena, const char *query)
{
    if (!query || !query[0])
        return "";
    size_t count = 0, limit = 1;
    for (const char *at = query; *at; at++)
        limit += *at == '&';
    struct pair *pairs = arena_alloc(arena, limit, sizeof *pairs);
    for (const char *at = query; *at; at += *at == '&') {
        size_t size = strcspn(at, "&"), name_size = strcspn(at, "=&");
        if (size) {
            const char *value = name_size < size ? at + name_size + 1 : at + size;
            pairs[count++] =
                (struct pair){encode_again(arena, at, name_size),
                              encode_again(arena, value, (size_t)(at + size - value)), 0};
        }
        at += size;
    }
    qsort(pairs, count, sizeof *pairs, compare_parameters);
    const char **texts = arena_alloc(arena, count * 4 + 1, sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        texts[i * 4] = i ? "&" : "";
        texts[i * 4 + 1] = pairs[i].name;
        texts[i * 4 + 2] = "=";
        texts[i * 4 + 3] = pairs[i].value;
    }
    return join(arena, texts, count * 4);
}

static char *lower(struct arena *arena, const char *name)
{
    char *out = arena_strdup(arena, name);
    for (char *c = out; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return out;
}

/* Without blanks at the ends, and one for each run inside; a folded line is blank too. */
static char *trim(struct arena *arena, const char *value)
{
    char *out = arena_alloc(arena, strlen(value) + 1, 1), *end = out;
    for (; *value; value++) {
        bool blank = strchr(" \t\r\n", *value) != NULL;
        if (!blank)
            *end++ = *value;
        else if (end > out && end[-1] != ' ')
            *end++ = ' ';
    }
    if (end > out && end[-1] == ' ')
        end--;
    *end = '\0';
    return out;
}

static int compare_headers(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : left->order < right->order ? -1 : 1;
}

struct canonical {
    const char *headers, *names; /* "a:1\nb:2\n", "a;b" */
};

static struct canonical canonical_headers(struct arena *arena, const struct sigv4_request *request)
{
    size_t count = request->header_count, line_count = 0, name_count = 0;
    struct pair *pairs = arena_alloc(arena, count + 1, sizeof *pairs);
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct pair){lower(arena, request->headers[i].name),
                                 trim(arena, request->headers[i].value), i};
    qsort(pairs, count, sizeof *pairs, compare_headers);
    const char **lines = arena_alloc(arena, count * 4 + 1, sizeof *lines);
    const char **names = arena_alloc(arena, count * 2 + 1, sizeof *names);
    for (size_t i = 0; i < count; i++) {
        bool again = i && strcmp(pairs[i].name, pairs[i - 1].name) == 0;
        bool last = i + 1 == count || strcmp(pairs[i].name, pairs[i + 1].name) != 0;
        if (!again) {
            names[name_count++] = i ? ";" : "";
            names[name_count++] = pairs[i].name;
            lines[line_count++] = pairs[i].name;
        }
        lines[line_count++] = again ? "," : ":";
        lines[line_count++] = pairs[i].value;
        if (last)
            lines[line_count++] = "\n";
    }
    return (struct canonical){join(arena, lines, line_count), join(arena, names, name_count)};
}

static void signing_key(struct arena *arena, const struct sigv4_key *key, const char *date,
                        uint8_t out[32])
{
    const char *const steps[] = {date, key->region, key->service, "aws4_request"};
    struct bytes secret = bytes_of(arena_printf(arena, "AWS4%s", key->secret_key));
    uint8_t round[32];
    for (size_t i = 0; i < 4; i++) {
        digest_hmac_sha256(secret, bytes_of(steps[i]), out);
        memcpy(round, out, sizeof round);
        secret = (struct bytes){round, sizeof round};
    }
}

void sigv4_sign(struct arena *arena, const struct sigv4_key *key,
                const struct sigv4_request *request, const char *timestamp,
                struct sigv4_signature *out)
{
    const char *date = arena_printf(arena, "%.8s", timestamp);
    const char *scope =
        arena_printf(arena, "%s/%s/%s/aws4_request", date, key->region, key->service);
    struct canonical canonical = canonical_headers(arena, request);
    out->canonical_request =
        arena_printf(arena, "%s\n%s\n%s\n%s\n%s\n%s", request->method,
                     canonical_path(arena, request), canonical_query(arena, request->query),
                     canonical.headers, canonical.names, request->payload_sha256);
    char hash[65];
    digest_sha256(bytes_of(out->canonical_request), hash);
    out->string_to_sign =
        arena_printf(arena, "AWS4-HMAC-SHA256\n%s\n%s\n%s", timestamp, scope, hash);
    uint8_t secret[32], signature[32];
    signing_key(arena, key, date, secret);
    digest_hmac_sha256((struct bytes){secret, sizeof secret}, bytes_of(out->string_to_sign),
                       signature);
    out->signature = digest_hex(arena, (struct bytes){signature, sizeof signature});
    out->authorization =
        arena_printf(arena, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                     key->access_key, scope, canonical.names, out->signature);
}

char *sigv4_timestamp(struct arena *arena, long long milliseconds)
{
    char *out = text_time(arena, milliseconds / 1000), *end = out;
    for (const char *c = out; *c; c++)
        if (*c != '-' && *c != ':')
            *end++ = *c;
    *end = '\0';
    return out;
}
