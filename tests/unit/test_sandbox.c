#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pkg/base/bytes.h"
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/json/json.h"
#include "pkg/platform/platform.h"
#include "pkg/sandbox/faults.h"
#include "pkg/sandbox/sandbox.h"
#include "tests/unit/unit.h"

/* Fake halves. "/echo" answers what it was asked; "/count" counts its calls on disk. */
static void echo(struct sandbox *sandbox, const struct sandbox_request *request,
                 struct sandbox_reply *reply)
{
    (void)sandbox;
    const char *name = sandbox_query(request, "name"), *form = sandbox_form(request, "form");
    const char *agent = sandbox_header(request, "user-agent");
    sandbox_reply_header(reply, "X-Echo", "yes");
    sandbox_reply_json(request, reply, 200,
                       json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:I}", "method",
                                 request->method, "target", request->target, "path", request->path,
                                 "query", request->query, "name", name, "form", form, "agent",
                                 agent, "size", (json_int_t)request->body.size));
}

static void count(struct sandbox *sandbox, const struct sandbox_request *request,
                  struct sandbox_reply *reply)
{
    json_t *before = sandbox_load(sandbox, request->arena, "count/calls");
    json_t *after = json_pack("{s:I}", "calls", json_find_integer(before, "calls", 0) + 1);
    int saved = sandbox_save(sandbox, "count/calls", after);
    sandbox_reply_json(request, reply, saved == 0 ? 200 : 500, after);
}

static void refuse(struct sandbox *sandbox, const struct sandbox_request *request, unsigned status,
                   struct sandbox_reply *reply)
{
    (void)sandbox, (void)request;
    sandbox_reply_text(reply, status, "text/plain", "in the platform's words");
}

static const struct sandbox_api echo_api = {
    .prefix = "/echo", .handle = echo, .environment = {{"ECHO_URL", "%s/echo/v1"}, {"KEY", "k"}}};
static const struct sandbox_api count_api = {
    .prefix = "/count", .handle = count, .environment = {{"KEY", "other"}}, .refuse = refuse};
static const struct platform echo_platform = {.name = "echo"}, count_platform = {.name = "count"};
static const struct platform_entry entries[] = {
    {&echo_platform, &echo_api, "{\"name\":1}", ""}, {&count_platform, &count_api, "{}", ""}, {0}};

static struct sandbox *start(struct arena *arena, const char *folder, const char *faults)
{
    struct sandbox *sandbox = NULL;
    struct error error = {0};
    struct sandbox_options options = {.state = path_join(arena, folder, "state"),
                                      .journal = path_join(arena, folder, "journal"),
                                      .faults = faults,
                                      .rate_scale = 7,
                                      .world = unit_world(arena),
                                      .platforms = entries};
    if (!CHECK(sandbox_start(arena, &options, &sandbox, &error) == 0)) {
        fprintf(stderr, "  %s\n", error.message);
        abort();
    }
    return sandbox;
}

static int dial(const struct sandbox *sandbox)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)sandbox_port(sandbox))};
    struct timeval limit = {20, 0};
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        abort();
    return descriptor;
}

/* Sends `size` bytes and reads all that comes back; "RESET" behind it when the connection ended
   with a reset. */
static char *talk(struct arena *arena, const struct sandbox *sandbox, const char *data, size_t size)
{
    struct buffer *got = buffer_new(arena, LIMIT_REPLY);
    int descriptor = dial(sandbox);
    char chunk[4096];
    for (size_t sent = 0; sent < size;) {
        ssize_t wrote = send(descriptor, data + sent, size - sent, MSG_NOSIGNAL);
        if (wrote <= 0)
            break;
        sent += (size_t)wrote;
    }
    ssize_t bytes;
    while ((bytes = recv(descriptor, chunk, sizeof chunk, 0)) > 0)
        if (buffer_add(got, chunk, (size_t)bytes) != 0)
            break;
    if (bytes < 0 && buffer_printf(got, errno == ECONNRESET ? "RESET" : "TIMEOUT") != 0)
        abort();
    close(descriptor);
    return arena_strdup(arena, buffer_text(got));
}

