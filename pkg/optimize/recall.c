#include "pkg/optimize/recall.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/digest/digest.h"
#include "pkg/optimize/cache.h"
#include "pkg/optimize/fields.h"
#include "pkg/optimize/mappings.h"

/* Changes when the same key would mean something else, or a value is written in another way. */
enum { FORMAT = 3, KEY_LIMIT = 4 << 20, SMALL = 64 << 10, CANDIDATES_MOST = 64 };

static const size_t value_limit = 2 * (size_t)LIMIT_MODULE + (8 << 20);

static struct fields start_key(struct arena *arena, const char *kind)
{
    struct fields fields = {.buffer = buffer_new(arena, KEY_LIMIT)};
    fields_text(&fields, kind);
    fields_number(&fields, FORMAT);
    fields_text(&fields, EDGE_DEPLOY_VERSION);
    return fields;
}

/* False when the parts were too many: without a key nothing is found or kept. */
static bool end_key(const struct fields *fields, char out[65])
{
    digest_sha256(buffer_bytes(fields->buffer), out);
    return !fields->full;
}

/* Which file it is: where it really lies, its size, and when it was last written. Not its inode or
   when that changed: a restored cache shall find the same program installed anew. */
static bool add_identity(struct fields *fields, const char *path, bool *is_small)
{
    struct stat status;
    char *real = realpath(path, NULL);
    bool there = real && stat(real, &status) == 0;
    if (there) {
        fields_text(fields, real);
        fields_number(fields, (uint64_t)status.st_size);
        fields_number(fields, (uint64_t)cache_modified_ns(&status));
        *is_small = status.st_size < SMALL;
    }
    free(real);
    return there;
}

bool recall_is_telling(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_size >= SMALL;
}

static bool add_optimizers(struct fields *fields, const struct optimizer *optimizer)
{
    bool is_small;
    for (; optimizer && optimizer->path; optimizer = optimizer->older) {
        fields_text(fields, optimizer->version);
        if (!add_identity(fields, optimizer->path, &is_small))
            return false;
    }
    fields_text(fields, NULL);
    return true;
}

static void add_words(struct fields *fields, const char *const *words, size_t count)
{
    fields_number(fields, words != NULL);
    fields_number(fields, count);
    for (size_t i = 0; i < count; i++)
        fields_text(fields, words[i]);
}

static void add_digest(struct fields *fields, struct bytes module)
{
    uint8_t digest[32];
    digest_sha256_raw(module, digest);
    fields_number(fields, module.size);
    fields_bytes(fields, (struct bytes){digest, sizeof digest});
}

/* All that the result depends on. The module as it came, and as it is now: what pruned it is ours
   and may change. All features that the target runs, not only those that the module uses: lowering
   may put others in their place. */
static bool result_key(const struct work *work, const struct optimizer *all,
                       const struct candidate *module, char out[65])
{
    const struct optimize_request *request = work->request;
    struct arena scratch = {0};
    struct fields fields = start_key(&scratch, "result");
    bool good = all->path && add_optimizers(&fields, all);
    add_digest(&fields, request->module);
    add_digest(&fields, module->module);
    fields_text(&fields, module->how);
    fields_number(&fields, request->allowed);
    fields_number(&fields, request->unknown);
    fields_number(&fields, request->run);
    fields_number(&fields, request->speed);
    fields_number(&fields, request->strip);
    fields_number(&fields, request->keep_names);
    fields_number(&fields, request->keep_debug);
    fields_number(&fields, request->map ? request->map->sources + 1 : 0);
    if (request->map)
        add_digest(&fields, request->map->mappings);
    add_words(&fields, request->passes, request->pass_count);
    fields_number(&fields, request->keep_exports != NULL); /* the module says which are left */
    good = end_key(&fields, out) && good;
    arena_free(&scratch);
    return good;
}

static void write_candidates(struct fields *fields, const struct work *work)
{
    fields_number(fields, work->table_count);
    for (size_t i = 0; i < work->table_count; i++) {
        const struct optimize_candidate *item = &work->table[i];
        fields_text(fields, item->name);
        fields_number(fields, item->bytes);
        fields_number(fields, item->code_bytes);
        fields_number(fields, item->gzip_bytes);
        fields_text(fields, item->problem);
    }
}

static bool read_candidates(struct field_reader *reader, struct work *work)
{
    uint64_t count = field_number(reader);
    if (count > CANDIDATES_MOST)
        return false;
    struct optimize_candidate *table = arena_alloc(work->arena, (size_t)count + 1, sizeof *table);
    for (size_t i = 0; i < count; i++) {
        const char *name = field_text(reader);
        table[i].name = name ? name : "";
        table[i].bytes = (size_t)field_number(reader);
        table[i].code_bytes = (size_t)field_number(reader);
        table[i].gzip_bytes = (size_t)field_number(reader);
        table[i].problem = field_text(reader);
    }
    work->table = table;
    work->table_count = (size_t)count;
    return !reader->failed;
}

static void write_best(struct fields *fields, const struct candidate *best)
{
    fields_bytes(fields, best->module);
    fields_bytes(fields, best->debug);
    fields_bytes(fields, best->mappings);
    fields_text(fields, best->how);
    fields_text(fields, best->why_not);
}

/* Whether the twin is the same module with more sections. */
static bool is_twin(const struct work *work, const struct candidate *best)
{
    struct candidate stripped = {.debug = best->debug};
    struct error ignored = {0};
    if (!work->request->keep_debug)
        return best->debug.size == 0;
    return work_strip(work->arena, work->request, &stripped, &ignored) == 0 &&
           bytes_equal(stripped.module, best->module);
}

