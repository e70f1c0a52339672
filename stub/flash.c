/*
 * The flash controller of H72x, H74x/75x and H7A/B (RM0433 §4, RM0468 §4, RM0455 §4). The families differ in a few positions of CR,
 * in the flash word and in the geometry: data in `families`, no branches.
 */
#include "flash.h"
#include "bytes.h"
#include "clock.h"
#include "crc32.h"
#include "registers.h"
#include "watchdog.h"
#include "wire.gen.h"

#define FLASH_ADDRESS 0x08000000u
#define BANK_STRIDE 0x100000u /* bank 2 begins here whatever the size of bank 1 */
/* A worn sector took 10 s where the datasheet says 4 s at most; nobody waits longer than this. */
#define OPERATION_LIMIT_MS 15000u
#define MOST_BANK_SECTORS 128u
#define MOST_KIB 2048u
/* Read between two looks at the watchdogs: less than a millisecond. */
#define STRETCH_BYTES 4096u

static const struct family {
    uint32_t sector_bytes;
    uint32_t size_address;   /* flash size register */
    uint16_t device_id;
    uint16_t most_bank_kib;  /* a part with more flash has two banks of half */
    uint8_t start;           /* CR.START */
    uint8_t snb_position;    /* CR.SNB */
    uint8_t psize;           /* CR.PSIZE for 64 bits at a time */
    uint8_t word_bytes;
} families[] = {
    {0x20000, FLASH_SIZE_ADDRESS, DEVICE_ID_H74X, 128, FLASH_CR_START, FLASH_CR_SNB_POSITION, FLASH_CR_PSIZE_X64, 32},
    {0x20000, FLASH_SIZE_ADDRESS, DEVICE_ID_H72X, 1024, FLASH_CR_START, FLASH_CR_SNB_POSITION, FLASH_CR_PSIZE_X64, 32},
    {0x2000, FLASH_SIZE_ADDRESS_H7A, DEVICE_ID_H7A, 128, FLASH_H7A_CR_START, FLASH_H7A_CR_SSN_POSITION, 0, 16},
};

enum operation { NOTHING, ERASING, PROGRAMMING };

struct bank {
    uint32_t due[MOST_BANK_SECTORS / 32]; /* sectors waiting to be erased */
    uint32_t address;                     /* what the operation works on */
    uint32_t started_ms;
    enum operation operation;
};

static struct {
    const struct family *family;
    uint32_t banks;
    uint32_t bank_bytes;
    uint32_t outstanding; /* sectors that wait, and operations that run */
    uint32_t erased;
    uint32_t programmed;
    struct flash_error error;
    struct bank bank[FLASH_BANKS];
} self;

static uint32_t registers_of(uint32_t bank)
{
    return FLASH_BASE + bank * FLASH_BANK_BYTES;
}

static uint32_t bank_address(uint32_t bank)
{
    return FLASH_ADDRESS + bank * BANK_STRIDE;
}

static uint32_t sector_in_bank(uint32_t address)
{
    return address % BANK_STRIDE / self.family->sector_bytes;
}

/* The first error stands. What waits to be erased waits no longer: nothing more happens to this flash. */
static void refuse_with(uint32_t status, uint32_t detail, uint32_t sr)
{
    if (self.error.status != WIRE_STATUS_OK) {
        return;
    }
    self.error = (struct flash_error){status, detail, sr};
    for (uint32_t bank = 0; bank < FLASH_BANKS; bank++) {
        for (uint32_t at = 0; at < MOST_BANK_SECTORS / 32; at++) {
            self.outstanding -= (uint32_t)__builtin_popcount(self.bank[bank].due[at]);
            self.bank[bank].due[at] = 0;
        }
    }
}

void flash_refuse(uint32_t status, uint32_t detail)
{
    refuse_with(status, detail, 0);
}

/* Keying a register that is not locked locks it until reset, with a bus error on top (RM0433 §4.9.2): look first. */
static void unlock(uint32_t bank)
{
    const uint32_t registers = registers_of(bank);
    if (REGISTER(registers, FLASH_CR_AT) & FLASH_CR_LOCK) {
        REGISTER(registers, FLASH_KEYR_AT) = FLASH_KEY1;
        REGISTER(registers, FLASH_KEYR_AT) = FLASH_KEY2;
    }
    if (REGISTER(registers, FLASH_CR_AT) & FLASH_CR_LOCK) {
        flash_refuse(WIRE_STATUS_LOCKED, bank_address(bank));
    }
    REGISTER(registers, FLASH_CCR_AT) = FLASH_SR_ERRORS;
    REGISTER(registers, FLASH_CR_AT) = self.family->psize;
}

