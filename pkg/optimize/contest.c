/* Which candidate wins: each is measured, also with its functions in another order. */
#include "pkg/optimize/contest.h"

#include <string.h>

#include "pkg/archive/archive.h"
#include "pkg/optimize/order.h"
#include "pkg/optimize/pool.h"
#include "pkg/wasm/reorder.h"

enum { ONE_BYTE = 0x80 }; /* functions whose numbers take one */

struct attempt *contest_add(struct contest *contest, const char *name)
{
    struct attempt *item = &contest->items[contest->count];
    *item = (struct attempt){.name = name, .arena = &contest->arenas[contest->count]};
    contest->count++;
    return item;
}

static bool is_same(struct bytes a, struct bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* What came out twice is looked at once. */
static void drop_repeated(struct contest *contest)
{
    for (size_t i = 1; i < contest->count; i++)
        for (size_t k = 0; k < i && !contest->items[i].problem; k++)
            if (!contest->items[k].problem &&
                is_same(contest->items[i].candidate.module, contest->items[k].candidate.module))
                contest->items[i].problem = arena_printf(
                    contest->work->arena, "the same bytes as '%s'", contest->items[k].name);
}

static size_t code_bytes(const struct wasm_info *info)
{
    size_t bytes = 0;
    for (size_t i = 0; i < info->section_count; i++)
        if (!info->sections[i].custom && strcmp(info->sections[i].name, "code") == 0)
            bytes += info->sections[i].size;
    return bytes;
}

static void count(struct attempt *item)
{
    item->code_bytes = code_bytes(&item->candidate.info);
    item->candidate.gzip_bytes = archive_gzip_size(item->candidate.module);
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* No module that ships is larger. */
static size_t size_limit(const struct contest *contest)
{
    size_t module = contest->items[0].candidate.module.size;
    return contest->work->request->speed ? most(module, contest->came->candidate.module.size)
                                         : module;
}

static int reorder(struct arena *arena, enum order order, size_t room, struct bytes module,
                   const struct wasm_functions *functions, struct bytes *out, struct error *error)
{
    struct arena scratch = {0};
    const uint32_t *wanted =
        order_by_likeness(&scratch, order, room, functions->bodies, functions->uses,
                          functions->count, functions->imported);
    int status = wasm_reorder(arena, module, functions, wanted, out, error);
    arena_free(&scratch);
    return status;
}

/* As free as the limit allows. That all lose their short numbers is the worst case: so several
   times the room is tried first. */
static int reorder_within(struct arena *arena, size_t limit, struct bytes module,
                          const struct wasm_functions *functions, struct bytes *out,
                          struct error *error)
{
    struct arena scratch = {0};
    struct bytes tried;
    int status = reorder(&scratch, ORDER_SHORT, 0, module, functions, &tried, error);
    size_t room = status == 0 && tried.size < limit ? limit - tried.size : 0;
    for (size_t times = 8; status == 0 && room && times > 0; times /= 2) {
        status = reorder(&scratch, ORDER_ROOM, room * times, module, functions, &tried, error);
        if (tried.size <= limit)
            break;
    }
    if (status == 0)
        *out = (struct bytes){arena_copy(arena, tried.data, tried.size), tried.size};
    arena_free(&scratch);
    return status;
}

/* NULL, or why its functions stay where they are. */
static const char *arrange(const struct work *work, enum order order, size_t limit,
                           const struct candidate *before, struct attempt *item)
{
    struct wasm_functions functions;
    struct error ignored = {0};
    struct candidate *after = &item->candidate;
    bool twin = before->debug.size > 0;
    struct bytes from = twin ? before->debug : before->module;
    struct arena scratch = {0};
    const char *problem = NULL;
    if (wasm_functions(&scratch, from, &functions, &ignored) != 0) {
        problem = arena_strdup(item->arena, ignored.message);
    } else if (before->mappings.size) {
        problem = "a source map names places in it";
    } else if (functions.fixed) {
        problem = arena_strdup(item->arena, functions.fixed);
    } else if (order != ORDER_SHORT && functions.imported + functions.count <= ONE_BYTE) {
        problem = "all numbers are short";
    } else {
        bool grows = order == ORDER_ROOM && !twin;
        struct bytes *out = twin ? &after->debug : &after->module;
        int status = grows ? reorder_within(item->arena, limit, from, &functions, out, &ignored)
                           : reorder(item->arena, order, 0, from, &functions, out, &ignored);
        if (status != 0 || (twin && work_strip(item->arena, work->request, after, &ignored) != 0))
            problem = arena_strdup(item->arena, ignored.message);
    }
    arena_free(&scratch);
    return problem;
}

/* The first so many are there; their orders stand behind all of them. */
struct measuring {
    struct contest *contest;
    size_t made;
};

static void measure_ordered(const struct contest *contest, const struct attempt *item,
                            enum order order, struct attempt *ordered)
{
    struct work own = *contest->work;
    own.arena = ordered->arena;
    own.error = &ordered->error;
    if (item->problem || item == contest->came)
        ordered->problem = "not tried";
    else
        ordered->problem = arrange(&own, order, size_limit(contest), &item->candidate, ordered);
    if (!ordered->problem && is_same(ordered->candidate.module, item->candidate.module))
        ordered->problem = "they are in that order";
    if (!ordered->problem)
        ordered->problem =
            work_judge(&own, &item->candidate, item->candidate.info.features, &ordered->candidate);
    if (!ordered->problem)
        count(ordered);
}

/* In a thread of its own. */
static void measure(void *context, size_t index)
{
    const struct measuring *measuring = context;
    struct contest *contest = measuring->contest;
    struct attempt *item = &contest->items[index];
    size_t behind = index - measuring->made;
    if (index >= measuring->made)
        measure_ordered(contest, &contest->items[behind / ORDERS], behind % ORDERS, item);
    else if (!item->problem || (item == contest->came && contest->work->request->speed))
        count(item);
}

static void add_orders(struct contest *contest, const struct attempt *item, bool unchanged)
{
    static const char *const words[] = {[ORDER_SHORT] = "functions ordered",
                                        [ORDER_ROOM] = "functions ordered more freely",
                                        [ORDER_FREE] = "functions ordered freely"};
    for (size_t i = 0; i < ORDERS; i++) {
        const char *name = unchanged
                               ? words[i]
                               : arena_printf(contest->work->arena, "%s, %s", item->name, words[i]);
        struct attempt *ordered = contest_add(contest, name);
        ordered->written = item->written;
        ordered->fast = item->fast;
    }
}

void contest_measure(struct contest *contest)
{
    struct measuring measuring = {contest, contest->count};
    drop_repeated(contest);
    for (size_t i = 0; i < measuring.made; i++)
        add_orders(contest, &contest->items[i], i == 0);
    pool_run(contest->count, measure, &measuring, NULL);
}

struct limits {
    size_t bytes, gzip_bytes;
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* For size nothing that is larger than what came and was merely stripped; for speed nothing that is
   larger than what came. What had to be lowered may be larger than what came. */
static struct limits limits_of(const struct contest *contest)
{
    const struct candidate *module = &contest->items[0].candidate,
                           *came = &contest->came->candidate;
    if (contest->work->request->speed)
        return (struct limits){most(module->module.size, came->module.size),
                               most(module->gzip_bytes, came->gzip_bytes)};
    return (struct limits){module->module.size, contest->came->problem
                                                    ? module->gzip_bytes
                                                    : least(module->gzip_bytes, came->gzip_bytes)};
}

static int compare(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static bool is_better(const struct contest *contest, const struct attempt *a,
                      const struct attempt *b, enum optimize_measure measure)
{
    int order = 0;
    if (contest->work->request->speed)
        order = b->fast - a->fast;
    if (order == 0 && measure == OPTIMIZE_FOR_CODE)
        order = compare(a->code_bytes, b->code_bytes);
    if (order == 0)
        order = compare(a->candidate.gzip_bytes, b->candidate.gzip_bytes);
    if (order == 0)
        order = compare(a->candidate.module.size, b->candidate.module.size);
    return order < 0;
}

const struct attempt *contest_best(const struct contest *contest, enum optimize_measure measure)
{
    struct limits limits = limits_of(contest);
    const struct attempt *best = &contest->items[0];
    for (size_t i = 1; i < contest->count; i++) {
        const struct attempt *item = &contest->items[i];
        bool fits = item == contest->came || (item->candidate.module.size <= limits.bytes &&
                                              item->candidate.gzip_bytes <= limits.gzip_bytes);
        if (!item->problem && fits && is_better(contest, item, best, measure))
            best = item;
    }
    return best;
}
