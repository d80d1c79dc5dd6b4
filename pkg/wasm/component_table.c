/* Names to rows: a hash table with open addressing. */
#include <string.h>

#include "pkg/wasm/component.h"

struct name_table {
    struct name_slot {
        const char *name;
        size_t row;
    } * slots;
    size_t size, used; /* size: a power of two */
};

static size_t hash_name(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 29);
}

static struct name_slot *find_slot(const struct name_table *table, const char *name)
{
    size_t at = hash_name(name) & (table->size - 1);
    while (table->slots[at].name && strcmp(table->slots[at].name, name) != 0)
        at = (at + 1) & (table->size - 1);
    return &table->slots[at];
}

struct name_table *name_table_make(struct arena *arena, size_t room)
{
    struct name_table *table = arena_alloc(arena, 1, sizeof *table);
    table->size = 8;
    while (table->size < 2 * room)
        table->size *= 2;
    table->slots = arena_alloc(arena, table->size, sizeof *table->slots);
    return table;
}

size_t name_table_find(const struct name_table *table, const char *name)
{
    const struct name_slot *slot = table ? find_slot(table, name) : NULL;
    return slot && slot->name ? slot->row : SIZE_MAX;
}

static struct name_table *grow(struct arena *arena, const struct name_table *table)
{
    struct name_table *bigger = name_table_make(arena, table->size);
    for (size_t i = 0; i < table->size; i++)
        if (table->slots[i].name)
            *find_slot(bigger, table->slots[i].name) = table->slots[i];
    bigger->used = table->used;
    return bigger;
}

bool name_table_add(struct arena *arena, struct name_table **table, const char *name, size_t row)
{
    if (!*table)
        *table = name_table_make(arena, 0);
    if (2 * (*table)->used >= (*table)->size)
        *table = grow(arena, *table);
    struct name_slot *slot = find_slot(*table, name);
    if (slot->name)
        return false;
    *slot = (struct name_slot){name, row};
    (*table)->used++;
    return true;
}

const struct component_extern *component_find(const struct component_list *list, const char *name)
{
    size_t row = name_table_find(list->table, name);
    return row == SIZE_MAX ? NULL : &list->items[row];
}
