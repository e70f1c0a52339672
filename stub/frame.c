#include "frame.h"
#include "clock.h"
#include "crc32.h"
#include "uart.h"
#include "wire.gen.h"

#define QUIET_MS 20u
/* Every frame has one mask at least, for what is behind it. */
#define FIRST_MASK_AT WIRE_HEADER_MASK_AT
#define SEVERAL_MASKS_SHIFT 6u
#define ONE_MASK_SHIFT 31u
_Static_assert(1u << SEVERAL_MASKS_SHIFT == WIRE_MASKED_BYTES, "masks are counted by a shift");

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

/* Not inlined: its address alone fills ten bytes, in six places. */
__attribute__((noinline)) static uint8_t ring_byte(uint32_t position)
{
    return ((const volatile uint8_t *)RING_ADDRESS)[position & (RING_BYTES - 1u)];
}

/* Four bytes, from a position that is a multiple of 4. */
static uint32_t ring_word(uint32_t position)
{
    return *(const volatile uint32_t *)((const volatile uint8_t *)RING_ADDRESS + (position & (RING_BYTES - 1u)));
}

/* The byte at offset `at` of the frame as it is without masks. */
static uint8_t frame_byte(const struct frame *frame, uint32_t at)
{
    if (at < FIRST_MASK_AT) {
        return ring_byte(frame->start + at);
    }
    const uint32_t masks = at == FIRST_MASK_AT ? 0 : (at - FIRST_MASK_AT - 1) >> frame->mask_shift; /* behind the first */
    const uint8_t mask = ring_byte(frame->start + FIRST_MASK_AT + masks * (WIRE_MASKED_BYTES + 1));
    return ring_byte(frame->start + at + masks) ^ mask;
}

void frame_copy(const struct frame *frame, uint32_t at, uint8_t *to, uint32_t length)
{
    const uint32_t masks = 0x01010101u * ring_byte(frame->start + FIRST_MASK_AT);
    for (at += WIRE_HEADER_BYTES; length != 0;) {
        const uint32_t position = frame->start + at;
        if (frame->mask_shift != ONE_MASK_SHIFT || position % 4 != 0 || length < 4) {
            *to++ = frame_byte(frame, at++);
            length--;
            continue;
        }
        store_u32(to, ring_word(position) ^ masks);
        to += 4;
        at += 4;
        length -= 4;
    }
}

/* CRC of header and payload as they are without masks. */
static uint32_t frame_crc(const uint8_t *header, const struct frame *frame)
{
    const volatile uint8_t *const ring = (const volatile uint8_t *)RING_ADDRESS;
    const uint8_t mask = ring_byte(frame->start + FIRST_MASK_AT);
    const uint32_t in_ring = (frame->start + WIRE_HEADER_BYTES) & (RING_BYTES - 1u);
    const uint32_t before_wrap = RING_BYTES - in_ring < frame->length ? RING_BYTES - in_ring : frame->length;
    uint32_t crc = crc32_add(CRC32_BEGIN, header, WIRE_HEADER_BYTES);
    if (frame->mask_shift == ONE_MASK_SHIFT) {
        crc = crc32_add_masked(crc, ring + in_ring, before_wrap, mask);
        return ~crc32_add_masked(crc, ring, frame->length - before_wrap, mask);
    }
    for (uint32_t at = 0; at < frame->length; at++) {
        const uint8_t byte = frame_byte(frame, WIRE_HEADER_BYTES + at);
        crc = crc32_add(crc, &byte, 1);
    }
    return ~crc;
}

/* Is there a frame at `start`? `self.wanted` tells how many bytes that question needs when the answer is INCOMPLETE. */
static enum verdict frame_at(uint32_t start, uint32_t end, struct frame *frame)
{
    uint8_t header[WIRE_HEADER_BYTES] __attribute__((aligned(4)));
    self.wanted = start + WIRE_HEADER_BYTES;
    if (end - start < WIRE_HEADER_BYTES) {
        return INCOMPLETE;
    }
    frame->start = start;
    if ((frame_byte(frame, WIRE_HEADER_MAGIC_AT) | frame_byte(frame, WIRE_HEADER_MAGIC_AT + 1) << 8) != WIRE_MAGIC) {
        return NO_FRAME;
    }
    frame->type = frame_byte(frame, WIRE_HEADER_TYPE_AT);
    frame->mask_shift = frame->type & WIRE_SEVERAL_MASKS ? SEVERAL_MASKS_SHIFT : ONE_MASK_SHIFT;
    for (uint32_t at = 0; at < WIRE_HEADER_BYTES; at++) {
        header[at] = frame_byte(frame, at);
    }
    frame->type &= (uint8_t)~WIRE_SEVERAL_MASKS;
    frame->length = load_u16(header + WIRE_HEADER_LENGTH_AT);
    if (load_u16(header + WIRE_HEADER_CHECK_AT) != (uint16_t)~crc32_add(CRC32_BEGIN, header, WIRE_HEADER_CHECK_AT) ||
        frame->length > WIRE_MAX_PAYLOAD_BYTES) {
        return NO_FRAME;
    }
    frame->offset = load_u32(header + WIRE_HEADER_OFFSET_AT);
    const uint32_t bytes = WIRE_HEADER_BYTES + frame->length + WIRE_TRAILER_BYTES;
    self.wanted = start + bytes + ((bytes - FIRST_MASK_AT - 2) >> frame->mask_shift);
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
