/* Paths and types of Rust's newer mangling. */
#include <string.h>

#include "pkg/wasm/demangle_v0.h"

static void any_path(struct v0 *v0)
{
    v0_path(v0, false);
}

/* --- lifetimes --- */

static void say_lifetime(struct v0 *v0, uint64_t index)
{
    if (!v0->out)
        return;
    if (index > v0->lifetimes) {
        v0_fail(v0);
        return;
    }
    uint64_t depth = v0->lifetimes - index;
    char letter[3] = {'\'', (char)('a' + depth % 26), '\0'};
    v0_say(v0, index == 0 ? "'_" : depth < 26 ? letter : "'_");
    if (index != 0 && depth >= 26)
        v0_say_number(v0, depth);
}

/* "for<'a, 'b> ": how many it binds, until the caller takes them back. */
static uint64_t open_binder(struct v0 *v0)
{
    uint64_t count = v0_optional(v0, 'G');
    if (!v0->out || count == 0)
        return 0;
    if (count > UINT32_MAX)
        v0_fail(v0);
    v0_say(v0, "for<");
    for (uint64_t i = 0; i < count && !v0->failed; i++) {
        v0_say(v0, i ? ", " : "");
        v0->lifetimes++;
        say_lifetime(v0, 1);
    }
    v0_say(v0, "> ");
    return count;
}

static void close_binder(struct v0 *v0, uint64_t count)
{
    v0->lifetimes -= v0->failed ? 0 : count;
}

/* --- paths --- */

static void generic_argument(struct v0 *v0)
{
    if (v0_eat(v0, 'L'))
        say_lifetime(v0, v0_number(v0));
    else if (v0_eat(v0, 'K'))
        v0_constant(v0, false);
    else
        v0_type(v0);
}

/* Closures and shims have numbers; of the rest the name is enough. */
static void nested_path(struct v0 *v0, bool in_value)
{
    uint8_t space = v0_next(v0);
    bool special = space >= 'A' && space <= 'Z';
    if (!special && (space < 'a' || space > 'z'))
        v0_fail(v0);
    v0_path(v0, in_value);
    struct v0_identifier name = v0_identifier(v0);
    bool named = name.ascii.size || name.punycode.size;
    if (!special) {
        v0_say(v0, named ? "::" : "");
        v0_say_identifier(v0, &name);
        return;
    }
    char letter[2] = {(char)space, '\0'};
    v0_say(v0, "::{");
    v0_say(v0, space == 'C' ? "closure" : space == 'S' ? "shim" : letter);
    v0_say(v0, named ? ":" : "");
    v0_say_identifier(v0, &name);
    v0_say(v0, "#");
    v0_say_number(v0, name.disambiguator);
    v0_say(v0, "}");
}

/* Where an implementation stands is not said. */
static void skip_place(struct v0 *v0)
{
    struct demangled_text *out = v0->out;
    (void)v0_optional(v0, 's');
    v0->out = NULL;
    v0_path(v0, false);
    v0->out = out;
}

static void implementation(struct v0 *v0, uint8_t tag)
{
    if (tag != 'Y')
        skip_place(v0);
    v0_say(v0, "<");
    v0_type(v0);
    if (tag != 'M') {
        v0_say(v0, " as ");
        v0_path(v0, false);
    }
    v0_say(v0, ">");
}

static void referred_path(struct v0 *v0, bool in_value)
{
    size_t resume;
    if (!v0_refer(v0, &resume))
        return;
    v0_path(v0, in_value);
    v0_return(v0, resume);
}

static void generic_path(struct v0 *v0, bool in_value)
{
    v0_path(v0, in_value);
    v0_say(v0, in_value ? "::<" : "<");
    v0_list(v0, generic_argument, ", ");
    v0_say(v0, ">");
}

void v0_path(struct v0 *v0, bool in_value)
{
    if (!v0_enter(v0))
        return;
    uint8_t tag = v0_next(v0);
    if (tag == 'C') {
        struct v0_identifier name = v0_identifier(v0);
        v0_say_identifier(v0, &name);
    } else if (tag == 'N') {
        nested_path(v0, in_value);
    } else if (tag == 'M' || tag == 'X' || tag == 'Y') {
        implementation(v0, tag);
    } else if (tag == 'I') {
        generic_path(v0, in_value);
    } else if (tag == 'B') {
        referred_path(v0, in_value);
    } else {
        v0_fail(v0);
    }
    v0_leave(v0);
}

/* --- types --- */

static const char *basic_type(uint8_t tag)
{
    static const char *const names[26] = {
        ['a' - 'a'] = "i8",    ['b' - 'a'] = "bool", ['c' - 'a'] = "char", ['d' - 'a'] = "f64",
        ['e' - 'a'] = "str",   ['f' - 'a'] = "f32",  ['h' - 'a'] = "u8",   ['i' - 'a'] = "isize",
        ['j' - 'a'] = "usize", ['l' - 'a'] = "i32",  ['m' - 'a'] = "u32",  ['n' - 'a'] = "i128",
        ['o' - 'a'] = "u128",  ['p' - 'a'] = "_",    ['s' - 'a'] = "i16",  ['t' - 'a'] = "u16",
        ['u' - 'a'] = "()",    ['v' - 'a'] = "...",  ['x' - 'a'] = "i64",  ['y' - 'a'] = "u64",
        ['z' - 'a'] = "!"};
    return tag >= 'a' && tag <= 'z' ? names[tag - 'a'] : NULL;
}

