/* Recursive type groups are the same when they look the same: each gets the first group that does,
   by hash (WebAssembly 3.0, "Rolling and Unrolling"). Then what is declared between types. */
#include <string.h>

#include "pkg/wasm/judge.h"

struct type_group {
    uint64_t hash;
    uint32_t first, count;
};

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* Hashes depend on the whole section, so that nobody can write one whose groups collide. */
void judge_types_start(struct scan *scan, uint32_t group_count)
{
    struct judge *judge = scan->judge;
    const struct reader *reader = &scan->reader;
    for (const uint8_t *at = reader->at; at < reader->end;) {
        size_t left = (size_t)(reader->end - at), size = left < 8 ? left : 8;
        uint64_t word = 0;
        memcpy(&word, at, size);
        judge->seed = mix(judge->seed, word);
        at += size;
    }
    judge->slot_count = 16;
    while (judge->slot_count < 2 * (size_t)group_count)
        judge->slot_count *= 2;
    judge->slots = arena_alloc(scan->arena, judge->slot_count, sizeof *judge->slots);
}

/* A type index in the group that starts at `first`, as it looks from inside. */
static uint32_t rolled(const struct scan *scan, uint32_t index, uint32_t first)
{
    if (index == TYPE_NO_INDEX)
        return index;
    if (index >= first)
        return (index - first) << PACKED_SHIFT | PACKED_RECURSIVE;
    return scan->types[index].canonical << PACKED_SHIFT;
}

static uint32_t packed_flags(struct value_type type)
{
    return type.code | (type.flags & TYPE_FLAG_EXACT ? PACKED_EXACT : 0u) |
           (type.flags & TYPE_FLAG_MUTABLE ? PACKED_MUTABLE : 0u);
}

static uint32_t pack(struct scan *scan, struct value_type type, const uint8_t *where,
                     uint32_t first)
{
    uint32_t packed = packed_flags(type);
    if (type.code != TYPE_REF && type.code != TYPE_REF_NULL)
        return packed;
    if (type.heap)
        return packed | (uint32_t)type.heap << PACKED_SHIFT | PACKED_ABSTRACT;
    if (type.index < scan->out->type_count)
        return packed | rolled(scan, type.index, first);
    judge_fail(scan, where, "unknown type %lu", (unsigned long)type.index);
    return PACKED_BOTTOM;
}

uint32_t judge_pack(struct scan *scan, struct value_type type, const uint8_t *where)
{
    return pack(scan, type, where, UINT32_MAX);
}

static uint32_t value_count(const struct type_entry *type)
{
    return type->param_count + type->result_count;
}

static uint64_t hash_type(const struct scan *scan, const struct type_entry *type, uint32_t first,
                          uint64_t hash)
{
    hash = mix(hash, type->form | (uint64_t)type->open << 8 | (uint64_t)type->param_count << 32);
    hash = mix(hash, (uint64_t)rolled(scan, type->supertype, first) << 32 | type->result_count);
    hash = mix(hash, (uint64_t)rolled(scan, type->described, first) << 32 |
                         rolled(scan, type->descriptor, first));
    for (uint32_t i = 0; i < value_count(type); i++)
        hash = mix(hash, type->packed[i]);
    return hash;
}

/* `packed` of the group at `first`, absolute, as it was before it was resolved. */
static uint32_t rolled_back(uint32_t packed, uint32_t first)
{
    uint32_t code = packed & PACKED_CODE, index = packed >> PACKED_SHIFT & PACKED_INDEX;
    bool reference = code == TYPE_REF || code == TYPE_REF_NULL;
    if (!reference || packed & PACKED_ABSTRACT || index < first)
        return packed;
    uint32_t flags = packed & (PACKED_CODE | PACKED_EXACT | PACKED_MUTABLE);
    return flags | (index - first) << PACKED_SHIFT | PACKED_RECURSIVE;
}

/* `a` has rolled values and belongs to the group at `first`; `b` is resolved, of `other`. */
static bool same_type(const struct scan *scan, const struct type_entry *a, uint32_t first,
                      const struct type_entry *b, uint32_t other)
{
    if (a->form != b->form || a->open != b->open || a->param_count != b->param_count ||
        a->result_count != b->result_count ||
        rolled(scan, a->supertype, first) != rolled(scan, b->supertype, other) ||
        rolled(scan, a->described, first) != rolled(scan, b->described, other) ||
        rolled(scan, a->descriptor, first) != rolled(scan, b->descriptor, other))
        return false;
    for (uint32_t i = 0; i < value_count(a); i++)
        if (a->packed[i] != rolled_back(b->packed[i], other))
            return false;
    return true;
}

