#include "filters.h"

/*
 * BL encoding T1 with J1 = J2 = 1 (ARMv7-M ARM): 11110 and the offset's high 11 bits, 11111 and its low 11 bits, in half-words from the
 * instruction's address + 4. The two patterns exclude one another and stay, so each half is known by its neighbour, filtered or not.
 */
#define PATTERN 0xF800u
#define FIRST_HALF 0xF000u
#define SECOND_HALF 0xF800u
#define OFFSET_BITS 11u
#define OFFSET_MASK 0x7FFu

int32_t filter_branch(filter_source *source, uint32_t position, uint32_t length, uint32_t address, enum filter_direction direction)
{
    const int32_t half = source(position);
    const uint32_t pattern = (uint32_t)half & PATTERN;
    if (half < (int32_t)FILTER_LEAST_BRANCH) {
        return half;
    }
    const uint32_t other = pattern == FIRST_HALF ? position + 2 : position - 2;
    if (other >= length || other / FILTER_BLOCK_BYTES != position / FILTER_BLOCK_BYTES) {
        return half;
    }
    const int32_t mate = source(other);
    if (mate < 0) {
        return mate;
    }
    if (((uint32_t)mate & PATTERN) != (pattern ^ FIRST_HALF ^ SECOND_HALF)) {
        return half;
    }
    const uint32_t high = (uint32_t)(pattern == FIRST_HALF ? half : mate) & OFFSET_MASK;
    const uint32_t low = (uint32_t)(pattern == FIRST_HALF ? mate : half) & OFFSET_MASK;
    const uint32_t origin = (address + (pattern == FIRST_HALF ? 4 : 2)) / 2;
    const uint32_t target = (high << OFFSET_BITS | low) + (direction == FILTER_TO_ABSOLUTE ? origin : -origin);
    return (int32_t)(pattern | ((pattern == FIRST_HALF ? target >> OFFSET_BITS : target) & OFFSET_MASK));
}
