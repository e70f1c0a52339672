#include "crc32.h"

/* tables[256 * k + b]: what byte b does to the register k bytes later ("slicing by four"). */
static uint32_t tables[4 * 256];

static uint32_t add_byte(uint32_t crc, uint32_t byte)
{
    return crc >> 8 ^ tables[(crc ^ byte) & 0xFFu];
}

void crc32_begin(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (uint32_t bit = 0; bit < 8; bit++) {
            crc = crc & 1u ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
        }
        tables[byte] = crc;
    }
    for (uint32_t byte = 0; byte < 3 * 256; byte++) {
        tables[byte + 256] = add_byte(tables[byte], 0);
    }
}

uint32_t crc32_add_masked(uint32_t crc, const volatile uint8_t *bytes, uint32_t length, uint8_t mask)
{
    const uint32_t masks = 0x01010101u * mask;
    for (;;) {
        for (; ((uintptr_t)bytes & 3u) == 0 && length >= 4; length -= 4, bytes += 4) {
            crc ^= *(const volatile uint32_t *)bytes ^ masks;
            crc = tables[768 + (crc & 0xFFu)] ^ tables[512 + (crc >> 8 & 0xFFu)] ^ tables[256 + (crc >> 16 & 0xFFu)] ^ tables[crc >> 24];
        }
        if (length == 0) {
            return crc;
        }
        crc = add_byte(crc, *bytes++ ^ masks);
        length--;
    }
}
