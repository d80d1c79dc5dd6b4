#include "pkg/http/transfer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "pkg/base/arena.h"
#include "pkg/base/quiet.h"
#include "pkg/base/text.h"
#include "pkg/base/world.h"

enum {
    STEP_BYTES = 1024,        /* less than that is no progress: a byte now and then is a trap */
    POLL_MS = 100,            /* how often we look whether we shall stop */
    HEADER_LIMIT = 256 << 10, /* bytes of all reply headers */
    REDIRECT_LIMIT = 10
};

/* What belongs to one try; the callbacks fill it. */
struct arrival {
    struct arena *arena;
    curl_mime *mime; /* what is sent, when it has parts */
    struct curl_slist *places;
    struct buffer *body;
    struct http_reply *reply;
    size_t capacity, header_bytes;
    size_t exceeded; /* the limit that the reply passed; 0: none */
};

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct arrival *arrival = context;
    if (buffer_add(arrival->body, data, size * count) == 0)
        return size * count;
    arrival->exceeded = arrival->body->limit;
    return 0;
}

/* Lines of an interim or redirecting reply make way for those of the next. */
static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct arrival *arrival = context;
    size *= count;
    arrival->header_bytes += size;
    if (arrival->header_bytes > HEADER_LIMIT) {
        arrival->exceeded = HEADER_LIMIT;
        return 0;
    }
    if (size >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        arrival->reply->header_count = 0;
        return size;
    }
    char *line = arena_copy(arrival->arena, data, size);
    char *value = strchr(line, ':');
    if (!value)
        return size;
    *value++ = '\0';
    value += strspn(value, " \t");
    size_t end = strlen(value);
    while (end && strchr(" \t\r\n", value[end - 1]))
        value[--end] = '\0';
    struct http_reply *reply = arrival->reply;
    reply->headers = arena_grow(arrival->arena, reply->headers, reply->header_count,
                                &arrival->capacity, sizeof *reply->headers);
    reply->headers[reply->header_count++] = (struct http_header){line, value};
    return size;
}

/* A multipart body is read where it lies: curl would copy it. */
struct cursor {
    struct bytes bytes;
    size_t at;
};

static size_t read_part(char *out, size_t size, size_t count, void *context)
{
    struct cursor *cursor = context;
    size_t left = cursor->bytes.size - cursor->at;
    size_t step = size * count < left ? size * count : left;
    if (step)
        memcpy(out, cursor->bytes.data + cursor->at, step);
    cursor->at += step;
    return step;
}

static int seek_part(void *context, curl_off_t offset, int origin)
{
    struct cursor *cursor = context;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > cursor->bytes.size)
        return CURL_SEEKFUNC_FAIL;
    cursor->at = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static CURLcode set_parts(CURL *easy, struct arrival *arrival, const struct http_request *request)
{
    curl_mime *mime = curl_mime_init(easy);
    arrival->mime = mime;
    if (!mime)
        return CURLE_OUT_OF_MEMORY;
    CURLcode status = CURLE_OK;
    for (size_t i = 0; i < request->part_count && status == CURLE_OK; i++) {
        const struct http_part *part = &request->parts[i];
        curl_mimepart *slot = curl_mime_addpart(mime);
        if (!slot)
            return CURLE_OUT_OF_MEMORY;
        struct cursor *cursor = arena_alloc(arrival->arena, 1, sizeof *cursor);
        cursor->bytes = part->body;
        status = curl_mime_data_cb(slot, (curl_off_t)part->body.size, read_part, seek_part, NULL,
                                   cursor);
        if (status == CURLE_OK)
            status = curl_mime_name(slot, part->name);
        if (status == CURLE_OK && part->filename)
            status = curl_mime_filename(slot, part->filename);
        if (status == CURLE_OK && part->media_type)
            status = curl_mime_type(slot, part->media_type);
    }
    return status == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_MIMEPOST, mime) : status;
}