void flash_begin(void)
{
    const uint32_t device_id = REGISTER(DBGMCU_BASE, DBGMCU_IDCODE_AT) & 0xFFFu;
    self.family = families;
    for (uint32_t at = 0; at < sizeof families / sizeof *families; at++) {
        if (families[at].device_id == device_id) {
            self.family = &families[at];
        }
    }
    /* 0 and 0xFFFF mean "the most there is" (ST's HAL reads them so). */
    const uint32_t told_kib = REGISTER_16(self.family->size_address, 0);
    const uint32_t size_kib = told_kib == 0 || told_kib > MOST_KIB ? MOST_KIB : told_kib;
    self.banks = size_kib > self.family->most_bank_kib ? 2 : 1;
    self.bank_bytes = size_kib * 1024 / self.banks;
    for (uint32_t bank = 0; bank < self.banks; bank++) {
        unlock(bank);
    }
}

const struct flash_error *flash_error(void)
{
    return &self.error;
}

bool flash_has_bank2(void)
{
    return self.banks == 2;
}

uint32_t flash_word_bytes(void)
{
    return self.family->word_bytes;
}

uint32_t flash_sector_bytes(void)
{
    return self.family->sector_bytes;
}

uint32_t flash_sectors(void)
{
    return self.banks * self.bank_bytes / self.family->sector_bytes;
}

uint32_t flash_sector_address(uint32_t sector)
{
    const uint32_t bank_sectors = self.bank_bytes / self.family->sector_bytes;
    return bank_address(sector / bank_sectors) + sector % bank_sectors * self.family->sector_bytes;
}

uint32_t flash_bank(uint32_t address)
{
    const uint32_t bank = (address - FLASH_ADDRESS) / BANK_STRIDE;
    return bank < self.banks && address % BANK_STRIDE < self.bank_bytes ? bank : FLASH_BANKS;
}

bool flash_holds(uint32_t address, uint32_t length)
{
    const uint32_t bank = flash_bank(address);
    return bank != FLASH_BANKS && length != 0 && length <= self.bank_bytes - address % BANK_STRIDE;
}

void flash_request_erase(uint32_t address)
{
    const uint32_t sector = sector_in_bank(address);
    uint32_t *const due = &self.bank[flash_bank(address)].due[sector / 32];
    if (!(*due >> sector % 32 & 1u)) {
        *due |= 1u << sector % 32;
        self.outstanding++;
    }
}

bool flash_is_erase_due(uint32_t address)
{
    const struct bank *const bank = &self.bank[flash_bank(address)];
    const uint32_t sector = sector_in_bank(address);
    return (bank->due[sector / 32] >> sector % 32 & 1u) || (bank->operation == ERASING && sector_in_bank(bank->address) == sector);
}

bool flash_is_busy(uint32_t bank)
{
    return self.bank[bank].operation != NOTHING;
}

/* The lowest sector that waits in a bank, or MOST_BANK_SECTORS. */
static uint32_t next_due(const struct bank *bank)
{
    for (uint32_t at = 0; at < MOST_BANK_SECTORS / 32; at++) {
        if (bank->due[at] != 0) {
            return 32 * at + (uint32_t)__builtin_ctz(bank->due[at]);
        }
    }
    return MOST_BANK_SECTORS;
}

bool flash_is_done(void)
{
    return self.outstanding == 0;
}

static void begin(uint32_t bank, enum operation operation, uint32_t address)
{
    self.bank[bank].operation = operation;
    self.bank[bank].address = address;
    self.bank[bank].started_ms = clock_ms();
}

/* RM0433 §4.3.9, single write sequence: PG, then one flash word in ascending order; QW tells when it is done. */
void flash_program(uint32_t address, const uint32_t *word)
{
    const uint32_t bank = flash_bank(address);
    begin(bank, PROGRAMMING, address);
    self.outstanding++;
    REGISTER(registers_of(bank), FLASH_CR_AT) = self.family->psize | FLASH_CR_PG;
    __asm volatile("dsb" ::: "memory");
    for (uint32_t at = 0, bytes = self.family->word_bytes; at < bytes; at += 4) {
        REGISTER(address, at) = *word++;
    }
    __asm volatile("dsb" ::: "memory");
}

