/* CRC-32 (IEEE 802.3, as zlib): the register, before the final inversion. crc32 of bytes = ~crc32_add(CRC32_BEGIN, bytes, length). */
#ifndef CRC32_H
#define CRC32_H

#include <stdint.h>

#define CRC32_BEGIN 0xFFFFFFFFu

/* Fills the tables: 4 KiB. To be called once before anything else here. */
void crc32_begin(void);

/* The register after `length` more bytes, each XORed with `mask` before. Four at a time where `bytes` is aligned. */
uint32_t crc32_add_masked(uint32_t crc, const volatile uint8_t *bytes, uint32_t length, uint8_t mask);

static inline uint32_t crc32_add(uint32_t crc, const volatile uint8_t *bytes, uint32_t length)
{
    return crc32_add_masked(crc, bytes, length, 0);
}

#endif