static bool has_good_mappings(const struct work *work, const struct candidate *best)
{
    const struct optimize_map *map = work->request->map;
    const struct mappings_change none = {.sources = map ? map->sources : 0};
    struct arena scratch = {0};
    struct bytes same;
    bool good = best->mappings.size == 0 ||
                (map && mappings_rewrite(&scratch, best->mappings, &none, &same) == 0);
    arena_free(&scratch);
    return good;
}

/* As large as the module that came it may be, or what was lowered; and is compressed anew where
   somebody asks. */
static bool read_best(struct field_reader *reader, const struct work *work,
                      const struct candidate *module, struct candidate *out)
{
    uint64_t used = module->info.features, allowed = work->request->allowed;
    uint64_t features = used | lower_adds(used & ~allowed, allowed | work->request->unknown);
    *out = (struct candidate){.module = field_bytes(reader), .debug = field_bytes(reader)};
    out->mappings = field_bytes(reader);
    out->how = field_text(reader);
    out->why_not = field_text(reader);
    features |= features_widened(work->optimizer, features, allowed);
    return !reader->failed && out->module.size <= LIMIT_MODULE &&
           !work_judge(work, module, features, out) && is_twin(work, out) &&
           has_good_mappings(work, out);
}

static const struct optimizer *optimizer_of(const struct work *work, const char *version)
{
    const struct optimizer *at = work->optimizer;
    while (at && !text_is(at->version, version))
        at = at->older;
    return at;
}

static bool read_result(struct field_reader *reader, struct work *work,
                        const struct candidate *module, struct candidate out[OPTIMIZE_MEASURES])
{
    const struct optimizer *chosen = optimizer_of(work, field_text(reader));
    if (!chosen)
        return false;
    work->optimizer = chosen;
    work->why_not = field_text(reader);
    work->needs = field_text(reader);
    if (!read_candidates(reader, work))
        return false;
    for (size_t i = 0; i < OPTIMIZE_MEASURES; i++) {
        bool is_former = i > 0 && field_number(reader) == 1;
        if (is_former)
            out[i] = out[i - 1];
        else if (!read_best(reader, work, module, &out[i]))
            return false;
    }
    return !reader->failed && reader->rest.size == 0;
}

bool recall_result(struct work *work, const struct candidate *module,
                   struct candidate out[OPTIMIZE_MEASURES])
{
    const struct cache *cache = work->request->cache;
    struct work found = *work;
    struct bytes value;
    char key[65];
    if (!cache || !result_key(work, work->optimizer, module, key) ||
        !cache_get(cache, work->arena, key, &value))
        return false;
    struct field_reader reader = {.arena = work->arena, .rest = value};
    struct candidate best[OPTIMIZE_MEASURES];
    if (!read_result(&reader, &found, module, best)) {
        cache_remove(cache, key);
        return false;
    }
    memcpy(out, best, sizeof best);
    *work = found;
    return true;
}

void recall_keep(const struct work *work, const struct optimizer *all,
                 const struct candidate *module, const struct candidate best[OPTIMIZE_MEASURES])
{
    const struct cache *cache = work->request->cache;
    struct arena scratch = {0};
    struct fields fields = {0};
    char key[65];
    if (!cache || work->fleeting || !result_key(work, all, module, key))
        return;
    fields.buffer = buffer_new(&scratch, value_limit);
    fields_text(&fields, work->optimizer->version);
    fields_text(&fields, work->why_not);
    fields_text(&fields, work->needs);
    write_candidates(&fields, work);
    for (size_t i = 0; i < OPTIMIZE_MEASURES; i++) {
        bool is_former = i > 0 && best[i].module.data == best[i - 1].module.data &&
                         best[i].module.size == best[i - 1].module.size;
        if (i > 0)
            fields_number(&fields, is_former);
        if (!is_former)
            write_best(&fields, &best[i]);
    }
    if (!fields.full)
        cache_put(cache, key, buffer_bytes(fields.buffer));
    arena_free(&scratch);
}

static bool answers_key(const char *path, const char *version, char out[65])
{
    struct arena scratch = {0};
    struct fields fields = start_key(&scratch, "answers");
    bool is_small = true;
    bool good = add_identity(&fields, path, &is_small);
    fields_text(&fields, is_small ? version : NULL);
    good = end_key(&fields, out) && good && (!is_small || version);
    arena_free(&scratch);
    return good;
}

/* A line by itself: text_safe() would take --help's apart. */
static const char *read_answer(struct field_reader *reader)
{
    struct bytes bytes = field_bytes(reader);
    bool good = !reader->failed && bytes.size && !memchr(bytes.data, 0, bytes.size);
    return good ? arena_copy(reader->arena, bytes.data, bytes.size) : NULL;
}

bool recall_answers(const struct cache *cache, struct arena *arena, const char *path,
                    const char **version, const char **help)
{
    struct bytes value;
    char key[65];
    if (!cache || !answers_key(path, *version, key) || !cache_get(cache, arena, key, &value))
        return false;
    struct field_reader reader = {.arena = arena, .rest = value};
    const char *first = read_answer(&reader), *second = read_answer(&reader);
    if (!first || !second || reader.rest.size) {
        cache_remove(cache, key);
        return false;
    }
    *version = first;
    *help = second;
    return true;
}

void recall_keep_answers(const struct cache *cache, const char *path, const char *version,
                         const char *help)
{
    struct arena scratch = {0};
    struct fields fields = {.buffer = NULL};
    char key[65];
    if (!cache || !answers_key(path, version, key))
        return;
    fields.buffer = buffer_new(&scratch, 2 * LIMIT_PROCESS_OUTPUT + KEY_LIMIT);
    fields_bytes(&fields, bytes_of(version));
    fields_bytes(&fields, bytes_of(help));
    if (!fields.full)
        cache_put(cache, key, buffer_bytes(fields.buffer));
    arena_free(&scratch);
}
