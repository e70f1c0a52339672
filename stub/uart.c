/* USART and DMA1 of the H7 (RM0433 §48, §15, §17). Streams: 0 receives, 1 sends. */
#include "uart.h"
#include "crc32.h"
#include "registers.h"
#include "settings.h"
#include "watchdog.h"
#include "wire.gen.h"

#define LINE_ERRORS (USART_ISR_PE | USART_ISR_FE | USART_ISR_NE | USART_ISR_ORE)

static struct {
    uint32_t usart;
    uint32_t token;
    uint32_t received;
    uint32_t line_errors;
    uint32_t trbuff;
    uint32_t first_divider; /* as auto-baud measured it */
    uint32_t masks; /* of this session: WIRE_SEVERAL_MASKS in the type of each answer, or nothing */
} self;

_Static_assert(WIRE_OPTION_SEVERAL_MASKS == WIRE_SEVERAL_MASKS, "the option is ORed onto the type");

static uint32_t rx_request(uint32_t usart)
{
    return usart == USART1_BASE ? DMAMUX_REQUEST_USART1_RX : usart == USART2_BASE ? DMAMUX_REQUEST_USART2_RX : DMAMUX_REQUEST_USART3_RX;
}

/*
 * Erratum "DMA stream could be locked when transferring data to/from USART" (ES0392 §2.22): such streams need TRBUFF, on all silicon
 * but the early H74x, which lacks both erratum's cure and the bit.
 */
static bool is_early_h74x(void)
{
    const uint32_t idcode = REGISTER(DBGMCU_BASE, DBGMCU_IDCODE_AT);
    return (idcode & 0xFFFu) == DEVICE_ID_H74X && idcode >> 16 < 0x2000u;
}

/* Reset bits and enable bits of a bus are in the same places. */
static void pulse_reset(uint32_t rstr_at, uint32_t bits)
{
    REGISTER(RCC_BASE, rstr_at) = bits;
    REGISTER(RCC_BASE, rstr_at) = 0;
    /* RCC and the peripherals hang on different ports of the core, which keep no order between them without this. */
    (void)REGISTER(RCC_BASE, rstr_at);
    __asm volatile("dsb" ::: "memory");
}

void uart_begin(uint32_t usart, uint32_t token)
{
    self.trbuff = is_early_h74x() ? 0 : DMA_SXCR_TRBUFF;
    if (is_early_h74x()) {
        REGISTER(AXI_TARG7_FN_MOD_ADDRESS, 0) = AXI_READ_ISS_OVERRIDE;
    }
    self.usart = usart;
    self.token = token;
    self.masks = setting(WIRE_STUB_OPTIONS_AT) & WIRE_OPTION_SEVERAL_MASKS;
    REGISTER(RCC_BASE, RCC_C1_AHB1ENR_AT) |= RCC_AHB1ENR_DMA1EN;
    REGISTER(RCC_BASE, RCC_C1_AHB2ENR_AT) |= RCC_AHB2ENR_SRAM1EN | RCC_AHB2ENR_SRAM2EN;
    /* DMA2 too: a stream that the ROM left there could serve the same request. */
    pulse_reset(RCC_AHB1RSTR_AT, RCC_AHB1ENR_DMA1EN | RCC_AHB1ENR_DMA2EN);
    REGISTER(DMAMUX1_CHANNEL0_BASE, 0) = rx_request(usart);
    REGISTER(DMAMUX1_CHANNEL1_BASE, 0) = rx_request(usart) + 1;
    self.first_divider = REGISTER(usart, USART_BRR_AT);
    REGISTER(usart, USART_ICR_AT) = LINE_ERRORS;
    REGISTER(usart, USART_CR3_AT) = USART_CR3_DMAR | USART_CR3_DMAT;
    REGISTER(DMA1_STREAM0_BASE, DMA_SXNDTR_AT) = RING_BYTES;
    REGISTER(DMA1_STREAM0_BASE, DMA_SXPAR_AT) = usart + USART_RDR_AT;
    REGISTER(DMA1_STREAM0_BASE, DMA_SXM0AR_AT) = RING_ADDRESS;
    REGISTER(DMA1_STREAM0_BASE, DMA_SXCR_AT) =
        self.trbuff | DMA_SXCR_PL_HIGH | DMA_SXCR_MINC | DMA_SXCR_CIRC | DMA_SXCR_EN;
    REGISTER(DMA1_STREAM1_BASE, DMA_SXPAR_AT) = usart + USART_TDR_AT;
    REGISTER(DMA1_STREAM1_BASE, DMA_SXM0AR_AT) = self.masks == 0 ? ANSWER_ADDRESS : SENT_ADDRESS;
}

uint32_t uart_received(void)
{
    const uint32_t errors = REGISTER(self.usart, USART_ISR_AT) & LINE_ERRORS;
    if (errors != 0) {
        self.line_errors |= errors;
        REGISTER(self.usart, USART_ICR_AT) = errors;
    }
    const uint32_t at = RING_BYTES - REGISTER(DMA1_STREAM0_BASE, DMA_SXNDTR_AT);
    self.received += (at - self.received) & (RING_BYTES - 1u);
    return self.received;
}

