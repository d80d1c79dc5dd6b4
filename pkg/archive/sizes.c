/* What a module weighs compressed, by zlib and libbrotli side by side. */
#include <brotli/encode.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>

#include "pkg/archive/archive.h"

enum {
    BEST = 9,              /* of gzip; of brotli what servers take for what they compress once */
    QUICK = 4,             /* of either: a fortieth of a second for a megabyte */
    QUICK_LARGE = 1 << 18, /* bytes up to which the best is quick enough */
    BEST_LARGE = 1 << 22   /* bytes up to which brotli's best does not take seconds */
};

/* How many bytes, of which none are kept; 0: out of memory. */
static size_t gzip_size(struct bytes bytes, int level)
{
    z_stream stream = {0};
    uint8_t chunk[65536];
    size_t size = 0;
    if (deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    stream.next_in = (Bytef *)(uintptr_t)bytes.data;
    stream.avail_in = (uInt)bytes.size;
    do {
        stream.next_out = chunk;
        stream.avail_out = sizeof chunk;
        deflate(&stream, Z_FINISH);
        size += sizeof chunk - stream.avail_out;
    } while (stream.avail_out == 0);
    deflateEnd(&stream);
    return size;
}

static size_t brotli_size(struct bytes bytes, unsigned quality)
{
    BrotliEncoderState *encoder = BrotliEncoderCreateInstance(NULL, NULL, NULL);
    const uint8_t *in = bytes.data;
    size_t left = bytes.size, size = 0;
    bool failed = !encoder || !BrotliEncoderSetParameter(encoder, BROTLI_PARAM_QUALITY, quality) ||
                  !BrotliEncoderSetParameter(encoder, BROTLI_PARAM_SIZE_HINT, (uint32_t)left);
    while (!failed && !BrotliEncoderIsFinished(encoder)) {
        size_t room = 0, taken = 0;
        failed = !BrotliEncoderCompressStream(encoder, BROTLI_OPERATION_FINISH, &left, &in, &room,
                                              NULL, NULL);
        (void)BrotliEncoderTakeOutput(encoder, &taken);
        size += taken;
    }
    if (encoder)
        BrotliEncoderDestroyInstance(encoder);
    return failed ? 0 : size;
}

size_t archive_gzip_size(struct bytes bytes)
{
    return gzip_size(bytes, BEST);
}

struct work {
    struct bytes bytes;
    struct archive_sizes *sizes;
};

static void *count_brotli(void *argument)
{
    const struct work *work = argument;
    work->sizes->brotli_bytes = brotli_size(work->bytes, work->sizes->brotli_quality);
    return NULL;
}

void archive_count(struct bytes bytes, bool quick, struct archive_sizes *out)
{
    struct work work = {bytes, out};
    pthread_t thread;
    bool hurried = quick && bytes.size > QUICK_LARGE;
    out->brotli_quality = hurried || bytes.size > BEST_LARGE ? QUICK : BEST;
    bool started = pthread_create(&thread, NULL, count_brotli, &work) == 0;
    if (out->gzip_bytes == 0) {
        out->gzip_level = hurried ? QUICK : BEST;
        out->gzip_bytes = gzip_size(bytes, (int)out->gzip_level);
    }
    if (started)
        pthread_join(thread, NULL);
    else
        (void)count_brotli(&work);
}
