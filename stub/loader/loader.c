/*
 * The loader: the 512 bytes that ST's ROM bootloader puts into RAM, one round trip at a time, so that nothing else has to go that way.
 *
 * It finds the line on which somebody sends 0x7F (pins, USART, bit rate), greets, takes the stub in CRC-checked chunks and calls
 * it. It knows nothing of flash. The ROM may leave every peripheral in any state (AN3155 and AN2606 contradict each other), so all that is
 * needed is reset first; no TX pin is driven before a 0x7F has come in on the RX pin beside it.
 *
 * It goes through Write Memory as it is, perhaps through a converter that takes 0x11 and 0x13 for flow control: its code holds neither (host/tools/record-blobs.ts
 * looks), which is why some lines are written as they are.
 *
 * Wire: PROTOCOL.md §2. Waits: every wait ends after one slot, and after `patience` silent slots the chip is reset.
 */
#include "../registers.h"
#include "../wire.gen.h"

/* The line idles for this long and one slot of patience is gone: 1/38 s at 64 MHz. */
#define SLOT_CYCLES 0x1A0000u
/* CRC register over data and its own CRC, before the final inversion: a constant of CRC-32. */
#define CRC_RESIDUE 0xDEBB20E3u
#define CRC_POLYNOMIAL 0xEDB88320u

/*
 * First bytes of the image, and all state there is. The ROM's Go loads the stack pointer and jumps (AN3155 §3.5);
 * token and patience are filled in by the host.
 */
struct loader {
    uint32_t stack_top;
    void (*entry)(void);
    uint32_t token;
    uint32_t patience;
    uint32_t patience_left; /* begins with the same value */
};

void loader_entry(void) __attribute__((noreturn));

/* A frame in memory: PROTOCOL.md §2. An answer is its first two words. */
struct frame {
    uint32_t token;
    uint32_t address;
    uint32_t control;
    uint32_t chunk[WIRE_LOADER_CHUNK_BYTES / 4];
    uint32_t crc;
};

/* AN2606: the SP of a Go image must lie below the end of RAM by more than 16 bytes. */
__attribute__((section(".head"), used)) struct loader loader = {0x2001FF00u, loader_entry, 0, 0, 0};

/* Where the ROM listens (AN2606 tables 135, 137, 226). The TX pin is always the one below; USARTs are counted in 0x400 from 0x40004000. */
static const struct rx_pin {
    uint8_t usart, port, pin, functions; /* functions: the alternate function of the pin and of the TX pin, a nibble each */
} rx_pins[] = {
    {(USART1_BASE - 0x40004000u) / 0x400u, 0, 10, 0x77},
    {(USART2_BASE - 0x40004000u) / 0x400u, 0, 3, 0x77},
    {(USART3_BASE - 0x40004000u) / 0x400u, 1, 11, 0x77},
    {(USART3_BASE - 0x40004000u) / 0x400u, 3, 9, 0x77},
    {(USART1_BASE - 0x40004000u) / 0x400u, 1, 15, 0x44},
    {0, 0, 0, 0},
};

/* The next byte from the line, or -1 after a silent slot. */
static int32_t byte_or_silence(struct loader *self, uint32_t usart)
{
    uint32_t scs = SCS_BASE;
    REGISTER(IWDG1_BASE, IWDG_KR_AT) = IWDG_KR_FEED;
    __asm volatile("" : "+r"(scs)); /* one base for both registers */
    do {
        if (REGISTER(usart, USART_ISR_AT) & USART_ISR_RXNE_RXFNE) {
            return (uint8_t)REGISTER(usart, USART_RDR_AT);
        }
    } while (!(REGISTER(scs + (SYSTICK_BASE - SCS_BASE), SYSTICK_CTRL_AT) & SYSTICK_CTRL_COUNTFLAG));
    if (self->patience_left-- == 1) {
        REGISTER(scs + (SCB_BASE - SCS_BASE), SCB_AIRCR_AT) = SCB_AIRCR_RESET;
    }
    return -1;
}

/* The next byte from the line, however long it takes. */
static uint32_t next_byte(struct loader *self, uint32_t usart)
{
    int32_t byte;
    do {
        byte = byte_or_silence(self, usart);
    } while (byte < 0);
    return (uint32_t)byte;
}

/*
 * Token and one word. Nothing waits here: while it did, the receiver would overrun. The transmit FIFO has room for two answers, and
 * there are never more: a chunk takes far longer to come in than its answer to go out, and greetings wait for each other.
 */
static void answer(uint32_t usart, const struct frame *frame)
{
    const uint8_t *byte = (const uint8_t *)frame;
    for (uint32_t left = 8; left != 0; left--) {
        REGISTER(usart, USART_TDR_AT) = *byte++;
    }
}

