#include "pkg/publish/pipeline.h"
#include "pkg/base/text.h"

#include <pthread.h>
#include <string.h>

enum { MOST_THREADS = 16 };

const char *state_name(enum state state)
{
    static const char *const names[] = {"none", "unchanged", "uploaded",
                                        "live", "failed",    "rolled-back"};
    return names[state];
}

void pipeline_step(const struct pipeline *pipeline, const struct prepared *target, const char *word)
{
    const struct publish_options *options = pipeline->options;
    if (options->step)
        options->step(options->step_context, target ? target->target->name : "", word);
}

static void tell(void *context)
{
    struct pipeline *pipeline = context;
    const struct publish_options *options = pipeline->options;
    if (atomic_exchange(&pipeline->told, true))
        return;
    pipeline->out->mutation_attempted = true;
    if (options->attempt)
        options->attempt(options->step_context);
}

void pipeline_attempt(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        http_before_change(pipeline->out->targets[i].job.http, tell, pipeline);
}

struct deployment pipeline_wanted(const struct pipeline *pipeline, const struct prepared *target)
{
    return (struct deployment){.percent = rollout_percent(pipeline),
                               .staged = pipeline->options->stage,
                               .base = target->before.version,
                               .base_commit = target->before.commit,
                               .overwrite = pipeline->options->overwrite};
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

static bool is_chosen_before(const struct publish_options *options, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (options->targets[i] == options->targets[index])
            return true;
    return false;
}

/* Each target works in an arena of its own, because it may work in a thread of its own. */
static void open_targets(struct pipeline *pipeline)
{
    const struct publish_options *options = pipeline->options;
    struct publish_result *out = pipeline->out;
    out->targets = arena_alloc(pipeline->arena, options->target_count, sizeof *out->targets);
    out->target_count = 0;
    for (size_t i = 0; i < options->target_count; i++) {
        if (is_chosen_before(options, i))
            continue;
        struct arena *own = arena_alloc(pipeline->arena, 1, sizeof *own);
        arena_defer(pipeline->arena, free_arena, own);
        struct prepared *target = &out->targets[out->target_count++];
        target->target = options->targets[i];
        target->job.arena = own;
    }
}

static int open_records(struct pipeline *pipeline, struct error *error)
{
    size_t skipped;
    const char *folder = pipeline->manifest->folder;
    if (record_open(pipeline->arena, pipeline->world, folder ? folder : ".", &pipeline->store,
                    error) != 0 ||
        record_list(pipeline->arena, pipeline->store, NULL, &pipeline->records,
                    &pipeline->record_count, &skipped, error) != 0)
        return -1;
    pipeline->newest = pipeline->record_count ? &pipeline->records[0] : NULL;
    pipeline->out->commit = record_head(pipeline->store);
    return 0;
}

/* The records when a repository can be opened; a failure only with `needed`. */
static int find_records(struct pipeline *pipeline, bool needed, struct error *error)
{
    struct error unreadable = {0};
    if (open_records(pipeline, &unreadable) == 0)
        return 0;
    pipeline->store = NULL;
    pipeline->no_store = arena_strdup(pipeline->arena, unreadable.message);
    pipeline->record_count = 0;
    pipeline->newest = NULL;
    pipeline->out->commit = NULL;
    if (!needed)
        return 0;
    *error = unreadable;
    return -1;
}

static char *random_tag(struct pipeline *pipeline)
{
    uint8_t bytes[8];
    char *tag = arena_alloc(pipeline->arena, 2 * sizeof bytes + 1, 1);
    pipeline->world->random(pipeline->world->context, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        tag[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        tag[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return tag;
}

static int prepare_jobs(struct pipeline *pipeline, struct error *error)
{
    const struct manifest *manifest = pipeline->manifest->path ? pipeline->manifest : NULL;
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        if (job_prepare(target->job.arena, pipeline->world, manifest, target->target,
                        pipeline->options->profile_file, &target->job, error) != 0)
            return -1;
    }
    return 0;
}

static void remember(struct pipeline *pipeline)
{
    const char *tag = random_tag(pipeline);
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        target->recorded = pipeline_record(pipeline, target->target, NULL);
        target->job.commit = pipeline->out->commit;
        target->job.tag = tag;
        target->job.resource = target->recorded ? target->recorded->resource : NULL;
        target->job.previous = target->recorded ? target->recorded->version : NULL;
        target->job.previous_url = target->recorded ? target->recorded->url : NULL;
    }
}

void pipeline_recall(struct pipeline *pipeline)
{
    struct error ignored = {0};
    if (!pipeline->manifest->path || !record_is_likely(pipeline->arena, pipeline->manifest->root) ||
        find_records(pipeline, false, &ignored) != 0)
        return;
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        target->recorded = pipeline_record(pipeline, target->target, NULL);
    }
}

static void unlock_one(struct pipeline *pipeline, struct prepared *target)
{
    struct error error = {0};
    (void)pipeline;
    if (job_unlock(&target->job, &error) != 0)
        pipeline_keep(target, &error);
}

/* Side by side: a platform may have to be asked for credentials. The first failure is told. */
static int unlock_all(struct pipeline *pipeline, struct error *error)
{
    const struct prepared *first = NULL;
    pipeline_each(pipeline, unlock_one);
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        if (target->error.fault == FAULT_NONE)
            continue;
        if (!first)
            *error = target->error;
        first = first ? first : target;
        target->error = (struct error){0};
    }
    return first ? error_prefix(error, "%s", first->target->name) : 0;
}

