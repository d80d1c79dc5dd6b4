/* XML as a tree that remembers where each element stood (expat). Knows nothing of CloudFront. */
#include <expat.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/sandbox_parts.h"

enum { DEPTH_LIMIT = 32, SIZE_LIMIT = 4 << 20 };

struct reading {
    struct arena *arena;
    XML_Parser parser;
    struct xml_node *open[DEPTH_LIMIT], *last[DEPTH_LIMIT]; /* the way down; the newest child */
    size_t depth;
    struct buffer *text; /* since the last tag */
    struct xml_node *root;
};

static void begin(void *context, const char *name, const char **attributes)
{
    struct reading *reading = context;
    struct xml_node *node = arena_alloc(reading->arena, 1, sizeof *node);
    (void)attributes;
    if (reading->depth == DEPTH_LIMIT) {
        XML_StopParser(reading->parser, XML_FALSE);
        return;
    }
    *node = (struct xml_node){.name = arena_strdup(reading->arena, name), .text = ""};
    node->start = (size_t)XML_GetCurrentByteIndex(reading->parser);
    node->inner_start = node->start + (size_t)XML_GetCurrentByteCount(reading->parser);
    if (reading->depth == 0)
        reading->root = node;
    else if (reading->last[reading->depth - 1])
        reading->last[reading->depth - 1]->next = node;
    else
        reading->open[reading->depth - 1]->child = node;
    if (reading->depth > 0)
        reading->last[reading->depth - 1] = node;
    reading->last[reading->depth] = NULL;
    reading->open[reading->depth++] = node;
    reading->text->size = 0;
}

static void end(void *context, const char *name)
{
    struct reading *reading = context;
    (void)name;
    if (reading->depth == 0)
        return;
    struct xml_node *node = reading->open[--reading->depth];
    size_t at = (size_t)XML_GetCurrentByteIndex(reading->parser);
    node->inner_end = at > node->inner_start ? at : node->inner_start;
    node->end = at + (size_t)XML_GetCurrentByteCount(reading->parser);
    if (!node->child && reading->text->size)
        node->text = arena_copy(reading->arena, reading->text->data, reading->text->size);
    reading->text->size = 0;
}

static void text(void *context, const char *data, int size)
{
    struct reading *reading = context;
    if (buffer_add(reading->text, data, (size_t)size) != 0)
        XML_StopParser(reading->parser, XML_FALSE);
}

/* A document type could define entities; no AWS client sends one. */
static void refuse_doctype(void *context, const char *name, const char *system, const char *public,
                           int has_subset)
{
    (void)name, (void)system, (void)public, (void)has_subset;
    XML_StopParser(((struct reading *)context)->parser, XML_FALSE);
}

struct xml_node *aws_parse_xml(struct arena *arena, struct bytes document)
{
    struct reading reading = {.arena = arena, .text = buffer_new(arena, SIZE_LIMIT)};
    if (document.size > SIZE_LIMIT)
        return NULL;
    reading.parser = XML_ParserCreate("UTF-8");
    if (!reading.parser)
        return NULL;
    XML_SetUserData(reading.parser, &reading);
    XML_SetElementHandler(reading.parser, begin, end);
    XML_SetCharacterDataHandler(reading.parser, text);
    XML_SetStartDoctypeDeclHandler(reading.parser, refuse_doctype);
    enum XML_Status status =
        XML_Parse(reading.parser, (const char *)document.data, (int)document.size, 1);
    XML_ParserFree(reading.parser);
    return status == XML_STATUS_OK ? reading.root : NULL;
}

const struct xml_node *aws_xml_child(const struct xml_node *node, const char *name)
{
    const struct xml_node *child = node ? node->child : NULL;
    while (child && strcmp(child->name, name) != 0)
        child = child->next;
    return child;
}

const char *aws_xml_text(const struct xml_node *node, const char *name)
{
    const struct xml_node *child = aws_xml_child(node, name);
    return child ? child->text : NULL;
}

char *aws_xml_escape(struct arena *arena, const char *plain)
{
    struct buffer *out = buffer_new(arena, SIZE_LIMIT);
    for (; *plain; plain++) {
        const char *word = *plain == '&'   ? "&amp;"
                           : *plain == '<' ? "&lt;"
                           : *plain == '>' ? "&gt;"
                                           : NULL;
        if (buffer_add(out, word ? word : plain, word ? strlen(word) : 1) != 0)
            break;
    }
    return arena_strdup(arena, buffer_text(out));
}
