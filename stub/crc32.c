#include "crc32.h"

/* tables[256 * k + b]: what byte b does to the register k bytes later ("slicing by four"). */
static uint32_t tables[4 * 256];

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
        tables[byte + 256] = crc32_add_byte(tables[byte], 0);
    }
}

uint32_t crc32_add_byte(uint32_t crc, uint8_t byte)
{
    return crc >> 8 ^ tables[(crc ^ byte) & 0xFFu];
}

uint32_t crc32_add(uint32_t crc, const volatile uint8_t *bytes, uint32_t length)
{
    while (length != 0) {
        if (((uintptr_t)bytes & 3u) != 0 || length < 4) {
            crc = crc32_add_byte(crc, *bytes++);
            length--;
            continue;
        }
        crc ^= *(const volatile uint32_t *)bytes;
        crc = tables[768 + (crc & 0xFFu)] ^ tables[512 + (crc >> 8 & 0xFFu)] ^ tables[256 + (crc >> 16 & 0xFFu)] ^ tables[crc >> 24];
        bytes += 4;
        length -= 4;
    }
    return crc;
}
