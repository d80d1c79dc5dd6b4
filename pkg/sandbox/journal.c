/* The journal: one JSON line a request. Header values stay out of it: they hold credentials. */
#include <jansson.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "pkg/json/json.h"
#include "pkg/sandbox/internal.h"

static json_t *header_names(const struct sandbox_request *request)
{
    json_t *names = json_array();
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name;
        json_array_append_new(names, json_text(name, strlen(name)));
    }
    return names;
}

void journal_write(struct sandbox *sandbox, const struct sandbox_request *request, unsigned status,
                   const char *fault)
{
    char digest[65];
    if (!sandbox->journal)
        return;
    size_t path_size = strcspn(request->target, "?");
    digest_sha256(request->body, digest);
    json_t *line = json_object();
    json_object_set_new(line, "method", json_text(request->method, strlen(request->method)));
    json_object_set_new(line, "path", json_text(request->target, path_size));
    json_object_set_new(line, "query", json_text(request->query, strlen(request->query)));
    json_object_set_new(line, "headers", header_names(request));
    json_object_set_new(line, "body_sha256", json_string(digest));
    json_object_set_new(line, "body_bytes", json_integer((json_int_t)request->body.size));
    json_object_set_new(line, "status", json_integer(status));
    json_object_set_new(line, "fault", fault ? json_string(fault) : json_null());
    char *text = json_print(request->arena, line);
    json_decref(line);
    fprintf(sandbox->journal, "%s\n", text);
    fflush(sandbox->journal);
}