static CURLcode set_method(CURL *easy, struct arrival *arrival, const struct http_request *request)
{
    const char *method = request->method;
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    CURLcode status = CURLE_OK;
    if (strcmp(method, "HEAD") == 0)
        return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (request->part_count) {
        status = set_parts(easy, arrival, request);
    } else if (request->body.size || (!reads && strcmp(method, "DELETE") != 0)) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         request->body.size ? (const char *)request->body.data : "");
        status =
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    return status == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method) : status;
}

static void set_safety(CURL *easy, const struct http_request *request, const struct url *url)
{
    bool follow = request->follow && !request->link_local &&
                  request->credentials.scheme == HTTP_AUTH_NONE && !request->credentials.secret;
    const char *schemes = url->plain ? "http,https" : "https";
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, (long)follow);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECT_LIMIT);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, schemes);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, schemes);
#else
    long protocols = CURLPROTO_HTTPS | (schemes[4] == ',' ? CURLPROTO_HTTP : 0);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, protocols);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, protocols);
#endif
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (url->direct)
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    /* On a connection that was kept open, curl itself sends a request again when the server closes
       before its first answer byte. */
    if (request->repeat != HTTP_REPEAT_SAFE && !request->socket)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

/* Another address for the host: name and certificate stay the host's. */
static CURLcode set_address(CURL *easy, struct arrival *arrival, const char *address)
{
    struct in6_addr parsed;
    bool long_one = inet_pton(AF_INET6, address, &parsed) == 1;
    if (!long_one && inet_pton(AF_INET, address, &parsed) != 1)
        return CURLE_URL_MALFORMAT;
    arrival->places = curl_slist_append(
        NULL, arena_printf(arrival->arena, long_one ? "::[%s]:" : "::%s:", address));
    return curl_easy_setopt(easy, CURLOPT_CONNECT_TO, arrival->places);
}

/* A company's own authorities, as curl and OpenSSL's programs take them. */
static void set_authorities(CURL *easy, const struct world *world)
{
    const char *file = world_environment(world, "CURL_CA_BUNDLE");
    file = file ? file : world_environment(world, "SSL_CERT_FILE");
    if (!file)
        return;
    curl_easy_setopt(easy, CURLOPT_CAINFO, file);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, file);
}

static CURLcode set_up(struct http *http, struct arrival *arrival,
                       const struct http_request *request, const struct url *url,
                       struct curl_slist *headers, char *reason)
{
    CURL *easy = http->easy;
    curl_easy_reset(easy);
    set_safety(easy, request, url);
    set_authorities(easy, http->world);
    curl_easy_setopt(easy, CURLOPT_CURLU, url->handle);
    if (request->address && set_address(easy, arrival, request->address) != CURLE_OK)
        return CURLE_URL_MALFORMAT;
    if (request->socket &&
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request->socket) != CURLE_OK)
        return CURLE_URL_MALFORMAT;
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "edge-deploy/" EDGE_DEPLOY_VERSION);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, transfer_idle_ms(http->world, request));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, arrival);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, arrival);
    return set_method(easy, arrival, request);
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Grows whenever something moves: name resolved, connection made, bytes sent or received. */
static curl_off_t movement(CURL *easy)
{
    static const CURLINFO words[] = {CURLINFO_NAMELOOKUP_TIME_T, CURLINFO_CONNECT_TIME_T,
                                     CURLINFO_APPCONNECT_TIME_T, CURLINFO_SIZE_UPLOAD_T,
                                     CURLINFO_SIZE_DOWNLOAD_T};
    curl_off_t sum = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        curl_off_t value = 0;
        curl_easy_getinfo(easy, words[i], &value);
        sum += value;
    }
    long headers = 0, request = 0;
    curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &headers);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request);
    return sum + headers + request;
}

static CURLcode outcome(CURLM *multi)
{
    int left;
    CURLMsg *message;
    CURLcode code = CURLE_RECV_ERROR;
    while ((message = curl_multi_info_read(multi, &left)))
        if (message->msg == CURLMSG_DONE)
            code = message->data.result;
    return code;
}

