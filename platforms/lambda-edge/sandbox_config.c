/* A distribution's configuration as a whole: required elements, quantities, origins. Codes are
   those of the service model; where the contract quotes no message, the words are AWS's
   documentation. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/sandbox_parts.h"

static size_t count_children(const struct xml_node *node)
{
    size_t count = 0;
    for (const struct xml_node *child = node ? node->child : NULL; child; child = child->next)
        count++;
    return count;
}

/* Every list says how many it has, and has them in <Items>. */
static int check_quantities(struct call *call, const struct xml_node *node)
{
    const char *quantity = aws_xml_text(node, "Quantity");
    if (quantity) {
        char *end;
        unsigned long number = strtoul(quantity, &end, 10);
        if (!*quantity || *end || number != count_children(aws_xml_child(node, "Items")))
            return aws_refuse(call, 400, "InconsistentQuantities",
                              "The value of Quantity and the size of Items don't match.");
    }
    for (const struct xml_node *child = node->child; child; child = child->next)
        if (check_quantities(call, child) != 0) /* the parser bounds the depth */
            return -1;
    return 0;
}

static int check_required(struct call *call, const struct xml_node *node, const char *const *names)
{
    for (; *names; names++)
        if (!aws_xml_child(node, *names))
            return aws_refuse(call, 400, "InvalidArgument", "The parameter %s is required.",
                              *names);
    return 0;
}

static bool has_id(const struct xml_node *list, const char *id)
{
    const struct xml_node *items = aws_xml_child(list, "Items");
    for (const struct xml_node *item = items ? items->child : NULL; item; item = item->next) {
        const char *own = aws_xml_text(item, "Id");
        if (own && strcmp(own, id) == 0)
            return true;
    }
    return false;
}

static int check_behavior(struct call *call, const struct xml_node *config,
                          const struct xml_node *behavior)
{
    static const char *const required[] = {"TargetOriginId", "ViewerProtocolPolicy", NULL};
    if (check_required(call, behavior, required) != 0)
        return -1;
    const char *target = aws_xml_text(behavior, "TargetOriginId");
    if (has_id(aws_xml_child(config, "Origins"), target) ||
        has_id(aws_xml_child(config, "OriginGroups"), target))
        return 0;
    return aws_refuse(call, 404, "NoSuchOrigin",
                      "One or more of your origins or origin groups do not exist.");
}

int aws_check_config(struct call *call, const struct xml_node *config)
{
    static const char *const required[] = {"CallerReference",      "Origins", "Comment",
                                           "DefaultCacheBehavior", "Enabled", NULL};
    static const char *const path[] = {"PathPattern", NULL};
    if (check_required(call, config, required) != 0 || check_quantities(call, config) != 0 ||
        check_behavior(call, config, aws_xml_child(config, "DefaultCacheBehavior")) != 0)
        return -1;
    const struct xml_node *items = aws_xml_child(aws_xml_child(config, "CacheBehaviors"), "Items");
    for (const struct xml_node *each = items ? items->child : NULL; each; each = each->next)
        if (check_required(call, each, path) != 0 || check_behavior(call, config, each) != 0)
            return -1;
    return aws_check_associations(call, config);
}
