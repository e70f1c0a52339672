#include "script.h"
#include "bytes.h"
#include "codec/unpack.h"
#include "codec/workspace.h"
#include "crc32.h"
#include "flash.h"
#include "memory.h"
#include "old-content.h"
#include "registers.h"
#include "window.h"
#include "wire.gen.h"

#include <stddef.h>

/* Steps in a row before others get their turn. */
#define MOST_STEPS 32u

static struct {
    uint32_t executed; /* stream offset */
    /* WRITE and RESTORE: flash words still to come, and where the next one goes. */
    uint32_t left;
    uint32_t address;
    const uint8_t *kept; /* the next one, where it comes from RAM and not from the stream */
    uint32_t patience_ms; /* of END */
    bool has_codec; /* CODEC was there: the functions of codec/ may be called */
    /* PIECE: content still to come, its bytes in the stream, and what the decoder had taken before. */
    uint32_t pieces; /* done */
    uint32_t piece_left;
    uint32_t piece_begin;
    uint32_t piece_bytes;
    uint32_t taken_before;
    struct unpacked unpacked; /* a flash word that waits, or none */
} self;

uint32_t script_executed(void)
{
    return self.executed;
}

uint32_t script_pieces(void)
{
    return self.pieces;
}

uint32_t script_patience_ms(void)
{
    return self.patience_ms;
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

/* The bank into which the script could program right now if it were idle; FLASH_BANKS when it lacks data or waits for an erase. */
static uint32_t wanted_bank(void)
{
    const uint32_t *const unpacked = self.unpacked.word;
    const bool is_ready = unpacked != NULL || (self.left != 0 && (self.kept != NULL || available() >= flash_word_bytes()));
    const uint32_t address = unpacked != NULL ? self.unpacked.address : self.address;
    return is_ready && !flash_is_erase_due(address) ? flash_bank(address) : FLASH_BANKS;
}

/* A flash word whose bank is idle. What is right already is left alone, what is not erased is refused. */
static bool place(uint32_t address, const uint32_t *word)
{
    uint32_t differs = 0;
    uint32_t written = 0;
    for (uint32_t at = 0, words = flash_word_bytes() / 4; at < words; at++) {
        const uint32_t now = ((const volatile uint32_t *)address)[at];
        differs |= now ^ word[at];
        written |= ~now;
    }
    if (differs != 0 && written != 0) {
        flash_refuse(WIRE_STATUS_NOT_ERASED, address);
        return false;
    }
    if (differs != 0) {
        flash_program(address, word);
    }
    return true;
}

/* The next flash word of a WRITE or RESTORE. */
static bool write_word(void)
{
    uint32_t word[FLASH_MOST_WORD_BYTES / 4];
    const uint32_t bank = wanted_bank();
    const uint32_t bytes = flash_word_bytes();
    if (bank == FLASH_BANKS || flash_is_busy(bank)) {
        return false;
    }
    if (self.kept == NULL) {
        window_read(self.executed, (uint8_t *)word, bytes);
    }
    if (!place(self.address, self.kept == NULL ? word : (const uint32_t *)self.kept)) {
        return false;
    }
    self.address += bytes;
    self.left -= bytes;
    if (self.kept == NULL) {
        self.executed += bytes;
    } else {
        self.kept += bytes;
    }
    return true;
}

/* The next flash word of a PIECE. */
static bool unpack_word(void)
{
    const uint32_t come = window_received() - self.piece_begin;
    if (self.unpacked.word == NULL) {
        const enum unpack_result result = unpack_next(self.taken_before + (come < self.piece_bytes ? come : self.piece_bytes), &self.unpacked);
        if (result >= UNPACK_BROKEN) { /* or done, with content of the piece still to come */
            flash_refuse(WIRE_STATUS_NOT_PACKED, self.piece_begin);
            return false;
        }
        self.executed = self.piece_begin + unpack_taken() - self.taken_before;
        if (result != UNPACK_WORD) {
            return false;
        }
        if (flash_bank(self.unpacked.address) == FLASH_BANKS) {
            self.unpacked.word = NULL;
            flash_refuse(WIRE_STATUS_BAD_ADDRESS, self.unpacked.address);
            return false;
        }
    }
    const uint32_t address = self.unpacked.address;
    if (flash_is_busy(flash_bank(address)) || flash_is_erase_due(address) || !place(address, self.unpacked.word)) {
        return false;
    }
    self.unpacked.word = NULL;
    self.piece_left -= flash_word_bytes();
    if (self.piece_left == 0) {
        /* The last word of a piece of ours needs the last of its bytes. */
        if (come < self.piece_bytes) {
            flash_refuse(WIRE_STATUS_NOT_PACKED, self.piece_begin);
            return false;
        }
        self.executed = self.piece_begin + self.piece_bytes;
        self.pieces++;
    }
    return true;
}

/* The address and length of an operation, if they are in one bank and whole pieces. */
static bool accept(uint32_t address, uint32_t length, uint32_t piece_bytes)
{
    const bool is_accepted = flash_holds(address, length) && (address | length) % piece_bytes == 0;
    if (!is_accepted) {
        flash_refuse(WIRE_STATUS_BAD_ADDRESS, address);
    }
    return is_accepted;
}

/* The operations: true when done, or begun in the case of those that write; false when they must wait or were refused. */

static bool no_operation(void)
{
    return true;
}

static bool request_erase(void)
{
    const uint32_t address = read_u32(1);
    if (!accept(address, flash_sector_bytes(), flash_sector_bytes())) {
        return false;
    }
    flash_request_erase(address);
    return true;
}

static bool begin_write(void)
{
    const uint32_t length = read_u32(5);
    self.address = read_u32(1);
    self.kept = NULL;
    if (!accept(self.address, length, flash_word_bytes())) {
        return false;
    }
    self.left = length;
    return true;
}

static bool begin_restore(void)
{
    const uint32_t length = read_u32(5);
    self.address = read_u32(1);
    self.kept = old_content_place(self.address, read_u32(9));
    if (self.kept == NULL || !accept(self.address, length, flash_word_bytes())) {
        return false;
    }
    if (length > flash_sector_bytes() - self.address % flash_sector_bytes()) {
        flash_refuse(WIRE_STATUS_BAD_ADDRESS, self.address);
        return false;
    }
    self.left = length;
    return true;
}

static bool keep(void)
{
    const uint32_t address = read_u32(1);
    return accept(address, flash_sector_bytes(), flash_sector_bytes()) && !flash_is_busy(flash_bank(address)) && old_content_keep(address, read_u32(5));
}

/* The codec lies where it was linked for; only the one that was built with this stub is called. */
static bool take_codec(void)
{
    const uint32_t length = read_u32(1);
    if (length <= WIRE_CODEC_BYTES && available() < WIRE_OP_CODEC_BYTES + length) {
        return false;
    }
    uint8_t *const codec = (uint8_t *)WIRE_CODEC_BASE_ADDRESS;
    if (length <= WIRE_CODEC_BYTES) {
        window_read(self.executed + WIRE_OP_CODEC_BYTES, codec, length);
    }
    if (length > WIRE_CODEC_BYTES || ~crc32_add(CRC32_BEGIN, codec, length) != REGISTER(WIRE_STUB_BASE_ADDRESS, WIRE_STUB_CODEC_CRC_AT)) {
        flash_refuse(WIRE_STATUS_BAD_OPERATION, self.executed);
        return false;
    }
    memory_has_new_code();
    self.has_codec = true;
    self.executed += length;
    return true;
}

static bool begin_packed(void)
{
    if (workspace_begin(read_u32(1), read_u32(5))) {
        return true;
    }
    flash_refuse(WIRE_STATUS_NOT_PACKED, self.executed);
    return false;
}

static bool begin_piece(void)
{
    self.piece_left = read_u32(1);
    self.piece_bytes = read_u32(5);
    self.piece_begin = self.executed + WIRE_OP_PIECE_BYTES;
    self.taken_before = unpack_taken();
    unpack_feed(window_place(self.piece_begin), self.taken_before + self.piece_bytes);
    if (self.piece_left % flash_word_bytes() == 0) {
        return true;
    }
    flash_refuse(WIRE_STATUS_NOT_PACKED, self.executed);
    return false;
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
    return true;
}

static bool end(void)
{
    if (!flash_is_done()) {
        return false;
    }
    self.patience_ms = read_u32(1);
    return true;
}

static const struct operation {
    bool (*run)(void);
    uint16_t bytes; /* with its fields */
    bool needs_codec;
} operations[] = {
    [WIRE_OP_NOP] = {no_operation, WIRE_OP_NOP_BYTES, false},
    [WIRE_OP_ERASE] = {request_erase, WIRE_OP_ERASE_BYTES, false},
    [WIRE_OP_FENCE] = {flash_is_done, WIRE_OP_FENCE_BYTES, false},
    [WIRE_OP_WRITE] = {begin_write, WIRE_OP_WRITE_BYTES, false},
    [WIRE_OP_PROVE] = {prove, WIRE_OP_PROVE_BYTES, false},
    [WIRE_OP_PACKED] = {begin_packed, WIRE_OP_PACKED_BYTES, true},
    [WIRE_OP_PIECE] = {begin_piece, WIRE_OP_PIECE_BYTES, true},
    [WIRE_OP_KEEP] = {keep, WIRE_OP_KEEP_BYTES, false},
    [WIRE_OP_RESTORE] = {begin_restore, WIRE_OP_RESTORE_BYTES, false},
    [WIRE_OP_CODEC] = {take_codec, WIRE_OP_CODEC_BYTES, false},
    [WIRE_OP_END] = {end, WIRE_OP_END_BYTES, false},
};

/* One operation, or one flash word. False when it must wait. */
static bool step(void)
{
    if (self.piece_left != 0) {
        return unpack_word();
    }
    if (self.left != 0) {
        return write_word();
    }
    if (available() == 0) {
        return false;
    }
    uint8_t code;
    window_read(self.executed, &code, sizeof code);
    if (code >= sizeof operations / sizeof *operations || (operations[code].needs_codec && !self.has_codec)) {
        flash_refuse(WIRE_STATUS_BAD_OPERATION, self.executed);
        return false;
    }
    if (available() < operations[code].bytes || !operations[code].run()) {
        return false;
    }
    self.executed += operations[code].bytes;
    return true;
}

bool script_run(void)
{
    uint32_t steps = 0;
    /* Where a bank has just become idle, waiting is over. */
    while (steps < MOST_STEPS && flash_error()->status == WIRE_STATUS_OK && (step() || flash_poll())) {
        steps++;
    }
    window_release(self.executed);
    /* Not before the script has come to where it waits: what it would program there goes first. */
    if (steps != MOST_STEPS) {
        flash_start_erases(wanted_bank());
    }
    return steps == MOST_STEPS;
}
