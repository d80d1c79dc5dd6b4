/* The server: a thread a connection, which reads a request, lets the platform's half answer it
   under the lock, and does the harm that a fault rule orders. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/sandbox/internal.h"

enum { CONNECTION_MEMORY = 256 << 10, MOST_CONNECTIONS = 256, IDLE_S = 300, SLICE_MS = 20 };

/* One request and its answer; freed when MHD has done with it. */
struct exchange {
    struct arena arena;
    struct sandbox *sandbox;
    struct MHD_Connection *connection;
    struct sandbox_request request;
    struct sandbox_reply reply;
    struct buffer *body;
    size_t announced; /* Content-Length, 0 when absent */
    const struct fault_rule *fault;
    enum harm harm;
    bool begun, too_large;
};

/* Waits in real time; ends early when the sandbox stops. */
static void wait_ms(struct sandbox *sandbox, unsigned long milliseconds)
{
    while (milliseconds && !atomic_load(&sandbox->stopping)) {
        unsigned long slice = milliseconds < SLICE_MS ? milliseconds : SLICE_MS;
        struct timespec time = {0, (long)slice * 1000000};
        nanosleep(&time, NULL);
        milliseconds -= slice;
    }
}

static void wait_for_bytes(const struct exchange *exchange, size_t size)
{
    if (exchange->fault && exchange->fault->slow)
        wait_ms(exchange->sandbox,
                (unsigned long)((double)size * 1000 / (double)exchange->fault->slow));
}

static int socket_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

/* Ends the connection with a TCP reset. MHD would shut it down in good order first, so the socket
   is closed under it and a fresh one is left in its place for MHD to close. */
static enum MHD_Result reset(struct MHD_Connection *connection)
{
    struct linger now = {1, 0};
    int descriptor = socket_of(connection), fresh = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    if (fresh >= 0) {
        dup2(fresh, descriptor);
        close(fresh);
    }
    return MHD_NO;
}

/* Until the client goes away or the sandbox stops. */
static enum MHD_Result hang(struct exchange *exchange)
{
    char byte;
    int descriptor = socket_of(exchange->connection);
    while (!atomic_load(&exchange->sandbox->stopping)) {
        ssize_t got = recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
            break;
        wait_ms(exchange->sandbox, SLICE_MS);
    }
    return MHD_NO;
}

static void *open_exchange(void *sandbox, const char *target, struct MHD_Connection *connection)
{
    struct arena arena = {0};
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->sandbox = sandbox;
    exchange->connection = connection;
    exchange->request.target = arena_strdup(&arena, target);
    exchange->body = buffer_new(&arena, LIMIT_REQUEST);
    exchange->arena = arena;
    return exchange;
}

static void close_exchange(void *sandbox, struct MHD_Connection *connection, void **context,
                           enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *context;
    (void)sandbox, (void)connection, (void)code;
    if (!exchange)
        return;
    arena_free(&exchange->arena);
    free(exchange);
    *context = NULL;
}

struct header_list {
    struct arena *arena;
    struct sandbox_header *headers;
    size_t count, capacity;
};

static enum MHD_Result add_header(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct header_list *list = context;
    (void)kind;
    list->headers =
        arena_grow(list->arena, list->headers, list->count, &list->capacity, sizeof *list->headers);
    list->headers[list->count++] = (struct sandbox_header){
        arena_strdup(list->arena, name), arena_strdup(list->arena, value ? value : "")};
    return MHD_YES;
}

static void read_request(struct exchange *exchange, const char *method)
{
    struct sandbox_request *request = &exchange->request;
    struct header_list list = {&exchange->arena, NULL, 0, 0};
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, add_header, &list);
    request->arena = &exchange->arena;
    request->method = arena_strdup(request->arena, method);
    request->headers = list.headers;
    request->header_count = list.count;
    size_t path_size = strcspn(request->target, "?");
    const char *path = arena_copy(request->arena, request->target, path_size);
    const struct sandbox_api *api = sandbox_route(exchange->sandbox, request->target);
    request->path = api ? path + strlen(api->prefix) : path;
    request->query = request->target + path_size + (request->target[path_size] == '?');
    const char *length = sandbox_header(request, "Content-Length");
    exchange->announced = length ? (size_t)strtoull(length, NULL, 10) : 0;
}

