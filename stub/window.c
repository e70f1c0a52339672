#include "window.h"
#include "bytes.h"
#include "memory.h"
#include "wire.gen.h"

#define MOST_UNITS 4096u

static struct {
    uint32_t units;    /* the window's size */
    uint32_t released; /* first unit that is not executed */
    uint32_t received; /* first unit that has not come */
    uint32_t beyond;   /* behind the last unit that has come */
    uint8_t map[MOST_UNITS / 8];
} self;

void window_begin(uint32_t bytes)
{
    self.units = bytes / WIRE_UNIT_BYTES;
}

uint32_t window_received(void)
{
    return self.received * WIRE_UNIT_BYTES;
}

uint8_t *window_place(uint32_t offset)
{
    return (uint8_t *)(WINDOW_ADDRESS + offset / WIRE_UNIT_BYTES % self.units * WIRE_UNIT_BYTES + offset % WIRE_UNIT_BYTES);
}

static uint32_t has_come(uint32_t unit)
{
    const uint32_t slot = unit % self.units;
    return self.map[slot / 8] >> slot % 8 & 1u;
}

static void mark(uint32_t unit, uint32_t come)
{
    const uint32_t slot = unit % self.units;
    self.map[slot / 8] = (uint8_t)((self.map[slot / 8] & ~(1u << slot % 8)) | come << slot % 8);
}

void window_store(const struct frame *frame)
{
    uint32_t unit = frame->offset / WIRE_UNIT_BYTES;
    if (frame->offset % WIRE_UNIT_BYTES != 0 || frame->length % WIRE_UNIT_BYTES != 0) {
        return;
    }
    for (uint32_t at = 0; at < frame->length; at += WIRE_UNIT_BYTES, unit++) {
        if (unit - self.released >= self.units || has_come(unit)) {
            continue;
        }
        frame_copy(frame, at, window_place(unit * WIRE_UNIT_BYTES), WIRE_UNIT_BYTES);
        mark(unit, 1);
        if (self.beyond - self.released < unit + 1 - self.released) {
            self.beyond = unit + 1;
        }
    }
    while (self.received != self.beyond && has_come(self.received)) {
        self.received++;
    }
}

void window_read(uint32_t offset, uint8_t *to, uint32_t length)
{
    while (length != 0) {
        const uint32_t unit_left = WIRE_UNIT_BYTES - offset % WIRE_UNIT_BYTES;
        const uint32_t run = unit_left < length ? unit_left : length;
        copy_bytes(to, window_place(offset), run);
        offset += run;
        length -= run;
        to += run;
    }
}

void window_release(uint32_t offset)
{
    while (self.released != offset / WIRE_UNIT_BYTES) {
        mark(self.released++, 0);
    }
}

uint32_t window_map(uint8_t *map)
{
    uint32_t units = self.beyond - self.received;
    if (units > 8 * WIRE_MAP_BYTES) {
        units = 8 * WIRE_MAP_BYTES;
    }
    for (uint32_t at = 0; at < units; at++) {
        if (at % 8 == 0) {
            map[at / 8] = 0;
        }
        map[at / 8] = (uint8_t)(map[at / 8] | has_come(self.received + at) << at % 8);
    }
    return (units + 7) / 8;
}
