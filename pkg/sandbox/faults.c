#include "pkg/sandbox/faults.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"

static const struct action {
    const char *name;
    enum harm harm;
} actions[] = {
    {"status", HARM_STATUS},
    {"refuse", HARM_REFUSE},
    {"reset-before", HARM_RESET_BEFORE},
    {"reset-during", HARM_RESET_DURING},
    {"lost", HARM_LOST},
    {"hang", HARM_HANG},
    {"slow", HARM_NONE},
    {"html", HARM_HTML},
    {"truncate", HARM_TRUNCATE},
    {"malformed", HARM_MALFORMED},
    {"empty", HARM_EMPTY},
    {"list", HARM_LIST},
    {"types", HARM_TYPES},
    {"stall", HARM_STALL},
};

enum { ACTION_COUNT = sizeof actions / sizeof *actions, MOST_DEPTH = 16 };

struct parser {
    struct arena *arena;
    const char *text, *at;
    struct error *error;
};

static int fail(struct parser *parser, const char *at, const char *what)
{
    error_set(parser->error, FAULT_INPUT, "fault '%s': character %zu: %s", parser->text,
              (size_t)(at - parser->text) + 1, what);
    return error_hint(parser->error, "write METHOD PATH-GLOB[#N|#N-M]=ACTION[,...], such as "
                                     "'PUT */scripts/*#1=status:429:retry-after=2'");
}

/* The action whose name stands at `at`, as a whole word. */
static const struct action *action_at(const char *at)
{
    size_t size = strcspn(at, ":,");
    for (size_t i = 0; i < ACTION_COUNT; i++)
        if (strlen(actions[i].name) == size && strncmp(actions[i].name, at, size) == 0)
            return &actions[i];
    return NULL;
}

static int read_number(struct parser *parser, unsigned long least, unsigned long most,
                       unsigned long *out)
{
    const char *start = parser->at;
    unsigned long value = 0;
    while (*parser->at >= '0' && *parser->at <= '9' && value < ULONG_MAX / 100)
        value = value * 10 + (unsigned long)(*parser->at++ - '0');
    if (parser->at == start)
        return fail(parser, start, "expected a number");
    if (value < least || value > most)
        return fail(parser, start, "the number is out of range");
    *out = value;
    return 0;
}

static int read_status(struct parser *parser, struct fault_rule *rule)
{
    static const char retry[] = ":retry-after=";
    unsigned long value;
    if (rule->status)
        return fail(parser, parser->at, "a second status");
    if (*parser->at++ != ':')
        return fail(parser, parser->at - 1, "expected ':CODE'");
    if (read_number(parser, 200, 599, &value) != 0)
        return -1;
    rule->status = (unsigned)value;
    if (strncmp(parser->at, retry, strlen(retry)) != 0)
        return 0;
    parser->at += strlen(retry);
    if (read_number(parser, 0, 1000000, &value) != 0)
        return -1;
    rule->retry_after = (long)value;
    return 0;
}

static int read_slow(struct parser *parser, struct fault_rule *rule)
{
    if (*parser->at++ != ':')
        return fail(parser, parser->at - 1, "expected ':BYTES_PER_S'");
    return read_number(parser, 1, 1000000000, &rule->slow);
}

static int read_depth(struct parser *parser, struct fault_rule *rule)
{
    unsigned long value;
    if (*parser->at++ != ':')
        return fail(parser, parser->at - 1, "expected ':DEPTH'");
    if (read_number(parser, 1, MOST_DEPTH, &value) != 0)
        return -1;
    rule->depth = (unsigned)value;
    return 0;
}

static bool combine(struct fault_rule *rule, enum harm harm)
{
    bool page = (rule->harm == HARM_HTML && harm == HARM_STATUS) ||
                (rule->harm == HARM_STATUS && harm == HARM_HTML);
    if (page)
        rule->harm = HARM_HTML;
    else if (rule->harm == HARM_NONE)
        rule->harm = harm;
    else
        return false;
    return true;
}

