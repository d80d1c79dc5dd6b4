#include "pkg/digest/digest.h"
#include "tests/unit/unit.h"

/* FIPS 180-4 and RFC 4231, 4648 examples. */
static void test_digests(void)
{
    char sha256[65], sha1[41], sha512[129];
    digest_sha256(bytes_of("abc"), sha256);
    CHECK_TEXT(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha256((struct bytes){NULL, 0}, sha256);
    CHECK_TEXT(sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_sha1(bytes_of("abc"), sha1);
    CHECK_TEXT(sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
    const struct bytes parts[] = {bytes_of("a"), {NULL, 0}, bytes_of("bc")};
    digest_sha512_parts(parts, 3, sha512);
    CHECK_TEXT(sha512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

static void test_hmac(struct arena *arena)
{
    uint8_t out[32];
    digest_hmac_sha256(bytes_of("Jefe"), bytes_of("what do ya want for nothing?"), out);
    CHECK_TEXT(digest_hex(arena, (struct bytes){out, 32}),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    digest_hmac_sha256((struct bytes){NULL, 0}, bytes_of(""), out);
    CHECK_TEXT(digest_hex(arena, (struct bytes){out, 32}),
               "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void test_base64(struct arena *arena)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    static const char *const bad[] = {"Zg",   "Zg=",      "Zh==",  "Zg== ", " Zg==",       "Z===",
                                      "====", "Zg==Zg==", "Zm9\n", "Zm-_",  "Zm9v\n\n\n\n"};
    struct bytes got;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_TEXT(digest_base64(arena, bytes_of(rows[i][0])), rows[i][1]);
        CHECK(digest_base64_decode(arena, rows[i][1], &got) == 0);
        CHECK(bytes_equal(got, bytes_of(rows[i][0])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(digest_base64_decode(arena, bad[i], &got) == -1);
}

/* Larger than one chunk of the encoder. */
static void test_large_base64(struct arena *arena)
{
    size_t size = (7 << 20) + 1;
    uint8_t *data = arena_alloc(arena, size, 1);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 13);
    struct bytes got;
    const char *text = digest_base64(arena, (struct bytes){data, size});
    CHECK(strlen(text) == (size + 2) / 3 * 4);
    CHECK(digest_base64_decode(arena, text, &got) == 0);
    CHECK(bytes_equal(got, (struct bytes){data, size}));
}

void test_digest(void)
{
    struct arena arena = {0};
    test_digests();
    test_hmac(&arena);
    test_base64(&arena);
    test_large_base64(&arena);
    arena_free(&arena);
}
