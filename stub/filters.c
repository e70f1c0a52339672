#include "filters.h"

#include <stdbool.h>

/*
 * BL encoding T1 with J1 = J2 = 1 (ARMv7-M ARM): 11110 and the offset's high 11 bits, 11111 and its low 11 bits, in half-words from the
 * instruction's address + 4. The two patterns exclude one another and stay, so each half is known by its neighbour, filtered or not.
 */
#define PATTERN 0xF800u
#define FIRST_HALF 0xF000u
#define SECOND_HALF 0xF800u
#define OFFSET_BITS 11u
#define OFFSET_MASK 0x7FFu

int32_t filter_branch(filter_source *source, filter_address *address, uint32_t position, uint32_t length, enum filter_direction direction)
{
    const int32_t half = source(position);
    const uint32_t pattern = (uint32_t)half & PATTERN;
    if (half < (int32_t)FILTER_LEAST_BRANCH) {
        return half;
    }
    const bool is_first = pattern == FIRST_HALF;
    const uint32_t other = is_first ? position + 2 : position - 2;
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
    const uint32_t high = (uint32_t)(is_first ? half : mate) & OFFSET_MASK;
    const uint32_t low = (uint32_t)(is_first ? mate : half) & OFFSET_MASK;
    const uint32_t origin = (address(is_first ? position : other) + 4) / 2;
    const uint32_t target = (high << OFFSET_BITS | low) + (direction == FILTER_TO_ABSOLUTE ? origin : -origin);
    return (int32_t)(pattern | ((is_first ? target >> OFFSET_BITS : target) & OFFSET_MASK));
}