static int read_action(struct parser *parser, struct fault_rule *rule)
{
    const char *start = parser->at, *names[ACTION_COUNT];
    const struct action *action = action_at(start);
    if (!action) {
        for (size_t i = 0; i < ACTION_COUNT; i++)
            names[i] = actions[i].name;
        const char *word = arena_copy(parser->arena, start, strcspn(start, ":,"));
        const char *near = text_nearest(word, names, ACTION_COUNT);
        return fail(parser, start,
                    near ? arena_printf(parser->arena, "unknown action; is '%s' meant?", near)
                         : "unknown action");
    }
    parser->at += strlen(action->name);
    if (action->harm != HARM_NONE && !combine(rule, action->harm))
        return fail(parser, start, "this action does not go with the one before");
    if (action->harm == HARM_STATUS && read_status(parser, rule) != 0)
        return -1;
    if (action->harm == HARM_TYPES && read_depth(parser, rule) != 0)
        return -1;
    if (action->harm == HARM_NONE && read_slow(parser, rule) != 0)
        return -1;
    if (*parser->at && *parser->at != ',')
        return fail(parser, parser->at, "expected ',' or the end");
    return 0;
}

/* The '=' before the first action: a glob may hold others. */
static const char *find_equals(const char *at)
{
    const char *first = strchr(at, '=');
    for (const char *equals = first; equals; equals = strchr(equals + 1, '='))
        if (action_at(equals + 1))
            return equals;
    return first;
}

static int read_range(struct parser *parser, struct fault_rule *rule, const char *end)
{
    if (read_number(parser, 1, ULONG_MAX / 200, &rule->first) != 0)
        return -1;
    rule->last = rule->first;
    if (*parser->at == '-') {
        parser->at++;
        if (read_number(parser, rule->first, ULONG_MAX / 200, &rule->last) != 0)
            return -1;
    }
    return parser->at == end ? 0 : fail(parser, parser->at, "expected '='");
}

static const char *last_hash(const char *from, const char *to)
{
    while (to > from && *to != '#')
        to--;
    return *to == '#' ? to : NULL;
}

static int read_rule(struct parser *parser, struct fault_rule *rule)
{
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *start = parser->at;
    size_t size = *start == '*' ? 1 : strspn(start, capitals);
    if (size == 0)
        return fail(parser, start, "expected a METHOD in capitals, or *");
    if (start[size] != ' ')
        return fail(parser, start + size, "expected one space behind the method");
    const char *glob = start + size + 1, *equals = find_equals(glob);
    if (!equals)
        return fail(parser, glob, "expected '=ACTION' behind the path");
    const char *hash = last_hash(glob, equals), *end = hash ? hash : equals;
    if (end == glob)
        return fail(parser, glob, "expected a path, or *");
    *rule = (struct fault_rule){.method = arena_copy(parser->arena, start, size),
                                .glob = arena_copy(parser->arena, glob, (size_t)(end - glob)),
                                .first = 1,
                                .last = ULONG_MAX,
                                .retry_after = -1};
    parser->at = hash ? hash + 1 : equals;
    if (hash && read_range(parser, rule, equals) != 0)
        return -1;
    parser->at = equals + 1;
    return 0;
}

int faults_parse(struct arena *arena, const char *specification, struct fault_rules *out,
                 struct error *error)
{
    struct parser parser = {arena, specification, specification, error};
    const char *words = NULL;
    size_t capacity = 0;
    *out = (struct fault_rules){0};
    do {
        if (out->count == 0 || !action_at(parser.at)) {
            out->rules = arena_grow(arena, out->rules, out->count, &capacity, sizeof *out->rules);
            if (read_rule(&parser, &out->rules[out->count]) != 0)
                return -1;
            out->count++;
            words = parser.at;
        }
        struct fault_rule *rule = &out->rules[out->count - 1];
        if (read_action(&parser, rule) != 0)
            return -1;
        rule->words = arena_copy(arena, words, (size_t)(parser.at - words));
    } while (*parser.at++ == ',');
    return 0;
}

static bool matches(const struct fault_rule *rule, const char *method, const char *target,
                    const char *path)
{
    if (strcmp(rule->method, "*") != 0 && strcmp(rule->method, method) != 0)
        return false;
    return text_matches(rule->glob, strchr(rule->glob, '?') ? target : path);
}

const struct fault_rule *faults_hit(struct fault_rules *faults, const char *method,
                                    const char *target)
{
    struct arena scratch = {0};
    const struct fault_rule *hit = NULL;
    const char *path = arena_copy(&scratch, target, strcspn(target, "?"));
    for (size_t i = 0; i < faults->count; i++) {
        struct fault_rule *rule = &faults->rules[i];
        if (!matches(rule, method, target, path))
            continue;
        rule->seen++;
        if (!hit && rule->seen >= rule->first && rule->seen <= rule->last)
            hit = rule;
    }
    arena_free(&scratch);
    return hit;
}
