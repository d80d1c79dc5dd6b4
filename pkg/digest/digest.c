#include "pkg/digest/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"

enum { ENCODE_CHUNK = 3 << 20 }; /* a multiple of three: no padding inside the text */

/* Nothing here can fail but for want of memory or of OpenSSL's default provider. */
static void must(int ok)
{
    if (!ok)
        abort();
}

static void print_hex(const uint8_t *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *out++ = digits[data[i] >> 4];
        *out++ = digits[data[i] & 15];
    }
    *out = '\0';
}

static void digest(const EVP_MD *kind, struct bytes bytes, uint8_t *out)
{
    must(EVP_Digest(bytes.data, bytes.size, out, NULL, kind, NULL));
}

void digest_sha256_raw(struct bytes bytes, uint8_t out[32])
{
    digest(EVP_sha256(), bytes, out);
}

void digest_sha256(struct bytes bytes, char out[65])
{
    uint8_t raw[32];
    digest_sha256_raw(bytes, raw);
    print_hex(raw, sizeof raw, out);
}

void digest_sha1(struct bytes bytes, char out[41])
{
    uint8_t raw[20];
    digest(EVP_sha1(), bytes, raw);
    print_hex(raw, sizeof raw, out);
}

void digest_sha512_parts(const struct bytes *parts, size_t part_count, char out[129])
{
    uint8_t raw[64];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context && EVP_DigestInit_ex(context, EVP_sha512(), NULL));
    for (size_t i = 0; i < part_count; i++)
        must(EVP_DigestUpdate(context, parts[i].data, parts[i].size));
    must(EVP_DigestFinal_ex(context, raw, NULL));
    EVP_MD_CTX_free(context);
    print_hex(raw, sizeof raw, out);
}

void digest_hmac_sha256(struct bytes key, struct bytes data, uint8_t out[32])
{
    /* No key at all would mean "the one of the call before". */
    const void *key_data = key.size ? (const void *)key.data : "";
    must(key.size <= INT32_MAX &&
         HMAC(EVP_sha256(), key_data, (int)key.size, data.data, data.size, out, NULL) != NULL);
}

char *digest_hex(struct arena *arena, struct bytes bytes)
{
    char *out = arena_alloc(arena, bytes.size * 2 + 1, 1);
    print_hex(bytes.data, bytes.size, out);
    return out;
}

char *digest_base64(struct arena *arena, struct bytes bytes)
{
    char *out = arena_alloc(arena, bytes.size / 3 * 4 + 5, 1);
    for (size_t at = 0, used = 0; at < bytes.size;) {
        size_t size = bytes.size - at < ENCODE_CHUNK ? bytes.size - at : ENCODE_CHUNK;
        used += (size_t)EVP_EncodeBlock((uint8_t *)out + used, bytes.data + at, (int)size);
        at += size;
    }
    return out;
}

static int decode_chunks(const char *text, size_t size, uint8_t *out)
{
    for (size_t at = 0; at < size;) {
        size_t step = size - at < ENCODE_CHUNK ? size - at : ENCODE_CHUNK;
        if (EVP_DecodeBlock(out, (const uint8_t *)text + at, (int)step) < 0)
            return -1;
        out += step / 4 * 3;
        at += step;
    }
    return 0;
}

int digest_base64_decode(struct arena *arena, const char *text, struct bytes *out)
{
    size_t size = strlen(text);
    if (size % 4 != 0)
        return -1;
    uint8_t *data = arena_alloc(arena, size / 4 * 3 + 1, 1);
    if (decode_chunks(text, size, data) != 0)
        return -1;
    size_t padding = size == 0 ? 0 : (size_t)(text[size - 1] == '=') + (text[size - 2] == '=');
    *out = (struct bytes){data, size / 4 * 3 - padding};
    data[out->size] = 0;
    /* OpenSSL's decoder is lenient about blanks and spare bits; what comes out again is not. */
    struct arena scratch = {0};
    bool same = strcmp(digest_base64(&scratch, *out), text) == 0;
    arena_free(&scratch);
    return same ? 0 : -1;
}
