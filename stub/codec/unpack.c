#include "unpack.h"

#include "../bytes.h"
#include "directory.h"
#include "filters.h"
#include "../flash.h"

#include <stddef.h>

#define CONTENT_BYTES (2 * FLASH_MOST_WORD_BYTES)

static struct {
    uint32_t position; /* in the content: of the next word */
    uint32_t made;     /* content that is there; one half-word more than whole words when a pair lies across an end */
    struct place writing;
    struct place reading; /* history, far from where words are written */
    struct unpack_content setup;
    /* A ring: the words, and before them what a difference can reach back to. */
    uint8_t content[CONTENT_BYTES] __attribute__((aligned(4)));
    struct lzma lzma;
} self;

_Static_assert(FLASH_MOST_WORD_BYTES >= FILTER_REACH, "a difference reaches back into the last word at most");

bool unpack_begin(const struct unpack_setup *setup)
{
    self.setup = setup->content;
    self.lzma.setup = setup->lzma;
    self.position = self.made = 0;
    /* Half-words of content are whole in the ring only behind an even directory. */
    return lzma_begin(&self.lzma) && self.setup.directory_bytes - 1 <= self.lzma.setup.recent_mask && self.setup.directory_bytes % 2 == 0 &&
           (self.setup.content_bytes & (self.setup.word_bytes - 1)) == 0;
}

void unpack_feed(const uint8_t *input, uint32_t packed_bytes)
{
    self.lzma.coder.input = input;
    self.lzma.setup.packed_bytes = packed_bytes;
}

/* A byte of what went to flash, from a half-word that has the place of its target instead of the way to it if it is part of a branch and
   branches are filtered. */
static int32_t byte_in_flash(uint32_t position, uint32_t filter)
{
    const uint32_t even = position & ~1u;
    const uint32_t address = locate(&self.reading, even);
    int32_t half = unpack_flash_half(address);
    const bool is_first = ((uint32_t)half & BRANCH_FIRST_PATTERN) == BRANCH_FIRST;
    if (half >= (int32_t)BRANCH_SECOND && filter == FILTER_BRANCHES && (is_first ? rest(&self.reading, even) != 2 : even != self.reading.begins)) {
        const uint32_t first = is_first ? address : address - 2;
        const int32_t other = unpack_flash_half(is_first ? address + 2 : first);
        const uint32_t pair = is_first ? (uint32_t)other << 16 | (uint32_t)half : (uint32_t)half << 16 | (uint32_t)other;
        if (other < 0) {
            return other;
        }
        if (is_branch(pair)) {
            half = (int32_t)(move_branch(pair, (first + 4) / 2) >> (is_first ? 0 : 16) & 0xFFFF);
        }
    }
    return half < 0 ? half : half >> position % 2 * 8 & 0xFF;
}

int32_t lzma_old_byte(uint32_t decoded)
{
    const uint32_t position = decoded - self.setup.directory_bytes;
    if (decoded < self.setup.directory_bytes) {
        return 0;
    }
    locate(&self.reading, position);
    const uint32_t filter = self.reading.span->filter;
    const int32_t byte = byte_in_flash(position, filter);
    if (filter == FILTER_BRANCHES || position < filter) {
        return byte;
    }
    const int32_t before = byte_in_flash(position - filter, filter);
    return byte < 0 || before < 0 ? -1 : (byte - before) & 0xFF;
}

static INLINE const uint8_t *decoded_at(uint32_t position)
{
    return &self.lzma.setup.recent[(self.setup.directory_bytes + position) & self.lzma.setup.recent_mask];
}

static INLINE uint8_t *content_at(uint32_t position)
{
    return &self.content[position & (CONTENT_BYTES - 1)];
}

static INLINE void put_pair(uint32_t at, uint32_t pair)
{
    store_u16(content_at(at), (uint16_t)pair);
    store_u16(content_at(at + 2), (uint16_t)(pair >> 16));
}

