/* Paths of sources, as people know them. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/wasm/dwarf.h"

/* What stands in front of a path that everybody has elsewhere: it begins with `start` (or holds
   it), and so many segments behind it belong to the machine that built it. */
static const struct {
    const char *mark;
    bool at_start;
    unsigned segments;
    const char *instead;
} marks[] = {
    {"/rustc/", true, 1, "rust std: "},         /* /rustc/HASH/library/core/src/lib.rs */
    {"/usr/src/rustc-", true, 1, "rust std: "}, /* Debian's: /usr/src/rustc-1.63.0/library/ */
    {"/lib/rustlib/src/rust/", false, 0, "rust std: "},
    {"/rust/deps/", true, 0, ""},      /* what the std of rustc 1.80 and later is of */
    {"/registry/src/", false, 1, ""},  /* cargo: INDEX-HASH/memchr-2.7.1/src/lib.rs */
    {"/git/checkouts/", false, 0, ""}, /* cargo: NAME-HASH/REVISION/src/lib.rs */
    {"/pkg/mod/", false, 0, ""},       /* Go: example.com/name@v1.2.3/file.go */
    {"/emscripten/system/", false, 0, "emscripten: system/"},
};

/* A path in the making; segments that are "." or ".." are gone. */
struct path {
    char text[3 * DWARF_PATH_MOST + 4];
    size_t size;
};

static bool is_slash(uint8_t byte)
{
    return byte == '/' || byte == '\\';
}

static bool is_absolute(struct bytes path)
{
    return path.size > 0 && (is_slash(path.data[0]) ||
                             (path.size > 2 && path.data[1] == ':' && is_slash(path.data[2])));
}

/* Removes the last segment; false when there is none that could go. */
static bool drop_segment(struct path *path)
{
    size_t at = path->size;
    while (at > 0 && path->text[at - 1] != '/')
        at--;
    if (path->size == 0 || strncmp(path->text + at, "..", path->size - at) == 0)
        return false;
    path->size = at > 0 ? at - 1 : 0;
    return true;
}

static void add_segment(struct path *path, struct bytes segment)
{
    bool up = segment.size == 2 && memcmp(segment.data, "..", 2) == 0;
    if (segment.size == 0 || (segment.size == 1 && segment.data[0] == '.'))
        return;
    bool from_root = path->text[0] == '/';
    if (up && (drop_segment(path) || from_root))
        return;
    if (path->size > 0 || from_root)
        path->text[path->size++] = '/';
    memcpy(path->text + path->size, segment.data, segment.size);
    path->size += segment.size;
}

/* `part` behind what is there, or instead of it when it is absolute. */
static void add_part(struct path *path, struct bytes part)
{
    if (is_absolute(part)) {
        path->size = 0;
        path->text[0] = is_slash(part.data[0]) ? '/' : '\0';
    }
    for (size_t at = 0; at < part.size;) {
        size_t end = at;
        while (end < part.size && !is_slash(part.data[end]))
            end++;
        add_segment(path, (struct bytes){part.data + at, end - at});
        at = end + 1;
    }
}

static const char *skip_segments(const char *text, unsigned count)
{
    while (text && count--) {
        text = strchr(text, '/');
        text = text ? text + 1 : NULL;
    }
    return text && *text ? text : NULL;
}

/* What is behind a mark that the path has; NULL: it has none. */
static const char *shorten(const char *path, const char **instead)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *found =
            marks[i].at_start
                ? (strncmp(path, marks[i].mark, strlen(marks[i].mark)) == 0 ? path : NULL)
                : strstr(path, marks[i].mark);
        const char *rest =
            found ? skip_segments(found + strlen(marks[i].mark), marks[i].segments) : NULL;
        *instead = marks[i].instead;
        if (rest)
            return rest;
    }
    return NULL;
}

const char *dwarf_path(struct arena *arena, struct bytes root, struct bytes folder,
                       struct bytes name)
{
    struct path path = {.size = 0}, base = {.size = 0};
    const char *instead = "";
    if (name.size == 0 || root.size > DWARF_PATH_MOST || folder.size > DWARF_PATH_MOST ||
        name.size > DWARF_PATH_MOST)
        return NULL;
    add_part(&base, root);
    add_part(&path, root);
    add_part(&path, folder);
    add_part(&path, name);
    path.text[path.size] = '\0';
    const char *rest = shorten(path.text, &instead);
    if (!rest) {
        bool below = base.size > 0 && path.size > base.size + 1 &&
                     memcmp(path.text, base.text, base.size) == 0 && path.text[base.size] == '/';
        rest = path.text + (below ? base.size + 1 : 0);
        instead = "";
    }
    const char *whole = arena_printf(arena, "%s%s", instead, rest);
    return *rest ? text_safe(arena, whole, strlen(whole)) : NULL;
}
