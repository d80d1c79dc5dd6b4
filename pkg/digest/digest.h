/* Digests and encodings (OpenSSL). Knows nothing of what is digested. */
#ifndef PKG_DIGEST_DIGEST_H
#define PKG_DIGEST_DIGEST_H

#include "pkg/base/bytes.h"

struct arena;

/* Lower-case hex with a NUL. */
void digest_sha256(struct bytes, char out[65]);
void digest_sha1(struct bytes, char out[41]);
/* SHA-512 over the parts as if they were one. */
void digest_sha512_parts(const struct bytes *parts, size_t part_count, char out[129]);
void digest_sha256_raw(struct bytes, uint8_t out[32]);
void digest_hmac_sha256(struct bytes key, struct bytes data, uint8_t out[32]);

char *digest_hex(struct arena *, struct bytes);
char *digest_base64(struct arena *, struct bytes);
/* Strict: -1 for anything but canonical base64 with padding. */
int digest_base64_decode(struct arena *, const char *text, struct bytes *out) MUST_CHECK;

#endif
