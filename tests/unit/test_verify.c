/* What verify makes of what a url answers, and of what the platform says is live. */
#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/scene.h"

enum who { NOBODY_SAID, THIS_VERSION, ANOTHER_VERSION, NONSENSE };

/* The url's answers: the first `wrong_count` times one, then the other. */
struct said {
    int status; /* 0: it hangs up; -1: it says nothing */
    enum who who;
};

struct server {
    struct said wrong, then;
    unsigned wrong_count, asked;
    char request[4096]; /* the last one */
    int listener;
    pthread_t thread;
};

static void reply(const struct server *server, int connection)
{
    static const char *const nonsense = "sha256:\033[31m";
    const struct said *answer =
        server->asked <= server->wrong_count ? &server->wrong : &server->then;
    const char *made = fake.alpha.versions[fake.alpha.version_count - 1].artifact_sha256;
    char text[512], other[65] = {0};
    memset(other, 'a', 64);
    if (answer->status <= 0) {
        if (answer->status < 0 && read(connection, text, sizeof text) < 0)
            perror("read");
        return;
    }
    const char *version = answer->who == THIS_VERSION      ? made
                          : answer->who == ANOTHER_VERSION ? other
                                                           : nonsense;
    int size = snprintf(text, sizeof text,
                        "HTTP/1.1 %d Words\r\n%s%s%s%sContent-Length: 4\r\n"
                        "Connection: close\r\n\r\nwell",
                        answer->status, answer->who ? "edge-deploy-version: " : "",
                        answer->who && answer->who != NONSENSE ? "sha256:" : "",
                        answer->who ? version : "", answer->who ? "\r\n" : "");
    if (write(connection, text, (size_t)size) < 0)
        perror("write");
}

static void *serve(void *context)
{
    struct server *server = context;
    for (;;) {
        int connection = accept(server->listener, NULL, NULL);
        if (connection < 0)
            return NULL;
        ssize_t size = read(connection, server->request, sizeof server->request - 1);
        server->request[size > 0 ? size : 0] = '\0';
        server->asked++;
        if (size > 0)
            reply(server, connection);
        close(connection);
    }
}

static void start(struct scene *scene, struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(server->listener, (struct sockaddr *)&address, size) == 0 &&
          listen(server->listener, 8) == 0 &&
          getsockname(server->listener, (struct sockaddr *)&address, &size) == 0);
    fake.url = arena_printf(&scene->arena, "http://127.0.0.1:%d", ntohs(address.sin_port));
    CHECK(pthread_create(&server->thread, NULL, serve, server) == 0);
}

static void stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

static int verify(struct scene *scene)
{
    scene_read(scene);
    fake.log[0] = '\0';
    return publish_verify(&scene->arena, scene->world, &scene->manifest, &scene->options,
                          &scene->result, &scene->error);
}

#define PROBED(more) MODULE "\"verify\":{\"path\":\"/health\"" more "},"
#define QUICKLY      PROBED(",\"timeout_s\":1")

static void test_answers(void)
{
    static const struct {
        const char *manifest;
        struct said wrong, then;
        unsigned wrong_count;
        enum verification verification;
        const char *message, *hint;
    } rows[] = {
        {PROBED(""), {0}, {200, THIS_VERSION}, 0, VERIFICATION_OK, "", ""},
        {PROBED(""), {200, ANOTHER_VERSION}, {200, THIS_VERSION}, 3, VERIFICATION_OK, "", ""},
        {PROBED(""), {0}, {200, NOBODY_SAID}, 0, VERIFICATION_OK, "", ""},
        {PROBED(""), {0}, {200, NONSENSE}, 0, VERIFICATION_OK, "", ""},
        {PROBED(""), {404, NOBODY_SAID}, {200, THIS_VERSION}, 4, VERIFICATION_OK, "", ""},
        {PROBED(""),
         {0},
         {200, ANOTHER_VERSION},
         0,
         VERIFICATION_STALE,
         "is answered by another version (sha256:aaaaaaaaaaaa, not sha256:",
         "something else serves this address"},
        {PROBED(""),
         {0},
         {502, THIS_VERSION},
         0,
         VERIFICATION_BROKEN,
         "answers with status 502, 200 is expected; asked ",
         "it is this version"},
        {PROBED(""),
         {0},
         {404, NOBODY_SAID},
         0,
         VERIFICATION_BROKEN,
         "answers with status 404, 200 is expected",
         "read the platform's log, or"},
        {PROBED(",\"contains\":\"sick\""),
         {0},
         {200, THIS_VERSION},
         0,
         VERIFICATION_BROKEN,
         "answers without 'sick'",
         "it is this version"},
        {PROBED(""),
         {0},
         {0, NOBODY_SAID},
         0,
         VERIFICATION_UNREACHABLE,
         "no reply to GET",
         "certificate of a new address"},
        {QUICKLY,
         {0},
         {-1, NOBODY_SAID},
         0,
         VERIFICATION_SLOW,
         "does not answer within 1 s",
         "larger verify.timeout_s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        struct server server = {
            .wrong = rows[i].wrong, .then = rows[i].then, .wrong_count = rows[i].wrong_count};
        bool good = rows[i].verification == VERIFICATION_OK;
        scene_open(&scene, rows[i].manifest, ALPHA);
        start(&scene, &server);
        EXPECT(&scene, scene_publish(&scene), good ? FAULT_NONE : FAULT_UNVERIFIED);
        CHECK_TEXT(verification_name(scene.result.targets[0].verification),
                   verification_name(rows[i].verification));
        SAYS(&scene, rows[i].message);
        CHECK(strstr(scene.error.hint, rows[i].hint) != NULL);
        CHECK(!good || server.asked == rows[i].wrong_count + 1);
        CHECK(strstr(server.request, "\r\nEdge-Deploy-Version: ?\r\n") != NULL);
        CHECK(strstr(scene.error.message, "\033") == NULL);
        stop(&server);
        scene_close(&scene);
    }
}