static bool same_group(const struct scan *scan, const struct type_group *a,
                       const struct type_group *b)
{
    if (a->hash != b->hash || a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!same_type(scan, &scan->types[a->first + i], a->first, &scan->types[b->first + i],
                       b->first))
            return false;
    return true;
}

/* The slot of a group like this one, or the free one where it belongs. */
static uint32_t *find_slot(const struct scan *scan, const struct type_group *group)
{
    const struct judge *judge = scan->judge;
    size_t at = group->hash & (judge->slot_count - 1);
    while (judge->slots[at] && !same_group(scan, group, &judge->groups[judge->slots[at] - 1]))
        at = (at + 1) & (judge->slot_count - 1);
    return &judge->slots[at];
}

static void pack_type(struct scan *scan, struct type_entry *type, uint32_t first)
{
    uint32_t count = value_count(type);
    judge_count(scan, count + UINT64_C(1));
    if ((type->supertype != TYPE_NO_INDEX && type->supertype >= scan->out->type_count) ||
        (type->described != TYPE_NO_INDEX && type->described >= scan->out->type_count) ||
        (type->descriptor != TYPE_NO_INDEX && type->descriptor >= scan->out->type_count))
        judge_fail(scan, type->at, "unknown type in a clause of a type");
    type->packed = arena_alloc(scan->arena, count, sizeof *type->packed);
    for (uint32_t i = 0; i < count; i++)
        type->packed[i] = pack(scan, type->values[i], type->at, first);
}

static void adopt(struct scan *scan, const struct type_group *group, const struct type_group *old)
{
    for (uint32_t i = 0; i < group->count; i++) {
        struct type_entry *type = &scan->types[group->first + i];
        const struct type_entry *same = &scan->types[old->first + i];
        type->packed = same->packed;
        type->canonical = old->first + i;
        type->depth = same->depth;
        type->jump = same->jump;
        type->supertype = same->supertype;
        type->described = same->described;
        type->descriptor = same->descriptor;
    }
}

static void resolve(struct scan *scan, const struct type_group *group)
{
    for (uint32_t i = 0; i < group->count; i++) {
        struct type_entry *type = &scan->types[group->first + i];
        type->canonical = type->jump = group->first + i;
        for (uint32_t k = 0; k < value_count(type); k++)
            if (type->packed[k] & PACKED_RECURSIVE)
                type->packed[k] = (type->packed[k] & ~(uint32_t)PACKED_RECURSIVE) +
                                  (group->first << PACKED_SHIFT);
    }
}

static bool field_matches(const struct scan *scan, uint32_t field, uint32_t expected)
{
    if (field == expected)
        return true;
    if ((field | expected) & PACKED_MUTABLE)
        return false;
    return type_matches(scan, field, expected);
}

static bool values_match(const struct scan *scan, const uint32_t *values, const uint32_t *expected,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!type_matches(scan, values[i], expected[i]))
            return false;
    return true;
}

static bool composite_matches(const struct scan *scan, const struct type_entry *type,
                              const struct type_entry *super)
{
    if (type->form != super->form || type->param_count < super->param_count)
        return false;
    if (type->form == FORM_FUNC) {
        uint32_t params = type->param_count;
        return params == super->param_count && type->result_count == super->result_count &&
               values_match(scan, super->packed, type->packed, params) &&
               values_match(scan, type->packed + params, super->packed + params,
                            type->result_count);
    }
    for (uint32_t i = 0; i < super->param_count; i++)
        if (!field_matches(scan, type->packed[i], super->packed[i]))
            return false;
    return true;
}

/* A skip list upwards: from any type, any supertype is a logarithm of steps away. */
static void link_up(struct scan *scan, struct type_entry *type)
{
    type->supertype = scan->types[type->supertype].canonical;
    const struct type_entry *super = &scan->types[type->supertype];
    const struct type_entry *jump = &scan->types[super->jump];
    type->depth = super->depth + 1;
    bool even = super->depth - jump->depth == jump->depth - scan->types[jump->jump].depth;
    type->jump = even && super->depth > 0 ? jump->jump : type->supertype;
}

