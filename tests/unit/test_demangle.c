/* Demangled names: Rust's two manglings by the examples of their specifications, C++'s by what the
   runtime is asked, and what must be left alone. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/wasm/demangle.h"
#include "tests/unit/unit.h"

struct row {
    const char *symbol, *name, *crate; /* name NULL: stays as it is */
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena arena = {0};
        char crate[CRATE_MOST + 1] = "";
        struct bytes symbol = bytes_of(rows[i].symbol);
        struct demangled out = demangle(&arena, symbol);
        CHECK_TEXT(out.name, rows[i].name ? rows[i].name : rows[i].symbol);
        CHECK_TEXT(out.crate, rows[i].name ? rows[i].crate : NULL);
        crate[demangle_crate(symbol, crate)] = '\0';
        if (rows[i].name)
            CHECK_TEXT(crate, rows[i].crate ? rows[i].crate : "");
        arena_free(&arena);
    }
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

static void v0_paths(void)
{
    static const struct row rows[] = {
        {"_RNvC7mycrate3foo", "mycrate::foo", "mycrate"},
        {"_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar", "mycrate"},
        {"_RNvC6_123foo3bar", "123foo::bar", "123foo"},
        /* generic arguments, the crate that asked for the instance, and a reference */
        {"_RINvNtC3std3mem8align_ofdE", "std::mem::align_of::<f64>", "std"},
        {"_RINvNtC3std3mem8align_ofjEC3foo", "std::mem::align_of::<usize>", "std"},
        {"_RINvNtC3std3mem4swapNtB2_4FileB0_E", "std::mem::swap::<std::mem::File, std::mem::swap>",
         "std"},
        {"_RNCNvC1a4main0", "a::main::{closure#0}", "a"},
        {"_RNCNvC1a4mains_0", "a::main::{closure#1}", "a"},
        {"_RNCNvC1a4main4name", "a::main::{closure:name#0}", "a"},
        {"_RNSNvC1a1f6vtable", "a::f::{shim:vtable#0}", "a"},
        {"_RNXC1a1f", "a::{X:f#0}", "a"},
        /* of an implementation it is told whose it is, of a default method whose trait */
        {"_RNvMC1aNtB2_1T1f", "<a::T>::f", "a"},
        {"_RNvXC1aNtC1b1TNtC1c1U1f", "<b::T as c::U>::f", "a"},
        {"_RNvYNtC1b1TNtC1c1U1f", "<b::T as c::U>::f", "c"},
        {"_RNvXs2_C1ajNtC4core3Add3add", "<usize as core::Add>::add", "a"},
        {"_RNvC1a1f.llvm.1234", "a::f", "a"},
        {"_RNvC1a1f.cold", "a::f.cold", "a"},
        {"__RNvC1a1f", "a::f", "a"},
        /* not ASCII: RFC 2603's example; and what is no punycode */
        {"_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
         "utf8_idents::\xe1\x83\xa1\xe1\x83\x90\xe1\x83\xad\xe1\x83\x9b\xe1\x83\x94\xe1\x83\x9a\xe1"
         "\x83\x90\xe1\x83\x93_\xe1\x83\x92\xe1\x83\x94\xe1\x83\x9b\xe1\x83\xa0\xe1\x83\x98\xe1\x83"
         "\x94\xe1\x83\x9a\xe1\x83\x98_\xe1\x83\xa1\xe1\x83\x90\xe1\x83\x93\xe1\x83\x98\xe1\x83\x9a"
         "\xe1\x83\x98",
         "utf8_idents"},
        {"_RNvC1au4b_aB", "a::punycode{b-aB}", "a"},
    };
    CHECK_ROWS(rows);
}

