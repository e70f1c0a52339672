#include "workspace.h"
#include "../flash.h"
#include "../memory.h"
#include "../wire.gen.h"
#include "unpack.h"

#include <stddef.h>

static struct {
    uint16_t models[LZMA_MOST_MODELS];
    struct unpack_span spans[WIRE_MOST_SPANS];
    int32_t shifts[1 + 2 * WIRE_HALF_THE_SHIFTS];
} self;

bool workspace_begin(uint32_t head, uint32_t content_bytes)
{
    const uint32_t granule_shift = head >> 12 & 0xFu;
    /* The more history is in RAM, the less often a busy bank is waited for; an update has its copies of sectors there. */
    const bool is_long = granule_shift == 0 && memory_window_bytes() == WIRE_WINDOW_MOST_BYTES;
    const struct unpack_setup setup = {
        .lzma = {
            .models = self.models,
            .recent = (uint8_t *)(is_long ? WIRE_COPIES_ADDRESS : RECENT_ADDRESS),
            .recent_mask = (is_long ? WIRE_COPY_BYTES : WIRE_RECENT_BYTES) - 1,
            .ring = {(const uint8_t *)WINDOW_ADDRESS, (const uint8_t *)WINDOW_ADDRESS + memory_window_bytes()},
            .input = NULL,     /* the pieces bring it … */
            .packed_bytes = 0, /* … one by one */
            .parameters = head & 0xFFFFu,
        },
        .content = {
            .directory_bytes = head >> 16,
            .spans = self.spans,
            .spans_end = self.spans + WIRE_MOST_SPANS,
            .content_bytes = content_bytes,
            .word_bytes = flash_word_bytes(),
        },
    };
    relocation_begin(self.shifts, WIRE_HALF_THE_SHIFTS, granule_shift);
    return unpack_begin(&setup);
}