int pipeline_hint_no_record(struct error *error)
{
    char hint[sizeof error->hint];
    memcpy(hint, error->hint, sizeof hint);
    return error_hint(error, "%s%spass --no-record", hint, hint[0] ? ", or " : "");
}

int pipeline_open(struct pipeline *pipeline, enum records records, bool unlock, struct error *error)
{
    open_targets(pipeline);
    if (prepare_jobs(pipeline, error) != 0 || rollout_check(pipeline, error) != 0 ||
        (unlock && unlock_all(pipeline, error) != 0))
        return -1;
    /* Last, because libgit2 is still being started beside (record_warm). */
    if (records != RECORDS_NONE && find_records(pipeline, records == RECORDS_NEEDED, error) != 0)
        return -1;
    remember(pipeline);
    return 0;
}

/* The work that the threads take from one end. */
struct queue {
    struct pipeline *pipeline;
    void (*work)(struct pipeline *, struct prepared *);
    pthread_mutex_t lock;
    size_t next;
};

static struct prepared *take(struct queue *queue)
{
    struct publish_result *out = queue->pipeline->out;
    struct prepared *taken = NULL;
    pthread_mutex_lock(&queue->lock);
    while (!taken && queue->next < out->target_count) {
        struct prepared *target = &out->targets[queue->next++];
        if (target->state != STATE_FAILED)
            taken = target;
    }
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

static void *work_off(void *context)
{
    struct queue *queue = context;
    for (struct prepared *target = take(queue); target; target = take(queue))
        queue->work(queue->pipeline, target);
    return NULL;
}

void pipeline_each(struct pipeline *pipeline, void (*work)(struct pipeline *, struct prepared *))
{
    struct queue queue = {pipeline, work, PTHREAD_MUTEX_INITIALIZER, 0};
    pthread_t threads[MOST_THREADS];
    size_t wanted = pipeline->options->jobs ? pipeline->options->jobs : MOST_THREADS, started = 0;
    if (wanted > pipeline->out->target_count)
        wanted = pipeline->out->target_count;
    if (wanted > MOST_THREADS)
        wanted = MOST_THREADS;
    /* This thread works too, so it is all right when none can be started. */
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, work_off, &queue) == 0)
        started++;
    work_off(&queue);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&queue.lock);
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        if (target->job.http)
            target->stats = http_statistics(target->job.http);
    }
}

