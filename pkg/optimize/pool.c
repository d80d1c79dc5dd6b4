#include "pkg/optimize/pool.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 16 };

/* Who may work now, in all pools. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate = PTHREAD_COND_INITIALIZER;
static size_t inside;

static size_t processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : (size_t)count;
}

static void enter(void)
{
    pthread_mutex_lock(&gate_lock);
    while (inside >= processors())
        pthread_cond_wait(&gate, &gate_lock);
    inside++;
    pthread_mutex_unlock(&gate_lock);
}

static void leave(void)
{
    pthread_mutex_lock(&gate_lock);
    inside--;
    pthread_cond_signal(&gate);
    pthread_mutex_unlock(&gate_lock);
}

struct pool {
    size_t count, next, done;
    void (*work)(void *context, size_t index);
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t all_done;
};

static void *work_off(void *context)
{
    struct pool *pool = context;
    for (;;) {
        pthread_mutex_lock(&pool->lock);
        size_t index = pool->next;
        pool->next += index < pool->count;
        pthread_mutex_unlock(&pool->lock);
        if (index == pool->count)
            return NULL;
        enter();
        pool->work(pool->context, index);
        leave();
        pthread_mutex_lock(&pool->lock);
        if (++pool->done == pool->count)
            pthread_cond_signal(&pool->all_done);
        pthread_mutex_unlock(&pool->lock);
    }
}

static void watch_over(struct pool *pool, const struct pool_watch *watch)
{
    struct timespec next;
    clock_gettime(CLOCK_REALTIME, &next); /* conditions of macOS know no other clock */
    pthread_mutex_lock(&pool->lock);
    for (unsigned seconds = 1; pool->done < pool->count; seconds++) {
        int late = 0;
        next.tv_sec++;
        while (pool->done < pool->count && late == 0)
            late = pthread_cond_timedwait(&pool->all_done, &pool->lock, &next);
        if (pool->done == pool->count || !watch)
            continue;
        pthread_mutex_unlock(&pool->lock);
        watch->tick(watch->context, seconds);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

void pool_run(size_t count, void (*work)(void *context, size_t index), void *context,
              const struct pool_watch *watch)
{
    struct pool pool = {.count = count,
                        .work = work,
                        .context = context,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .all_done = PTHREAD_COND_INITIALIZER};
    pthread_t threads[MOST_THREADS];
    size_t started = 0, wanted = count < processors() ? count : processors();
    while (started < wanted && pthread_create(&threads[started], NULL, work_off, &pool) == 0)
        started++;
    if (started == 0)
        work_off(&pool);
    else
        watch_over(&pool, watch);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_cond_destroy(&pool.all_done);
    pthread_mutex_destroy(&pool.lock);
}
