#include "filters.h"

uint32_t move_branch(uint32_t pair, uint32_t halves)
{
    const uint32_t offset = branch_offset(pair) + halves;
    return (pair & 0xF800F800u) | (offset >> 11 & 0x7FFu) | (offset & 0x7FFu) << 16;
}
