/*
 * The stub's first instructions. The loader calls them with the first chunk, which it stores last: what is missing then shows in
 * the CRC, and the stub returns to the loader. Otherwise it takes the chip for itself and never returns.
 */
#include "fault.h"
#include "registers.h"
#include "session.h"
#include "start.h"
#include "wire.gen.h"

#include <stddef.h>

extern uint32_t bss_begin[], bss_end[], stack_top[];

void stub_entry(void);
void stub_begin(uint32_t usart, uint32_t token);

__attribute__((naked, used, section(".entry"))) void stub_entry(void)
{
    __asm("b.w stub_begin\n"
          ".word 0\n"); /* length */
}

/* The vectors of fault.c are between; the build fills in the rest (PROTOCOL.md §2), the host the settings. */
__attribute__((used, section(".header"))) static const uint32_t header[6] = {0};

struct stub {
    uint32_t entry;
    uint32_t length;
    uint32_t vectors[5];
    uint32_t crc;
    uint32_t options, kick[3]; /* the host's */
    uint8_t body[]; /* the codec's CRC first */
};
_Static_assert(offsetof(struct stub, length) == WIRE_STUB_LENGTH_AT && offsetof(struct stub, crc) == WIRE_STUB_CRC_AT &&
               offsetof(struct stub, body) == WIRE_STUB_CODEC_CRC_AT, "as in PROTOCOL.md");

/* CRC-32, bit by bit: it must fit into the first chunk, and 8 KiB take 10 ms. */
__attribute__((section(".self_check"))) static int is_complete(const struct stub *stub)
{
    const uint8_t *const end = (const uint8_t *)stub + stub->length;
    uint32_t crc = 0xFFFFFFFFu;
    if (stub->length > WIRE_STUB_BYTES) {
        return 0;
    }
    for (const uint8_t *byte = stub->body; byte < end; byte++) {
        crc ^= *byte;
        for (uint32_t bit = 0; bit < 8; bit++) {
            crc = crc & 1u ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
        }
    }
    return ~crc == stub->crc;
}

__attribute__((noreturn, used)) static void run(uint32_t usart, uint32_t token)
{
    for (uint32_t *word = bss_begin; word < bss_end; word++) {
        *word = 0;
    }
    fault_take_over();
    session_run(usart, token);
}

__attribute__((naked, section(".self_check"))) void start_anew(uint32_t usart, uint32_t token)
{
    (void)usart;
    (void)token;
    __asm("dsb\n" /* the first chunk was stored a moment ago */
          "isb\n"
          "ldr r2, =stack_top\n"
          "mov sp, r2\n"
          "b.w run\n"
          ".ltorg\n");
}

__attribute__((section(".self_check"), used)) void stub_begin(uint32_t usart, uint32_t token)
{
    if (is_complete((const struct stub *)WIRE_STUB_BASE_ADDRESS)) {
        start_anew(usart, token);
    }
}

__attribute__((noreturn)) void start_program(uint32_t address)
{
    REGISTER(SCB_BASE, SCB_VTOR_AT) = address;
    __asm volatile("dsb\n"
                   "ldrd r0, r1, [%0]\n"
                   "mov sp, r0\n"
                   "cpsie i\n"
                   "bx r1\n" ::"r"(address)
                   : "r0", "r1", "memory");
    __builtin_unreachable();
}