static void v0_types(void)
{
    static const struct row rows[] = {
        {"_RIC1aabcdefhijlmnopstuvxyzE",
         "a::<i8, bool, char, f64, str, f32, u8, isize, usize, i32, u32, i128, u128, _, i16, u16, "
         "(), ..., i64, u64, !>",
         "a"},
        {"_RIC1aRjQjPjOjE", "a::<&usize, &mut usize, *const usize, *mut usize>", "a"},
        {"_RIC1aAhKj3_E", NULL, "a"},
        {"_RIC1aAhj3_ShTETjETjhEE", "a::<[u8; 3], [u8], (), (usize,), (usize, u8)>", "a"},
        {"_RIC1aFEuE", "a::<fn()>", "a"},
        {"_RIC1aFUKCjEhE", "a::<unsafe extern \"C\" fn(usize) -> u8>", "a"},
        {"_RIC1aFK7c_cdeclEuE", "a::<extern \"c-cdecl\" fn()>", "a"},
        {"_RIC1aFG_RL0_hEuE", "a::<for<'a> fn(&'a u8)>", "a"},
        {"_RIC1aFG0_RL1_hRL0_hEuE", "a::<for<'a, 'b> fn(&'a u8, &'b u8)>", "a"},
        {"_RIC1aRL_hE", "a::<&u8>", "a"},
        {"_RIC1aL_E", "a::<'_>", "a"},
        {"_RIC1aDNtC1b1TEL_E", "a::<dyn b::T>", "a"},
        {"_RIC1aDNtC1b1TNtB7_1UEL_E", NULL, "a"},
        {"_RIC1aDINtC1b1ThEp4Itemjp1XmEL_E", "a::<dyn b::T<u8, Item = usize, X = u32>>", "a"},
        {"_RIC1aDNtC1b1Tp4ItemjEL_E", "a::<dyn b::T<Item = usize>>", "a"},
        {"_RIC1aDG_INtC1b1TRL0_hEEL_E", "a::<dyn for<'a> b::T<&'a u8>>", "a"},
    };
    CHECK_ROWS(rows);
}

static void v0_constants(void)
{
    static const struct row rows[] = {
        {"_RIC1aKj7b_E", "a::<123>", "a"},
        {"_RIC1aKan1_Khff_E", "a::<-1, 255>", "a"},
        {"_RIC1aKo10000000000000000_E", "a::<0x10000000000000000>", "a"},
        {"_RIC1aKb0_Kb1_KpE", "a::<false, true, _>", "a"},
        {"_RIC1aKb2_E", NULL, "a"},
        {"_RIC1aKc76_Kc27_Kca_Kc2202_E", "a::<'v', '\\'', '\\n', '\xe2\x88\x82'>", "a"},
        {"_RIC1aKcd800_E", NULL, "a"},
        {"_RIC1aKRe616263_E", "a::<\"abc\">", "a"},
        {"_RIC1aKe22_E", "a::<{*\"\\\"\"}>", "a"},
        {"_RIC1aKRe61f_E", NULL, "a"},
        {"_RIC1aKReff_E", NULL, "a"},
        {"_RIC1aKRj1_KAj1_j2_EKTj1_EKQj0_E", "a::<{&1}, {[1, 2]}, {(1,)}, {&mut 0}>", "a"},
        {"_RIC1aKVNtC1b1NUKVNtC1b1STj1_EKVNtC1b1SS1xj1_EE",
         "a::<{b::N}, {b::S(1)}, {b::S { x: 1 }}>", "a"},
        {"_RIC1aKe1b_E", "a::<{*\"\\u{1b}\"}>", "a"},
    };
    CHECK_ROWS(rows);
}

static void legacy(void)
{
    static const struct row rows[] = {
        {"_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write", "core"},
        {"_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Write$GT$9write_str17h01234567"
         "89abcdefE",
         "<alloc::string::String as core::fmt::Write>::write_str", "alloc"},
        {"_ZN44_$LT$$RF$T$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE",
         "<&T as core::fmt::Display>::fmt", "core"},
        {"_ZN52_$LT$$RF$mut$u20$my..It$u20$as$u20$core..iter..I$GT$4next17h0123456789abcdefE",
         "<&mut my::It as core::iter::I>::next", "my"},
        {"_ZN4core3num21_$LT$impl$u20$u32$GT$3pow17h0123456789abcdefE",
         "core::num::<impl u32>::pow", "core"},
        {"_ZN1a28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE", "a::{{closure}}", "a"},
        {"_ZN1a8x.y$xx$z17h0123456789abcdefE.llvm.99", "a::x.y$xx$z", "a"},
        {"_ZN1a6$u1b$z17h0123456789abcdefE", "a::$u1b$z", "a"},
        {"__ZN1a1b17h0123456789abcdefE", "a::b", "a"},
        {"_ZN1a1b17h0123456789abcdefEx", "a::b::h0123456789abcdef(long long)", NULL},
        {"_ZN1a1b17h0123456789abcdef", NULL, NULL},
        {"_ZN17h0123456789abcdefE", "h0123456789abcdef", NULL}, /* C++'s, then */
        {"_ZN99999999999999999999999999a17h0123456789abcdefE", NULL, NULL},
        /* what wasm-bindgen wrote */
        {"core::fmt::write::h0123456789abcdef", "core::fmt::write", "core"},
        {"<T as alloc::Any>::id::h0123456789abcdef", "<T as alloc::Any>::id", "alloc"},
        {"<a[0123456789abcdef]::T>::f::<b[fedcba9876543210]::U>", "<a::T>::f::<b::U>", "a"},
        {"core::fmt::write", NULL, NULL},
        {"a[12]::f", NULL, NULL},
    };
    CHECK_ROWS(rows);
}

