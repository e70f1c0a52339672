/*
 * What the stub may ask of the flash. Nothing here waits: operations are started, flash_poll() sees them end. Banks work side by side.
 * Addresses are absolute. A bank that is busy is never read: that would stall the processor until the operation ends.
 */
#ifndef FLASH_H
#define FLASH_H

#include <stdbool.h>
#include <stdint.h>

#define FLASH_BANKS 2u
#define FLASH_MOST_WORD_BYTES 32u

/* What went wrong first; status is WIRE_STATUS_OK until something does. */
struct flash_error {
    uint32_t status; /* WIRE_STATUS_… */
    uint32_t detail; /* address */
    uint32_t sr;     /* FLASH_SR of the bank */
};

/* Geometry from the part's own registers, errors cleared, both banks unlocked. */
void flash_begin(void);

const struct flash_error *flash_error(void);
void flash_refuse(uint32_t status, uint32_t detail);

/* Registers of bank 2 exist only where the bank does. */
bool flash_has_bank2(void);

uint32_t flash_word_bytes(void);
uint32_t flash_sectors(void);

/* First address of a sector counted over both banks, and its size. */
uint32_t flash_sector_address(uint32_t sector);
uint32_t flash_sector_bytes(void);

/* Bank of an address, or FLASH_BANKS where there is no flash. */
uint32_t flash_bank(uint32_t address);

/* Is there flash of one bank from `address` on, for `length` bytes? */
bool flash_holds(uint32_t address, uint32_t length);

/* Puts a sector on its bank's list. */
void flash_request_erase(uint32_t address);

/* Is the sector of this address still on the list, or being erased? */
bool flash_is_erase_due(uint32_t address);

bool flash_is_busy(uint32_t bank);

/* No bank busy, no erase waiting. */
bool flash_is_done(void);

/* Begins to program one flash word of an idle bank. `word`: flash_word_bytes() bytes. */
void flash_program(uint32_t address, const uint32_t *word);

/* Sees operations end. True: one has. */
bool flash_poll(void);

/* Starts the next erase in every idle bank but `except` (FLASH_BANKS: in all). */
void flash_start_erases(uint32_t except);

/* CRC-32 of flash content of idle banks; complemented when a word in it cannot be read. */
uint32_t flash_digest(uint32_t address, uint32_t length);

/* Copies flash content of one idle bank. False: a word of it cannot be read, and is copied as anything. */
bool flash_read(uint32_t address, uint32_t length, uint8_t *to);

uint32_t flash_erased(void);
uint32_t flash_programmed(void);

#endif