/* v1 is live, and the module is another one. */
static void open_live(struct scene *scene, const char *more)
{
    scene_open(scene, more, ALPHA);
    fake_add_hooks();
    EXPECT(scene, scene_publish(scene), FAULT_NONE);
    scene_put(scene, "app.wasm", scene_other);
    CHECK(scene_shell(scene, "git commit -qam two") == 0);
}

static void test_share(void)
{
    struct scene scene;
    struct server server = {.then = {200, NOBODY_SAID}};
    open_live(&scene, MODULE);
    scene_manifest(&scene, PROBED(""), ALPHA);
    start(&scene, &server);
    scene.options.traffic = 10;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(strstr(server.request, "\r\nFake-Version: v2\r\n") != NULL);
    server.request[0] = '\0';
    EXPECT(&scene, verify(&scene), FAULT_NONE);
    CHECK(strstr(server.request, "\r\nFake-Version: v2\r\n") != NULL);
    CHECK_TEXT(scene.result.targets[0].live.version, "v2");
    fake.alpha.beside_percent = 20;
    EXPECT(&scene, verify(&scene), FAULT_UNVERIFIED);
    SAYS(&scene, "version 'v2' takes 20 % of the traffic, 10 % were given to it");
    CHECK(scene.result.targets[0].verification == VERIFICATION_CHANGED);
    fake.alpha.beside = 0;
    EXPECT(&scene, verify(&scene), FAULT_UNVERIFIED);
    CHECK(scene.result.targets[0].verification == VERIFICATION_STALE);
    stop(&server);
    scene_close(&scene);
}

static void test_staged(void)
{
    struct scene scene;
    struct server server = {.then = {200, THIS_VERSION}};
    open_live(&scene, MODULE);
    scene_manifest(&scene, PROBED(""), ALPHA);
    start(&scene, &server);
    scene.options.staged = true;
    EXPECT(&scene, verify(&scene), FAULT_UNVERIFIED);
    SAYS(&scene, "nothing is staged");
    CHECK(scene.result.targets[0].verification == VERIFICATION_MISSING);
    scene.options.stage = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    EXPECT(&scene, verify(&scene), FAULT_NONE);
    const struct prepared *target = scene.result.targets;
    CHECK_TEXT(target->deployment.version, "v2");
    CHECK_TEXT(target->live.version, "v1");
    CHECK_TEXT(target->local_sha256, target->deployment.artifact_sha256);
    CHECK(target->answered && strstr(target->answered, target->local_sha256) != NULL);
    CHECK(strstr(server.request, "GET /staged/v2/health ") == server.request);
    CHECK(strstr(server.request, "\r\nFake-Version: v2\r\n") != NULL);
    server.then.status = 500;
    EXPECT(&scene, verify(&scene), FAULT_UNVERIFIED);
    CHECK(target->verification == VERIFICATION_OK); /* of the run before */
    CHECK(scene.result.targets[0].verification == VERIFICATION_BROKEN && fake.alpha.live == 1);
    scene_manifest(&scene, PROBED(""), ALPHA "," BETA);
    EXPECT(&scene, verify(&scene), FAULT_UNVERIFIED);
    SAYS(&scene, "a (and 1 more): ");
    CHECK(scene.result.targets[1].verification == VERIFICATION_MISSING);
    fake_reset();
    EXPECT(&scene, verify(&scene), FAULT_INPUT); /* without versions() */
    SAYS(&scene, "a: nothing can be staged on Alpha Edge");
    CHECK_TEXT(fake.log, "");
    stop(&server);
    scene_close(&scene);
}