static void reference(struct v0 *v0, uint8_t tag)
{
    v0_say(v0, "&");
    if (v0_eat(v0, 'L')) {
        uint64_t lifetime = v0_number(v0);
        if (lifetime)
            say_lifetime(v0, lifetime);
        v0_say(v0, lifetime ? " " : "");
    }
    v0_say(v0, tag == 'Q' ? "mut " : "");
    v0_type(v0);
}

static void array(struct v0 *v0, uint8_t tag)
{
    v0_say(v0, "[");
    v0_type(v0);
    if (tag == 'A') {
        v0_say(v0, "; ");
        v0_constant(v0, true);
    }
    v0_say(v0, "]");
}

static void tuple(struct v0 *v0)
{
    v0_say(v0, "(");
    v0_say(v0, v0_list(v0, v0_type, ", ") == 1 ? ",)" : ")");
}

/* "C", or a name in which '-' is written '_'. */
static void say_abi(struct v0 *v0)
{
    v0_say(v0, "extern \"");
    if (v0_eat(v0, 'C')) {
        v0_say(v0, "C");
    } else {
        struct v0_identifier name = v0_plain_identifier(v0);
        if (name.ascii.size == 0 || name.punycode.size)
            v0_fail(v0);
        for (size_t i = 0; i < name.ascii.size && !v0->failed; i++)
            v0_say_bytes(v0, name.ascii.data[i] == '_' ? bytes_of("-")
                                                       : (struct bytes){name.ascii.data + i, 1});
    }
    v0_say(v0, "\" ");
}

static void function(struct v0 *v0)
{
    uint64_t bound = open_binder(v0);
    if (v0_eat(v0, 'U'))
        v0_say(v0, "unsafe ");
    if (v0_eat(v0, 'K'))
        say_abi(v0);
    v0_say(v0, "fn(");
    v0_list(v0, v0_type, ", ");
    v0_say(v0, ")");
    if (!v0_eat(v0, 'u')) {
        v0_say(v0, " -> ");
        v0_type(v0);
    }
    close_binder(v0, bound);
}

/* A path whose generic arguments are left open for bindings to follow: true then. */
static bool open_path(struct v0 *v0)
{
    size_t resume;
    bool open = false;
    if (v0_eat(v0, 'B')) {
        if (!v0_refer(v0, &resume))
            return false;
        open = open_path(v0);
        v0_return(v0, resume);
    } else if (v0_eat(v0, 'I')) {
        v0_path(v0, false);
        v0_say(v0, "<");
        v0_list(v0, generic_argument, ", ");
        open = true;
    } else {
        v0_path(v0, false);
    }
    return open;
}

static void dynamic_trait(struct v0 *v0)
{
    bool open = open_path(v0);
    while (v0_eat(v0, 'p')) {
        v0_say(v0, open ? ", " : "<");
        open = true;
        struct v0_identifier name = v0_plain_identifier(v0);
        v0_say_identifier(v0, &name);
        v0_say(v0, " = ");
        v0_type(v0);
    }
    v0_say(v0, open ? ">" : "");
}

static void dynamic(struct v0 *v0)
{
    v0_say(v0, "dyn ");
    uint64_t bound = open_binder(v0);
    v0_list(v0, dynamic_trait, " + ");
    close_binder(v0, bound);
    if (!v0_eat(v0, 'L'))
        v0_fail(v0);
    uint64_t lifetime = v0_number(v0);
    v0_say(v0, lifetime ? " + " : "");
    if (lifetime)
        say_lifetime(v0, lifetime);
}

static void referred_type(struct v0 *v0)
{
    size_t resume;
    if (!v0_refer(v0, &resume))
        return;
    v0_type(v0);
    v0_return(v0, resume);
}

static void pointer(struct v0 *v0, uint8_t tag)
{
    v0_say(v0, tag == 'P' ? "*const " : "*mut ");
    v0_type(v0);
}

/* False: it is the tag of a path. */
static bool tagged_type(struct v0 *v0, uint8_t tag)
{
    switch (tag) {
    case 'R':
    case 'Q':
        reference(v0, tag);
        return true;
    case 'P':
    case 'O':
        pointer(v0, tag);
        return true;
    case 'A':
    case 'S':
        array(v0, tag);
        return true;
    case 'T':
        tuple(v0);
        return true;
    case 'F':
        function(v0);
        return true;
    case 'D':
        dynamic(v0);
        return true;
    case 'B':
        referred_type(v0);
        return true;
    default:
        return false;
    }
}

void v0_type(struct v0 *v0)
{
    if (!v0_enter(v0))
        return;
    uint8_t tag = v0_next(v0);
    const char *basic = basic_type(tag);
    if (basic) {
        v0_say(v0, basic);
    } else if (!v0->failed && !tagged_type(v0, tag)) {
        v0->at--;
        any_path(v0);
    }
    v0_leave(v0);
}