static void write_journal(struct exchange *exchange, unsigned status)
{
    struct sandbox *sandbox = exchange->sandbox;
    exchange->request.body = buffer_bytes(exchange->body);
    pthread_mutex_lock(&sandbox->lock);
    journal_write(sandbox, &exchange->request, status,
                  exchange->fault ? exchange->fault->words : NULL);
    pthread_mutex_unlock(&sandbox->lock);
}

/* Sends at most a tenth of a second's bytes at a time. */
static ssize_t slow_reader(void *context, uint64_t position, char *out, size_t room)
{
    struct exchange *exchange = context;
    struct bytes body = exchange->reply.body;
    size_t half = body.size / 2, size = body.size - (size_t)position;
    if (exchange->harm == HARM_TRUNCATE) {
        if (position >= half)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        size = half - (size_t)position;
    }
    if (exchange->fault->slow && size > exchange->fault->slow / 10 + 1)
        size = exchange->fault->slow / 10 + 1;
    if (size > room)
        size = room;
    wait_for_bytes(exchange, size);
    memcpy(out, body.data + position, size);
    return (ssize_t)size;
}

static struct MHD_Response *make_response(struct exchange *exchange)
{
    struct bytes body = exchange->reply.body;
    bool by_pieces = body.size && (exchange->harm == HARM_TRUNCATE ||
                                   (exchange->fault && exchange->fault->slow));
    if (by_pieces)
        return MHD_create_response_from_callback(body.size, 16384, slow_reader, exchange, NULL);
    return MHD_create_response_from_buffer(body.size, (void *)(uintptr_t)body.data,
                                           MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result send_reply(struct exchange *exchange)
{
    struct MHD_Response *response = make_response(exchange);
    if (!response)
        return MHD_NO;
    for (size_t i = 0; i < exchange->reply.header_count; i++)
        MHD_add_response_header(response, exchange->reply.headers[i].name,
                                exchange->reply.headers[i].value);
    enum MHD_Result result =
        MHD_queue_response(exchange->connection, exchange->reply.status, response);
    MHD_destroy_response(response);
    return result;
}

static void refuse(struct exchange *exchange, unsigned status, const char *why)
{
    struct sandbox_request *request = &exchange->request;
    sandbox_reply_json(request, &exchange->reply, status,
                       json_pack("{s:s, s:s}", "error", "sandbox", "message", why));
}

/* What was done is done; only the answer's body is another. */
static void spoil(struct exchange *exchange)
{
    struct sandbox_reply *reply = &exchange->reply;
    if (exchange->harm == HARM_MALFORMED)
        reply->body = reply->body.size < 2 ? bytes_of("{")
                                           : (struct bytes){reply->body.data, reply->body.size / 2};
    else if (exchange->harm == HARM_EMPTY)
        reply->body = bytes_of("");
    else if (exchange->harm == HARM_LIST)
        reply->body = bytes_of("[]");
    else if (exchange->harm == HARM_TYPES)
        reply->body = spoil_types(exchange->request.arena, reply->body, exchange->fault->depth);
}

/* What the half, or a rule in its stead, answers. */
static void make_reply(struct exchange *exchange)
{
    static const char page[] = "<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head>"
                               "<body><h1>Bad gateway</h1></body></html>\n";
    struct sandbox_request *request = &exchange->request;
    struct sandbox_reply *reply = &exchange->reply;
    const struct fault_rule *fault = exchange->fault;
    const struct sandbox_api *api = sandbox_route(exchange->sandbox, request->target);
    if (exchange->harm == HARM_HTML)
        sandbox_reply_text(reply, fault->status ? fault->status : 502, "text/html; charset=utf-8",
                           page);
    else if (exchange->harm == HARM_STATUS && api && api->refuse)
        api->refuse(exchange->sandbox, request, fault->status, reply);
    else if (exchange->harm == HARM_STATUS)
        refuse(exchange, fault->status, "injected by --fault");
    else if (!api)
        refuse(exchange, 404, "no platform answers under this path");
    else
        api->handle(exchange->sandbox, request, reply);
    if (fault && fault->retry_after >= 0)
        sandbox_reply_header(reply, "Retry-After",
                             arena_printf(request->arena, "%ld", fault->retry_after));
    if (reply->status < 200 || reply->status > 599)
        refuse(exchange, 500, "the platform's half gave no status");
    spoil(exchange);
}

static enum MHD_Result answer(struct exchange *exchange)
{
    struct sandbox *sandbox = exchange->sandbox;
    wait_ms(sandbox, sandbox->latency_ms);
    if (exchange->harm == HARM_HANG || exchange->harm == HARM_RESET_DURING) {
        write_journal(exchange, 0);
        return exchange->harm == HARM_HANG ? hang(exchange) : reset(exchange->connection);
    }
    exchange->request.body = buffer_bytes(exchange->body);
    pthread_mutex_lock(&sandbox->lock);
    if (sandbox->tick_ms)
        world_sleep(sandbox->world, sandbox->tick_ms);
    exchange->request.now = world_now(sandbox->world);
    make_reply(exchange);
    journal_write(
        sandbox, &exchange->request,
        exchange->harm == HARM_LOST || exchange->harm == HARM_STALL ? 0 : exchange->reply.status,
        exchange->fault ? exchange->fault->words : NULL);
    pthread_mutex_unlock(&sandbox->lock);
    if (exchange->harm == HARM_STALL)
        return hang(exchange);
    return exchange->harm == HARM_LOST ? reset(exchange->connection) : send_reply(exchange);
}

static enum MHD_Result refuse_large(struct exchange *exchange)
{
    refuse(exchange, 413, "the request's body is too large for the sandbox");
    write_journal(exchange, 413);
    return send_reply(exchange);
}

/* The headers are in. */
static enum MHD_Result begin(struct exchange *exchange, const char *method)
{
    exchange->begun = true;
    read_request(exchange, method);
    pthread_mutex_lock(&exchange->sandbox->lock);
    exchange->fault = faults_hit(&exchange->sandbox->faults, method, exchange->request.target);
    pthread_mutex_unlock(&exchange->sandbox->lock);
    exchange->harm = exchange->fault ? exchange->fault->harm : HARM_NONE;
    if (exchange->harm == HARM_REFUSE || exchange->harm == HARM_RESET_BEFORE) {
        write_journal(exchange, 0);
        return exchange->harm == HARM_REFUSE ? MHD_NO : reset(exchange->connection);
    }
    if (exchange->announced > LIMIT_REQUEST)
        return refuse_large(exchange);
    return MHD_YES;
}

static enum MHD_Result collect(struct exchange *exchange, const char *data, size_t *size)
{
    if (!exchange->too_large && buffer_add(exchange->body, data, *size) != 0)
        exchange->too_large = true; /* without a Content-Length: read on, keep nothing */
    wait_for_bytes(exchange, *size);
    *size = 0;
    if (exchange->harm != HARM_RESET_DURING || exchange->body->size < exchange->announced / 2)
        return MHD_YES;
    write_journal(exchange, 0);
    return reset(exchange->connection);
}

static enum MHD_Result handle(void *sandbox, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **context)
{
    struct exchange *exchange = *context;
    (void)sandbox, (void)connection, (void)url, (void)version;
    if (!exchange)
        return MHD_NO;
    if (!exchange->begun)
        return begin(exchange, method);
    if (*size)
        return collect(exchange, data, size);
    if (exchange->too_large)
        return refuse_large(exchange);
    return answer(exchange);
}

/* MHD's own words are for nobody. */
static void say_nothing(void *context, const char *format, va_list arguments)
{
    (void)context, (void)format, (void)arguments;
}

int sandbox_listen(struct sandbox *sandbox, unsigned port, struct error *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    sigset_t all, before;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    errno = 0;
    sandbox->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG,
        (uint16_t)port, NULL, NULL, handle, sandbox, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_URI_LOG_CALLBACK, open_exchange, sandbox,
        MHD_OPTION_NOTIFY_COMPLETED, close_exchange, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MOST_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_END);
    int saved = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!sandbox->daemon) {
        error_set(error, FAULT_INPUT, "cannot listen on 127.0.0.1:%u: %s", port,
                  saved ? strerror(saved) : "the server did not start");
        return error_hint(error, "choose another port with --port, or 0 for any free one");
    }
    sandbox->port = MHD_get_daemon_info(sandbox->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    snprintf(sandbox->base, sizeof sandbox->base, "http://127.0.0.1:%u", sandbox->port);
    return 0;
}

void sandbox_stop(struct sandbox *sandbox)
{
    atomic_store(&sandbox->stopping, true);
    if (sandbox->daemon)
        MHD_stop_daemon(sandbox->daemon);
    sandbox->daemon = NULL;
}