void pipeline_keep(struct prepared *target, const struct error *error)
{
    target->error = *error;
    if (target->error.fault == FAULT_NONE)
        error_set(&target->error, FAULT_REMOTE, "it failed and gave no reason");
}

int pipeline_failed(const struct pipeline *pipeline, enum fault fault, struct error *error)
{
    const struct prepared *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        const struct prepared *target = &pipeline->out->targets[i];
        if (target->state != STATE_FAILED)
            continue;
        first = first ? first : target;
        count++;
    }
    if (!first)
        return 0;
    *error = first->error;
    if (error->fault != FAULT_INPUT && error->fault < FAULT_INTERRUPTED)
        error->fault = fault;
    if (count > 1)
        return error_prefix(error, "%s (and %zu more)", first->target->name, count - 1);
    return error_prefix(error, "%s", first->target->name);
}

static char *add_name(const struct pipeline *pipeline, const char *names, size_t target)
{
    return arena_printf(pipeline->arena, "%s%s%s", names ? names : "", names ? ", " : "",
                        pipeline->out->targets[target].target->name);
}

const char *pipeline_names(const struct pipeline *pipeline, enum state state)
{
    char *names = NULL;
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        if (pipeline->out->targets[i].state == state)
            names = add_name(pipeline, names, i);
    return names ? names : "none";
}

/* Those on which what they are to run is not live; NULL: none. */
static const char *names_of_others(const struct pipeline *pipeline)
{
    char *names = NULL;
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        enum state state = pipeline->out->targets[i].state;
        if (state != STATE_LIVE && state != STATE_UNCHANGED)
            names = add_name(pipeline, names, i);
    }
    return names;
}

int pipeline_stopped(const struct pipeline *pipeline, struct error *error)
{
    if (world_stopped(pipeline->world, error) == 0)
        return 0;
    const char *live = pipeline_names(pipeline, STATE_LIVE);
    const char *uploaded = pipeline_names(pipeline, STATE_UPLOADED);
    enum fault fault = error->fault;
    const char *word = fault == FAULT_TERMINATED ? "terminated" : "interrupted";
    const char *others = names_of_others(pipeline);
    if (strcmp(live, "none") != 0)
        return error_set(error, fault, "%s: live on %s; not %s%s", word, live,
                         others ? "on " : "verified", others ? others : "");
    if (strcmp(uploaded, "none") != 0)
        return error_set(error, fault, "%s: nothing new is live; uploaded for %s", word, uploaded);
    return error_set(error, fault, "%s: nothing new is live", word);
}

const char *pipeline_environment(const struct pipeline *pipeline)
{
    const char *environment = pipeline->manifest->environment;
    if (!pipeline->options->sandboxed)
        return environment;
    return environment ? arena_printf(pipeline->arena, "sandbox:%s", environment) : "sandbox";
}

bool pipeline_is_of(const struct pipeline *pipeline, const struct record *record,
                    const struct target *target)
{
    return strcmp(record->target, target->name) == 0 &&
           strcmp(record->platform, target->platform) == 0 &&
           text_equal(record->environment, pipeline_environment(pipeline));
}

const struct record *pipeline_record(const struct pipeline *pipeline, const struct target *target,
                                     const char *unlike)
{
    for (size_t i = 0; i < pipeline->record_count; i++) {
        const struct record *record = &pipeline->records[i];
        if (pipeline_is_of(pipeline, record, target) && !text_equal(record->version, unlike))
            return record;
    }
    return NULL;
}

const struct record *pipeline_record_of(const struct pipeline *pipeline,
                                        const struct target *target, const char *version)
{
    for (size_t i = 0; i < pipeline->record_count; i++) {
        const struct record *record = &pipeline->records[i];
        if (pipeline_is_of(pipeline, record, target) && text_equal(record->version, version))
            return record;
    }
    return NULL;
}
