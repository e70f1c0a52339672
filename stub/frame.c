#include "frame.h"
#include "clock.h"
#include "crc32.h"
#include "uart.h"
#include "wire.gen.h"

#define QUIET_MS 20u

static struct {
    uint32_t token;
    uint32_t done;      /* position behind the last frame or skipped byte */
    uint32_t wanted;    /* no frame can be complete before this many bytes have come */
    uint32_t seen;      /* position up to which bytes had come at the last look … */
    uint32_t seen_ms;   /* … and when that changed last */
    bool looked_inside; /* since then */
    uint32_t discarded;
} self;

enum verdict { NO_FRAME, INCOMPLETE, WHOLE };

void frame_begin(uint32_t token)
{
    self.token = token;
}

uint32_t frame_discarded(void)
{
    return self.discarded;
}

void frame_copy(const struct frame *frame, uint32_t at, uint8_t *to, uint32_t length)
{
    const uint32_t masks = 0x01010101u * frame->mask;
    uint32_t position = frame->payload + at;
    while (length != 0) {
        if (position % 4 != 0 || length < 4) {
            *to++ = uart_byte(position++) ^ frame->mask;
            length--;
            continue;
        }
        store_u32(to, uart_word(position) ^ masks);
        to += 4;
        position += 4;
        length -= 4;
    }
}

/* CRC of header and payload as they are without the mask. */
static uint32_t frame_crc(const uint8_t *header, const struct frame *frame)
{
    const volatile uint8_t *const ring = (const volatile uint8_t *)RING_ADDRESS;
    const uint32_t in_ring = frame->payload & (RING_BYTES - 1u);
    const uint32_t before_wrap = RING_BYTES - in_ring < frame->length ? RING_BYTES - in_ring : frame->length;
    uint32_t crc = crc32_add(CRC32_BEGIN, header, WIRE_HEADER_BYTES);
    crc = crc32_add_masked(crc, ring + in_ring, before_wrap, frame->mask);
    return ~crc32_add_masked(crc, ring, frame->length - before_wrap, frame->mask);
}

/* Is there a frame at `start`? `self.wanted` tells how many bytes that question needs when the answer is INCOMPLETE. */
static enum verdict frame_at(uint32_t start, uint32_t end, struct frame *frame)
{
    uint8_t header[WIRE_HEADER_BYTES] __attribute__((aligned(4)));
    self.wanted = start + WIRE_HEADER_BYTES;
    if (end - start < WIRE_HEADER_BYTES) {
        return INCOMPLETE;
    }
    frame->payload = start;
    frame->mask = 0;
    frame_copy(frame, 0, header, WIRE_HEADER_MASK_AT + 1);
    if (load_u16(header + WIRE_HEADER_MAGIC_AT) != WIRE_MAGIC) {
        return NO_FRAME;
    }
    frame->mask = header[WIRE_HEADER_MASK_AT];
    frame_copy(frame, WIRE_HEADER_MASK_AT + 1, header + WIRE_HEADER_MASK_AT + 1, WIRE_HEADER_BYTES - WIRE_HEADER_MASK_AT - 1);
    frame->length = load_u16(header + WIRE_HEADER_LENGTH_AT);
    if (load_u16(header + WIRE_HEADER_CHECK_AT) != (uint16_t)~crc32_add(CRC32_BEGIN, header, WIRE_HEADER_CHECK_AT) ||
        frame->length > WIRE_MAX_PAYLOAD_BYTES) {
        return NO_FRAME;
    }
    frame->type = header[WIRE_HEADER_TYPE_AT];
    frame->offset = load_u32(header + WIRE_HEADER_OFFSET_AT);
    frame->payload = start + WIRE_HEADER_BYTES;
    self.wanted = frame->payload + frame->length + WIRE_TRAILER_BYTES;
    if (end - start < self.wanted - start) {
        return INCOMPLETE;
    }
    uint8_t crc[WIRE_TRAILER_BYTES];
    frame_copy(frame, frame->length, crc, WIRE_TRAILER_BYTES);
    const uint32_t token = load_u32(header + WIRE_HEADER_TOKEN_AT);
    const bool is_for_us = token == self.token || (token == WIRE_ANY_TOKEN && frame->type == WIRE_TYPE_POLL);
    return is_for_us && load_u32(crc) == frame_crc(header, frame) ? WHOLE : NO_FRAME;
}

/* The line is quiet behind half a frame: bytes of it are lost, and whole frames may stand inside of what it seemed to be. */
static bool look_inside(uint32_t end, struct frame *frame)
{
    for (uint32_t start = self.done + 1; start != end; start++) {
        if (frame_at(start, end, frame) == WHOLE) {
            self.discarded += start - self.done;
            self.done = self.wanted;
            return true;
        }
    }
    return false;
}

bool frame_is_due(uint32_t end)
{
    return (int32_t)(end - self.wanted) >= 0;
}

bool frame_next(uint32_t end, struct frame *frame)
{
    if (end != self.seen) {
        self.seen = end;
        self.seen_ms = clock_ms();
        self.looked_inside = false;
    }
    while ((int32_t)(end - self.wanted) >= 0 && end != self.done) {
        switch (frame_at(self.done, end, frame)) {
        case WHOLE:
            self.done = self.wanted;
            return true;
        case NO_FRAME:
            self.done++;
            self.discarded++;
            self.wanted = self.done;
            break;
        case INCOMPLETE:
            return false;
        }
    }
    if (!self.looked_inside && end != self.done && clock_ms() - self.seen_ms > QUIET_MS) {
        const uint32_t wanted = self.wanted;
        if (look_inside(end, frame)) {
            return true;
        }
        self.wanted = wanted;
        self.looked_inside = true;
    }
    return false;
}
