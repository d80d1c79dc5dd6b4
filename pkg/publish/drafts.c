/* The optimizer's work for all targets, each distinct piece of it once, and side by side: how many
   of its runs there are at a time is for pkg/optimize to say. */
#include <pthread.h>
#include <string.h>

#include "pkg/publish/pipeline.h"

enum { MOST_THREADS = 8 };

struct draft {
    struct arena arena; /* a thread's own */
    const struct prepared_module *module;
    struct product_work work;
    struct optimize_result results[OPTIMIZE_MEASURES];
    struct error error;
    int status;
};

struct drafts {
    struct pipeline *pipeline;
    struct draft *items;
    size_t count, next;
    pthread_mutex_t lock;
};

static struct draft *find(const struct drafts *drafts, const struct product_work *work)
{
    for (size_t i = 0; i < drafts->count; i++)
        if (product_is_same_work(&drafts->items[i].work, work))
            return &drafts->items[i];
    return NULL;
}

static void release(void *handle)
{
    struct drafts *drafts = handle;
    for (size_t i = 0; i < drafts->count; i++)
        arena_free(&drafts->items[i].arena);
}

static void collect(struct drafts *drafts)
{
    const struct publish_result *out = drafts->pipeline->out;
    size_t modules = 0;
    for (size_t i = 0; i < out->target_count; i++)
        modules += out->targets[i].module_count;
    drafts->items = arena_alloc(drafts->pipeline->arena, modules + 1, sizeof *drafts->items);
    for (size_t i = 0; i < out->target_count; i++)
        for (size_t m = 0; m < out->targets[i].module_count; m++) {
            const struct prepared_module *module = &out->targets[i].modules[m];
            struct product_work work = product_work(drafts->pipeline, &out->targets[i], module);
            if (!find(drafts, &work))
                drafts->items[drafts->count++] = (struct draft){.module = module, .work = work};
        }
}

static struct draft *take(struct drafts *drafts)
{
    pthread_mutex_lock(&drafts->lock);
    struct draft *taken = drafts->next < drafts->count ? &drafts->items[drafts->next++] : NULL;
    pthread_mutex_unlock(&drafts->lock);
    return taken;
}

static void *work_off(void *context)
{
    struct drafts *drafts = context;
    for (struct draft *draft = take(drafts); draft; draft = take(drafts))
        draft->status = product_optimize(drafts->pipeline, &draft->arena, draft->module,
                                         &draft->work, draft->results, &draft->error);
    return NULL;
}

/* The first failure in the targets' order, whichever came first. */
static int settle(const struct drafts *drafts, struct error *error)
{
    for (size_t i = 0; i < drafts->count; i++)
        if (drafts->items[i].status != 0) {
            *error = drafts->items[i].error;
            return -1;
        }
    return 0;
}

int drafts_make(struct pipeline *pipeline, struct error *error)
{
    struct drafts *drafts = arena_alloc(pipeline->arena, 1, sizeof *drafts);
    pthread_t threads[MOST_THREADS];
    size_t started = 0;
    *drafts = (struct drafts){.pipeline = pipeline, .lock = PTHREAD_MUTEX_INITIALIZER};
    source_maps_load(pipeline);
    collect(drafts);
    arena_defer(pipeline->arena, release, drafts);
    /* This thread works too, so it is all right when none can be started. */
    while (started < MOST_THREADS && started + 1 < drafts->count &&
           pthread_create(&threads[started], NULL, work_off, drafts) == 0)
        started++;
    work_off(drafts);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pipeline->drafts = drafts;
    return settle(drafts, error);
}

const struct optimize_result *drafts_find(const struct pipeline *pipeline,
                                          const struct product_work *work)
{
    return find(pipeline->drafts, work)->results;
}
