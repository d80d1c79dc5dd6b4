/* A sandbox with Cloudflare's half, asked directly: for the tests of that half. */
#ifndef TESTS_UNIT_CLOUDFLARE_BOX_H
#define TESTS_UNIT_CLOUDFLARE_BOX_H

#include "pkg/base/bytes.h"
#include "pkg/json/json.h"
#include "pkg/sandbox/sandbox.h"

#define A "/client/v4/accounts/5a4db0c5a4db0c5a4db0c5a4db0c5a4d"
#define S A "/workers/scripts/demo"

struct box {
    struct arena *arena;
    struct sandbox *sandbox;
    int64_t now;
    const char *token, *agent, *key, *email;
    const char *ids[8]; /* of versions, in the order they were made: $1, $2 ... */
    size_t id_count;
};

struct box box_open(struct arena *, unsigned rate_scale);
/* `path` holds the query too; type may be NULL. */
struct sandbox_reply box_ask(const struct box *, const char *method, const char *path,
                             const char *type, struct bytes body);
json_t *box_document(const struct box *, const struct sandbox_reply *);

/* "@add": a module that adds; "@pages": one with a page size; "@component", "@garbage"; "@js": an
   ES module that imports ./add.wasm; else the text itself. */
struct bytes box_body(const char *name);
/* Appends a part of a form with the boundary "b"; type NULL: no file. */
void box_part(struct buffer *out, const char *name, const char *type, struct bytes body);

#endif
