/* The flash of the desk, beyond flash.h. */
#ifndef DESK_FLASH_H
#define DESK_FLASH_H

#include <stdint.h>

#define DESK_FLASH_ADDRESS 0x08000000u
#define DESK_BANK_STRIDE 0x100000u
#define DESK_BANK_BYTES 0x40000u
#define DESK_SECTOR_BYTES 0x20000u

/* Maps the memory; once. */
void desk_flash_begin(void);

/* A new session: every flash word holds something of a life before. `seed`: how long operations take. */
void desk_flash_reset(uint32_t seed);

#endif
