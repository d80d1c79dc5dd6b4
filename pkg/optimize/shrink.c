/* The candidates, and what is made of those that win. */
#include <string.h>

#include "pkg/base/world.h"
#include "pkg/optimize/contest.h"

void work_add_strip(const struct work *work, struct arguments *flags)
{
    if (work->request->keep_names || work->request->keep_debug) {
        arguments_add(flags, "-g");
    } else {
        arguments_add(flags, "--strip-debug");
        arguments_add(flags, "--strip-producers");
    }
}

/* How --help calls what is short in a name; inlining what has one caller makes functions less
   alike, and what compresses them finds less. */
static const char one_caller[] = "--one-caller-inline-max-function-size";

/* Strips first: what 108 strips last is 0.2 to 0.4 % larger (measured on three modules,
   2026-11-23); 132 makes no difference. */
static const char *add_passes(const struct work *work, bool inlining, struct arguments *flags)
{
    const struct optimize_request *request = work->request;
    work_add_strip(work, flags);
    arguments_add(flags, request->speed ? "-O3" : "-Oz");
    if (!inlining) {
        arguments_add(flags, one_caller);
        arguments_add(flags, "0");
    }
    for (size_t i = 0; i < request->pass_count; i++) {
        char *pass = arena_printf(work->arena, "--%s", request->passes[i]);
        if (!optimizer_has_pass(work->optimizer, pass))
            return arena_printf(work->arena, "wasm-opt %s has no pass '%.60s'",
                                work->optimizer->version, request->passes[i]);
        arguments_add(flags, pass);
    }
    return NULL;
}

/* NULL: it cannot be run like that, and work->why_not says why. */
static struct attempt *add_run(struct contest *contest, bool inlining)
{
    struct work *work = contest->work;
    struct arguments flags = {.arena = work->arena};
    const struct candidate *module = &contest->items[0].candidate;
    work->why_not = features_add(work->optimizer, module->info.features, &flags);
    if (!work->why_not)
        work->why_not = add_passes(work, inlining, &flags);
    if (work->why_not)
        return NULL;
    struct attempt *item = contest_add(
        contest, arena_printf(work->arena, "wasm-opt %s %s%s", work->optimizer->version,
                              work->request->speed ? "-O3" : "-Oz", inlining ? "" : " -ocimfs 0"));
    item->flags = flags;
    item->written = true;
    item->fast = work->request->speed;
    return item;
}

/* The first run is the one that counts for why_not. */
static int run_all(struct contest *contest)
{
    struct work *work = contest->work;
    const struct candidate *module = &contest->items[0].candidate;
    struct attempt *first = add_run(contest, true);
    if (!first)
        return 0;
    if (!work->request->speed && optimizer_knows(work->optimizer, one_caller))
        (void)add_run(contest, false);
    size_t count = (size_t)(contest->items + contest->count - first);
    if (attempts_run(work, module, module->info.features, first, count) != 0)
        return -1;
    work->why_not = first->problem;
    return 0;
}

static bool is_lowered(const struct candidate *module)
{
    return module->how && strcmp(module->how, "stripped") != 0;
}

static void enter(struct contest *contest, const struct candidate *module)
{
    const struct work *work = contest->work;
    struct attempt *item = contest_add(contest, module->how ? module->how : "unchanged");
    item->candidate = *module;
    contest->came = contest_add(contest, "unchanged");
    contest->came->candidate =
        (struct candidate){.module = work->request->module, .info = *work->request->info};
    if (is_lowered(module) || module->debug.size)
        contest->came->problem = "it may not ship like that";
}

/* Behind the others: what comes out the same is theirs. */
static void enter_rewritten(struct contest *contest, const struct attempt *rewritten)
{
    if (!rewritten || rewritten->problem)
        return;
    struct attempt *item = contest_add(contest, rewritten->name);
    item->candidate = rewritten->candidate;
    item->written = true;
}

