/* A scripted server on loopback, one thread, plain sockets; waits are the virtual clock's. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "pkg/base/quiet.h"
#include "pkg/base/world.h"
#include "pkg/digest/digest.h"
#include "pkg/digest/sigv4.h"
#include "pkg/http/http.h"
#include "pkg/http/retry.h"
#include "pkg/http/transfer.h"
#include "tests/unit/unit.h"

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n\r\nok"
#define BUSY     "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"

enum { REQUESTS = 8 };

/* What each request gets: bytes of a reply; "reset", "close" (after the request was read), "hang",
   "drip", or "" for the end of the connection after the reply before. */
struct server {
    const char *const *script;
    int listener;
    unsigned port;
    atomic_size_t step, request_count, connections;
    struct bytes requests[REQUESTS];
    pthread_t thread;
    struct arena arena;
};

static bool is_complete(struct buffer *buffer)
{
    const char *text = buffer_text(buffer), *end = strstr(text, "\r\n\r\n");
    if (!end)
        return false;
    size_t size = 0;
    for (const char *line = text; line < end; line = strstr(line, "\r\n") + 2)
        if (strncasecmp(line, "content-length:", 15) == 0)
            size = strtoul(line + 15, NULL, 10);
    return buffer->size >= (size_t)(end + 4 - text) + size;
}

/* False when the next request comes on a new connection. */
static bool comes_here(struct server *server, int connection)
{
    struct pollfd ready[2] = {{connection, POLLIN, 0}, {server->listener, POLLIN, 0}};
    return poll(ready, 2, 10000) > 0 && ready[0].revents;
}

static bool read_request(struct server *server, int connection)
{
    struct buffer *buffer = buffer_new(&server->arena, 4 << 20);
    char chunk[4096];
    while (!is_complete(buffer)) {
        ssize_t got = recv(connection, chunk, sizeof chunk, 0);
        if (got <= 0 || buffer_add(buffer, chunk, (size_t)got) != 0)
            return false;
    }
    size_t count = server->request_count;
    if (count < REQUESTS) {
        server->requests[count] = buffer_bytes(buffer);
        server->request_count = count + 1;
    }
    return true;
}

static void wait_for_close(int connection)
{
    char byte;
    while (recv(connection, &byte, 1, 0) > 0)
        ;
}

