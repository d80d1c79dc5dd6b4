/* CloudFront's documents as trees that know where their elements lie. */
#include <expat.h>
#include <limits.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

enum { DEEPEST = 64, MOST_ELEMENTS = 100000, LONGEST_TEXT = 64 << 10 };

struct reading {
    struct arena *arena;
    XML_Parser parser;
    struct xml *open[DEEPEST]; /* the elements that are open, outermost first */
    struct xml *last[DEEPEST]; /* the last child of each */
    struct xml *root;
    size_t depth, count;
    struct buffer *text;
    const char *refusal; /* why we stopped; NULL: we did not */
};

static void stop(struct reading *reading, const char *why)
{
    if (!reading->refusal)
        reading->refusal = why;
    XML_StopParser(reading->parser, XML_FALSE);
}

static size_t position(const struct reading *reading)
{
    return (size_t)XML_GetCurrentByteIndex(reading->parser);
}

static void begin(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *reading = context;
    (void)attributes;
    if (reading->depth == DEEPEST || ++reading->count > MOST_ELEMENTS) {
        stop(reading, "it is nested too deeply or has too many elements");
        return;
    }
    struct xml *element = arena_alloc(reading->arena, 1, sizeof *element);
    *element = (struct xml){
        .name = arena_strdup(reading->arena, name), .text = "", .start = position(reading)};
    size_t parent = reading->depth - 1;
    if (reading->depth == 0)
        reading->root = element;
    else if (reading->last[parent])
        reading->last[parent]->next = element;
    else
        reading->open[parent]->child = element;
    if (reading->depth)
        reading->last[parent] = element;
    reading->open[reading->depth] = element;
    reading->last[reading->depth++] = NULL;
    reading->text->size = 0;
}

static void finish(void *context, const XML_Char *name)
{
    struct reading *reading = context;
    (void)name;
    struct xml *element = reading->open[--reading->depth];
    element->close = position(reading);
    element->end = element->close + (size_t)XML_GetCurrentByteCount(reading->parser);
    if (!element->child && reading->text->size)
        element->text = arena_copy(reading->arena, reading->text->data, reading->text->size);
    reading->text->size = 0;
}

static void collect(void *context, const XML_Char *data, int size)
{
    struct reading *reading = context;
    if (buffer_add(reading->text, data, (size_t)size) != 0)
        stop(reading, "one of its texts is too long");
}

/* A document type may define entities that grow without bound, or name files. */
static void refuse_doctype(void *context, const XML_Char *name, const XML_Char *system,
                           const XML_Char *public, int has_subset)
{
    (void)name, (void)system, (void)public, (void)has_subset;
    stop(context, "it has a document type");
}

static int parse(struct reading *reading, struct bytes bytes, struct error *error)
{
    XML_SetUserData(reading->parser, reading);
    XML_SetElementHandler(reading->parser, begin, finish);
    XML_SetCharacterDataHandler(reading->parser, collect);
    XML_SetStartDoctypeDeclHandler(reading->parser, refuse_doctype);
    if (bytes.size > INT_MAX)
        return error_set(error, FAULT_REMOTE, "the answer is too large");
    if (XML_Parse(reading->parser, (const char *)bytes.data, (int)bytes.size, 1) == XML_STATUS_OK)
        return 0;
    const char *why = reading->refusal;
    if (!why)
        why = XML_ErrorString(XML_GetErrorCode(reading->parser));
    return error_set(error, FAULT_REMOTE, "the answer is no usable XML, at byte %zu: %s",
                     position(reading), why);
}

int lambda_edge_xml(struct arena *arena, struct bytes bytes, struct xml **out, struct error *error)
{
    /* UTF-8 whatever the document declares: in another encoding our own bytes would not fit in. */
    struct reading reading = {.arena = arena,
                              .parser = XML_ParserCreate("UTF-8"),
                              .text = buffer_new(arena, LONGEST_TEXT)};
    if (!reading.parser)
        return error_set(error, FAULT_REMOTE, "out of memory");
    int status = parse(&reading, bytes, error);
    XML_ParserFree(reading.parser);
    *out = reading.root;
    return status;
}

const struct xml *xml_child(const struct xml *element, const char *name)
{
    const struct xml *child = element ? element->child : NULL;
    while (child && strcmp(child->name, name) != 0)
        child = child->next;
    return child;
}

const char *xml_text(const struct xml *element, const char *name)
{
    const struct xml *child = xml_child(element, name);
    return child ? child->text : NULL;
}