uint32_t uart_line_errors(void)
{
    return self.line_errors;
}

uint32_t uart_bit_cycles(void)
{
    return REGISTER(self.usart, USART_BRR_AT);
}

uint32_t uart_base(void)
{
    return self.usart;
}

bool uart_is_sending(void)
{
    return REGISTER(DMA1_STREAM1_BASE, DMA_SXCR_AT) & DMA_SXCR_EN;
}

uint8_t *uart_answer_payload(void)
{
    while (uart_is_sending()) {
    }
    return (uint8_t *)(ANSWER_ADDRESS + WIRE_HEADER_BYTES);
}

/*
 * Copies a frame to where it is sent from. Where it has several masks, each is the first one that keeps 0x11 and 0x13 off the line: 64 bytes and the mask
 * itself rule out 130 of 256. Returns the length with all masks. Nothing of the frame is needed afterwards.
 */
static uint32_t mask_several(uint8_t *frame, uint32_t length)
{
    const uint8_t *const end = frame + length;
    uint8_t *to = (uint8_t *)SENT_ADDRESS;
    store_u32(to, load_u32(frame));
    to += WIRE_HEADER_MASK_AT;
    for (frame += WIRE_HEADER_MASK_AT; frame < end - 1; frame += WIRE_MASKED_BYTES) {
        uint8_t mask = 0;
        *frame = 0; /* what was there has been copied; it becomes the mask */
        for (uint32_t at = 0; at <= WIRE_MASKED_BYTES; at++) {
            to[at] = frame[at] ^ mask;
            if ((to[at] | 2u) == 0x13u) {
                mask++;
                at = -1u;
            }
        }
        to += WIRE_MASKED_BYTES + 1;
    }
    return length + (length - WIRE_HEADER_MASK_AT - 2) / WIRE_MASKED_BYTES;
}

void uart_answer(uint8_t type, uint32_t offset, uint32_t length)
{
    uint8_t *const frame = (uint8_t *)ANSWER_ADDRESS;
    store_u16(frame + WIRE_HEADER_MAGIC_AT, WIRE_MAGIC);
    frame[WIRE_HEADER_TYPE_AT] = (uint8_t)(type | self.masks);
    frame[WIRE_HEADER_MASK_AT] = 0;
    store_u16(frame + WIRE_HEADER_LENGTH_AT, (uint16_t)length);
    store_u32(frame + WIRE_HEADER_TOKEN_AT, self.token);
    store_u32(frame + WIRE_HEADER_OFFSET_AT, offset);
    store_u16(frame + WIRE_HEADER_CHECK_AT, (uint16_t)~crc32_add(CRC32_BEGIN, frame, WIRE_HEADER_CHECK_AT));
    length += WIRE_HEADER_BYTES;
    store_u32(frame + length, ~crc32_add(CRC32_BEGIN, frame, length));
    length += WIRE_TRAILER_BYTES;
    if (self.masks != 0) {
        length = mask_several(frame, length);
    }
    __asm volatile("dsb" ::: "memory");
    REGISTER(DMA1_BASE, DMA_LIFCR_AT) = DMA_LIFCR_STREAM1;
    REGISTER(self.usart, USART_ICR_AT) = USART_ISR_TC;
    REGISTER(DMA1_STREAM1_BASE, DMA_SXNDTR_AT) = length;
    REGISTER(DMA1_STREAM1_BASE, DMA_SXCR_AT) = self.trbuff | DMA_SXCR_MINC | DMA_SXCR_DIR_M2P | DMA_SXCR_EN;
}

void uart_finish(void)
{
    while (uart_is_sending() || !(REGISTER(self.usart, USART_ISR_AT) & USART_ISR_TC)) {
        watchdog_feed();
    }
}

uint32_t uart_divider(uint32_t from, uint32_t to)
{
    const uint32_t divider = to == 0 ? 0 : (self.first_divider * from + to / 2) / to;
    return divider < USART_BRR_LEAST ? USART_BRR_LEAST : divider;
}

void uart_divide(uint32_t divider)
{
    const uint32_t control = REGISTER(self.usart, USART_CR1_AT);
    uart_finish();
    REGISTER(self.usart, USART_CR1_AT) = control & ~USART_CR1_UE;
    REGISTER(self.usart, USART_CR2_AT) &= ~USART_CR2_ABREN; /* it has measured */
    REGISTER(self.usart, USART_BRR_AT) = divider;
    REGISTER(self.usart, USART_CR1_AT) = control;
}

void uart_end(void)
{
    pulse_reset(RCC_AHB1RSTR_AT, RCC_AHB1ENR_DMA1EN);
    pulse_reset(RCC_APB1LRSTR_AT, RCC_APB1LENR_USART2EN | RCC_APB1LENR_USART3EN);
    pulse_reset(RCC_APB2RSTR_AT, RCC_APB2ENR_USART1EN);
}
