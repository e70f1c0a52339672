/*
 * uart.h on the desk: what comes is put into the ring at once, answers take a few looks. Ends the program where an answer is larger than its buffer,
 * is overwritten while it is being sent, or tells of more than has come.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "crc32.h"
#include "desk-line.h"
#include "uart.h"
#include "wire.gen.h"

#define LONGEST_LOOKS 4u
#define BIT_CYCLES 556u /* 115200 bit/s */

static struct {
    uint32_t token;
    uint32_t received;
    uint32_t looks; /* until the answer is sent */
    uint32_t random;
} self;

/* Of its own, so that the sanitizer sees its end. */
static uint8_t answer[ANSWER_BYTES - WIRE_HEADER_BYTES - WIRE_TRAILER_BYTES];

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "line: %s\n", what);
        abort();
    }
}

void desk_line_begin(void)
{
    if (mmap((void *)(uintptr_t)RING_ADDRESS, RING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED) {
        perror("the ring's address is taken");
        exit(1);
    }
}

void desk_line_reset(uint32_t seed)
{
    memset(&self, 0, sizeof self);
    self.random = seed;
}

void desk_line_bytes(const uint8_t *bytes, uint32_t length)
{
    for (; length != 0; length--) {
        ((volatile uint8_t *)RING_ADDRESS)[self.received++ & (RING_BYTES - 1u)] = *bytes++;
    }
}

void desk_line_lose(uint32_t length)
{
    self.received -= length;
}

void desk_line_token(uint32_t token)
{
    self.token = token;
}

void desk_line_frame(uint8_t type, uint8_t mask, uint32_t offset, const uint8_t *payload, uint32_t length)
{
    static uint8_t frame[WIRE_HEADER_BYTES + WIRE_MAX_PAYLOAD_BYTES + WIRE_TRAILER_BYTES] __attribute__((aligned(4)));
    store_u16(frame + WIRE_HEADER_MAGIC_AT, WIRE_MAGIC);
    frame[WIRE_HEADER_TYPE_AT] = type;
    frame[WIRE_HEADER_MASK_AT] = 0;
    store_u16(frame + WIRE_HEADER_LENGTH_AT, (uint16_t)length);
    store_u32(frame + WIRE_HEADER_TOKEN_AT, self.token);
    store_u32(frame + WIRE_HEADER_OFFSET_AT, offset);
    store_u16(frame + WIRE_HEADER_CHECK_AT, (uint16_t)~crc32_add(CRC32_BEGIN, frame, WIRE_HEADER_CHECK_AT));
    memcpy(frame + WIRE_HEADER_BYTES, payload, length);
    store_u32(frame + WIRE_HEADER_BYTES + length, ~crc32_add(CRC32_BEGIN, frame, WIRE_HEADER_BYTES + length));
    desk_line_bytes(frame, WIRE_HEADER_MASK_AT);
    for (uint32_t at = WIRE_HEADER_MASK_AT + 1; at < WIRE_HEADER_BYTES + length + WIRE_TRAILER_BYTES; at++) {
        const uint32_t masked = at - WIRE_HEADER_MASK_AT - 1;
        if (masked == 0 || ((type & WIRE_SEVERAL_MASKS) && masked % WIRE_MASKED_BYTES == 0)) {
            mask = (uint8_t)(5 * mask + masked); /* each its own */
            desk_line_bytes(&mask, 1);
        }
        frame[at] ^= mask;
        desk_line_bytes(frame + at, 1);
    }
}

void uart_begin(uint32_t usart, uint32_t token)
{
    (void)usart;
    self.token = token;
    self.received = 0;
}

uint32_t uart_received(void)
{
    return self.received;
}

uint32_t uart_line_errors(void)
{
    return 0;
}

uint32_t uart_bit_cycles(void)
{
    return BIT_CYCLES;
}

uint32_t uart_base(void)
{
    return 0;
}

bool uart_is_sending(void)
{
    return self.looks != 0 && --self.looks != 0;
}

uint8_t *uart_answer_payload(void)
{
    self.looks = 0;
    return answer;
}

void uart_answer(uint8_t type, uint32_t offset, uint32_t length)
{
    demand(self.looks == 0, "an answer in the middle of another one");
    demand(length <= sizeof answer, "an answer is too long");
    demand(type != WIRE_TYPE_PROGRESS || (int32_t)(offset - load_u32(answer + WIRE_PROGRESS_EXECUTED_AT)) >= 0, "more is executed than has come");
    self.random = self.random * 1664525u + 1013904223u;
    self.looks = 1 + (self.random >> 16) % LONGEST_LOOKS;
}

uint32_t uart_divider(uint32_t from, uint32_t to)
{
    return from + to;
}

void uart_divide(uint32_t divider)
{
    (void)divider;
}

void uart_finish(void)
{
    self.looks = 0;
}

void uart_end(void)
{
}
