#include "pkg/optimize/fields.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"

enum { NUMBER = 8 };

void fields_number(struct fields *fields, uint64_t number)
{
    uint8_t out[NUMBER];
    for (size_t i = 0; i < NUMBER; i++)
        out[i] = (uint8_t)(number >> (56 - 8 * i));
    if (buffer_add(fields->buffer, out, sizeof out) != 0)
        fields->full = true;
}

void fields_bytes(struct fields *fields, struct bytes bytes)
{
    fields_number(fields, bytes.size);
    if (bytes.size && buffer_add(fields->buffer, bytes.data, bytes.size) != 0)
        fields->full = true;
}

void fields_text(struct fields *fields, const char *text)
{
    fields_number(fields, text != NULL);
    if (text)
        fields_bytes(fields, bytes_of(text));
}

static struct bytes take(struct field_reader *reader, uint64_t size)
{
    struct bytes taken = {reader->rest.data, (size_t)size};
    if (reader->failed || size > reader->rest.size) {
        reader->failed = true;
        return (struct bytes){NULL, 0};
    }
    reader->rest.data += taken.size;
    reader->rest.size -= taken.size;
    return taken;
}

uint64_t field_number(struct field_reader *reader)
{
    struct bytes bytes = take(reader, NUMBER);
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.size; i++)
        number = number << 8 | bytes.data[i];
    return number;
}

struct bytes field_bytes(struct field_reader *reader)
{
    return take(reader, field_number(reader));
}

const char *field_text(struct field_reader *reader)
{
    uint64_t is_there = field_number(reader);
    if (is_there > 1)
        reader->failed = true;
    if (is_there != 1)
        return NULL;
    struct bytes bytes = field_bytes(reader);
    return reader->failed ? NULL : text_safe(reader->arena, (const char *)bytes.data, bytes.size);
}