static const char *describe(const struct work *work, const struct candidate *module,
                            const struct contest *contest, const struct attempt *winner)
{
    if (winner == contest->came)
        return NULL;
    if (winner == &contest->items[0])
        return module->how;
    return work_how(work, module, winner->name);
}

static struct bytes keep(const struct work *work, struct bytes bytes)
{
    if (bytes.size)
        bytes.data = arena_copy(work->arena, bytes.data, bytes.size);
    return bytes;
}

/* Out of the arenas of its making. What nobody has touched keeps its place: targets share it. */
static int settle(struct work *work, const struct candidate *module, const struct contest *contest,
                  enum optimize_measure measure, struct candidate *out)
{
    const struct attempt *winner = contest_best(contest, measure);
    bool touched = winner != contest->came && winner != &contest->items[0];
    *out = winner->candidate;
    out->how = describe(work, module, contest, winner);
    out->why_not = work->why_not;
    if (!out->why_not && !winner->written)
        out->why_not = arena_printf(work->arena, "nothing that wasm-opt %s wrote is smaller",
                                    work->optimizer->version);
    if (!touched)
        return winner == contest->came
                   ? wasm_scan(work->arena, out->module, WASM_VALIDATION, &out->info, work->error)
                   : 0;
    out->module = keep(work, out->module);
    out->debug = keep(work, out->debug);
    out->mappings = keep(work, out->mappings);
    return wasm_scan(work->arena, out->module, WASM_VALIDATION, &out->info, work->error);
}

/* Nobody wants to know of those. */
static bool is_idle(const struct attempt *item)
{
    return item->problem && item->candidate.module.size == 0 && item->flags.count == 0;
}

static void tabulate(struct work *work, const struct contest *contest)
{
    struct optimize_candidate *table = arena_alloc(work->arena, contest->count + 1, sizeof *table);
    for (size_t i = 0; i < contest->count; i++) {
        const struct attempt *item = &contest->items[i];
        if ((item == contest->came && item->problem) || is_idle(item))
            continue;
        table[work->table_count++] =
            (struct optimize_candidate){.name = arena_strdup(work->arena, item->name),
                                        .bytes = item->candidate.module.size,
                                        .code_bytes = item->code_bytes,
                                        .gzip_bytes = item->candidate.gzip_bytes,
                                        .problem = arena_strdup(work->arena, item->problem)};
    }
    work->table = table;
}

static int choose_best(struct work *work, const struct candidate *module,
                       const struct contest *contest, struct candidate out[OPTIMIZE_MEASURES])
{
    tabulate(work, contest);
    if (settle(work, module, contest, OPTIMIZE_FOR_CODE, &out[OPTIMIZE_FOR_CODE]) != 0)
        return -1;
    if (contest_best(contest, OPTIMIZE_FOR_CODE) == contest_best(contest, OPTIMIZE_FOR_COMPRESSED))
        out[OPTIMIZE_FOR_COMPRESSED] = out[OPTIMIZE_FOR_CODE];
    else if (settle(work, module, contest, OPTIMIZE_FOR_COMPRESSED,
                    &out[OPTIMIZE_FOR_COMPRESSED]) != 0)
        return -1;
    return 0;
}

int shrink(struct work *work, const struct candidate *module, const struct attempt *rewritten,
           struct candidate out[OPTIMIZE_MEASURES])
{
    struct contest contest = {.work = work};
    enter(&contest, module);
    int status = work->why_not ? 0 : run_all(&contest);
    if (status == 0 && world_stopped(work->world, work->error) != 0)
        status = -1;
    if (status == 0) {
        enter_rewritten(&contest, rewritten);
        contest_measure(&contest);
        status = choose_best(work, module, &contest, out);
    }
    for (size_t i = 0; i < MOST_ITEMS; i++)
        arena_free(&contest.arenas[i]);
    return status;
}