static void reset_peripherals(void)
{
    const uint32_t ports = RCC_AHB4ENR_GPIOAEN | RCC_AHB4ENR_GPIOBEN | RCC_AHB4ENR_GPIODEN;
    uint32_t enr = RCC_BASE + RCC_C1_AHB4ENR_AT;
    __asm("" : "+r"(enr)); /* a base in the middle of the registers makes for short instructions */
    const uint32_t rcc = enr - RCC_C1_AHB4ENR_AT;
    REGISTER(rcc, RCC_AHB4RSTR_AT) = ports;
    REGISTER(rcc, RCC_AHB4RSTR_AT) = 0;
    REGISTER(rcc, RCC_C1_AHB4ENR_AT) = ports;
    REGISTER(rcc, RCC_C1_APB1LENR_AT) = RCC_APB1LENR_USART2EN | RCC_APB1LENR_USART3EN;
    REGISTER(rcc, RCC_C1_APB2ENR_AT) = RCC_APB2ENR_USART1EN;
    /* The oscillator itself clocks the USARTs: the same 64 MHz on every family, whatever PLLs run. */
    REGISTER(rcc, RCC_D2CCIP2R_AT) = RCC_D2CCIP2R_USART28SEL_HSI | RCC_D2CCIP2R_USART16SEL_HSI;
    REGISTER(SYSTICK_BASE, SYSTICK_LOAD_AT) = SLOT_CYCLES;
    REGISTER(SYSTICK_BASE, SYSTICK_CTRL_AT) = SYSTICK_CTRL_ENABLE | SYSTICK_CTRL_CLKSOURCE;
}

/* Listens on one RX pin after the other until auto-baud sees a 0x7F. Returns the USART, its TX pin connected. */
static uint32_t find_line(struct loader *self)
{
    for (const struct rx_pin *rx = rx_pins;; rx++) {
        if (rx->usart == 0) {
            rx = rx_pins;
        }
        const uint32_t usart = 0x40004000u + 0x400u * rx->usart;
        const uint32_t gpio = GPIOA_BASE + GPIO_PORT_BYTES * rx->port;
        const uint32_t analog_bit = 1u << (2 * rx->pin); /* mode 3 is analog, the reset state; mode 2 the alternate function */
        REGISTER(gpio, GPIO_AFRL_AT + 4u * (rx->pin >> 3)) = (uint32_t)rx->functions << (4 * ((rx->pin - 1) & 7));
        REGISTER(gpio, GPIO_MODER_AT) &= ~analog_bit;
        REGISTER(usart, USART_CR1_AT) &= ~USART_CR1_UE; /* first of all: the others change only while it is clear */
        REGISTER(usart, USART_CR3_AT) = 0;
        REGISTER(usart, USART_PRESC_AT) = 0;
        REGISTER(usart, USART_BRR_AT) = 0xFF; /* auto-baud wants any rate to start from */
        REGISTER(usart, USART_CR2_AT) = USART_CR2_ABREN | USART_CR2_ABRMODE_7F;
        REGISTER(usart, USART_CR1_AT) = USART_CR1_FIFOEN | USART_CR1_M0 | USART_CR1_PCE | USART_CR1_TE | USART_CR1_RE | USART_CR1_UE;
        if (byte_or_silence(self, usart) == 0x7F) {
            REGISTER(gpio, GPIO_MODER_AT) &= ~(analog_bit >> 2);
            return usart;
        }
        REGISTER(gpio, GPIO_MODER_AT) |= analog_bit;
    }
}

/* The rest of a frame behind its token. Returns whether its CRC is right. */
static uint32_t take_frame(struct loader *self, uint32_t usart, struct frame *frame)
{
    uint8_t *const bytes = (uint8_t *)&frame->address;
    uint32_t polynomial = CRC_POLYNOMIAL;
    uint32_t crc = 0xFFFFFFFFu;
    uint32_t mask = 0;
    __asm("" : "+r"(polynomial)); /* keeps the compiler from building the constant bit by bit */
    for (uint32_t at = 0; at < sizeof *frame - 4; at++) {
        const uint8_t byte = (uint8_t)(next_byte(self, usart) ^ mask);
        bytes[at] = byte;
        if (at == 7) {
            mask = bytes[4];
        }
        crc ^= byte;
        for (uint32_t bit = 8; bit != 0; bit--) {
            crc = crc & 1u ? (crc >> 1) ^ polynomial : crc >> 1;
        }
    }
    return crc == CRC_RESIDUE;
}

/* Stores the chunk and calls it where that is asked for. Leaves the answer in the frame. */
static void obey(struct loader *self, uint32_t usart, struct frame *frame)
{
    uint32_t *target = (uint32_t *)frame->address;
    for (const uint32_t *word = frame->chunk; word != &frame->crc; word++) {
        *target++ = *word;
    }
    self->patience_left = self->patience;
    if (frame->control & WIRE_LOADER_CALL) {
        /* Thumb code has an odd address. The stub returns when it finds itself incomplete. */
        const uint32_t entry = *(volatile uint32_t *)&frame->address + 1;
        ((void (*)(uint32_t, uint32_t))entry)(usart, frame->token);
        frame->address = WIRE_LOADER_INCOMPLETE;
    }
}

void loader_entry(void)
{
    struct loader *self = &loader;
    struct frame frame;

    __asm volatile("cpsid i" : "+r"(self));
    reset_peripherals();
    frame.token = self->token;
    const uint32_t usart = find_line(self);
    frame.address = usart;
    for (;;) {
        uint32_t heard = 0;
        answer(usart, &frame);
        do {
            heard = heard >> 8 | next_byte(self, usart) << 24;
            /* A network may hand over many 0x7F at once, and four of them are shorter than a greeting. */
            if (heard == 0x7F7F7F7Fu && REGISTER(usart, USART_ISR_AT) & USART_ISR_TC) {
                frame.address = usart;
                break;
            }
            if (heard == frame.token && take_frame(self, usart, &frame)) {
                obey(self, usart, &frame);
                break;
            }
        } while (1);
    }
}