static char *send_body(struct arena *arena, const struct sandbox *sandbox, const char *line,
                       const char *type, const char *body)
{
    char *text = arena_printf(arena,
                              "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: unit\r\n"
                              "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
                              line, type, strlen(body), body);
    return talk(arena, sandbox, text, strlen(text));
}

static char *send_line(struct arena *arena, const struct sandbox *sandbox, const char *line)
{
    return send_body(arena, sandbox, line, "text/plain", "");
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static json_t *body_of(struct arena *arena, const char *reply)
{
    struct error error;
    json_t *document = NULL;
    const char *body = strstr(reply, "\r\n\r\n");
    if (!CHECK(body != NULL) ||
        !CHECK(json_read(arena, bytes_of(body + 4), "reply", FAULT_REMOTE, &document, &error) == 0))
        fprintf(stderr, "  %s\n", reply);
    return document;
}

static void test_routing(void)
{
    struct arena arena = {0};
    struct sandbox *sandbox = start(&arena, unit_folder(&arena), NULL);
    json_t *got = body_of(&arena, send_line(&arena, sandbox, "GET /echo/a%2Fb/c?x=1&name=%20q+r"));
    CHECK_TEXT(json_find_string(got, "method", ""), "GET");
    CHECK_TEXT(json_find_string(got, "target", ""), "/echo/a%2Fb/c?x=1&name=%20q+r");
    CHECK_TEXT(json_find_string(got, "path", ""), "/a%2Fb/c");
    CHECK_TEXT(json_find_string(got, "query", ""), "x=1&name=%20q+r");
    CHECK_TEXT(json_find_string(got, "name", ""), " q r");
    CHECK_TEXT(json_find_string(got, "agent", ""), "unit");
    got = body_of(&arena, send_body(&arena, sandbox, "PUT /echo",
                                    "application/x-www-form-urlencoded", "a=b&form=%C3%BC&form=2"));
    CHECK_TEXT(json_find_string(got, "form", ""), "\xc3\xbc");
    CHECK_TEXT(json_find_string(got, "path", "-"), "");
    CHECK(json_find_integer(got, "size", 0) == 22);
    CHECK(begins(send_line(&arena, sandbox, "GET /echoes"), "HTTP/1.1 404"));
    CHECK(begins(send_line(&arena, sandbox, "GET /"), "HTTP/1.1 404"));
    CHECK(strstr(send_line(&arena, sandbox, "GET /echo/"), "X-Echo: yes\r\n") != NULL);
    CHECK_TEXT(sandbox_profile(sandbox, "/echo"), "{\"name\":1}");
    CHECK(sandbox_profile(sandbox, "/none") == NULL);
    CHECK(sandbox_rate_scale(sandbox) == 7);
    arena_free(&arena);
}

static void test_ready(void)
{
    struct arena arena = {0};
    struct sandbox *sandbox = start(&arena, unit_folder(&arena), NULL);
    json_t *ready = sandbox_ready(sandbox);
    char *url = arena_printf(&arena, "http://127.0.0.1:%u/echo/v1", sandbox_port(sandbox));
    CHECK(json_find_bool(ready, "ready", false));
    CHECK(json_find_integer(ready, "port", 0) == (json_int_t)sandbox_port(sandbox));
    CHECK_TEXT(json_find_string(ready, "env.ECHO_URL", ""), url);
    CHECK_TEXT(sandbox_environment(sandbox, "ECHO_URL"), url);
    CHECK_TEXT(sandbox_environment(sandbox, "KEY"), "k");
    CHECK(sandbox_environment(sandbox, "NONE") == NULL);
    arena_free(&arena);
}

static void test_state(void)
{
    static const char *const bad[] = {"",       "/a",     "a/",   "a//b",   "../a",
                                      "a/../b", ".git",   "a/.b", "a b",    "a\nb",
                                      "a%b",    "a.json", "x\\y", "a.blob", "\xc3\xbc"};
    struct arena arena = {0};
    char *folder = unit_folder(&arena);
    struct sandbox *sandbox = start(&arena, folder, NULL);
    struct bytes blob;
    size_t names;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(sandbox_save(sandbox, bad[i], json_null()) == -1);
        CHECK(sandbox_save_blob(sandbox, bad[i], bytes_of("x")) == -1);
        CHECK(sandbox_load(sandbox, &arena, bad[i]) == NULL);
    }
    char *deep = arena_alloc(&arena, 3000, 1);
    memset(deep, 'a', 2000);
    CHECK(sandbox_save(sandbox, deep, json_null()) == -1);
    json_t *document = json_own(&arena, json_pack("{s:i}", "a", 1));
    CHECK(sandbox_save(sandbox, "p/one", document) == 0);
    CHECK(sandbox_save(sandbox, "p/one/below", document) == 0);
    CHECK(sandbox_save_blob(sandbox, "p/two-2.wasm", (struct bytes){(const uint8_t *)"\0x", 2}) ==
          0);
    CHECK(file_write(path_join(&arena, folder, "state/p/torn.json.AbCdEf"), bytes_of("{"), 0600,
                     &(struct error){0}) == 0);
    const char **list = sandbox_list(sandbox, &arena, "p", &names);
    CHECK(names == 2);
    CHECK_TEXT(list[0], "one");
    CHECK_TEXT(list[1], "two-2.wasm");
    CHECK(sandbox_load_blob(sandbox, &arena, "p/two-2.wasm", &blob) == 0 && blob.size == 2 &&
          blob.data[1] == 'x');
    CHECK(json_find_integer(sandbox_load(sandbox, &arena, "p/one"), "a", 0) == 1);
    CHECK(file_exists(path_join(&arena, folder, "state/p/one.json")));
    sandbox_delete(sandbox, "p/one");
    CHECK(sandbox_load(sandbox, &arena, "p/one") == NULL);
    CHECK(sandbox_load(sandbox, &arena, "p/one/below") == NULL);
    sandbox_delete(sandbox, "..");
    CHECK(file_exists(path_join(&arena, folder, "state/p")));
    CHECK(file_read(&arena, path_join(&arena, folder, "state/.gitignore"), 9, &blob,
                    &(struct error){0}) == 0);
    CHECK_TEXT((const char *)blob.data, "*\n");
    arena_free(&arena);
}