static void cxx(void)
{
    static const struct row rows[] = {
        {"_Z3fooiPKc", "foo(int, char const*)", NULL},
        {"_ZN3foo3barEv", "foo::bar()", NULL},
        {"_ZSt4copyIPKcPcET0_T_S4_S3_",
         "char* std::copy<char const*, char*>(char const*, char const*, char*)", NULL},
        {"__Z1fv", "f()", NULL},
        {"_Z", NULL, NULL},
        {"_Znonsense", NULL, NULL},
        {"main", NULL, NULL},
        {"(*fmt.pp).printArg", NULL, NULL},
        {"", NULL, NULL},
    };
    CHECK_ROWS(rows);
}

/* Symbols that say more than memory holds, or are deep: refused, or cut. */
static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static void bombs(void)
{
    struct arena arena = {0};
    struct buffer *text = buffer_new(&arena, 1 << 20);
    buffer_printf(text, "_Z1f1AIiiE");
    for (int i = 1; i < 36; i++)
        buffer_printf(text, "S_IS%c_S%c_E", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i - 1],
                      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i - 1]);
    CHECK_TEXT(demangle(&arena, buffer_bytes(text)).name, buffer_text(text));

    text = buffer_new(&arena, 1 << 20);
    buffer_printf(text, "_ZN1AcvT_");
    for (int i = 0; i < 60; i++)
        buffer_printf(text, "IT_");
    for (int i = 0; i < 60; i++)
        buffer_printf(text, "E");
    buffer_printf(text, "Ev");
    CHECK_TEXT(demangle(&arena, buffer_bytes(text)).name, buffer_text(text));

    /* each pair is twice the one before it, which stands further left */
    text = buffer_new(&arena, 1 << 20);
    buffer_printf(text, "_RIC1aTuuE");
    for (int at = 4, i = 0; i < 8; at += i ? 8 : 4, i++)
        buffer_printf(text, "TB%c_B%c_E", digits[at - 1], digits[at - 1]);
    buffer_printf(text, "E");
    struct demangled out = demangle(&arena, buffer_bytes(text));
    CHECK(strlen(out.name) == DEMANGLED_MOST);
    CHECK_TEXT(out.name + DEMANGLED_MOST - 3, "...");
    CHECK(strncmp(out.name, "a::<((), ()), (((), ()), ((), ())), ", 36) == 0);
    CHECK_TEXT(out.crate, "a");

    char deep[20001] = "_RIC1a";
    memset(deep + 6, 'R', sizeof deep - 7);
    CHECK_TEXT(demangle(&arena, bytes_of(deep)).name, deep);
    CHECK_TEXT(demangle(&arena, bytes_of("_RIC1aB4_E")).name, "_RIC1aB4_E");
    CHECK_TEXT(demangle(&arena, bytes_of("_RNvB_1f")).name, "_RNvB_1f");
    arena_free(&arena);
}

static void hostile(void)
{
    struct arena arena = {0};
    CHECK_TEXT(demangle(&arena, (struct bytes){(const uint8_t *)"_RNvC1a3\x1b[m", 11}).name,
               "a::\\u{1b}[m");
    CHECK_TEXT(demangle(&arena, (struct bytes){(const uint8_t *)"_RIC1aK\0_E", 10}).name,
               "_RIC1aK\\u{00}_E");
    CHECK_TEXT(demangle(&arena, bytes_of("_Z3\x1b[mv")).name, "_Z3\\u{1b}[mv");
    arena_free(&arena);
}

static void standard_crates(void)
{
    CHECK(demangle_is_standard("core") && demangle_is_standard("compiler_builtins"));
    CHECK(!demangle_is_standard("memchr") && !demangle_is_standard(""));
}

void test_demangle(void)
{
    v0_paths();
    v0_types();
    v0_constants();
    legacy();
    cxx();
    bombs();
    hostile();
    standard_crates();
}
