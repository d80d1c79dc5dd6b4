/* What the sandbox reads of a request: the first line is the Content-Type, the rest the body; the
   body's first bytes serve as path and query too. */
#include <stdlib.h>

#include "pkg/base/arena.h"
#include "pkg/base/bytes.h"
#include "pkg/sandbox/faults.h"
#include "pkg/sandbox/sandbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every part must lie within the body. */
static void check_parts(const struct sandbox_request *request)
{
    struct sandbox_part *parts;
    size_t count;
    const uint8_t *end = request->body.data + request->body.size;
    if (sandbox_multipart(request, &parts, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (!parts[i].name || parts[i].body.data < request->body.data || parts[i].body.data > end ||
            parts[i].body.size > (size_t)(end - parts[i].body.data))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct error error;
    struct fault_rules rules;
    size_t count, line = 0;
    while (line < size && data[line] != '\n')
        line++;
    size_t start = line < size ? line + 1 : size;
    const char *text = arena_copy(&arena, data + start, size - start);
    struct sandbox_header header = {"Content-Type", arena_copy(&arena, data, line)};
    struct sandbox_request request = {.arena = &arena,
                                      .method = "POST",
                                      .path = text,
                                      .query = text,
                                      .headers = &header,
                                      .header_count = 1,
                                      .body = {data + start, size - start}};
    check_parts(&request);
    sandbox_words(&request, &count);
    sandbox_query(&request, "name");
    sandbox_form(&request, "name");
    if (faults_parse(&arena, text, &rules, &error) == 0)
        faults_hit(&rules, "GET", text);
    arena_free(&arena);
    return 0;
}
