/* Runs answer() as a WASI command, where edge-deploy's glue speaks CGI (RFC 3875): the request in
   the environment and on standard input, the response on standard output. */
#include <stdio.h>
#include <stdlib.h>

#include "answer.h"

static const char *variable(const char *name, const char *fallback)
{
    const char *value = getenv(name);
    return value ? value : fallback;
}

static void put(const char *name, const char *value)
{
    fputs(name, stdout);
    fputs(value, stdout);
    fputs("\r\n", stdout);
}

int main(void)
{
    static unsigned char body[BODY_LIMIT + 1];
    struct request request = {variable("REQUEST_METHOD", "GET"), variable("PATH_INFO", "/"), body,
                              fread(body, 1, sizeof body, stdin)};
    struct response response;
    answer(&request, &response);
    put("Status: ", response.status);
    put("Content-Type: ", response.type);
    fputs("\r\n", stdout);
    fwrite(response.body, 1, response.size, stdout);
    return fflush(stdout) != 0;
}