/* New content up to `end`, which a branch may reach beyond. */
static void make_branches(uint32_t address, uint32_t end, uint32_t span_end)
{
    const uint32_t begin = address - self.made;
    uint32_t at = self.made;
    while (at < end) {
        uint32_t pair = load_u16(decoded_at(at));
        if ((pair & BRANCH_FIRST_PATTERN) == BRANCH_FIRST && at + 2 != span_end) {
            pair |= (uint32_t)load_u16(decoded_at(at + 2)) << 16;
            if (is_branch(pair)) {
                put_pair(at, move_branch(pair, -(begin + at + 4) / 2));
                at += 4;
                continue;
            }
        }
        store_u16(content_at(at), (uint16_t)pair);
        at += 2;
    }
    self.made = at;
}

static void make_differences(uint32_t back, uint32_t end)
{
    uint32_t at = self.made;
    for (; at < end; at++) {
        *content_at(at) = (uint8_t)(*decoded_at(at) + *content_at(at - back));
    }
    self.made = at;
}

/* Copied content; negative as unpack_old() is. */
static int32_t make_copy(uint32_t address, uint32_t shift, uint32_t end, uint32_t span_end)
{
    uint8_t old[FLASH_MOST_WORD_BYTES + 4];
    uint32_t at = self.made;
    const uint32_t begin = address - at;
    const uint32_t length = end == span_end ? end - at : end - at + 2; /* a pair may reach beyond `end`, but not beyond the span */
    store_u16(old + length, 0);
    const int32_t refused = unpack_old(address - shift, length, old);
    if (refused < 0) {
        return refused;
    }
    for (const uint8_t *next = old; at < end; ) {
        const uint32_t pair = load_u32(next);
        const uint32_t error = load_u16(decoded_at(at));
        if (is_branch(pair) || ((begin + at) % 4 == 0 && is_address(pair))) {
            put_pair(at, relocate(pair, begin + at - shift, shift, error | (uint32_t)load_u16(decoded_at(at + 2)) << 16));
            next += 4;
            at += 4;
        } else {
            store_u16(content_at(at), (uint16_t)(pair + error));
            next += 2;
            at += 2;
        }
    }
    self.made = at;
    return 0;
}

/* Makes what comes next of one span, up to `end` or half a branch or address more; negative as unpack_old() is. */
static int32_t make(uint32_t end)
{
    const uint32_t address = locate(&self.writing, self.made);
    const struct unpack_span *const span = self.writing.span;
    const uint32_t span_end = self.made + rest(&self.writing, self.made);
    const uint32_t stop = end < span_end ? end : span_end;
    if (span->filter == FILTER_COPY) {
        return make_copy(address, span->shift, stop, span_end);
    }
    if (span->filter == FILTER_BRANCHES) {
        make_branches(address, stop, span_end);
    } else {
        make_differences(span->filter, stop);
    }
    return 0;
}

enum unpack_result unpack_next(uint32_t received, struct unpacked *unpacked)
{
    if (self.position == self.setup.content_bytes) {
        return UNPACK_DONE;
    }
    if (self.lzma.position < self.setup.directory_bytes) {
        const enum lzma_result result = lzma_run(&self.lzma, self.setup.directory_bytes, received);
        if (result != LZMA_REACHED) {
            return (enum unpack_result)result;
        }
        if (!directory_read(&self.lzma.setup, &self.setup)) {
            return UNPACK_BROKEN;
        }
        self.writing = self.reading = (struct place){self.setup.spans, 0};
    }
    const uint32_t end = self.position + self.setup.word_bytes;
    locate(&self.writing, end - 2);
    const uint32_t beyond = rest(&self.writing, end - 2) == 2 ? end : end + 2; /* a pair may go on in the next word, but not in the next span */
    const uint32_t address = locate(&self.writing, self.position);
    if ((address & (self.setup.word_bytes - 1)) != 0) {
        return UNPACK_BROKEN;
    }
    const enum lzma_result result = lzma_run(&self.lzma, self.setup.directory_bytes + beyond, received);
    if (result != LZMA_REACHED) {
        return (enum unpack_result)result;
    }
    while (self.made < end) {
        const int32_t refused = make(end);
        if (refused < 0) {
            return (enum unpack_result)-refused;
        }
    }
    unpacked->address = address;
    unpacked->word = (const uint32_t *)(const void *)content_at(self.position);
    self.position = end;
    return UNPACK_WORD;
}

uint32_t unpack_taken(void)
{
    return self.lzma.coder.taken;
}