/* A reply that never ends, a byte every 20 ms, until the client hangs up. */
static void drip(int connection)
{
    static const char begin[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    struct timespec pause = {0, 20000000};
    ssize_t step = send(connection, begin, sizeof begin - 1, 0);
    while (step > 0) {
        nanosleep(&pause, NULL);
        step = send(connection, "x", 1, 0);
    }
}

static void serve(struct server *server, int connection)
{
    const char *action;
    while ((action = server->script[server->step]) && action[0]) {
        if (!comes_here(server, connection) || !read_request(server, connection))
            return;
        server->step++;
        if (strcmp(action, "reset") == 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
                       sizeof(struct linger));
        if (strcmp(action, "reset") == 0 || strcmp(action, "close") == 0)
            return;
        if (strcmp(action, "hang") == 0) {
            wait_for_close(connection);
            return;
        }
        if (strcmp(action, "drip") == 0) {
            drip(connection);
            return;
        }
        for (size_t sent = 0, size = strlen(action); sent < size;) {
            ssize_t step = send(connection, action + sent, size - sent, 0);
            if (step <= 0)
                return;
            sent += (size_t)step;
        }
        if (strstr(action, "Connection: close"))
            return;
    }
    if (action)
        server->step++;
}

static void *run_server(void *context)
{
    struct server *server = context;
    struct quiet quiet;
    quiet_begin(&quiet); /* for this thread's whole life */
    while (server->script[server->step]) {
        struct pollfd ready = {server->listener, POLLIN, 0};
        if (poll(&ready, 1, 10000) != 1)
            return NULL;
        int connection = accept(server->listener, NULL, NULL);
        if (connection < 0)
            return NULL;
        server->connections++;
        serve(server, connection);
        close(connection);
    }
    return NULL;
}

static void start_server(struct server *server, const char *const *script)
{
    *server = (struct server){.script = script, .listener = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    CHECK(bind(server->listener, (struct sockaddr *)&address, size) == 0);
    CHECK(listen(server->listener, 8) == 0);
    CHECK(getsockname(server->listener, (struct sockaddr *)&address, &size) == 0);
    server->port = ntohs(address.sin_port);
    CHECK(pthread_create(&server->thread, NULL, run_server, server) == 0);
}

static void stop_server(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

/* One exchange with a server of its own; everything to look at afterwards. */
struct trial {
    struct arena arena;
    struct world *world;
    struct http *http;
    struct server server;
    struct http_reply reply;
    struct error error;
    int status;
    int64_t waited;
    struct buffer *said;
};

/* `said` goes through the environment of the test's world: its context is the harness's own. */
static struct buffer *all_said;

static void note_line(void *context, const char *subject, const char *line)
{
    (void)context;
    CHECK(buffer_printf(all_said, "%s: %s\n", subject, line) == 0);
}

static void open_trial(struct trial *trial, const char *const *script)
{
    *trial = (struct trial){0};
    trial->world = unit_world(&trial->arena);
    trial->said = all_said = buffer_new(&trial->arena, 1 << 16);
    trial->world->say = note_line;
    CHECK(http_open(&trial->arena, trial->world, &trial->http, &trial->error) == 0);
    start_server(&trial->server, script);
}

static void send_request(struct trial *trial, const char *path, struct http_request request)
{
    char *url = arena_printf(&trial->arena, "http://127.0.0.1:%u%s", trial->server.port, path);
    request.url = url;
    if (!request.method)
        request.method = "GET";
    int64_t before = world_now(trial->world);
    trial->status = http_send(trial->http, &trial->arena, &request, &trial->reply, &trial->error);
    trial->waited = world_now(trial->world) - before;
}

static void close_trial(struct trial *trial)
{
    all_said = NULL;
    struct http_stats stats = http_statistics(trial->http);
    CHECK(stats.requests >= stats.retries);
    struct arena arena = trial->arena, server_arena;
    stop_server(&trial->server);
    server_arena = trial->server.arena;
    arena_free(&arena);
    arena_free(&server_arena);
}

static const char *sent(const struct trial *trial, size_t i)
{
    return i < trial->server.request_count ? (const char *)trial->server.requests[i].data : "";
}

static void test_ok(void)
{
    struct trial trial;
    const char *const script[] = {OK_REPLY, OK_REPLY, OK_REPLY, NULL};
    const struct http_header headers[] = {{"X-One", "1"}, {"X-Empty", ""}};
    open_trial(&trial, script);
    send_request(&trial, "/a/../b?x=1",
                 (struct http_request){.headers = headers, .header_count = 2});
    CHECK(trial.status == 0 && trial.reply.status == 200);
    CHECK_TEXT((const char *)trial.reply.body.data, "ok");
    CHECK_TEXT(http_header(&trial.reply, "x-A"), "1");
    CHECK(http_header(&trial.reply, "X-B") == NULL);
    CHECK(strncmp(sent(&trial, 0), "GET /a/../b?x=1 HTTP/1.1\r\n", 26) == 0);
    CHECK(strstr(sent(&trial, 0), "\r\nUser-Agent: edge-deploy/") != NULL);
    CHECK(strstr(sent(&trial, 0), "\r\nX-One: 1\r\nX-Empty:") != NULL);
    CHECK(strstr(sent(&trial, 0), "Content-Type") == NULL);
    send_request(&trial, "/post", (struct http_request){.method = "POST"});
    CHECK(strstr(sent(&trial, 1), "\r\nContent-Length: 0\r\n") != NULL);
    CHECK(strstr(sent(&trial, 1), "Content-Type") == NULL);
    size_t size = 2 << 20;
    struct bytes body = {arena_alloc(&trial.arena, size, 1), size};
    send_request(&trial, "/put", (struct http_request){.method = "PUT", .body = body});
    CHECK(trial.status == 0 && strncmp(sent(&trial, 2), "PUT /put", 8) == 0);
    CHECK(strstr(sent(&trial, 2), "Expect") == NULL && trial.server.requests[2].size > size);
    CHECK(trial.server.connections == 1 && http_statistics(trial.http).retries == 0);
    close_trial(&trial);
}

static void test_too_many_requests(void)
{
    struct trial trial;
    const char *const script[] = {
        "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 Too Many\r\nRetry-After: Sun, 22 Nov 2026 12:00:20 GMT\r\n"
        "Content-Length: 0\r\n\r\n",
        OK_REPLY, NULL};
    open_trial(&trial, script);
    send_request(&trial, "/", (struct http_request){.method = "POST", .repeat = HTTP_REPEAT_NEVER});
    CHECK(trial.status == 0 && trial.reply.status == 200 && trial.waited == 20000);
    CHECK(http_statistics(trial.http).requests == 3 && http_statistics(trial.http).retries == 2);
    CHECK_TEXT(buffer_text(trial.said),
               "127.0.0.1: status 429; trying again in 7.0 s (try 2 of 4)\n"
               "127.0.0.1: status 429; trying again in 13.0 s (try 3 of 4)\n");
    close_trial(&trial);
}

/* A wait that is longer than ours is handed back, at once and named. */
static void test_long_wait(void)
{
    struct trial trial;
    const char *const script[] = {
        "HTTP/1.1 429 Too Many\r\nRetry-After: 3600\r\nContent-Length: 4\r\n\r\nlots", OK_REPLY,
        /* By the server's clock it is 20 s, whatever ours says. */
        "HTTP/1.1 503 Busy\r\nDate: Sun, 22 Nov 2026 15:00:00 GMT\r\n"
        "Retry-After: Sun, 22 Nov 2026 15:00:20 GMT\r\nContent-Length: 0\r\n\r\n",
        OK_REPLY, NULL};
    open_trial(&trial, script);
    send_request(&trial, "/", (struct http_request){0});
    CHECK(trial.status == 0 && trial.reply.status == 429 && trial.waited == 0);
    CHECK(trial.reply.retry_after_s == 3600 && http_statistics(trial.http).requests == 1);
    CHECK_TEXT((const char *)trial.reply.body.data, "lots");
    CHECK_TEXT(buffer_text(trial.said), "127.0.0.1: status 429; it wants 3600 s without requests, "
                                        "which is too long to wait here\n");
    send_request(&trial, "/", (struct http_request){0});
    CHECK(trial.status == 0 && trial.reply.status == 200 && trial.reply.retry_after_s == 0);
    send_request(&trial, "/", (struct http_request){0});
    CHECK(trial.status == 0 && trial.reply.status == 200 && trial.waited == 20000);
    close_trial(&trial);
}

static void test_busy(void)
{
    struct trial trial;
    const char *const three[] = {BUSY, BUSY, BUSY, OK_REPLY, NULL};
    open_trial(&trial, three);
    send_request(&trial, "/", (struct http_request){0});
    CHECK(trial.status == 0 && trial.reply.status == 200);
    CHECK(trial.waited >= 1750 && trial.waited < 5250);
    close_trial(&trial);
    const char *const four[] = {BUSY, BUSY, BUSY, BUSY, NULL};
    open_trial(&trial, four);
    send_request(&trial, "/", (struct http_request){0});
    CHECK(trial.status == 0 && trial.reply.status == 503);
    CHECK_TEXT((const char *)trial.reply.body.data, "busy");
    close_trial(&trial);
    const char *const once[] = {BUSY, NULL};
    open_trial(&trial, once);
    send_request(&trial, "/", (struct http_request){.method = "POST", .repeat = HTTP_REPEAT_NEVER});
    CHECK(trial.status == 0 && trial.reply.status == 503 && trial.waited == 0);
    close_trial(&trial);
}

/* Of the environment's proxies none ever sees a request to this machine. */
static void test_no_proxy(void)
{
    static const char *const variables[] = {"http_proxy", "https_proxy", "all_proxy"};
    struct trial trial;
    const char *const script[] = {OK_REPLY, NULL};
    for (size_t i = 0; i < 3; i++)
        setenv(variables[i], "http://user:secret@127.0.0.1:9", 1);
    open_trial(&trial, script);
    send_request(&trial, "/", (struct http_request){0});
    CHECK(trial.status == 0 && strncmp(sent(&trial, 0), "GET / HTTP", 10) == 0);
    for (size_t i = 0; i < 3; i++)
        unsetenv(variables[i]);
    close_trial(&trial);
}

static bool asks_again(const struct http_reply *reply)
{
    return reply->status == 400;
}

static void test_again(void)
{
    struct trial trial;
    const char *const script[] = {"HTTP/1.1 400 Throttling\r\nContent-Length: 0\r\n\r\n", OK_REPLY,
                                  NULL};
    open_trial(&trial, script);
    send_request(&trial, "/",
                 (struct http_request){.repeat = HTTP_REPEAT_NEVER, .again = asks_again});
    CHECK(trial.status == 0 && trial.reply.status == 200);
    close_trial(&trial);
}

static void test_lost(void)
{
    static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nok";
    static const char *const ways[] = {"reset", "close", cut};
    for (size_t i = 0; i < 3; i++) {
        struct trial trial;
        const char *const script[] = {ways[i], OK_REPLY, NULL};
        open_trial(&trial, script);
        send_request(&trial, "/", (struct http_request){0});
        CHECK(trial.status == 0 && trial.reply.status == 200 && trial.error.message[0] == '\0');
        CHECK_TEXT((const char *)trial.reply.body.data, "ok");
        close_trial(&trial);
        const char *const never[] = {ways[i], NULL};
        open_trial(&trial, never);
        send_request(&trial, "/x",
                     (struct http_request){.method = "POST", .repeat = HTTP_REPEAT_NEVER});
        CHECK(trial.status == -1 && trial.error.fault == FAULT_REMOTE && trial.waited == 0);
        CHECK(strstr(trial.error.message, "no reply to POST 'http://127.0.0.1:") != NULL);
        CHECK(trial.server.request_count == 1 && buffer_text(trial.said)[0] == '\0');
        close_trial(&trial);
    }
}

/* A connection that was kept open dies as the next request comes: curl would send it again. */
static void test_lost_on_kept_connection(void)
{
    struct trial trial;
    const char *const script[] = {OK_REPLY, "close", OK_REPLY, NULL};
    open_trial(&trial, script);
    send_request(&trial, "/1", (struct http_request){0});
    send_request(&trial, "/2",
                 (struct http_request){.method = "POST", .repeat = HTTP_REPEAT_NEVER});
    CHECK(trial.status == -1 && trial.server.request_count == 2);
    close_trial(&trial);
}

static void test_unreachable(void)
{
    struct trial trial;
    const char *const script[] = {NULL};
    open_trial(&trial, script);
    stop_server(&trial.server);
    send_request(&trial, "/", (struct http_request){.method = "POST", .repeat = HTTP_REPEAT_NEVER});
    CHECK(trial.status == -1 && http_statistics(trial.http).requests == 4);
    CHECK(strstr(trial.error.hint, "endpoint") != NULL);
    trial.server.listener = socket(AF_INET, SOCK_STREAM, 0);
    arena_free(&trial.arena);
    close(trial.server.listener);
}

static void test_limits(void)
{
    struct trial trial;
    const char *const script[] = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789", NULL};
    open_trial(&trial, script);
    send_request(&trial, "/", (struct http_request){.reply_limit = 8});
    CHECK(trial.status == -1 && trial.waited == 0);
    CHECK(strstr(trial.error.message, "is over 8 bytes") != NULL);
    close_trial(&trial);
    open_trial(&trial, script);
    send_request(&trial, "/", (struct http_request){.reply_limit = 9});
    CHECK(trial.status == 0 && trial.reply.body.size == 9);
    close_trial(&trial);
    struct arena arena = {0};
    char *filler = arena_alloc(&arena, 300001, 1);
    memset(filler, 'x', 300000);
    const char *const flood[] = {
        arena_printf(&arena, "HTTP/1.1 200 OK\r\nX: %.90000s\r\nY: %.90000s\r\nZ: %.90000s\r\n\r\n",
                     filler, filler, filler),
        NULL};
    open_trial(&trial, flood);
    send_request(&trial, "/", (struct http_request){0});
    CHECK(trial.status == -1);
    close_trial(&trial);
    arena_free(&arena);
}

static void test_hang(void)
{
    struct trial trial;
    struct timespec before, after;
    const char *const script[] = {"hang", NULL};
    open_trial(&trial, script);
    clock_gettime(CLOCK_MONOTONIC, &before);
    send_request(&trial, "/",
                 (struct http_request){.repeat = HTTP_REPEAT_NEVER, .timeout_ms = 200});
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK(trial.status == -1 && after.tv_sec - before.tv_sec < 3);
    CHECK(strstr(trial.error.message, "nothing moved for 1 s") != NULL);
    close_trial(&trial);
}

/* A byte now and then is no progress. */
static void test_drip(void)
{
    struct trial trial;
    struct timespec before, after;
    const char *const script[] = {"drip", NULL};
    open_trial(&trial, script);
    clock_gettime(CLOCK_MONOTONIC, &before);
    send_request(&trial, "/",
                 (struct http_request){.repeat = HTTP_REPEAT_NEVER, .timeout_ms = 400});
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK(trial.status == -1 && after.tv_sec - before.tv_sec < 5);
    CHECK(strstr(trial.error.message, "nothing moved for 1 s") != NULL);
    close_trial(&trial);
}

/* What a server says back of the credentials is not shown, wherever it stands; nor is a secret that
   went in the body. A reply that is a success is left as it came. */
static void test_echoes(void)
{
    static const char secret[] = "s3cret-token-of-mine";
    struct trial trial;
    const char *const script[] = {
        "HTTP/1.1 403 No\r\nX-Id: a s3cret-token-of-mine b\r\nContent-Length: 45\r\n\r\n"
        "{s3cret-token-of-mines3cret-token-of-mine} no",
        "HTTP/1.1 400 No\r\nContent-Length: 20\r\n\r\ns3cret-token-of-mine",
        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\ns3cret-token-of-mine", NULL};
    struct http_credentials header = {
        .scheme = HTTP_AUTH_HEADER, .header = "Authorization", .prefix = "", .secret = secret};
    struct http_credentials body = {.scheme = HTTP_AUTH_NONE, .secret = secret};
    open_trial(&trial, script);
    send_request(&trial, "/", (struct http_request){.credentials = header});
    CHECK_TEXT((const char *)trial.reply.body.data,
               "{****************************************} no");
    CHECK_TEXT(http_header(&trial.reply, "X-Id"), "a ******************** b");
    send_request(&trial, "/", (struct http_request){.credentials = body, .body = bytes_of(secret)});
    CHECK_TEXT((const char *)trial.reply.body.data, "********************");
    CHECK(strstr(sent(&trial, 1), "Authorization") == NULL);
    send_request(&trial, "/", (struct http_request){.credentials = header});
    CHECK_TEXT((const char *)trial.reply.body.data, secret);
    close_trial(&trial);
}

/* http is spoken with the addresses of metadata when the caller says so, and with no others. */
static void test_link_local(void)
{
    static const struct {
        const char *url;
        bool allowed;
    } rows[] = {{"http://169.254.169.254/x", true},    {"http://169.254.170.2/x", true},
                {"http://169.254.170.23/x", true},     {"http://[fd00:ec2::254]/x", true},
                {"http://[fd00:ec2::23]/x", true},     {"http://169.254.169.253/x", false},
                {"http://169.254.169.254.x/x", false}, {"http://10.0.0.1/x", false},
                {"http://[fd00:ec2::1]/x", false}};
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        struct url url;
        CHECK((url_parse(&arena, rows[i].url, true, &url, &error) == 0) == rows[i].allowed);
        CHECK(rows[i].allowed ? url.direct : error.fault == FAULT_INPUT);
        CHECK(url_parse(&arena, rows[i].url, false, &url, &error) == -1);
    }
    arena_free(&arena);
}

static int stop_now(void *context)
{
    (void)context;
    return 2;
}

static void test_interrupt(void)
{
    struct trial trial;
    const char *const script[] = {"hang", NULL};
    open_trial(&trial, script);
    trial.world->interrupted = stop_now;
    send_request(&trial, "/", (struct http_request){0});
    CHECK(trial.status == -1 && trial.error.fault == FAULT_INTERRUPTED);
    /* The server's script waits for its request still. */
    trial.world->interrupted = NULL;
    send_request(&trial, "/", (struct http_request){.repeat = HTTP_REPEAT_NEVER, .timeout_ms = 50});
    close_trial(&trial);
}

static void test_redirects(void)
{
    static const char away[] = "HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n";
    struct trial trial;
    const char *const script[] = {away, OK_REPLY, away, away, NULL};
    open_trial(&trial, script);
    send_request(&trial, "/", (struct http_request){.follow = true});
    CHECK(trial.status == 0 && trial.reply.status == 200);
    CHECK(strncmp(sent(&trial, 1), "GET /else ", 10) == 0);
    CHECK(http_header(&trial.reply, "Location") == NULL);
    struct http_credentials token = {HTTP_AUTH_HEADER, .header = "Authorization",
                                     .prefix = "Bearer ", .secret = "s3cret-token"};
    send_request(&trial, "/", (struct http_request){.follow = true, .credentials = token});
    CHECK(trial.status == 0 && trial.reply.status == 302);
    CHECK(strstr(sent(&trial, 2), "\r\nAuthorization: Bearer s3cret-token\r\n") != NULL);
    send_request(&trial, "/", (struct http_request){0});
    CHECK(trial.status == 0 && trial.reply.status == 302 && trial.server.request_count == 4);
    close_trial(&trial);
}

static void test_refused_urls(void)
{
    static const char *const urls[] = {"http://example.com/",
                                       "ftp://127.0.0.1/",
                                       "file:///etc/passwd",
                                       "example.com",
                                       "https://user:pw@localhost/",
                                       "http://127.0.0.1.example.com/",
                                       "http://localhost.example/",
                                       "http://0.0.0.0/",
                                       "http://[::2]/",
                                       "https://",
                                       "http://127.0.0.1@example.com/",
                                       ""};
    struct arena arena = {0};
    struct http *http;
    struct error error = {0};
    struct http_reply reply;
    CHECK(http_open(&arena, unit_world(&arena), &http, &error) == 0);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct http_request request = {.method = "GET", .url = urls[i]};
        error = (struct error){0};
        CHECK(http_send(http, &arena, &request, &reply, &error) == -1);
        CHECK(error.fault == FAULT_INPUT && strstr(error.message, "pw") == NULL);
    }
    CHECK(http_statistics(http).requests == 0);
    CHECK(http_date("Sun, 22 Nov 2026 12:00:20 GMT") == 1795348820 && http_date("then") == -1);
    CHECK_TEXT(http_escape(&arena, "a b/\xc3\xbc~:"), "a%20b%2F%C3%BC~%3A");
    arena_free(&arena);
}

static void check_hidden(const struct trial *trial, const char *secret)
{
    const char *const texts[] = {trial->error.message, trial->error.hint, buffer_text(trial->said)};
    for (size_t i = 0; i < 3; i++)
        CHECK(strstr(texts[i], secret) == NULL);
}

/* Every way to fail, with credentials of each kind: no text holds any of them. */
static void test_secrets_hidden(void)
{
    static const char *const ways[] = {"reset", "hang",
                                       "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
                                       "s3cret-token s3cret-key s3cret-session\r\n\r\n",
                                       "HTTP/1.1 200 OK\r\nContent-Length: s3cret-token\r\n\r\n"};
    const struct http_credentials kinds[] = {
        {HTTP_AUTH_HEADER, .header = "X-Key", .secret = "s3cret-token"},
        {HTTP_AUTH_AWS, .access_key = "AKID", .secret_key = "s3cret-key",
         .session_token = "s3cret-session", .region = "us-east-1", .service = "lambda"}};
    for (size_t way = 0; way < 5; way++) {
        for (size_t kind = 0; kind < 2; kind++) {
            struct trial trial;
            const char *const script[] = {ways[way], NULL};
            open_trial(&trial, script);
            send_request(&trial, "/?token=s3cret-token",
                         (struct http_request){.credentials = kinds[kind],
                                               .repeat = HTTP_REPEAT_NEVER,
                                               .timeout_ms = 100});
            CHECK(trial.status == -1);
            check_hidden(&trial, "s3cret");
            CHECK(strstr(sent(&trial, 0), "s3cret-key") == NULL);
            close_trial(&trial);
        }
    }
    struct trial trial;
    const char *const script[] = {NULL};
    open_trial(&trial, script);
    send_request(&trial, "/",
                 (struct http_request){.credentials = {HTTP_AUTH_HEADER, .header = "X-Key",
                                                       .secret = "s3cret\r\nX: 1"}});
    CHECK(trial.status == -1 && trial.error.fault == FAULT_INPUT);
    CHECK(strstr(trial.error.hint, "without a line break") != NULL);
    check_hidden(&trial, "s3cret");
    close_trial(&trial);
}

/* The value of a header in a raw request. */
static const char *raw_header(struct arena *arena, const char *request, const char *name)
{
    for (const char *line = request; line && *line; line = strstr(line, "\r\n")) {
        line += strncmp(line, "\r\n", 2) == 0 ? 2 : 0;
        if (strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
            return arena_printf(arena, "%.*s", (int)strcspn(line + strlen(name) + 2, "\r"),
                                line + strlen(name) + 2);
    }
    return "";
}

/* Each try has its own date and a signature that fits what was sent. */
static void test_aws(void)
{
    struct trial trial;
    const char *const script[] = {BUSY, OK_REPLY, NULL};
    const struct http_header headers[] = {
        {"Content-Type", "application/xml"}, {"If-Match", "E1"}, {"Accept", "application/xml"}};
    struct http_credentials credentials = {HTTP_AUTH_AWS,         .access_key = "AKID",
                                           .secret_key = "key",   .session_token = "session",
                                           .region = "us-east-1", .service = "cloudfront"};
    open_trial(&trial, script);
    send_request(&trial, "/a%3Ab?Qualifier=2",
                 (struct http_request){.method = "PUT",
                                       .headers = headers,
                                       .header_count = 3,
                                       .body = bytes_of("<x/>"),
                                       .credentials = credentials});
    CHECK(trial.status == 0 && trial.server.request_count == 2);
    struct arena *arena = &trial.arena;
    const char *dates[2];
    char body[65];
    digest_sha256(bytes_of("<x/>"), body);
    for (size_t i = 0; i < 2; i++) {
        const char *request = sent(&trial, i);
        dates[i] = raw_header(arena, request, "X-Amz-Date");
        const struct sigv4_header known[] = {{"host", raw_header(arena, request, "Host")},
                                             {"x-amz-date", dates[i]},
                                             {"x-amz-security-token", "session"},
                                             {"content-type", "application/xml"},
                                             {"if-match", "E1"}};
        struct sigv4_key key = {"AKID", "key", "us-east-1", "cloudfront"};
        struct sigv4_request signing = {"PUT", "/a%3Ab", "Qualifier=2", known, 5, body, false};
        struct sigv4_signature signature;
        sigv4_sign(arena, &key, &signing, dates[i], &signature);
        CHECK_TEXT(raw_header(arena, request, "Authorization"), signature.authorization);
        CHECK_TEXT(raw_header(arena, request, "X-Amz-Security-Token"), "session");
        CHECK(strstr(signature.authorization, "SignedHeaders=content-type;host;if-match;"
                                              "x-amz-date;x-amz-security-token,") != NULL);
    }
    CHECK_TEXT(dates[0], "20261122T120000Z");
    CHECK(strcmp(dates[0], dates[1]) != 0 || trial.waited < 1000);
    close_trial(&trial);
}

/* contracts/cloudflare.md section 3: name, filename, Content-Type only when given. */
static void test_multipart(void)
{
    struct trial trial;
    const char *const script[] = {BUSY, OK_REPLY, NULL};
    const struct http_part parts[] = {
        {"metadata", NULL, NULL, bytes_of("{}")},
        {"index.js", "index.js", "application/javascript+module", bytes_of("export {}")},
        {"./a.wasm", "./a.wasm", "application/wasm", {(const uint8_t *)"\0asm", 4}}};
    open_trial(&trial, script);
    send_request(&trial, "/",
                 (struct http_request){.method = "PUT", .parts = parts, .part_count = 3});
    CHECK(trial.status == 0 && trial.server.request_count == 2);
    for (size_t i = 0; i < trial.server.request_count; i++) {
        struct bytes request = trial.server.requests[i];
        const char *body = strstr((const char *)request.data, "\r\n\r\n") + 4;
        const char *boundary = strstr((const char *)request.data, "boundary=") + 9;
        char *dash = arena_printf(&trial.arena, "--%.*s", (int)strcspn(boundary, "\r"), boundary);
        static const char middle[] =
            "\r\nContent-Disposition: form-data; name=\"index.js\"; filename=\"index.js\"\r\n"
            "Content-Type: application/javascript+module\r\n\r\nexport {}\r\n";
        char *expected = arena_printf(
            &trial.arena,
            "%s\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{}\r\n%s%s%s"
            "\r\nContent-Disposition: form-data; name=\"./a.wasm\"; filename=\"./a.wasm\"\r\n"
            "Content-Type: application/wasm\r\n\r\n",
            dash, dash, middle, dash);
        CHECK(strncmp((const char *)request.data, "PUT / ", 6) == 0);
        body = arena_printf(&trial.arena, "%.*s", (int)strlen(expected), body);
        CHECK_TEXT(body, expected);
    }
    close_trial(&trial);
}

static void test_retry_table(void)
{
    static const int64_t now = INT64_C(1795348800000);
    static const struct {
        enum retry_end end;
        long status;
        enum http_repeat repeat;
        unsigned attempt;
        const char *name, *value;
        int64_t least, most; /* wait */
    } rows[] = {
        {RETRY_REPLY, 200, HTTP_REPEAT_SAFE, 1, NULL, NULL, -1, -1},
        {RETRY_REPLY, 404, HTTP_REPEAT_SAFE, 1, "Retry-After", "3", -1, -1},
        {RETRY_REPLY, 501, HTTP_REPEAT_SAFE, 1, NULL, NULL, -1, -1},
        {RETRY_REPLY, 500, HTTP_REPEAT_SAFE, 1, NULL, NULL, 250, 749},
        {RETRY_REPLY, 502, HTTP_REPEAT_SAFE, 2, NULL, NULL, 500, 1499},
        {RETRY_REPLY, 504, HTTP_REPEAT_SAFE, 3, NULL, NULL, 1000, 2999},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 4, NULL, NULL, -1, -1},
        {RETRY_REPLY, 503, HTTP_REPEAT_NEVER, 1, "Retry-After", "3", -1, -1},
        {RETRY_REPLY, 429, HTTP_REPEAT_BY_CALLER, 1, "Retry-After", "3", -1, -1},
        {RETRY_UNSENT, 0, HTTP_REPEAT_BY_CALLER, 1, NULL, NULL, -1, -1},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "Retry-After", "3", 3000, 3000},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "retry-after", "0", 0, 0},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "Retry-After", "60", 60000, 60000},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "Retry-After", "61", -1, -1},
        {RETRY_REPLY, 429, HTTP_REPEAT_NEVER, 1, "Retry-After", "99999", -1, -1},
        {RETRY_REPLY, 429, HTTP_REPEAT_NEVER, 1, "Retry-After", "Sun, 22 Nov 2026 12:01:01 GMT", -1,
         -1},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "Retry-After", "99999999999999999999", 250, 749},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "Retry-After", "-3", 250, 749},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "Retry-After", "soon", 250, 749},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "Retry-After", "", 250, 749},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "Retry-After", "Sun, 22 Nov 2026 12:00:09 GMT",
         9000, 9000},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "Retry-After", "Sun, 22 Nov 2026 11:00:00 GMT", 250,
         749},
        {RETRY_REPLY, 503, HTTP_REPEAT_SAFE, 1, "RateLimit", "\"default\";r=0;t=30", 250, 749},
        {RETRY_REPLY, 429, HTTP_REPEAT_NEVER, 3, NULL, NULL, 1000, 2999},
        {RETRY_REPLY, 429, HTTP_REPEAT_NEVER, 4, "Retry-After", "1", -1, -1},
        {RETRY_REPLY, 429, HTTP_REPEAT_SAFE, 1, "RateLimit", "\"default\";r=0;t=30", 30000, 30000},
        {RETRY_REPLY, 429, HTTP_REPEAT_SAFE, 1, "Ratelimit", "\"a\";t=x", 250, 749},
        {RETRY_REPLY, 429, HTTP_REPEAT_SAFE, 1, "Ratelimit", ";", 250, 749},
        {RETRY_REPLY, 429, HTTP_REPEAT_SAFE, 1, "Vendor-RateLimit-Reset", "1795348815", 15000,
         15000},
        {RETRY_REPLY, 429, HTTP_REPEAT_SAFE, 1, "Vendor-RateLimit-Reset", "1795340000", 250, 749},
        {RETRY_REPLY, 429, HTTP_REPEAT_SAFE, 1, "RateLimit-Reset", "4", 4000, 4000},
        {RETRY_REPLY, 429, HTTP_REPEAT_SAFE, 1, "RateLimit-Reset", "x", 250, 749},
        {RETRY_UNSENT, 0, HTTP_REPEAT_NEVER, 1, NULL, NULL, 250, 749},
        {RETRY_UNSENT, 0, HTTP_REPEAT_SAFE, 4, NULL, NULL, -1, -1},
        {RETRY_LOST, 0, HTTP_REPEAT_SAFE, 3, NULL, NULL, 1000, 2999},
        {RETRY_LOST, 0, HTTP_REPEAT_NEVER, 1, NULL, NULL, -1, -1},
        {RETRY_PERMANENT, 0, HTTP_REPEAT_SAFE, 1, NULL, NULL, -1, -1},
    };
    static const uint32_t randoms[] = {0, 499, 12345678, UINT32_MAX};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_header header = {rows[i].name, rows[i].value};
        struct http_reply reply = {rows[i].status, &header, rows[i].name != NULL, {NULL, 0}, 0};
        for (size_t word = 0; word < 4; word++) {
            struct retry_question question = {rows[i].end,     &reply, false,        rows[i].repeat,
                                              rows[i].attempt, now,    randoms[word]};
            int64_t wait = retry_wait(&question);
            if (!CHECK(wait >= rows[i].least && wait <= rows[i].most))
                fprintf(stderr, "  row %zu: %lld\n", i, (long long)wait);
        }
    }
}

void test_http(void)
{
    test_retry_table();
    test_refused_urls();
    test_ok();
    test_too_many_requests();
    test_long_wait();
    test_busy();
    test_no_proxy();
    test_again();
    test_lost();
    test_lost_on_kept_connection();
    test_unreachable();
    test_limits();
    test_hang();
    test_drip();
    test_echoes();
    test_link_local();
    test_interrupt();
    test_redirects();
    test_secrets_hidden();
    test_aws();
    test_multipart();
}
