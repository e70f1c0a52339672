/*
 * The starter: two chunks that go to the loader in the place of the stub when a program for RAM is to run (PROTOCOL.md §2.1).
 *
 * The loader calls the first chunk, which it stores last. The program is started when all of it is there, the second chunk too, with what the loader
 * has changed put back as a reset leaves it; otherwise the starter returns, and the loader says so. It runs on the loader's stack.
 */
#include "../registers.h"
#include "../wire.gen.h"

#include <stddef.h>

/* Of three instructions and more, at 64 MHz. */
#define TURNAROUND_TURNS 65536u

struct starter {
    uint32_t entry;
    /* the host's */
    uint32_t crc;
    uint32_t vectors;
    struct {
        const uint8_t *at;
        uint32_t length;
    } pieces[WIRE_STARTER_PIECES];
};
_Static_assert(offsetof(struct starter, crc) == WIRE_STARTER_CRC_AT && offsetof(struct starter, vectors) == WIRE_STARTER_VECTORS_AT &&
               offsetof(struct starter, pieces) == WIRE_STARTER_PIECES_AT, "as in PROTOCOL.md");

void starter_entry(void);
void starter_begin(uint32_t usart, uint32_t token);

__attribute__((naked, used, section(".entry"))) void starter_entry(void)
{
    __asm("b.w starter_begin\n");
}

__attribute__((used, section(".header"))) static const uint32_t header[2 + 2 * WIRE_STARTER_PIECES] = {0};

/* Bit by bit: it must be in the first chunk, and 512 KiB take half a second. */
__attribute__((section(".check"))) static uint32_t crc_of_program(const struct starter *self)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (uint32_t piece = 0; piece < WIRE_STARTER_PIECES; piece++) {
        const uint8_t *byte = self->pieces[piece].at;
        for (uint32_t left = self->pieces[piece].length; left != 0; left--) {
            crc ^= *byte++;
            for (uint32_t bit = 8; bit != 0; bit--) {
                crc = crc & 1u ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
            }
            REGISTER(IWDG1_BASE, IWDG_KR_AT) = IWDG_KR_FEED;
        }
    }
    return ~crc;
}

static void send_word(uint32_t usart, uint32_t word)
{
    for (uint32_t left = 4; left != 0; left--, word >>= 8) {
        while (!(REGISTER(usart, USART_ISR_AT) & USART_ISR_TXE_TXFNF)) {
        }
        REGISTER(usart, USART_TDR_AT) = (uint8_t)word;
    }
}

__attribute__((noinline, noreturn)) static void start(uint32_t usart, uint32_t token, uint32_t vectors)
{
    /* Some milliseconds: a converter with one pair of wires does not hear so soon after it has sent, and nobody can ask again. */
    for (uint32_t left = TURNAROUND_TURNS; left != 0; left--) {
        REGISTER(IWDG1_BASE, IWDG_KR_AT) = IWDG_KR_FEED;
    }
    for (uint32_t left = 2; left != 0; left--) {
        send_word(usart, token);
        send_word(usart, WIRE_LOADER_STARTED);
    }
    while (!(REGISTER(usart, USART_ISR_AT) & USART_ISR_TC)) {
    }
    REGISTER(RCC_BASE, RCC_AHB4RSTR_AT) = RCC_AHB4ENR_GPIOAEN | RCC_AHB4ENR_GPIOBEN | RCC_AHB4ENR_GPIODEN;
    REGISTER(RCC_BASE, RCC_APB1LRSTR_AT) = RCC_APB1LENR_USART2EN | RCC_APB1LENR_USART3EN;
    REGISTER(RCC_BASE, RCC_APB2RSTR_AT) = RCC_APB2ENR_USART1EN;
    REGISTER(RCC_BASE, RCC_AHB4RSTR_AT) = 0;
    REGISTER(RCC_BASE, RCC_APB1LRSTR_AT) = 0;
    REGISTER(RCC_BASE, RCC_APB2RSTR_AT) = 0;
    REGISTER(RCC_BASE, RCC_C1_AHB4ENR_AT) = 0;
    REGISTER(RCC_BASE, RCC_C1_APB1LENR_AT) = 0;
    REGISTER(RCC_BASE, RCC_C1_APB2ENR_AT) = 0;
    REGISTER(RCC_BASE, RCC_D2CCIP2R_AT) = 0;
    REGISTER(SYSTICK_BASE, SYSTICK_CTRL_AT) = 0;
    (void)REGISTER(SYSTICK_BASE, SYSTICK_CTRL_AT); /* COUNTFLAG goes when it is read (PM0253 §4.4.1) */
    /* What the ROM has enabled, or what waits since, would come to a program that knows nothing of it. */
    REGISTER(SCB_BASE, SCB_ICSR_AT) = SCB_ICSR_PENDSTCLR | SCB_ICSR_PENDSVCLR;
    for (uint32_t at = 0; at < NVIC_BYTES; at += 4) {
        REGISTER(NVIC_ICER_BASE, at) = 0xFFFFFFFFu;
        REGISTER(NVIC_ICPR_BASE, at) = 0xFFFFFFFFu;
    }
    REGISTER(SCB_BASE, SCB_VTOR_AT) = vectors;
    __asm volatile("dsb\n"
                   "ldrd r0, r1, [%0]\n"
                   "mov sp, r0\n"
                   "mvn lr, #0\n" /* as a reset leaves it: nobody to return to */
                   "cpsie i\n"
                   "bx r1\n" ::"r"(vectors)
                   : "r0", "r1", "memory");
    __builtin_unreachable();
}

__attribute__((used, section(".check"))) void starter_begin(uint32_t usart, uint32_t token)
{
    const struct starter *const self = (const struct starter *)WIRE_STARTER_BASE_ADDRESS;

    /* Off before the look at the program: what is only in a cache would be lost with it. */
    REGISTER(MPU_BASE, MPU_CTRL_AT) = 0;
    REGISTER(SCB_BASE, SCB_CCR_AT) &= ~(SCB_CCR_DC | SCB_CCR_IC);
    __asm volatile("dsb\n"
                   "isb\n" ::: "memory");
    if (crc_of_program(self) == self->crc) {
        start(usart, token, self->vectors);
    }
}
