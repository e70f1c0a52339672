/*
 * The content as LZMA sees it: code with absolute branch targets, tables as differences, block by block (host/codec/block-filters.ts). One
 * rule serves both directions: it takes filtered half-words to content and, for history that only flash remembers, content to filtered.
 */
#ifndef FILTERS_H
#define FILTERS_H

#include <stdint.h>

#define FILTER_BLOCK_BYTES 2048u
#define FILTER_BRANCHES 0u /* any other number of a filter: the difference to the byte so many before */
#define FILTER_REACH 16u /* numbers are below */

/* The half-word at an even position of the content; negative: cannot be read now. */
typedef int32_t filter_source(uint32_t position);

/* A half-word below is no half of a branch. Most are not: worth asking first. */
#define FILTER_LEAST_BRANCH 0xF000u

enum filter_direction { FILTER_TO_ABSOLUTE, FILTER_TO_RELATIVE };

/* Where a position of the content lies in flash. */
typedef uint32_t filter_address(uint32_t position);

/* The half-word at `position` with the branch target, if it is part of one, the other way. `length`: of the content. Negative when the source is. */
int32_t filter_branch(filter_source *source, filter_address *address, uint32_t position, uint32_t length, enum filter_direction direction);

#endif
