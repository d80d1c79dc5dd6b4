/* Answers whose form is right and whose types are not. */
#include <jansson.h>

#include "pkg/base/arena.h"
#include "pkg/json/json.h"
#include "pkg/sandbox/internal.h"

static json_t *of_another_type(json_t *value)
{
    if (json_is_boolean(value) || json_is_null(value))
        return json_incref(value);
    return json_is_number(value) ? json_string("five") : json_integer(5);
}

/* What `value` becomes; no deeper than `depth`, so no deeper than the sandbox itself answers. */
static json_t *spoiled(json_t *value, unsigned depth)
{
    const char *key;
    json_t *child, *copy;
    size_t i;
    if (depth == 0)
        return of_another_type(value);
    if (json_is_object(value)) {
        copy = json_object();
        json_object_foreach(value, key, child)
            json_object_set_new(copy, key, spoiled(child, depth - 1));
        return copy;
    }
    if (!json_is_array(value))
        return json_incref(value);
    copy = json_array();
    json_array_foreach(value, i, child) json_array_append_new(copy, spoiled(child, depth - 1));
    return copy;
}

struct bytes spoil_types(struct arena *arena, struct bytes body, unsigned depth)
{
    json_t *document = json_loadb((const char *)body.data, body.size, JSON_DECODE_ANY, NULL);
    if (!document)
        return bytes_of("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Other/>");
    json_t *copy = json_own(arena, spoiled(document, depth));
    json_decref(document);
    const char *text = json_print(arena, copy);
    return bytes_of(text ? text : "5");
}
