#include "pkg/proof/measure.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"

enum { SILENCES_MOST = 6 };

static const struct runtime_limits small_limits = {10000, 10, UINT64_C(4) << 30};

/* One measurement on its way: how many of its probes were taken, refused, and not answered. */
struct tally {
    size_t taken, refused;
    const char *otherwise;
};

struct session {
    const struct measuring *measuring;
    struct measurements *out;
    struct tally *tallies; /* beside out->items */
    const char *date;
    size_t silences; /* in a row */
};

static const char *name_runtime(struct arena *arena, const struct runtime *runtime)
{
    return arena_printf(arena, "%s %s", runtime->name, runtime->version);
}

/* A date that both know: a runtime refuses one that is after its own version. */
static const char *date_of(const struct measuring *measuring)
{
    const char *version = measuring->runtime->version, *variant = measuring->variant;
    if (!measuring->known || !measuring->known->dated || !text_is_date(variant))
        return NULL;
    return text_is_date(version) && strcmp(version, variant) < 0 ? version : variant;
}

static int ask(struct session *session, const struct probe *probe, struct runtime_answer *out,
               struct error *error)
{
    const struct measuring *measuring = session->measuring;
    struct runtime_job job = {
        .module = probe->module,
        .info = probe->info,
        .stubs = !probe->otherwise,
        .builtins = probe->otherwise != NULL,
        .date = session->date,
        .limits = measuring->limits ? measuring->limits : &small_limits,
    };
    return runtime_try(measuring->arena, measuring->world, measuring->runtime, &job, out, error);
}

/* One that has host functions of its own gives a probe none: that it misses them says nothing. */
static bool is_about_imports(const struct probe *probe, const struct runtime_answer *answer)
{
    return probe->info->import_count > 0 && strstr(answer->said, "unknown import: ") != NULL;
}

static void count_answer(struct session *session, const struct probe *probe,
                         struct measurement *item, struct tally *tally,
                         struct runtime_answer *answer)
{
    bool refused = answer->outcome == RUNTIME_REFUSES && !is_about_imports(probe, answer);
    bool silent = answer->outcome == RUNTIME_SAYS_NOT || answer->outcome == RUNTIME_STOPPED;
    session->silences = silent ? session->silences + 1 : 0;
    tally->taken += answer->outcome == RUNTIME_TAKES;
    tally->otherwise = probe->otherwise;
    if (answer->outcome == RUNTIME_TAKES)
        return;
    if ((refused && tally->refused == 0) || !item->said)
        item->said = answer->said;
    tally->refused += refused;
}

static bool is_same(const struct measurement *item, const struct probe *probe)
{
    return item->feature == probe->feature && item->with == probe->with &&
           text_equal(item->use, probe->use);
}

static int try_probe(struct session *session, const struct probe *probe, size_t index,
                     struct error *error)
{
    struct runtime_answer answer;
    struct measurement *item = &session->out->items[index];
    if (session->silences >= SILENCES_MOST) {
        item->said = item->said ? item->said : "not asked: it gave several others no answer";
        return 0;
    }
    if (ask(session, probe, &answer, error) != 0)
        return -1;
    count_answer(session, probe, item, &session->tallies[index], &answer);
    return 0;
}

/* From bad to good. */
static int rank(enum support support)
{
    return support == SUPPORT_NO ? -1 : (int)support;
}

/* The words of the case in the base, else of the feature, or of the worse of two. */
static enum support known_support(const struct profile *base, const struct measurement *item)
{
    const struct profile_feature *feature = &base->features[item->feature];
    for (size_t i = 0; i < feature->case_count; i++)
        if (feature->cases[i].with == item->with && text_equal(feature->cases[i].use, item->use))
            return feature->cases[i].instead.support;
    const struct profile_feature *other =
        item->with == WASM_FEATURE_COUNT ? feature : &base->features[item->with];
    return rank(other->support) < rank(feature->support) ? other->support : feature->support;
}

static bool does_differ(enum support known, enum support measured)
{
    if (measured == SUPPORT_UNKNOWN || known == measured)
        return false;
    return measured == SUPPORT_NO || known == SUPPORT_NO || known == SUPPORT_UNKNOWN ||
           (known == SUPPORT_YES && measured == SUPPORT_PARTIAL);
}

