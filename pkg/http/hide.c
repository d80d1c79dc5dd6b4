/* Should a secret get into a text that may be shown, it does not get out of it. */
#include <string.h>

#include "pkg/http/transfer.h"

enum { SHORTEST = 8 }; /* shorter ones are no secrets, and stand in other words too */

static void hide(char *text, size_t size, const char *secret)
{
    size_t secret_size = secret ? strlen(secret) : 0;
    if (secret_size < SHORTEST)
        return;
    while (size >= secret_size) {
        char *at = memchr(text, secret[0], size - secret_size + 1);
        if (!at)
            return;
        if (memcmp(at, secret, secret_size) == 0)
            memset(at, '*', secret_size);
        size -= (size_t)(at + 1 - text);
        text = at + 1;
    }
}

void hide_secrets(char *text, size_t size, const struct http_credentials *credentials)
{
    hide(text, size, credentials->secret);
    hide(text, size, credentials->secret_key);
    hide(text, size, credentials->session_token);
}

void hide_echoes(struct http_reply *reply, struct buffer *body,
                 const struct http_credentials *credentials)
{
    if (reply->status < 400)
        return;
    hide_secrets((char *)body->data, body->size, credentials);
    for (size_t i = 0; i < reply->header_count; i++) {
        char *value = (char *)(uintptr_t)reply->headers[i].value; /* ours: take_header copied it */
        hide_secrets(value, strlen(value), credentials);
    }
}