bool type_descends(const struct scan *scan, uint32_t type, uint32_t from)
{
    uint32_t depth = scan->types[from].depth;
    while (scan->types[type].depth > depth) {
        const struct type_entry *entry = &scan->types[type];
        scan->judge->steps++;
        type = scan->types[entry->jump].depth >= depth ? entry->jump : entry->supertype;
    }
    return type == from;
}

static void check_supertype(struct scan *scan, uint32_t index)
{
    struct type_entry *type = &scan->types[index];
    unsigned long name = index, super_name = type->supertype;
    if (type->supertypes > 1)
        judge_fail(scan, type->at, "type %lu has %lu supertypes, at most one is allowed", name,
                   (unsigned long)type->supertypes);
    else if (type->supertype >= index)
        judge_fail(scan, type->at, "type %lu has a later type, %lu, as its supertype", name,
                   super_name);
    else if (!scan->types[type->supertype].open)
        judge_fail(scan, type->at, "type %lu has a final type, %lu, as its supertype", name,
                   super_name);
    if (judging(scan))
        link_up(scan, type);
}

/* Custom descriptors (proposal): `describes` and `descriptor` point at each other, inside one
   group, between structs, and the described type comes first. */
static void check_descriptors(struct scan *scan, uint32_t index, uint32_t first)
{
    const struct type_entry *type = &scan->types[index];
    unsigned long name = index;
    if (type->described == TYPE_NO_INDEX && type->descriptor == TYPE_NO_INDEX)
        return;
    if (type->form != FORM_STRUCT)
        judge_fail(scan, type->at, "type %lu has a descriptor or is one, and is no struct", name);
    if (type->described != TYPE_NO_INDEX && (type->described < first || type->described >= index ||
                                             scan->types[type->described].descriptor != index))
        judge_fail(scan, type->at, "type %lu describes type %lu, which is not described by it",
                   name, (unsigned long)type->described);
    if (type->descriptor != TYPE_NO_INDEX &&
        (type->descriptor < first || scan->types[type->descriptor].described != index))
        judge_fail(scan, type->at, "type %lu has type %lu as its descriptor, which is none for it",
                   name, (unsigned long)type->descriptor);
}

/* A subtype's descriptor is a subtype of its supertype's descriptor; both or none describe. */
static void check_subtype(struct scan *scan, uint32_t index)
{
    const struct type_entry *type = &scan->types[index], *super = &scan->types[type->supertype];
    bool right = composite_matches(scan, type, super) &&
                 (type->described == TYPE_NO_INDEX) == (super->described == TYPE_NO_INDEX);
    if (right && type->described != TYPE_NO_INDEX)
        right = type_descends(scan, scan->types[type->described].canonical,
                              scan->types[super->described].canonical);
    if (right && super->descriptor != TYPE_NO_INDEX)
        right = type->descriptor != TYPE_NO_INDEX &&
                type_descends(scan, scan->types[type->descriptor].canonical,
                              scan->types[super->descriptor].canonical);
    if (!right)
        judge_fail(scan, type->at, "type %lu does not match its supertype %lu",
                   (unsigned long)index, (unsigned long)type->supertype);
}

static void check_group(struct scan *scan, const struct type_group *group)
{
    uint32_t end = group->first + group->count;
    for (uint32_t i = group->first; i < end && judging(scan); i++)
        check_descriptors(scan, i, group->first);
    /* All links first: fields may name later types of the group. */
    for (uint32_t i = group->first; i < end && judging(scan); i++)
        if (scan->types[i].supertypes > 0)
            check_supertype(scan, i);
    for (uint32_t i = group->first; i < end && judging(scan); i++)
        if (scan->types[i].supertypes > 0)
            check_subtype(scan, i);
}

void judge_group(struct scan *scan, uint32_t first, uint32_t count)
{
    struct judge *judge = scan->judge;
    struct type_group group = {judge->seed, first, count};
    for (uint32_t i = 0; i < count && judging(scan); i++) {
        pack_type(scan, &scan->types[first + i], first);
        if (judging(scan))
            group.hash = hash_type(scan, &scan->types[first + i], first, group.hash);
    }
    if (!judging(scan) || count == 0)
        return;
    uint32_t *slot = find_slot(scan, &group);
    if (*slot) {
        adopt(scan, &group, &judge->groups[*slot - 1]);
        return;
    }
    resolve(scan, &group);
    check_group(scan, &group);
    judge->groups = arena_grow(scan->arena, judge->groups, judge->group_count,
                               &judge->group_capacity, sizeof *judge->groups);
    judge->groups[judge->group_count++] = group;
    *slot = (uint32_t)judge->group_count;
}
