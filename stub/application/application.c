/*
 * What `stage-flash demo` flashes: an application with real data in both banks, which proves itself after boot and says so on
 * USART1 (PA9, 115200 8E1, the line that the bootloader used).
 *
 * It starts as every H7 application does: from the vector table in flash, on the 64 MHz HSI, everything at its reset value.
 */
#include "../registers.h"

#define PRIME_COUNT 32768u
#define COLLATZ_COUNT 65536u
#define BAUD_115200 556u /* 64 MHz / 115200 */

extern const uint32_t primes[PRIME_COUNT];
extern const uint16_t collatz_steps[COLLATZ_COUNT];

void start(void);

__attribute__((section(".bank1.vectors"), used)) static const void *const vectors[16] = {(const void *)0x20020000u, start};

static void line_begin(void)
{
    REGISTER(RCC_BASE, RCC_C1_AHB4ENR_AT) = RCC_AHB4ENR_GPIOAEN;
    REGISTER(RCC_BASE, RCC_C1_APB2ENR_AT) = RCC_APB2ENR_USART1EN;
    (void)REGISTER(RCC_BASE, RCC_C1_APB2ENR_AT); /* the clock runs two cycles after the write */
    REGISTER(GPIOA_BASE, GPIO_AFRL_AT + 4) = 0x770;
    REGISTER(GPIOA_BASE, GPIO_MODER_AT) &= ~(1u << 18 | 1u << 20); /* PA9, PA10: analog to alternate function */
    REGISTER(USART1_BASE, USART_BRR_AT) = BAUD_115200;
    REGISTER(USART1_BASE, USART_CR1_AT) = USART_CR1_M0 | USART_CR1_PCE | USART_CR1_TE | USART_CR1_RE | USART_CR1_UE;
}

static void say(const char *text)
{
    for (; *text != '\0'; text++) {
        while (!(REGISTER(USART1_BASE, USART_ISR_AT) & USART_ISR_TXE_TXFNF)) {
        }
        REGISTER(USART1_BASE, USART_TDR_AT) = (uint8_t)*text;
    }
}

static void say_number(uint32_t number)
{
    char digits[11];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    say(first);
}

static int is_prime(uint32_t candidate)
{
    for (const uint32_t *prime = primes; *prime * *prime <= candidate; prime++) {
        if (candidate % *prime == 0) {
            return 0;
        }
    }
    return 1;
}

/* The table lists the primes from 2 on: all of them, and nothing else. Returns how many numbers contradict that. */
static uint32_t wrong_primes(void)
{
    uint32_t wrong = 0;
    uint32_t at = 0;
    for (uint32_t number = 2; number <= 386093u; number++) {
        const int listed = primes[at] == number;
        wrong += listed != is_prime(number);
        at += (uint32_t)listed;
    }
    return wrong + (at != PRIME_COUNT);
}

static uint32_t wrong_collatz_counts(void)
{
    uint32_t wrong = 0;
    for (uint32_t start_value = 1; start_value < COLLATZ_COUNT; start_value++) {
        /* One step, then what the table says of where that leads, or go on while it leads out of the table. */
        uint32_t steps = 0;
        uint32_t value = start_value;
        while (value > 1) {
            value = value % 2 == 0 ? value / 2 : 3 * value + 1;
            steps++;
            if (value < start_value) {
                steps += collatz_steps[value];
                break;
            }
        }
        wrong += steps != collatz_steps[start_value];
    }
    return wrong;
}

void start(void)
{
    line_begin();
    say("\r\nstage-flash demo application\r\n");
    const uint32_t wrong = wrong_primes() + wrong_collatz_counts();
    if (wrong == 0) {
        say("bank 1: 32768 primes right; bank 2: 65536 Collatz counts right\r\nself-check passed\r\n");
    } else {
        say("self-check FAILED: ");
        say_number(wrong);
        say(" entries wrong\r\n");
    }
    for (;;) {
        __asm volatile("wfi");
    }
}