static void conclude(struct session *session, struct measurement *item, const struct tally *tally)
{
    struct arena *arena = session->measuring->arena;
    const char *name = name_runtime(arena, session->measuring->runtime);
    item->measured = tally->taken && tally->refused       ? SUPPORT_PARTIAL
                     : tally->taken                       ? SUPPORT_YES
                     : tally->refused && tally->otherwise ? SUPPORT_PARTIAL
                     : tally->refused                     ? SUPPORT_NO
                                                          : SUPPORT_UNKNOWN;
    if (item->measured == SUPPORT_YES)
        item->said = NULL;
    if (item->measured == SUPPORT_PARTIAL)
        item->note = tally->taken
                         ? arena_printf(arena, "not all of it: %s refuses some with \"%s\"", name,
                                        item->said)
                         : tally->otherwise;
    item->known = known_support(session->measuring->base, item);
    item->differs = does_differ(item->known, item->measured);
    session->out->measured += item->measured != SUPPORT_UNKNOWN;
    session->out->differing += item->differs;
}

/* Room for one of each feature, and for the cases that the probes have. */
static size_t find_item(struct session *session, const struct probe *probe)
{
    for (size_t i = 0; i < session->out->count; i++)
        if (is_same(&session->out->items[i], probe))
            return i;
    session->out->items[session->out->count] =
        (struct measurement){.feature = probe->feature, .use = probe->use, .with = probe->with};
    return session->out->count++;
}

static void list_items(struct session *session, const struct probe *probes, size_t count)
{
    for (enum wasm_feature feature = 0; feature < WASM_FEATURE_COUNT; feature++) {
        struct probe alone = {.feature = feature, .with = WASM_FEATURE_COUNT};
        size_t own = find_item(session, &alone);
        session->out->items[own].said = NULL;
        for (size_t i = 0; i < count; i++)
            if (probes[i].feature == feature)
                find_item(session, &probes[i]);
    }
}

/* A runtime that refuses a module of nothing would refuse every other, whatever is in it. */
static int try_control(struct session *session, const struct probe *probe, struct error *error)
{
    const struct runtime *runtime = session->measuring->runtime;
    struct runtime_answer answer;
    if (ask(session, probe, &answer, error) != 0)
        return -1;
    if (answer.outcome == RUNTIME_TAKES)
        return 0;
    error_set(error, FAULT_INPUT, "%s %s does not take a module without any feature: %s",
              runtime->name, runtime->version, answer.said);
    return error_hint(error, "see whether '%s' runs here at all", runtime->path);
}

static const char *describe_evidence(struct session *session)
{
    const struct measuring *measuring = session->measuring;
    const struct runtime *runtime = measuring->runtime;
    bool is_usual = !session->date || strcmp(session->date, measuring->base->variant) == 0;
    return arena_printf(measuring->arena, "probe: %s %s%s%s%s%s%s", runtime->name, runtime->version,
                        runtime->engine ? " (" : "", runtime->engine ? runtime->engine : "",
                        runtime->engine ? ")" : "", is_usual ? "" : " as of ",
                        is_usual ? "" : session->date);
}

static int try_all(struct session *session, const struct probe *probes, size_t count,
                   struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (probes[i].feature == WASM_FEATURE_COUNT) {
            if (try_control(session, &probes[i], error) != 0)
                return -1;
            continue;
        }
        if (try_probe(session, &probes[i], find_item(session, &probes[i]), error) != 0)
            return -1;
    }
    return 0;
}

int measure(const struct measuring *measuring, struct measurements *out, struct error *error)
{
    struct session session = {measuring, out, NULL, date_of(measuring), 0};
    struct probe *probes;
    size_t count;
    *out = (struct measurements){.evidence = describe_evidence(&session)};
    if (probes_read(measuring->arena, &probes, &count, error) != 0)
        return -1;
    size_t room = WASM_FEATURE_COUNT + count;
    out->items = arena_alloc(measuring->arena, room, sizeof *out->items);
    session.tallies = arena_alloc(measuring->arena, room, sizeof *session.tallies);
    list_items(&session, probes, count);
    if (try_all(&session, probes, count, error) != 0)
        return -1;
    for (size_t i = 0; i < out->count; i++)
        conclude(&session, &out->items[i], &session.tallies[i]);
    return 0;
}
