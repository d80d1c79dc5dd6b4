/* How a try ended, and what that means in words. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/text.h"
#include "pkg/base/world.h"
#include "pkg/http/transfer.h"

enum { IDLE_MS = 60000 }; /* without progress, when the request does not say */

/* EDGE_DEPLOY_IDLE_MS shortens it: for tests, and where nobody wants to wait a minute. */
long transfer_idle_ms(const struct world *world, const struct http_request *request)
{
    long limit = request->timeout_ms > 0 ? request->timeout_ms : IDLE_MS;
    const char *shorter = world_environment(world, "EDGE_DEPLOY_IDLE_MS");
    long wanted = shorter ? strtol(shorter, NULL, 10) : 0;
    return wanted > 0 && wanted < limit ? wanted : limit;
}

enum retry_end transfer_judge(CURL *easy, CURLcode code)
{
    long sent = 0;
    switch (code) {
    case CURLE_OK:
        return RETRY_REPLY;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_WRITE_ERROR:
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
        return RETRY_PERMANENT;
    default:
        curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent);
        return sent == 0 ? RETRY_UNSENT : RETRY_LOST;
    }
}

void transfer_describe(struct arena *arena, const struct http *http,
                       const struct http_request *request, const struct url *url, CURLcode code,
                       char *reason, bool too_large, struct error *error)
{
    if (too_large) {
        size_t limit = request->reply_limit ? request->reply_limit : (size_t)LIMIT_REPLY;
        error_set(error, FAULT_REMOTE, "the reply to %s '%s' is over %zu bytes", request->method,
                  url->shown, limit);
        return;
    }
    if (code == CURLE_OPERATION_TIMEDOUT && !reason[0])
        snprintf(reason, CURL_ERROR_SIZE, "nothing moved for %ld s",
                 (transfer_idle_ms(http->world, request) + 999) / 1000);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        snprintf(reason, CURL_ERROR_SIZE,
                 "it takes too long (%d minutes, of them %d for the reply)",
                 TRANSFER_TOTAL_MS / 60000, TRANSFER_REPLY_MS / 60000);
    const char *why = reason[0] ? reason : curl_easy_strerror(code);
    char *safe = text_safe(arena, why, strlen(why));
    hide_secrets(safe, strlen(safe), &request->credentials);
    error_set(error, FAULT_REMOTE, "no reply to %s '%s': %s", request->method, url->shown, safe);
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT)
        error_hint(error, "check the network, and the endpoint if a variable changes it");
    if (code == CURLE_COULDNT_RESOLVE_PROXY)
        error_hint(error, "check HTTPS_PROXY, or name the host in NO_PROXY");
    if (code == CURLE_SSL_CACERT_BADFILE)
        error_hint(error, "check the file that CURL_CA_BUNDLE or SSL_CERT_FILE names");
    if (code == CURLE_RECV_ERROR && strstr(why, "407")) /* the library's words for a CONNECT */
        error_hint(error, "write the proxy as http://USER:PASSWORD@HOST:PORT in HTTPS_PROXY");
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        error_hint(error, "check this machine's clock; name further authorities in SSL_CERT_FILE");
}
