/* What Lambda@Edge's driver reads: a distribution's configuration, which goes back with one element
   changed, and replies in JSON and XML. Whatever comes in, what goes out must say what was asked
   for and be the same elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char arn[] = "arn:aws:lambda:us-east-1:123456789012:function:resize:8";

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_splice(struct arena *arena, struct bytes in)
{
    struct behavior before, after;
    struct bytes out;
    struct error error;
    static const char event[] = "viewer-request";
    if (lambda_edge_find_behavior(arena, in, "default", &before, &error) != 0)
        return;
    must(before.start <= before.end && before.end <= in.size);
    if (lambda_edge_associate(arena, in, &before, arn, event, true, &out, &error) != 0)
        return;
    size_t tail = in.size - before.end;
    must(out.size >= before.start + tail && memcmp(out.data, in.data, before.start) == 0);
    must(memcmp(out.data + out.size - tail, in.data + before.end, tail) == 0);
    must(lambda_edge_find_behavior(arena, out, "default", &after, &error) == 0);
    const struct association *ours = lambda_edge_association(&after, event);
    must(ours && strcmp(ours->arn, arn) == 0 && ours->include_body);
    must(after.association_count ==
         before.association_count + (lambda_edge_association(&before, event) ? 0u : 1u));
}

static void check_reply(struct arena *arena, struct bytes body, long status, enum service service,
                        const char *type)
{
    struct http_header headers[] = {{"x-amzn-errortype", type}, {"Date", type}};
    struct http_reply reply = {
        .status = status, .headers = headers, .header_count = 2, .body = body};
    struct ask ask = {.service = service, .what = "do it", .right = "a right"};
    struct answer answer;
    struct error error = {0};
    lambda_edge_asks_again(&reply);
    int done = lambda_edge_read_reply(arena, &ask, &reply, 0, &answer, &error);
    must((done == 0) == (error.fault == FAULT_NONE));
    for (const char *c = error.message; *c; c++)
        must((unsigned char)*c >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct function_name name;
    struct deployment deployment;
    const char *text = arena_copy(&arena, data, size);
    struct bytes body = {(const uint8_t *)text, size};
    const char *line = arena_copy(&arena, data, strcspn(text, "\n"));
    check_splice(&arena, body);
    check_reply(&arena, body, 400, SERVICE_CLOUDFRONT, line);
    check_reply(&arena, body, 403, SERVICE_LAMBDA, line);
    check_reply(&arena, body, 200, SERVICE_LAMBDA, line);
    if (lambda_edge_read_arn(&arena, text, &name) == 0)
        must(lambda_edge_is_version(name.version) && strpbrk(text, "<>&") == NULL);
    (void)lambda_edge_read_description(&arena, text, "", &deployment);
    arena_free(&arena);
    return 0;
}
