#include "script.h"
#include "bytes.h"
#include "flash.h"
#include "window.h"
#include "wire.gen.h"

/* Steps in a row before others get their turn. */
#define MOST_STEPS 32u

static struct {
    uint32_t executed; /* stream offset */
    uint32_t address;  /* of a WRITE: where its next flash word goes … */
    uint32_t left;     /* … and how many bytes are still to come */
} self;

uint32_t script_executed(void)
{
    return self.executed;
}

static uint32_t available(void)
{
    return window_received() - self.executed;
}

static uint32_t read_u32(uint32_t at)
{
    uint8_t bytes[4];
    window_read(self.executed + at, bytes, sizeof bytes);
    return load_u32(bytes);
}

uint32_t script_bank(void)
{
    const bool could = self.left != 0 && available() >= flash_word_bytes() && !flash_is_erase_due(self.address);
    return could ? flash_bank(self.address) : FLASH_BANKS;
}

/* The next flash word of a WRITE. What is right already is left alone, what is not erased is refused. */
static bool write_word(void)
{
    uint32_t word[FLASH_MOST_WORD_BYTES / 4];
    const uint32_t bank = script_bank();
    const uint32_t bytes = flash_word_bytes();
    if (bank == FLASH_BANKS || flash_is_busy(bank)) {
        return false;
    }
    window_read(self.executed, (uint8_t *)word, bytes);
    uint32_t differs = 0;
    uint32_t written = 0;
    for (uint32_t at = 0; at < bytes / 4; at++) {
        const uint32_t now = ((const volatile uint32_t *)self.address)[at];
        differs |= now ^ word[at];
        written |= ~now;
    }
    if (differs != 0 && written != 0) {
        flash_refuse(WIRE_STATUS_NOT_ERASED, self.address);
        return false;
    }
    if (differs != 0) {
        flash_program(self.address, word);
    }
    self.address += bytes;
    self.left -= bytes;
    self.executed += bytes;
    return true;
}

static bool begin_write(void)
{
    const uint32_t address = read_u32(1);
    const uint32_t length = read_u32(5);
    if (!flash_holds(address, length) || (address | length) % flash_word_bytes() != 0) {
        flash_refuse(WIRE_STATUS_BAD_ADDRESS, address);
        return false;
    }
    self.address = address;
    self.left = length;
    self.executed += WIRE_OP_WRITE_BYTES;
    return true;
}

static bool request_erase(void)
{
    const uint32_t address = read_u32(1);
    if (flash_bank(address) == FLASH_BANKS || address % flash_sector_bytes() != 0) {
        flash_refuse(WIRE_STATUS_BAD_ADDRESS, address);
        return false;
    }
    flash_request_erase(address);
    self.executed += WIRE_OP_ERASE_BYTES;
    return true;
}

/* Goes on only over flash that holds what it should: what comes next may make it bootable. */
static bool prove(void)
{
    const uint32_t address = read_u32(1);
    if (!flash_is_done()) {
        return false;
    }
    if (flash_digest(address, read_u32(5)) != read_u32(9)) {
        flash_refuse(WIRE_STATUS_DIGEST_WRONG, address);
        return false;
    }
    self.executed += WIRE_OP_PROVE_BYTES;
    return true;
}

/* Bytes of an operation with its fields; 0: no such operation. */
static uint32_t operation_bytes(uint8_t code)
{
    static const uint8_t bytes[] = {WIRE_OP_NOP_BYTES, WIRE_OP_ERASE_BYTES, WIRE_OP_FENCE_BYTES, WIRE_OP_WRITE_BYTES,
                                    WIRE_OP_PROVE_BYTES};
    return code < sizeof bytes ? bytes[code] : 0;
}

/* One operation, or one flash word of a WRITE. False when it must wait. */
static bool step(void)
{
    if (self.left != 0) {
        return write_word();
    }
    if (available() == 0) {
        return false;
    }
    uint8_t code;
    window_read(self.executed, &code, sizeof code);
    const uint32_t bytes = operation_bytes(code);
    if (bytes == 0) {
        flash_refuse(WIRE_STATUS_BAD_OPERATION, self.executed);
        return false;
    }
    if (available() < bytes) {
        return false;
    }
    switch (code) {
    case WIRE_OP_ERASE:
        return request_erase();
    case WIRE_OP_WRITE:
        return begin_write();
    case WIRE_OP_PROVE:
        return prove();
    case WIRE_OP_FENCE:
        if (!flash_is_done()) {
            return false;
        }
        break;
    default:
        break;
    }
    self.executed += bytes;
    return true;
}

bool script_run(void)
{
    uint32_t steps = 0;
    while (steps < MOST_STEPS && flash_error()->status == WIRE_STATUS_OK && step()) {
        steps++;
    }
    window_release(self.executed);
    return steps == MOST_STEPS;
}
