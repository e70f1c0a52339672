/* The line of the desk, beyond uart.h: what the other end puts on it. */
#ifndef DESK_LINE_H
#define DESK_LINE_H

#include <stdint.h>

/* Maps the memory of the ring; once. */
void desk_line_begin(void);

/* A new session: nothing has come. `seed`: how long answers take. */
void desk_line_reset(uint32_t seed);

void desk_line_bytes(const uint8_t *bytes, uint32_t length);

/* Takes back the last `length` bytes, which get lost on the way. */
void desk_line_lose(uint32_t length);

/* A valid frame. */
void desk_line_frame(uint8_t type, uint8_t mask, uint32_t offset, const uint8_t *payload, uint32_t length);

/* Frames carry this from now on. */
void desk_line_token(uint32_t token);

#endif
