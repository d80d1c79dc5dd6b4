/* AWS Signature Version 4: a pure function of its inputs. Knows nothing of HTTP transport or of
   the clock. Source: AWS General Reference, "Signing AWS API requests"; checked by AWS's 38
   test vectors. */
#ifndef PKG_DIGEST_SIGV4_H
#define PKG_DIGEST_SIGV4_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct sigv4_key {
    const char *access_key, *secret_key;
    const char *region, *service;
};

struct sigv4_header {
    const char *name, *value; /* name in any case; a header may stand more than once */
};

struct sigv4_request {
    const char *method;
    const char *path;                   /* as sent on the wire, before the '?' */
    const char *query;                  /* as sent, behind the '?'; "" or NULL when there is none */
    const struct sigv4_header *headers; /* all that are to be signed: host and x-amz-date too */
    size_t header_count;
    const char *payload_sha256; /* hex, of the exact bytes sent */
    bool keep_path;             /* S3 style: the path is taken as it is */
};

struct sigv4_signature {
    char *canonical_request, *string_to_sign, *signature; /* signature: 64 hex digits */
    char *authorization; /* the value of the Authorization header */
};

/* `timestamp` is YYYYMMDD'T'HHMMSS'Z', the same as in the x-amz-date header. Cannot fail. */
void sigv4_sign(struct arena *, const struct sigv4_key *, const struct sigv4_request *,
                const char *timestamp, struct sigv4_signature *out);

/* `milliseconds` since 1970 as such a timestamp. */
char *sigv4_timestamp(struct arena *, long long milliseconds);

#endif
