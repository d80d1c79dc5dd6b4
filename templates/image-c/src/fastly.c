/* Runs answer() on Fastly Compute, whose host functions take the place of a library here. Each
   returns 0 when all is well. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

#define HOST(module, name) __attribute__((import_module(module), import_name(name)))

HOST("fastly_abi", "init") int32_t host_init(uint64_t version);
HOST("fastly_http_req", "body_downstream_get")
int32_t host_request(uint32_t *request, uint32_t *body);
HOST("fastly_http_req", "method_get")
int32_t host_method(uint32_t request, char *to, size_t room, size_t *size);
HOST("fastly_http_req", "uri_get")
int32_t host_url(uint32_t request, char *to, size_t room, size_t *size);
HOST("fastly_http_body", "read")
int32_t host_read(uint32_t body, unsigned char *to, size_t room, size_t *size);
HOST("fastly_http_body", "new") int32_t host_new_body(uint32_t *body);
HOST("fastly_http_body", "write")
int32_t host_write(uint32_t body, const unsigned char *from, size_t size, int32_t end, size_t *done);
HOST("fastly_http_resp", "new") int32_t host_new_response(uint32_t *response);
HOST("fastly_http_resp", "status_set") int32_t host_set_status(uint32_t response, uint32_t status);
HOST("fastly_http_resp", "header_insert")
int32_t host_set_header(uint32_t response, const char *name, size_t name_size, const char *value,
                        size_t value_size);
HOST("fastly_http_resp", "send_downstream")
int32_t host_send(uint32_t response, uint32_t body, uint32_t streaming);

/* A trap: the platform answers with an error of its own. */
static void check(int32_t status)
{
    if (status != 0)
        __builtin_trap();
}

/* The path of "https://host/path?query", in place. */
static const char *path_of(char *url)
{
    char *host = strstr(url, "://");
    char *path = strchr(host ? host + 3 : url, '/');
    if (!path)
        return "/";
    path[strcspn(path, "?#")] = '\0';
    return path;
}

static size_t read_body(uint32_t body, unsigned char *to, size_t room)
{
    size_t size = 0, got = 1;
    while (got > 0 && size < room) {
        check(host_read(body, to + size, room - size, &got));
        size += got;
    }
    return size;
}

static void send(const struct response *response)
{
    static const char type[] = "content-type";
    uint32_t handle, body;
    size_t done;
    check(host_new_response(&handle));
    check(host_new_body(&body));
    check(host_set_status(handle, (uint32_t)atoi(response->status)));
    check(host_set_header(handle, type, sizeof type - 1, response->type, strlen(response->type)));
    for (size_t at = 0; at < response->size; at += done)
        check(host_write(body, response->body + at, response->size - at, 0, &done));
    check(host_send(handle, body, 0));
}

int main(void)
{
    static unsigned char body[BODY_LIMIT + 1];
    static char method[64], url[8192];
    uint32_t handle, stream;
    size_t size;
    check(host_init(1));
    check(host_request(&handle, &stream));
    check(host_method(handle, method, sizeof method - 1, &size));
    check(host_url(handle, url, sizeof url - 1, &size));
    struct request request = {method, path_of(url), body, read_body(stream, body, sizeof body)};
    struct response response;
    answer(&request, &response);
    send(&response);
    return 0;
}
