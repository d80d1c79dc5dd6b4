/* What the real clients sent in the captured flows (contracts/lambda-edge/capture-*.json),
   signature for signature. */
#include "pkg/base/file.h"
#include "tests/unit/lambda_box.h"

static struct bytes captured_body(const json_t *request)
{
    return bytes_of(json_find_string(request, "body.text", ""));
}

static struct sandbox_reply replay(struct box *box, const json_t *request)
{
    json_t *list = json_object_get(request, "headers");
    struct sandbox_header *headers =
        arena_alloc(box->arena, json_array_size(list) + 1, sizeof *headers);
    for (size_t i = 0; i < json_array_size(list); i++)
        headers[i] =
            (struct sandbox_header){json_string_value(json_array_get(json_array_get(list, i), 0)),
                                    json_string_value(json_array_get(json_array_get(list, i), 1))};
    return lambda_box_deliver(box, json_find_string(request, "method", ""),
                              json_find_string(request, "target", ""), headers,
                              json_array_size(list), captured_body(request));
}

static json_t *load_capture(struct arena *arena, const char *name)
{
    struct bytes text;
    struct error error = {0};
    json_t *out = NULL;
    const char *path = unit_shared(arena, arena_printf(arena, "contracts/lambda-edge/%s", name));
    if (!path || file_read(arena, path, LIMIT_MANIFEST, &text, &error) != 0 ||
        json_read(arena, text, path, FAULT_INPUT, &out, &error) != 0) {
        unit_skip(arena_printf(arena, "%s is not there", name));
        return NULL;
    }
    return json_object_get(out, "exchanges");
}

/* The captures' world: their clock, and the distribution they use. */
static void open_captured_box(struct arena *arena, struct box *box)
{
    struct bytes config;
    lambda_box_open(arena, box, 1);
    CHECK(lambda_box_ask(box, "GET", DISTRIBUTION, NULL).status == 200); /* plants the seed */
    box->now = INT64_C(1767323045000);                                   /* 2026-01-02T03:04:05Z */
    json_t *seed = sandbox_load(box->sandbox, arena, "lambda-edge/distributions/E2QWRUHAPOMQZL");
    json_object_set_new(seed, "etag", json_string("E2QWRUHAPOMQZL"));
    CHECK(sandbox_load_blob(box->sandbox, arena, "lambda-edge/distributions/E2QWRUHAPOMQZL/config",
                            &config) == 0);
    const char *text = lambda_box_replaced(arena, arena_copy(arena, config.data, config.size),
                                           "edge-deploy-sandbox", "edge-deploy-ref");
    CHECK(sandbox_save(box->sandbox, "lambda-edge/distributions/E1EXAMPLE", seed) == 0);
    CHECK(sandbox_save_blob(box->sandbox, "lambda-edge/distributions/E1EXAMPLE/config",
                            bytes_of(text)) == 0);
}

static void set_key(struct box *box, const char *key, const char *object, const char *name,
                    json_t *value)
{
    json_t *document = sandbox_load(box->sandbox, box->arena, key);
    json_object_set_new(object ? json_object_get(document, object) : document, name, value);
    CHECK(sandbox_save(box->sandbox, key, document) == 0);
}

/* The whole captured flow of the JavaScript SDK: every status, but for what the lab server played
   and we do not (a role that is not there yet; names that throttle; replicas that linger). */
static void test_captured_flow(struct arena *arena)
{
    struct box box;
    json_t *exchanges = load_capture(arena, "capture-aws-sdk-js-v3.json");
    if (!exchanges)
        return;
    open_captured_box(arena, &box);
    for (size_t i = 0; i < json_array_size(exchanges); i++) {
        json_t *exchange = json_array_get(exchanges, i);
        json_int_t expected = json_find_integer(exchange, "response.status", 0);
        const char *etag = json_find_string(exchange, "response.headers.etag", NULL);
        bool is_role_trouble = i == 2, is_throttled = i >= 33 && i <= 38;
        if (is_role_trouble || is_throttled || i == 41)
            continue;
        if (i == 17) /* else it would rightly be version 1 again */
            set_key(&box, "lambda-edge/functions/edge-fn", "configuration", "Timeout",
                    json_integer(4));
        struct sandbox_reply reply = replay(&box, json_object_get(exchange, "request"));
        if (!CHECK(reply.status == expected))
            fprintf(stderr, "  exchange %zu: %u, not %d: %s\n", i, reply.status, (int)expected,
                    lambda_box_text(&box, &reply));
        if (etag) /* the next request carries that one */
            set_key(&box, "lambda-edge/distributions/E1EXAMPLE", NULL, "etag", json_string(etag));
        if (i == 18) /* the lab server's versions are Active at once */
            (void)replay(&box, json_object_get(exchange, "request"));
    }
}

/* Every captured signature is right; with one byte of the target changed it is not. */
static void test_captured_signatures(struct arena *arena)
{
    static const char *const names[] = {"capture-aws-cli-v1.json", "capture-aws-sdk-js-v3.json",
                                        "capture-aws-sdk-js-v3-session-token.json"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        struct box box;
        json_t *exchanges = load_capture(arena, names[n]);
        open_captured_box(arena, &box);
        for (size_t i = 0; i < json_array_size(exchanges); i++) {
            json_t *request = json_object_get(json_array_get(exchanges, i), "request");
            if (!CHECK(replay(&box, request).status != 403))
                fprintf(stderr, "  %s, exchange %zu\n", names[n], i);
            const char *target = json_find_string(request, "target", "");
            json_object_set_new(request, "target", json_sprintf("%s%s", target, "?x"));
            CHECK(replay(&box, request).status == 403);
        }
    }
}

void test_lambda_captures(void)
{
    struct arena arena = {0};
    test_captured_flow(&arena);
    test_captured_signatures(&arena);
    arena_free(&arena);
}
