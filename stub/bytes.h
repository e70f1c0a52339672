/* Little-endian words at any address. The Cortex-M7 loads and stores them unaligned in normal memory. */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>

static inline uint32_t load_u32(const uint8_t *at)
{
    uint32_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}

static inline uint16_t load_u16(const uint8_t *at)
{
    uint16_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}

static inline void store_u32(uint8_t *at, uint32_t value)
{
    __builtin_memcpy(at, &value, sizeof value);
}

static inline void store_u16(uint8_t *at, uint16_t value)
{
    __builtin_memcpy(at, &value, sizeof value);
}

static inline void copy_bytes(uint8_t *to, const uint8_t *from, uint32_t length)
{
    for (; length >= 4; length -= 4, from += 4, to += 4) {
        store_u32(to, load_u32(from));
    }
    for (; length != 0; length--) {
        *to++ = *from++;
    }
}

#endif
