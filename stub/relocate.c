#include "relocate.h"

#include "filters.h"

#define UNKNOWN INT32_MIN
#define OTHER_GRANULE_SHIFT 5u /* variables are smaller than functions */
#define FLASH 2u               /* class of an address: its highest six bits; of a branch: 0 */
#define CLASSES 16u
#define FULL_TRUST 2u

static struct {
    struct relocation_setup setup;
    /* Of each class: have the last ones been moved at all? Data that only looks like addresses is not. */
    uint8_t trust[CLASSES];
} self;

void relocation_begin(const struct relocation_setup *setup)
{
    self.setup = *setup;
    for (uint32_t at = 0; at <= 2 * setup->half; at++) {
        setup->shifts[at] = UNKNOWN;
    }
    setup->shifts[0] = setup->shifts[1 + setup->half] = 0;
    for (uint32_t class = 0; class < CLASSES; class++) {
        self.trust[class] = 1;
    }
}

static int32_t *entry_of(uint32_t address, bool is_flash)
{
    const uint32_t half = self.setup.half;
    return &self.setup.shifts[1 + (is_flash ? (address >> self.setup.granule_shift & (half - 1)) : (half | (address >> OTHER_GRANULE_SHIFT & (half - 1))))];
}

void relocation_learn(uint32_t address, uint32_t shift)
{
    *entry_of(address, true) = (int32_t)shift;
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
    int32_t *const entry = branches ? entry_of(address + 4 + 2 * branch_offset(pair), true) : entry_of(pair, class == FLASH);
    const int32_t *known = entry;
    while (*known == UNKNOWN) {
        known--;
    }
    const uint32_t expected = branches ? move_branch(pair, (uint32_t)((int32_t)((uint32_t)*known - shift) >> 1)) : pair + (uint32_t)*known;
    const uint32_t moved = add_halves(*trust != 0 ? expected : pair, error);
    /* The offset's 22 bits, with their sign, as bytes. */
    *entry = (int32_t)(branches ? shift + (uint32_t)((int32_t)((branch_offset(moved) - branch_offset(pair)) << (32 - BRANCH_OFFSET_BITS)) >> (31 - BRANCH_OFFSET_BITS))
                               : moved - pair);
    if (expected != pair && moved == pair && *trust != 0) {
        --*trust;
    }
    if (expected != pair && moved != pair && *trust != FULL_TRUST) {
        ++*trust;
    }
    return moved;
}
