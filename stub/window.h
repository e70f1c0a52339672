/*
 * The stream as it comes in: pieces of it, in any order, until they are executed. Offsets count bytes of the stream, modulo 2^32;
 * bookkeeping is in units of WIRE_UNIT_BYTES.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdint.h>

#include "frame.h"

/* `bytes`: how far ahead of what is executed the window reaches. */
void window_begin(uint32_t bytes);

/* Keeps what is new in a DATA frame; ignores what is old or too far ahead. */
void window_store(const struct frame *frame);

/* Everything before this offset has come. */
uint32_t window_received(void);

/* Where this byte of the stream lies in the ring from WINDOW_ADDRESS on. */
uint8_t *window_place(uint32_t offset);

/* A piece of the stream that has come and is not yet released. */
void window_read(uint32_t offset, uint8_t *to, uint32_t length);

/* Everything before `offset` is executed and its place free for what comes. */
void window_release(uint32_t offset);

/* Bit map of the units behind window_received() (PROTOCOL.md, PROGRESS); returns its length in bytes, at most WIRE_MAP_BYTES. */
uint32_t window_map(uint8_t *map);

#endif
