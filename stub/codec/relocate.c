#include "relocate.h"

#include "filters.h"

#define UNKNOWN INT32_MIN
#define FLASH 2u /* class of an address: its highest six bits; of a branch: 0 */
#define CLASSES 16u
#define LATEST 3u /* two events */

static struct {
    int32_t *known; /* always */
    uint32_t half;
    uint32_t granule_shift;
    /* Of each class, latest lowest: has what was expected to move done so? Data that only looks like addresses has not. */
    uint8_t trust[CLASSES];
} self;

void relocation_begin(int32_t *shifts, uint32_t half, uint32_t granule_shift)
{
    self.known = shifts;
    self.half = half;
    self.granule_shift = granule_shift;
    for (uint32_t at = 0; at <= 2 * half; at++) {
        shifts[at] = UNKNOWN;
    }
    shifts[0] = shifts[1 + half] = 0;
    for (uint32_t class = 0; class < CLASSES; class++) {
        self.trust[class] = LATEST;
    }
}

static int32_t *entry_of(uint32_t address, uint32_t half)
{
    return self.known + 1 + half + (address >> self.granule_shift & (self.half - 1));
}

void relocation_learn(uint32_t address, uint32_t shift)
{
    *entry_of(address, 0) = (int32_t)shift;
}

/* Half-word by half-word, without a carry. */
static uint32_t add_halves(uint32_t a, uint32_t b)
{
    return ((a + b) & 0xFFFFu) | ((a & 0xFFFF0000u) + (b & 0xFFFF0000u));
}

uint32_t relocate(uint32_t pair, uint32_t address, uint32_t shift, uint32_t error)
{
    const bool branches = is_branch(pair);
    const uint32_t class = branches ? 0 : pair >> 26;
    uint8_t *const trust = &self.trust[class];
    int32_t *const entry = branches ? entry_of(address + 4 + 2 * branch_offset(pair), 0) : entry_of(pair, class == FLASH ? 0 : self.half);
    const int32_t *known = entry;
    while (*known == UNKNOWN) {
        known--;
    }
    const uint32_t expected = branches ? move_branch(pair, (uint32_t)((int32_t)((uint32_t)*known - shift) >> 1)) : pair + (uint32_t)*known;
    const uint32_t moved = add_halves((*trust & LATEST) != 0 ? expected : pair, error);
    if (expected != pair) {
        *trust = (uint8_t)(*trust << 1 | (moved != pair));
    }
    /* The offset's 22 bits, with their sign, as bytes. */
    *entry = (int32_t)(branches ? shift + (uint32_t)((int32_t)((branch_offset(moved) - branch_offset(pair)) << (32 - BRANCH_OFFSET_BITS)) >> (31 - BRANCH_OFFSET_BITS))
                                : moved - pair);
    return moved;
}
