/*
 * The unpacker as a program for the bare core: a job lies in memory, unpacked words go to where they belong, then it halts. What the
 * instructions of the stub's decoder are counted with (test/codec/unpack-arm.test.ts).
 */
#include "unpack.h"

/* Laid out by the test. */
struct job {
    uint32_t parameters;
    uint32_t directory_bytes;
    uint32_t granule_shift;
    uint32_t content_bytes;
    uint32_t packed_bytes;
    uint32_t recent_bytes;
    uint32_t result;
    uint32_t words;
};

#define JOB ((volatile struct job *)0x20000000u)
#define FLASH_ADDRESS 0x08000000u
#define MODELS ((uint16_t *)0x20008000u)
#define SPANS ((struct unpack_span *)0x20010000u)
#define MOST_SPANS 1000u
#define OLD_ADDRESS 0x40000000u /* the old flash */
#define SHIFTS ((int32_t *)0x38000000u)
#define HALF_THE_SHIFTS 16384u
#define RECENT ((uint8_t *)0x24000000u)
#define PACKED ((const uint8_t *)0x30000000u)
#define PACKED_MOST_BYTES 0x200000u

int32_t unpack_flash_half(uint32_t address)
{
    return *(const volatile uint16_t *)address;
}

int32_t unpack_old(uint32_t address, uint32_t length, uint8_t *to)
{
    const volatile uint8_t *const old = (const volatile uint8_t *)(address - FLASH_ADDRESS + OLD_ADDRESS);
    for (uint32_t at = 0; at < length; at++) {
        to[at] = old[at];
    }
    return 0;
}

__attribute__((naked, section(".entry"))) void entry(void);

static void __attribute__((used)) unpack_job(void)
{
    const struct unpack_setup setup = {
        .lzma = {MODELS, RECENT, JOB->recent_bytes - 1, {PACKED, PACKED + PACKED_MOST_BYTES}, PACKED, JOB->packed_bytes, JOB->parameters},
        .content = {
            .directory_bytes = JOB->directory_bytes,
            .spans = SPANS,
            .spans_end = SPANS + MOST_SPANS,
            .content_bytes = JOB->content_bytes,
            .word_bytes = 32,
        },
    };
    relocation_begin(SHIFTS, HALF_THE_SHIFTS, JOB->granule_shift);
    struct unpacked unpacked;
    enum unpack_result result = unpack_begin(&setup) ? UNPACK_WORD : UNPACK_BROKEN;
    while (result == UNPACK_WORD && (result = unpack_next(JOB->packed_bytes, &unpacked)) == UNPACK_WORD) {
        for (uint32_t at = 0; at < 8; at++) {
            ((volatile uint32_t *)unpacked.address)[at] = unpacked.word[at];
        }
        JOB->words++;
    }
    JOB->result = result;
}

void entry(void)
{
    __asm__("bl unpack_job\n bkpt #0");
}
