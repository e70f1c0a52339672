/* Frames out of the ring: PROTOCOL.md §3. What belongs to no valid frame is skipped and counted. */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct frame {
    uint32_t offset;
    uint32_t start;     /* position of its first byte in the ring, see uart.h */
    uint16_t length;    /* bytes of payload */
    uint8_t type;       /* of the message */
    uint8_t mask_shift; /* 2^this many bytes behind each mask */
};

/* Only frames with this token are taken. */
void frame_begin(uint32_t token);

/* Have enough bytes come, up to the position `end`, for frame_next() to say something new? */
bool frame_is_due(uint32_t end);

/* The next whole frame before `end`, if there is one. Its payload stays in the ring until RING_BYTES more have come. */
bool frame_next(uint32_t end, struct frame *frame);

/* Copies `length` bytes of payload from `at` on, unmasked; or of the CRC behind it. */
void frame_copy(const struct frame *frame, uint32_t at, uint8_t *to, uint32_t length);

/* Bytes so far that belonged to no valid frame of ours. */
uint32_t frame_discarded(void);

#endif
