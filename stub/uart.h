/*
 * The line: reception into a ring by circular DMA that never stops, answers by DMA from one buffer. No interrupts.
 *
 * Positions count bytes since the stub started, modulo 2^32; a position's byte is in the ring until RING_BYTES more have come.
 */
#ifndef UART_H
#define UART_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "memory.h"

/* Takes over the USART as the loader set it up (rate, parity, pins). */
void uart_begin(uint32_t usart, uint32_t token);

/* Position behind the last byte received. To be called at least once per RING_BYTES of line time. */
uint32_t uart_received(void);

/* PE, FE, NE and ORE flags seen so far. */
uint32_t uart_line_errors(void);

/* Length of a bit on the line, in cycles of 64 MHz. */
uint32_t uart_bit_cycles(void);

/* Base address of the USART in use. */
uint32_t uart_base(void);

/* Is the last answer still being sent? The payload must not be touched until it is not. */
bool uart_is_sending(void);

/* Where the payload of the next answer goes. Waits for the answer before, at most one answer's time on the line. */
uint8_t *uart_answer_payload(void);

/* Frames `length` bytes of payload as message `type` and begins to send them. */
void uart_answer(uint8_t type, uint32_t offset, uint32_t length);

/* The divider for `to` bits per second, where the loader found a line of `from`: what its clock is off by is in what the loader measured. At least what
   the USART can do (RM0433 §48.5.4: 16). */
uint32_t uart_divider(uint32_t from, uint32_t to);

/* Once the last answer has left the line. What is coming in at that moment is lost. */
void uart_divide(uint32_t divider);

/* Waits until the last answer has left the line. */
void uart_finish(void);

/* Puts DMA1 and the USARTs back to their reset state. Nothing else here works afterwards. */
void uart_end(void);

#endif