static void somebody_deploys(void)
{
    struct fake_platform *state = &fake.alpha;
    state->versions[state->version_count++] = (struct fake_version){.artifact_sha256 = "theirs"};
    state->live = state->version_count;
}

/* Nothing of somebody else's is rolled back over. */
static void test_somebody_else(void)
{
    struct scene scene;
    struct server server = {.then = {200, NOBODY_SAID}};
    open_live(&scene, MODULE);
    scene_manifest(&scene, PROBED(",\"on_failure\":\"rollback\""), ALPHA);
    start(&scene, &server);
    fake.switched = somebody_deploys;
    EXPECT(&scene, scene_publish(&scene), FAULT_UNVERIFIED);
    CHECK(scene.result.targets[0].verification == VERIFICATION_STALE && fake.alpha.live == 3);
    CHECK(strstr(scene.error.hint, "somebody else's version is live by now") != NULL);
    CHECK(strstr(fake.log, "activate a v1") == NULL);
    stop(&server);
    scene_close(&scene);
}

static void test_what_the_platform_says(void)
{
    struct scene scene;
    struct server server = {.then = {404, NOBODY_SAID}};
    open_live(&scene, MODULE);
    fake.alpha.spreading = true;
    EXPECT(&scene, verify(&scene), FAULT_NONE);
    scene_manifest(&scene, PROBED(""), ALPHA);
    EXPECT(&scene, scene_publish(&scene), FAULT_UNVERIFIED);
    start(&scene, &server);
    scene.options.force = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_UNVERIFIED);
    SAYS(&scene, "still spreading to all places: ");
    CHECK(scene.result.targets[0].verification == VERIFICATION_SLOW);
    fake.alpha.spreading = false;
    EXPECT(&scene, verify(&scene), FAULT_UNVERIFIED);
    CHECK(scene.result.targets[0].verification == VERIFICATION_BROKEN);
    scene_manifest(&scene, MODULE, ALPHA);
    somebody_deploys();
    EXPECT(&scene, verify(&scene), FAULT_UNVERIFIED);
    CHECK(scene.result.targets[0].verification == VERIFICATION_STALE);
    CHECK_TEXT(scene.result.targets[0].live.artifact_sha256, "theirs");
    fake.alpha.versions[fake.alpha.live - 1] = fake.alpha.versions[fake.alpha.live - 2];
    fake.alpha.same_as = scene.result.targets[0].recorded->version;
    EXPECT(&scene, verify(&scene), FAULT_NONE);
    fake.failing = "alpha.live";
    EXPECT(&scene, verify(&scene), FAULT_UNVERIFIED);
    CHECK(scene.result.targets[0].verification == VERIFICATION_UNKNOWN);
    stop(&server);
    scene_close(&scene);
}

/* What lies here is told, and never a failure. */
static void test_local(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    scene_manifest(&scene, "\"build\":{\"command\":\"touch built\"},",
                   "\"a\":{\"platform\":\"alpha\",\"module\":\"app.wasm\"},"
                   "\"b\":{\"platform\":\"beta\",\"module\":\"other.wasm\"}");
    scene_put(&scene, "other.wasm", scene_plain);
    CHECK(scene_shell(&scene, "git add . && git commit -qm two") == 0);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene_shell(&scene, "rm other.wasm built") == 0);
    EXPECT(&scene, verify(&scene), FAULT_NONE);
    const struct prepared *targets = scene.result.targets;
    CHECK_TEXT(targets[0].local_sha256, targets[0].live.artifact_sha256);
    CHECK(!targets[0].local_why_not && !targets[1].local_sha256);
    CHECK(targets[1].local_why_not && strstr(targets[1].local_why_not, "other.wasm"));
    CHECK(scene_shell(&scene, "test ! -e built") == 0);
    scene_put(&scene, "other.wasm", scene_simd); /* beta does not run it: it is not packed */
    EXPECT(&scene, verify(&scene), FAULT_NONE);
    targets = scene.result.targets;
    CHECK(targets[1].local_why_not && strstr(targets[1].local_why_not, "simd128"));
    scene_close(&scene);
}

void test_verify(void)
{
    test_answers();
    test_share();
    test_staged();
    test_somebody_else();
    test_what_the_platform_says();
    test_local();
}
