/* Values and the start function, which no tool writes yet: read, and hardly judged. */
#include "pkg/wasm/component.h"

static const char *const values = "it has values of its own";

void component_values(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    uint32_t count = read_count(reader, "values", 2);
    component_not_judged(component, values);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const struct component_type *type = component_value_type(component);
        (void)read_bytes(reader, read_u32(reader));
        component_push(component, VALUES, type);
    }
}

void component_start(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    const struct component_type *type = component_item(component, FUNCTIONS);
    uint32_t count = read_count(reader, "arguments", 1);
    component_not_judged(component, values);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        (void)component_item(component, VALUES);
    uint32_t results = read_u32(reader);
    if (type && (type->field_count != count || (type->first != NULL) != results))
        component_invalid(component, where, "the start function gets or returns something else");
    if (results > 1)
        reader_fail(reader, where, "malformed count of results");
    if (results == 1)
        component_push(component, VALUES, type ? type->first : NULL);
}