/* State outlives the sandbox, also one that was killed. */
static void test_restart(void)
{
    struct arena arena = {0};
    char *folder = unit_folder(&arena);
    pid_t child = fork();
    if (child == 0) {
        struct sandbox *sandbox = start(&arena, folder, NULL);
        send_line(&arena, sandbox, "PUT /count");
        send_line(&arena, sandbox, "PUT /count");
        kill(getpid(), SIGKILL);
    }
    waitpid(child, NULL, 0);
    struct sandbox *sandbox = start(&arena, folder, NULL);
    json_t *got = body_of(&arena, send_line(&arena, sandbox, "PUT /count"));
    CHECK(json_find_integer(got, "calls", 0) == 3);
    sandbox_stop(sandbox);
    sandbox_stop(sandbox);
    sandbox = start(&arena, folder, NULL);
    got = body_of(&arena, send_line(&arena, sandbox, "PUT /count"));
    CHECK(json_find_integer(got, "calls", 0) == 4);
    arena_free(&arena);
}

static void test_port_taken(void)
{
    struct arena arena = {0};
    struct error error = {0};
    char *folder = unit_folder(&arena);
    struct sandbox *first = start(&arena, folder, NULL), *second;
    struct sandbox_options options = {.port = sandbox_port(first),
                                      .state = folder,
                                      .world = unit_world(&arena),
                                      .platforms = entries};
    CHECK(sandbox_start(&arena, &options, &second, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK(strstr(error.message, "cannot listen on 127.0.0.1:") != NULL && error.hint[0]);
    arena_free(&arena);
}

struct caller {
    pthread_t thread;
    const struct sandbox *sandbox;
};

static void *call_twenty_times(void *context)
{
    struct arena arena = {0};
    for (int i = 0; i < 20; i++)
        send_line(&arena, ((struct caller *)context)->sandbox, "PUT /count");
    arena_free(&arena);
    return NULL;
}

static void test_one_at_a_time(void)
{
    struct arena arena = {0};
    struct sandbox *sandbox = start(&arena, unit_folder(&arena), NULL);
    struct caller callers[4];
    for (size_t i = 0; i < 4; i++) {
        callers[i].sandbox = sandbox;
        pthread_create(&callers[i].thread, NULL, call_twenty_times, &callers[i]);
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(callers[i].thread, NULL);
    json_t *got = body_of(&arena, send_line(&arena, sandbox, "PUT /count"));
    CHECK(json_find_integer(got, "calls", 0) == 81);
    arena_free(&arena);
}

static void test_fault_words(void)
{
    static const struct {
        const char *text, *complaint;
    } rows[] = {
        {"PUT /cf/*#1=status:429:retry-after=2", NULL},
        {"* *=slow:100,lost", NULL},
        {"PUT /a?b=c=truncate,GET /x#2-5=html,status:503", NULL},
        {"", "character 1: expected a METHOD"},
        {"put /a=lost", "character 1: expected a METHOD"},
        {"PUT/a=lost", "character 4: expected one space"},
        {"PUT  =lost", NULL},
        {"PUT =lost", "character 5: expected a path"},
        {"PUT /a", "character 5: expected '=ACTION'"},
        {"PUT /a=", "character 8: unknown action"},
        {"PUT /a=los", "character 8: unknown action; is 'lost' meant?"},
        {"PUT /a=status", "character 14: expected ':CODE'"},
        {"PUT /a=status:99", "character 15: the number is out of range"},
        {"PUT /a=status:999999999999999999999999", "character 15: the number is out of range"},
        {"PUT /a=status:429:retry=2", "character 18: expected ',' or the end"},
        {"PUT /a=slow:0", "character 13: the number is out of range"},
        {"PUT /a=slow:x", "character 13: expected a number"},
        {"PUT /a=types:1,PUT /b=empty,PUT /c=list,PUT /d=stall", NULL},
        {"PUT /a=types", "character 13: expected ':DEPTH'"},
        {"PUT /a=types:17", "character 14: the number is out of range"},
        {"PUT /a#0=lost", "character 8: the number is out of range"},
        {"PUT /a#3-2=lost", "character 10: the number is out of range"},
        {"PUT /a#1x=lost", "character 9: expected '='"},
        {"PUT /a=lost,hang", "character 13: this action does not go with"},
        {"PUT /a=lost,", "character 13: expected a METHOD"},
        {"PUT /a=status:500,status:501", "character 19: this action does not go with"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct fault_rules rules;
        int result = faults_parse(&arena, rows[i].text, &rules, &error);
        bool right = rows[i].complaint ? result == -1 && error.fault == FAULT_INPUT &&
                                             strstr(error.message, rows[i].complaint)
                                       : result == 0;
        if (!CHECK(right))
            fprintf(stderr, "  %s: %s\n", rows[i].text, error.message);
        arena_free(&arena);
    }
}

static void test_fault_rules(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct fault_rules rules;
    CHECK(faults_parse(&arena,
                       "PUT /a/*#2-3=status:503:retry-after=4,slow:9,GET /q?x=1*=html,"
                       "* /a/b=lost",
                       &rules, &error) == 0);
    CHECK(rules.count == 3);
    CHECK_TEXT(rules.rules[0].words, "status:503:retry-after=4,slow:9");
    CHECK(rules.rules[0].status == 503 && rules.rules[0].retry_after == 4 &&
          rules.rules[0].slow == 9 && rules.rules[0].harm == HARM_STATUS);
    CHECK_TEXT(rules.rules[1].words, "html");
    CHECK(faults_hit(&rules, "PUT", "/a/c") == NULL);
    CHECK(faults_hit(&rules, "POST", "/a/c") == NULL);
    CHECK(faults_hit(&rules, "PUT", "/a/b?y=2") == &rules.rules[0]);
    CHECK(faults_hit(&rules, "PUT", "/a/b") == &rules.rules[0]);
    CHECK(faults_hit(&rules, "PUT", "/a/b") == &rules.rules[2]);
    CHECK(faults_hit(&rules, "PUT", "/a/c") == NULL);
    CHECK(faults_hit(&rules, "GET", "/q?x=12") == &rules.rules[1]);
    CHECK(faults_hit(&rules, "GET", "/q") == NULL);
    arena_free(&arena);
}

static void test_faults(void)
{
    struct arena arena = {0};
    struct sandbox *sandbox =
        start(&arena, unit_folder(&arena),
              "PUT /count/status=status:429:retry-after=7,PUT /echo/status=status:503,"
              "PUT /count/refuse=refuse,PUT /count/before=reset-before,"
              "PUT /count/during=reset-during,PUT /count/lost=lost,PUT /count/html=html,"
              "PUT /echo/truncate=truncate,PUT /echo/malformed=malformed,"
              "PUT /echo/slow=slow:2000");
    char *got = send_line(&arena, sandbox, "PUT /count/status");
    CHECK(begins(got, "HTTP/1.1 429") && strstr(got, "Retry-After: 7\r\n") &&
          strstr(got, "in the platform's words"));
    CHECK(begins(send_line(&arena, sandbox, "PUT /echo/status"), "HTTP/1.1 503"));
    CHECK_TEXT(send_line(&arena, sandbox, "PUT /count/refuse"), "");
    CHECK_TEXT(send_line(&arena, sandbox, "PUT /count/before"), "RESET");
    CHECK_TEXT(send_body(&arena, sandbox, "PUT /count/during", "x/y", "12345678"), "RESET");
    CHECK_TEXT(send_line(&arena, sandbox, "PUT /count/during"), "RESET");
    got = send_line(&arena, sandbox, "PUT /count/html");
    CHECK(begins(got, "HTTP/1.1 502") && strstr(got, "text/html"));
    json_t *calls = body_of(&arena, send_line(&arena, sandbox, "PUT /count"));
    CHECK(json_find_integer(calls, "calls", 0) == 1); /* nothing above was done */
    CHECK_TEXT(send_line(&arena, sandbox, "PUT /count/lost"), "RESET");
    calls = body_of(&arena, send_line(&arena, sandbox, "PUT /count"));
    CHECK(json_find_integer(calls, "calls", 0) == 3); /* the lost one was */
    got = send_line(&arena, sandbox, "PUT /echo/truncate");
    CHECK(begins(got, "HTTP/1.1 200") && strstr(got, "\r\n\r\n{") && !strstr(got, "size"));
    got = send_line(&arena, sandbox, "PUT /echo/malformed");
    CHECK(begins(got, "HTTP/1.1 200") && !strstr(got, "size"));
    got = send_line(&arena, sandbox, "PUT /echo/slow");
    CHECK(begins(got, "HTTP/1.1 200") && strstr(got, "\"size\":0}"));
    arena_free(&arena);
}

/* All is done; what is answered has another form. */
static void test_spoiled(void)
{
    struct arena arena = {0};
    struct sandbox *sandbox = start(&arena, unit_folder(&arena),
                                    "PUT /count/empty=empty,PUT /count/list=list,"
                                    "PUT /count/types=types:1,PUT /count/deeper=types:2,"
                                    "GET /echo/types=types:1");
    char *got = send_line(&arena, sandbox, "PUT /count/empty");
    CHECK(begins(got, "HTTP/1.1 200") && strstr(got, "\r\n\r\n") + 4 == got + strlen(got));
    got = send_line(&arena, sandbox, "PUT /count/list");
    CHECK(begins(got, "HTTP/1.1 200") && strstr(got, "\r\n\r\n[]"));
    json_t *calls = body_of(&arena, send_line(&arena, sandbox, "PUT /count/types"));
    CHECK_TEXT(json_find_string(calls, "calls", ""), "five");
    calls = body_of(&arena, send_line(&arena, sandbox, "PUT /count/deeper"));
    CHECK(json_find_integer(calls, "calls", 0) == 4);
    calls = body_of(&arena, send_line(&arena, sandbox, "GET /echo/types"));
    CHECK(json_find_integer(calls, "method", 0) == 5);
    CHECK_TEXT(json_find_string(calls, "size", ""), "five");
    arena_free(&arena);
}

static void *hang_up_later(void *context)
{
    struct timespec time = {0, 200000000};
    nanosleep(&time, NULL);
    sandbox_stop(context);
    return NULL;
}

/* A hanging answer ends when the sandbox stops: what stalls was done, what hangs was not. */
static void test_hang(const char *action, json_int_t calls)
{
    struct arena arena = {0};
    char *folder = unit_folder(&arena);
    struct sandbox *sandbox =
        start(&arena, folder, arena_printf(&arena, "PUT /count#1=%s", action));
    pthread_t thread;
    pthread_create(&thread, NULL, hang_up_later, sandbox);
    char *got = send_line(&arena, sandbox, "PUT /count");
    CHECK(got[0] == '\0' || strcmp(got, "RESET") == 0);
    pthread_join(thread, NULL);
    sandbox = start(&arena, folder, NULL);
    json_t *next = body_of(&arena, send_line(&arena, sandbox, "PUT /count"));
    CHECK(json_find_integer(next, "calls", 0) == calls + 1);
    arena_free(&arena);
}

static void test_journal(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct bytes text;
    char *folder = unit_folder(&arena);
    struct sandbox *sandbox = start(&arena, folder, "GET /echo/lost=lost");
    send_body(&arena, sandbox, "PUT /echo/a%20b?q=%2F", "secret/value", "abc");
    send_line(&arena, sandbox, "GET /echo/lost");
    send_line(&arena, sandbox, "GET /nowhere");
    CHECK(file_read(&arena, path_join(&arena, folder, "journal"), 9999, &text, &error) == 0);
    CHECK_TEXT((const char *)text.data,
               "{\"method\":\"PUT\",\"path\":\"/echo/a%20b\",\"query\":\"q=%2F\",\"headers\":"
               "[\"Host\",\"Connection\",\"User-Agent\",\"Content-Type\",\"Content-Length\"],"
               "\"body_sha256\":"
               "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\","
               "\"body_bytes\":3,\"status\":200,\"fault\":null}\n"
               "{\"method\":\"GET\",\"path\":\"/echo/lost\",\"query\":\"\",\"headers\":"
               "[\"Host\",\"Connection\",\"User-Agent\",\"Content-Type\",\"Content-Length\"],"
               "\"body_sha256\":"
               "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
               "\"body_bytes\":0,\"status\":0,\"fault\":\"lost\"}\n"
               "{\"method\":\"GET\",\"path\":\"/nowhere\",\"query\":\"\",\"headers\":"
               "[\"Host\",\"Connection\",\"User-Agent\",\"Content-Type\",\"Content-Length\"],"
               "\"body_sha256\":"
               "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
               "\"body_bytes\":0,\"status\":404,\"fault\":null}\n");
    arena_free(&arena);
}

static void test_oversize(void)
{
    struct arena arena = {0};
    struct sandbox *sandbox = start(&arena, unit_folder(&arena), NULL);
    char *request = arena_printf(&arena,
                                 "PUT /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                 "Content-Length: %zu\r\n\r\n",
                                 (size_t)LIMIT_REQUEST + 1);
    CHECK(begins(talk(&arena, sandbox, request, strlen(request)), "HTTP/1.1 413"));
    json_t *got = body_of(&arena, send_line(&arena, sandbox, "PUT /count"));
    CHECK(json_find_integer(got, "calls", 0) == 1);
    arena_free(&arena);
}

static void test_random(void)
{
    struct arena arena = {0};
    struct sandbox *sandbox = start(&arena, unit_folder(&arena), NULL);
    CHECK_TEXT(sandbox_uuid(sandbox, &arena), "00010203-0405-4607-8809-0a0b0c0d0e0f");
    CHECK_TEXT(sandbox_random(sandbox, &arena, 5, "abc"), "bcabc");
    arena_free(&arena);
}

void test_sandbox(void)
{
    test_routing();
    test_ready();
    test_state();
    test_restart();
    test_port_taken();
    test_one_at_a_time();
    test_fault_words();
    test_fault_rules();
    test_faults();
    test_spoiled();
    test_hang("hang", 0);
    test_hang("stall", 1);
    test_journal();
    test_oversize();
    test_random();
}
