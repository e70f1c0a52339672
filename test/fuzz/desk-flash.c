/*
 * flash.h on the desk: two banks of two sectors of 128 KiB, with the addresses of an H743. Ends the program where real flash would be harmed:
 * a flash word that is written without being erased, or while its bank is busy, an address that is none, a sector that nobody has asked to
 * erase. Operations end after a few looks at them.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "crc32.h"
#include "desk-flash.h"
#include "flash.h"
#include "wire.gen.h"

#define WORD_BYTES 32u
#define BANK_SECTORS (DESK_BANK_BYTES / DESK_SECTOR_BYTES)
#define LONGEST_LOOKS 4u
#define EARLIER_LIFE 0xA5

static struct {
    struct flash_error error;
    uint32_t due[FLASH_BANKS];     /* one bit a sector */
    uint32_t erased[FLASH_BANKS];  /* asked for in this session */
    uint32_t looks[FLASH_BANKS];   /* until the operation ends; 0: idle */
    uint32_t erasing[FLASH_BANKS]; /* sector, or BANK_SECTORS */
    uint32_t random;
    uint32_t erased_count, programmed_count;
} self;

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "flash: %s\n", what);
        abort();
    }
}

static uint8_t *cells(uint32_t bank)
{
    return (uint8_t *)(uintptr_t)(DESK_FLASH_ADDRESS + bank * DESK_BANK_STRIDE);
}

static uint32_t sector_of(uint32_t address)
{
    return address % DESK_BANK_STRIDE / DESK_SECTOR_BYTES;
}

void desk_flash_begin(void)
{
    for (uint32_t bank = 0; bank < FLASH_BANKS; bank++) {
        if (mmap(cells(bank), DESK_BANK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED) {
            perror("the flash's address is taken");
            exit(1);
        }
        memset(cells(bank), EARLIER_LIFE, DESK_BANK_BYTES);
    }
}

void desk_flash_reset(uint32_t seed)
{
    for (uint32_t bank = 0; bank < FLASH_BANKS; bank++) {
        for (uint32_t sector = 0; sector < BANK_SECTORS; sector++) {
            if (self.erased[bank] >> sector & 1u) {
                memset(cells(bank) + sector * DESK_SECTOR_BYTES, EARLIER_LIFE, DESK_SECTOR_BYTES);
            }
        }
    }
    memset(&self, 0, sizeof self);
    self.random = seed;
}

static void begin(uint32_t bank, uint32_t erasing)
{
    demand(self.looks[bank] == 0, "an operation begins while the bank is busy");
    self.random = self.random * 1664525u + 1013904223u;
    self.looks[bank] = 1 + (self.random >> 16) % LONGEST_LOOKS;
    self.erasing[bank] = erasing;
}

const struct flash_error *flash_error(void)
{
    return &self.error;
}

void flash_refuse(uint32_t status, uint32_t detail)
{
    if (self.error.status == WIRE_STATUS_OK) {
        self.error = (struct flash_error){status, detail, 0};
        memset(self.due, 0, sizeof self.due);
    }
}

uint32_t flash_word_bytes(void)
{
    return WORD_BYTES;
}

uint32_t flash_sector_bytes(void)
{
    return DESK_SECTOR_BYTES;
}

uint32_t flash_bank(uint32_t address)
{
    const uint32_t bank = (address - DESK_FLASH_ADDRESS) / DESK_BANK_STRIDE;
    return bank < FLASH_BANKS && address % DESK_BANK_STRIDE < DESK_BANK_BYTES ? bank : FLASH_BANKS;
}

bool flash_holds(uint32_t address, uint32_t length)
{
    return flash_bank(address) != FLASH_BANKS && length != 0 && length <= DESK_BANK_BYTES - address % DESK_BANK_STRIDE;
}

void flash_request_erase(uint32_t address)
{
    demand(flash_bank(address) != FLASH_BANKS && address % DESK_SECTOR_BYTES == 0, "an erase where no sector begins");
    self.due[flash_bank(address)] |= 1u << sector_of(address);
}

bool flash_is_erase_due(uint32_t address)
{
    const uint32_t bank = flash_bank(address);
    demand(bank != FLASH_BANKS, "a question about an address that is not flash");
    return (self.due[bank] >> sector_of(address) & 1u) || (self.looks[bank] != 0 && self.erasing[bank] == sector_of(address));
}

bool flash_is_busy(uint32_t bank)
{
    demand(bank < FLASH_BANKS, "a question about a bank that is none");
    return self.looks[bank] != 0;
}

bool flash_is_done(void)
{
    return (self.due[0] | self.due[1] | self.looks[0] | self.looks[1]) == 0;
}

void flash_program(uint32_t address, const uint32_t *word)
{
    const uint32_t bank = flash_bank(address);
    demand(flash_holds(address, WORD_BYTES) && address % WORD_BYTES == 0, "a flash word where there is none");
    demand(self.erased[bank] >> sector_of(address) & 1u, "a flash word in a sector that was not to be touched");
    begin(bank, BANK_SECTORS);
    uint8_t *const to = cells(bank) + address % DESK_BANK_STRIDE;
    for (uint32_t at = 0; at < WORD_BYTES; at++) {
        demand(to[at] == 0xFF, "a flash word is written twice");
    }
    memcpy(to, word, WORD_BYTES);
    self.programmed_count++;
}

bool flash_poll(void)
{
    bool has_ended = false;
    for (uint32_t bank = 0; bank < FLASH_BANKS; bank++) {
        has_ended |= self.looks[bank] != 0 && --self.looks[bank] == 0;
    }
    return has_ended;
}

void flash_start_erases(uint32_t except)
{
    for (uint32_t bank = 0; bank < FLASH_BANKS; bank++) {
        if (bank == except || self.looks[bank] != 0 || self.due[bank] == 0) {
            continue;
        }
        const uint32_t sector = (uint32_t)__builtin_ctz(self.due[bank]);
        self.due[bank] &= ~(1u << sector);
        self.erased[bank] |= 1u << sector;
        self.erased_count++;
        memset(cells(bank) + sector * DESK_SECTOR_BYTES, 0xFF, DESK_SECTOR_BYTES);
        begin(bank, sector);
    }
}

uint32_t flash_digest(uint32_t address, uint32_t length)
{
    if (!flash_holds(address, length)) {
        return 0;
    }
    demand(self.looks[flash_bank(address)] == 0, "a digest over a bank that is busy");
    return ~crc32_add(CRC32_BEGIN, (const volatile uint8_t *)(uintptr_t)address, length);
}

bool flash_read(uint32_t address, uint32_t length, uint8_t *to)
{
    demand(flash_holds(address, length), "a copy of what is no flash");
    demand(self.looks[flash_bank(address)] == 0, "a copy from a bank that is busy");
    memcpy(to, (const void *)(uintptr_t)address, length);
    return true;
}

void flash_begin(void)
{
}

uint32_t flash_erased(void)
{
    return self.erased_count;
}

uint32_t flash_programmed(void)
{
    return self.programmed_count;
}