/* The times of one try, in milliseconds. */
struct watch {
    int64_t began, moved, reply; /* reply: when its body began; 0: not yet */
    curl_off_t movement;
};

/* CURLE_OK: go on. */
static CURLcode look(struct watch *watch, CURL *easy, long limit_ms, long total_ms)
{
    curl_off_t movement_now = movement(easy), body = 0;
    int64_t now = monotonic_ms();
    if (movement_now - watch->movement >= STEP_BYTES) {
        watch->moved = now;
        watch->movement = movement_now;
    }
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
    if (body > 0 && !watch->reply)
        watch->reply = now;
    if (total_ms && now - watch->began >= total_ms)
        return CURLE_OPERATION_TIMEDOUT;
    if (now - watch->began >= TRANSFER_TOTAL_MS ||
        (watch->reply && now - watch->reply >= TRANSFER_REPLY_MS))
        return CURLE_ABORTED_BY_CALLBACK;
    return now - watch->moved >= limit_ms ? CURLE_OPERATION_TIMEDOUT : CURLE_OK;
}

/* -1 when interrupted. */
static int perform(struct http *http, const struct http_request *request, CURLcode *code,
                   struct error *error)
{
    int running = 1;
    long limit_ms = transfer_idle_ms(http->world, request);
    struct watch watch = {.began = monotonic_ms()};
    watch.moved = watch.began;
    for (;;) {
        if (curl_multi_perform(http->multi, &running) != CURLM_OK) {
            *code = CURLE_FAILED_INIT;
            return 0;
        }
        if (!running) {
            *code = outcome(http->multi);
            return 0;
        }
        *code = look(&watch, http->easy, limit_ms, request->total_ms);
        if (*code != CURLE_OK)
            return 0;
        if (world_stopped(http->world, error) != 0)
            return -1;
        int64_t left = watch.moved + limit_ms - monotonic_ms();
        left = left < 0 ? 0 : left;
        curl_multi_poll(http->multi, NULL, 0, (int)(left < POLL_MS ? left : POLL_MS), NULL);
    }
}

int transfer(struct http *http, struct arena *arena, const struct http_request *request,
             const struct url *url, struct curl_slist *headers, struct http_reply *out,
             enum retry_end *end, struct error *error)
{
    char reason[CURL_ERROR_SIZE] = "";
    size_t limit = request->reply_limit ? request->reply_limit : (size_t)LIMIT_REPLY;
    *out = (struct http_reply){0};
    struct arrival arrival = {.arena = arena, .body = buffer_new(arena, limit), .reply = out};
    CURLcode code = set_up(http, &arrival, request, url, headers, reason);
    int status = 0;
    if (code == CURLE_OK && curl_multi_add_handle(http->multi, http->easy) != CURLM_OK)
        code = CURLE_FAILED_INIT;
    else if (code == CURLE_OK) {
        struct quiet quiet;
        quiet_begin(&quiet);
        status = perform(http, request, &code, error);
        *end = transfer_judge(http->easy, code);
        curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &out->status);
        curl_multi_remove_handle(http->multi, http->easy);
        quiet_end(&quiet);
    }
    /* Nothing of this try may be reached through the handle later. */
    curl_easy_reset(http->easy);
    curl_mime_free(arrival.mime);
    curl_slist_free_all(arrival.places);
    if (status != 0)
        return error_prefix(error, "%s '%s'", request->method, url->shown);
    http->timed_out = code == CURLE_OPERATION_TIMEDOUT;
    if (code != CURLE_OK)
        transfer_describe(arena, http, request, url, code, reason, arrival.exceeded, error);
    hide_echoes(out, arrival.body, &request->credentials);
    out->body = (struct bytes){(const uint8_t *)buffer_text(arrival.body), arrival.body->size};
    return 0;
}
