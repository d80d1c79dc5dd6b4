/* Imports of wasm files in ES modules: `import m from "./x.wasm"` must name a part (contract
   section 3: a specifier is compared with the parts' names, ./ in front or not). Only static
   imports at the start of a statement are looked at: the rest needs a JavaScript parser. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/sandbox_call.h"

enum { LONGEST_CLAUSE = 400, LONGEST_SPECIFIER = 400, MOST_IMPORTS = 1000 };

/* Folders of `name` resolved: "./a/../b.wasm" is "b.wasm"; one that leaves the root stays. */
static char *normalize(struct arena *arena, const char *name)
{
    char *out = arena_alloc(arena, strlen(name) + 2, 1);
    size_t size = 0;
    while (*name) {
        size_t word = strcspn(name, "/");
        bool up = word == 2 && strncmp(name, "..", 2) == 0 && size > 0;
        bool nothing = word == 0 || (word == 1 && name[0] == '.');
        if (up) {
            while (size > 0 && out[--size] != '/')
                continue;
        } else if (!nothing) {
            if (size > 0)
                out[size++] = '/';
            memcpy(out + size, name, word);
            size += word;
        }
        name += word + (name[word] == '/');
    }
    out[size] = '\0';
    return out;
}

/* Absolute specifiers stopped resolving at compatibility date 2026-11-17 (contract section 3). */
static bool resolves(struct arena *arena, const struct upload *upload, const char *from,
                     const char *specifier)
{
    const char *slash = strrchr(from, '/');
    const char *date = json_find_string(upload->metadata, "compatibility_date", "2021-11-02");
    char *path = arena_strdup(arena, specifier);
    if (specifier[0] == '/' && strcmp(date, "2026-11-17") >= 0)
        return false;
    if (specifier[0] == '.' && slash)
        path = arena_printf(arena, "%.*s/%s", (int)(slash - from), from, specifier);
    path = normalize(arena, path);
    for (size_t i = 0; i < upload->count; i++)
        if (strcmp(normalize(arena, upload->parts[i].name), path) == 0)
            return true;
    return false;
}

struct text {
    const char *start, *at, *end;
};

static bool starts_statement(const struct text *text)
{
    const char *before = text->at;
    while (before > text->start && (before[-1] == ' ' || before[-1] == '\t'))
        before--;
    return before == text->start || strchr("\n\r;}", before[-1]) != NULL;
}

static bool in_clause(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || (letter && strchr("_${}*, \t\r\n", letter));
}

/* Behind `import`: the specifier of a static import, NULL for anything else. Moves on. */
static char *read_specifier(struct arena *arena, struct text *text)
{
    const char *at = text->at, *limit = text->end;
    if (limit - at > LONGEST_CLAUSE)
        limit = at + LONGEST_CLAUSE;
    while (at < limit && in_clause(*at))
        at++;
    if (at >= limit || (*at != '"' && *at != '\''))
        return NULL;
    limit = text->end - at > LONGEST_SPECIFIER ? at + LONGEST_SPECIFIER : text->end;
    const char *stop = memchr(at + 1, *at, (size_t)(limit - at - 1));
    if (!stop)
        return NULL;
    text->at = stop + 1;
    return arena_copy(arena, at + 1, (size_t)(stop - at - 1));
}

static bool ends_in_wasm(const char *specifier)
{
    size_t size = strlen(specifier);
    return size > 5 && strcmp(specifier + size - 5, ".wasm") == 0;
}

/* Looks at `*budget` imports at most, of all parts together. */
static const char *missing_import(struct arena *arena, const struct upload *upload,
                                  const struct sandbox_part *part, unsigned *budget)
{
    static const char word[] = "import";
    struct text text = {(const char *)part->body.data, (const char *)part->body.data,
                        (const char *)part->body.data + part->body.size};
    while (*budget && text.end - text.at > (ptrdiff_t)strlen(word)) {
        text.at = memchr(text.at, 'i', (size_t)(text.end - text.at) - strlen(word));
        if (!text.at)
            return NULL;
        bool found = strncmp(text.at, word, strlen(word)) == 0 && starts_statement(&text);
        text.at += found ? strlen(word) : 1;
        char *specifier = found ? read_specifier(arena, &text) : NULL;
        if (!specifier || !ends_in_wasm(specifier))
            continue;
        (*budget)--;
        if (!resolves(arena, upload, part->name, specifier))
            return specifier;
    }
    return NULL;
}

const char *workers_import_problem(struct arena *arena, const struct upload *upload)
{
    unsigned budget = MOST_IMPORTS;
    for (size_t i = 0; i < upload->count; i++) {
        const struct sandbox_part *part = &upload->parts[i];
        if (!part->media_type || !strstr(part->media_type, "javascript+module"))
            continue;
        const char *missing = missing_import(arena, upload, part, &budget);
        if (missing)
            return arena_printf(arena,
                                "Uncaught Error: No such module \"%s\".\n  imported from \"%s\"\n",
                                missing, part->name);
    }
    return NULL;
}
