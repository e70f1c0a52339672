/*
 * Branches, as LZMA is better not given them: BL and B.W hold the way from themselves to their target, which changes with either's place.
 *
 * T1 of BL and T4 of B.W with J1 = J2 = 1 (ARMv7-M ARM): 11110 and the offset's high 11 bits, 1x111 and its low 11 bits, in half-words from
 * the instruction's address + 4. The patterns exclude one another and stay when the offset changes, so a pair is known as one before and after,
 * by its two half-words alone.
 */
#ifndef FILTERS_H
#define FILTERS_H

#include <stdbool.h>
#include <stdint.h>

#define FILTER_BLOCK_BYTES 2048u
#define FILTER_BRANCHES 0u /* any other number of a filter: the difference to the byte so many before */
#define FILTER_REACH 16u /* numbers are below */
#define FILTER_COPY FILTER_REACH /* instead of a filter */

#define BRANCH_FIRST_PATTERN 0xF800u
#define BRANCH_FIRST 0xF000u
#define BRANCH_SECOND 0xB800u
#define BRANCH_OFFSET_BITS 22u

/* Two half-words in a row as one word, the first one low. */
static inline bool is_branch(uint32_t pair)
{
    return (pair & (BRANCH_FIRST_PATTERN | BRANCH_SECOND << 16)) == (BRANCH_FIRST | BRANCH_SECOND << 16);
}

/* In half-words, modulo 2^22. */
static inline uint32_t branch_offset(uint32_t pair)
{
    return (pair & 0x7FFu) << 11 | (pair >> 16 & 0x7FFu);
}

/* The branch with its offset so many half-words further on. */
uint32_t move_branch(uint32_t pair, uint32_t halves);

#endif
