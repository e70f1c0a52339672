#include "old-content.h"
#include "bytes.h"
#include "codec/unpack.h"
#include "flash.h"
#include "wire.gen.h"

#include <stddef.h>

#define MOST_COPIES 8u

static struct {
    struct {
        uint32_t sector;
        const uint8_t *at; /* NULL: none */
    } copies[MOST_COPIES];
} self;

uint8_t *old_content_place(uint32_t address, uint32_t copy)
{
    if (copy - WIRE_COPIES_ADDRESS < WIRE_COPIES_END - WIRE_COPIES_ADDRESS && copy % WIRE_COPY_BYTES == 0) {
        return (uint8_t *)(copy + address % flash_sector_bytes());
    }
    flash_refuse(WIRE_STATUS_BAD_ADDRESS, copy);
    return NULL;
}

bool old_content_keep(uint32_t sector, uint32_t copy)
{
    uint8_t *const to = old_content_place(sector, copy);
    if (to == NULL) {
        return false;
    }
    /* Nothing is made from a word that cannot be read. */
    flash_read(sector, flash_sector_bytes(), to);
    const uint32_t number = copy / WIRE_COPY_BYTES % MOST_COPIES;
    self.copies[number].sector = sector;
    self.copies[number].at = to;
    return true;
}

int32_t unpack_flash_half(uint32_t address)
{
    return flash_is_busy(flash_bank(address)) ? -1 : *(const volatile uint16_t *)address;
}

/* Where the sector of this address was copied to; NULL: it was not. */
static const uint8_t *kept_sector(uint32_t sector)
{
    for (uint32_t at = 0; at < MOST_COPIES; at++) {
        if (self.copies[at].at != NULL && self.copies[at].sector == sector) {
            return self.copies[at].at;
        }
    }
    return NULL;
}

int32_t unpack_old(uint32_t address, uint32_t length, uint8_t *to)
{
    while (length != 0) {
        const uint32_t in_sector = address % flash_sector_bytes();
        const uint32_t in_row = flash_sector_bytes() - in_sector;
        uint32_t run = in_row < length ? in_row : length;
        const uint8_t *kept = kept_sector(address - in_sector);
        const uint32_t bank = flash_bank(address);
        if (kept == NULL && bank == FLASH_BANKS) {
            flash_refuse(WIRE_STATUS_BAD_ADDRESS, address);
            return -UNPACK_BROKEN;
        }
        if (kept == NULL && flash_is_busy(bank)) {
            return -UNPACK_WANTS_FLASH;
        }
        const uint8_t *from = kept != NULL ? kept + in_sector : (const uint8_t *)address;
        address += run;
        length -= run;
        copy_bytes(to, from, run);
        to += run;
    }
    return 0;
}
