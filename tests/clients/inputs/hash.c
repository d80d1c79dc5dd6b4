/* A WASI command: the CRC-32 (ISO-HDLC, zlib's) of the request's body, and how often each of its
   bytes occurs. */
#include <stdint.h>
#include <stdio.h>

int main(void)
{
    uint32_t crc = UINT32_MAX, counts[256] = {0};
    unsigned char block[4096];
    for (size_t size; (size = fread(block, 1, sizeof block, stdin)) > 0;)
        for (size_t i = 0; i < size; i++) {
            counts[block[i]]++;
            crc ^= block[i];
            for (int bit = 0; bit < 8; bit++)
                crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
        }
    printf("Content-Type: text/plain\r\n\r\n%08x", (unsigned)~crc);
    for (int i = 0; i < 256; i++)
        printf(" %u", (unsigned)counts[i]);
    putchar('\n');
    return 0;
}