/* RM0433 §4.3.10, sector erase sequence: SER and the sector number, then START. */
static void start_erase(uint32_t bank, uint32_t sector)
{
    const uint32_t registers = registers_of(bank);
    const uint32_t cr = self.family->psize | FLASH_CR_SER | sector << self.family->snb_position;
    self.bank[bank].due[sector / 32] &= ~(1u << sector % 32);
    begin(bank, ERASING, bank_address(bank) + sector * self.family->sector_bytes);
    REGISTER(registers, FLASH_CR_AT) = cr;
    REGISTER(registers, FLASH_CR_AT) = cr | self.family->start;
}

void flash_start_erases(uint32_t except)
{
    for (uint32_t bank = 0; bank < FLASH_BANKS && self.error.status == WIRE_STATUS_OK; bank++) {
        const uint32_t sector = bank == except || flash_is_busy(bank) ? MOST_BANK_SECTORS : next_due(&self.bank[bank]);
        if (sector != MOST_BANK_SECTORS) {
            start_erase(bank, sector);
        }
    }
}

/* True: the operation of this bank has come to its end. */
static bool poll_bank(uint32_t number)
{
    struct bank *const bank = &self.bank[number];
    const uint32_t registers = registers_of(number);
    const uint32_t sr = REGISTER(registers, FLASH_SR_AT);
    if (sr & (FLASH_SR_BSY | FLASH_SR_WBNE | FLASH_SR_QW)) {
        if (clock_ms() - bank->started_ms > OPERATION_LIMIT_MS) {
            refuse_with(WIRE_STATUS_FLASH_TIMEOUT, bank->address, sr);
        }
        return false;
    }
    if (sr & FLASH_SR_OPERATION_ERRORS) {
        refuse_with(bank->operation == ERASING ? WIRE_STATUS_ERASE_FAILED : WIRE_STATUS_PROGRAM_FAILED, bank->address, sr);
        REGISTER(registers, FLASH_CCR_AT) = FLASH_SR_ERRORS;
    }
    if (bank->operation == ERASING) {
        self.erased++;
    } else {
        self.programmed++;
    }
    REGISTER(registers, FLASH_CR_AT) = self.family->psize;
    bank->operation = NOTHING;
    self.outstanding--;
    return true;
}

bool flash_poll(void)
{
    bool has_ended = false;
    for (uint32_t bank = 0; bank < FLASH_BANKS; bank++) {
        has_ended |= flash_is_busy(bank) && poll_bank(bank);
    }
    return has_ended;
}

/*
 * A word that a power cut left half-written may fault when read. Between these two such faults are ignored (FAULTMASK and BFHFNMIGN), and
 * DBECCERR tells of them afterwards (PM0253 §4.3.7; RM0433 §4.7.7), as RDPERR and RDSERR do of protected areas.
 */
static void begin_reading(uint32_t address)
{
    REGISTER(registers_of(flash_bank(address)), FLASH_CCR_AT) = FLASH_SR_ERRORS;
    REGISTER(SCB_BASE, SCB_CCR_AT) |= SCB_CCR_BFHFNMIGN;
    __asm volatile("cpsid f\n dsb\n isb" ::: "memory");
}

/* True: all of it could be read. */
static bool end_reading(uint32_t address)
{
    const uint32_t registers = registers_of(flash_bank(address));
    __asm volatile("dsb\n cpsie f\n isb" ::: "memory");
    REGISTER(SCB_BASE, SCB_CCR_AT) &= ~SCB_CCR_BFHFNMIGN;
    const uint32_t sr = REGISTER(registers, FLASH_SR_AT);
    REGISTER(registers, FLASH_CCR_AT) = FLASH_SR_ERRORS;
    return !(sr & FLASH_SR_READ_ERRORS);
}

uint32_t flash_digest(uint32_t address, uint32_t length)
{
    if (!flash_holds(address, length)) {
        return 0;
    }
    uint32_t crc = CRC32_BEGIN;
    begin_reading(address);
    for (uint32_t at = 0, stretch; at < length; at += stretch) {
        stretch = length - at < STRETCH_BYTES ? length - at : STRETCH_BYTES;
        crc = crc32_add(crc, (const volatile uint8_t *)address + at, stretch);
        watchdog_feed();
    }
    return end_reading(address) ? ~crc : crc;
}

bool flash_read(uint32_t address, uint32_t length, uint8_t *to)
{
    uint32_t at = 0;
    begin_reading(address);
    for (; length - at >= 4; at += 4) {
        if (at % STRETCH_BYTES == 0) {
            watchdog_feed();
        }
        store_u32(to + at, REGISTER(address, at));
    }
    for (; at < length; at++) {
        to[at] = REGISTER_8(address, at);
    }
    return end_reading(address);
}

uint32_t flash_erased(void)
{
    return self.erased;
}

uint32_t flash_programmed(void)
{
    return self.programmed;
}
