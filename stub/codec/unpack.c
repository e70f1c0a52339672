#include "unpack.h"

#include "../bytes.h"
#include "filters.h"
#include "../flash.h"

#include <stddef.h>

#define CONTENT_BYTES (2 * FLASH_MOST_WORD_BYTES)
#define IS_COPY FILTER_REACH /* instead of a filter */

/* A span and the content before it. */
struct place {
    const struct unpack_span *span;
    uint32_t begins;
};

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
    return lzma_begin(&self.lzma) && self.setup.directory_bytes - 1 <= self.lzma.setup.recent_mask && self.setup.directory_bytes % 2 == 0;
}

void unpack_feed(const uint8_t *input, uint32_t packed_bytes)
{
    self.lzma.coder.input = input;
    self.lzma.setup.packed_bytes = packed_bytes;
}

/* Seven bits a byte, highest first; all bytes but the last have the eighth set. */
static uint32_t number(uint32_t *at)
{
    uint32_t value = 0;
    uint32_t byte;
    do {
        byte = self.lzma.setup.recent[(*at)++ & self.lzma.setup.recent_mask];
        value = value << 7 | (byte & 0x7F);
    } while (byte >= 0x80 && *at < self.setup.directory_bytes);
    return value;
}

/* The sign is the lowest bit. */
static uint32_t change(uint32_t value)
{
    return value >> 1 ^ -(value & 1);
}

/* Spans of half-words that together are the content, and what copies tell of where things went. False: they are no good. */
static bool accept_directory(void)
{
    struct unpack_span *span = self.setup.spans;
    uint32_t left = self.setup.content_bytes;
    uint32_t address = 0;
    uint32_t shift = 0;
    self.writing = self.reading = (struct place){span, 0};
    for (uint32_t at = 0; left != 0; span++) {
        const uint32_t length = number(&at);
        if ((length & 1) != 0) {
            address += change(number(&at));
        }
        if (span == self.setup.spans_end || length < 2 || length > left + 1) {
            return false;
        }
        span->length = length & ~1u;
        span->address = address;
        span->filter = number(&at);
        if (span->filter >= IS_COPY) {
            shift += change(span->filter - IS_COPY);
            span->filter = IS_COPY;
            relocation_learn(address - shift, shift);
        }
        span->shift = shift;
        address += span->length;
        left -= span->length;
    }
    return true;
}

/* Where a position of the content belongs in flash. */
static uint32_t locate(struct place *place, uint32_t position)
{
    while (position < place->begins) {
        place->span--;
        place->begins -= place->span->length;
    }
    while (position - place->begins >= place->span->length) {
        place->begins += place->span->length;
        place->span++;
    }
    return place->span->address + position - place->begins;
}

/* What is left of its span. */
static uint32_t rest(const struct place *place, uint32_t position)
{
    return place->begins + place->span->length - position;
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

static uint32_t decoded_half(uint32_t position)
{
    return load_u16(&self.lzma.setup.recent[(self.setup.directory_bytes + position) & self.lzma.setup.recent_mask]);
}

static uint8_t *content_at(uint32_t position)
{
    return &self.content[position & (CONTENT_BYTES - 1)];
}

static int32_t old_half(uint32_t address)
{
    const int32_t low = unpack_old_byte(address);
    const int32_t high = unpack_old_byte(address + 1);
    return low < 0 ? low : high < 0 ? high : (high << 8 | low);
}

/* Makes what comes next: a branch or an address, else a half-word; negative as unpack_old_byte() is. */
static int32_t make(void)
{
    const uint32_t address = locate(&self.writing, self.made);
    const struct unpack_span *const span = self.writing.span;
    const bool is_pair = rest(&self.writing, self.made) != 2;
    uint32_t pair = decoded_half(self.made) | decoded_half(self.made + 2) << 16;
    uint32_t halves = 1;
    if (span->filter == IS_COPY) {
        const uint32_t from = address - span->shift;
        const int32_t first = old_half(from);
        const int32_t second = is_pair ? old_half(from + 2) : 0;
        if (first < 0 || second < 0) {
            return first < 0 ? first : second;
        }
        const uint32_t old = (uint32_t)first | (uint32_t)second << 16;
        if (is_branch(old) || (address % 4 == 0 && is_address(old))) {
            pair = relocate(old, from, span->shift, pair);
            halves = 2;
        } else {
            pair += old;
        }
    } else if (span->filter == FILTER_BRANCHES && is_pair && is_branch(pair)) {
        pair = move_branch(pair, -(address + 4) / 2);
        halves = 2;
    }
    const uint32_t back = span->filter % IS_COPY; /* to what a byte is the difference to */
    for (halves *= 2; halves != 0; halves--, pair >>= 8, self.made++) {
        *content_at(self.made) = (uint8_t)(pair + (back != 0 ? *content_at(self.made - back) : 0u));
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
        if (!accept_directory()) {
            return UNPACK_BROKEN;
        }
    }
    const uint32_t end = self.position + self.setup.word_bytes;
    locate(&self.writing, end - 2);
    const uint32_t beyond = rest(&self.writing, end - 2) == 2 ? end : end + 2; /* a pair may go on in the next word, but not in the next span */
    const uint32_t address = locate(&self.writing, self.position);
    if (((address | self.setup.content_bytes) & (self.setup.word_bytes - 1)) != 0) {
        return UNPACK_BROKEN;
    }
    const enum lzma_result result = lzma_run(&self.lzma, self.setup.directory_bytes + beyond, received);
    if (result != LZMA_REACHED) {
        return (enum unpack_result)result;
    }
    while (self.made < end) {
        const int32_t refused = make();
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
