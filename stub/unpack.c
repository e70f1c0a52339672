#include "unpack.h"

#include "bytes.h"
#include "filters.h"
#include "flash.h"

#define CONTENT_BYTES (2 * FLASH_MOST_WORD_BYTES)
#define IS_COPY FILTER_REACH

/* A run of the content, with its address in flash, or a piece of it: new, with a filter, or IS_COPY, with its way from the old address to the new one. */
struct span {
    uint32_t length;
    uint32_t value;
    uint32_t filter;
};

/* A span and the content before it. */
struct place {
    const struct span *span;
    uint32_t begins;
};

/* Of one position: both kinds of spans cover all of the content. */
struct places {
    struct place run;
    struct place piece;
};

static struct {
    uint32_t position; /* in the content: of the next word */
    uint32_t made;     /* content that is there; one half-word more than whole words when a pair lies across an end */
    struct places writing;
    struct places reading; /* history, far from where words are written */
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
    relocation_begin(&setup->relocation);
    return lzma_begin(&self.lzma) && self.setup.runs <= self.setup.most_spans && self.setup.pieces <= self.setup.most_spans - self.setup.runs &&
           self.setup.directory_bytes - 1 <= self.lzma.setup.recent_mask;
}

/* Seven bits a byte, highest first; all bytes but the last have the eighth set. Behind the directory there are only zeros. */
static uint32_t number(uint32_t *at)
{
    uint32_t value = 0;
    while (*at != self.setup.directory_bytes) {
        const uint32_t byte = self.lzma.setup.recent[(*at)++];
        value = value << 7 | (byte & 0x7F);
        if (byte < 0x80) {
            break;
        }
    }
    return value;
}

/* Each is a length in half-words and a filter, or IS_COPY more than the change of the value, its sign lowest. False: they are not the content. */
static bool read_spans(struct span *span, uint32_t count, uint32_t *at, uint32_t unaligned)
{
    uint32_t left = self.setup.content_bytes;
    for (uint32_t value = 0; count != 0; count--, span++) {
        span->length = 2 * number(at);
        span->filter = number(at);
        if (span->filter >= IS_COPY) {
            const uint32_t change = span->filter - IS_COPY;
            value += change >> 1 ^ -(change & 1);
            span->filter = IS_COPY;
        }
        span->value = value;
        if (span->length - 1 >= left || ((value | span->length) & unaligned) != 0) {
            return false;
        }
        left -= span->length;
    }
    return left == 0;
}

static uint32_t locate_in(struct place *place, uint32_t position)
{
    while (position < place->begins) {
        place->span--;
        place->begins -= place->span->length;
    }
    while (position - place->begins >= place->span->length) {
        place->begins += place->span->length;
        place->span++;
    }
    return place->begins + place->span->length - position;
}

/* Returns whether a pair of half-words may begin here: it lies within one run and one piece. */
static bool locate(struct places *places, uint32_t position)
{
    return (locate_in(&places->run, position) != 2) & (locate_in(&places->piece, position) != 2);
}

static uint32_t address_of(const struct places *places, uint32_t position)
{
    return places->run.span->value + position - places->run.begins;
}

static bool accept_directory(void)
{
    struct span *const runs = self.setup.spans;
    struct span *const pieces = runs + self.setup.runs;
    uint32_t at = 0;
    if (!read_spans(runs, self.setup.runs, &at, self.setup.word_bytes - 1) || !read_spans(pieces, self.setup.pieces, &at, 0)) {
        return false;
    }
    self.writing = self.reading = (struct places){{runs, 0}, {pieces, 0}};
    for (at = 0; at != self.setup.content_bytes; at += self.reading.piece.span->length) {
        locate(&self.reading, at);
        if (self.reading.piece.span->filter == IS_COPY) {
            relocation_learn(address_of(&self.reading, at) - self.reading.piece.span->value, self.reading.piece.span->value);
        }
    }
    return true;
}

/* What went to flash, with a branch as LZMA sees it: the place of its target instead of the way to it. */
static int32_t filtered_half(uint32_t position)
{
    bool may_begin = locate(&self.reading, position);
    const uint32_t address = address_of(&self.reading, position);
    const int32_t half = unpack_flash_half(address);
    uint32_t first = address;
    if (half < (int32_t)BRANCH_SECOND) {
        return half;
    }
    if (((uint32_t)half & BRANCH_FIRST_PATTERN) != BRANCH_FIRST) {
        first = address - 2;
        may_begin = position != 0 && locate(&self.reading, position - 2);
    }
    if (!may_begin) {
        return half;
    }
    const int32_t low = unpack_flash_half(first);
    const int32_t high = unpack_flash_half(first + 2);
    if (low < 0 || high < 0) {
        return -1;
    }
    uint32_t pair = (uint32_t)low | (uint32_t)high << 16;
    if (is_branch(pair)) {
        pair = move_branch(pair, (first + 4) / 2);
    }
    return (int32_t)(first == address ? pair & 0xFFFF : pair >> 16);
}

static int32_t byte_in_flash(uint32_t position)
{
    locate(&self.reading, position);
    const int32_t half = unpack_flash_half(address_of(&self.reading, position & ~1u));
    return half < 0 ? half : half >> position % 2 * 8 & 0xFF;
}

int32_t lzma_old_byte(uint32_t decoded)
{
    const uint32_t position = decoded - self.setup.directory_bytes;
    if (decoded < self.setup.directory_bytes) {
        return 0;
    }
    locate(&self.reading, position);
    const uint32_t filter = self.reading.piece.span->filter;
    if (filter == FILTER_BRANCHES) {
        const int32_t half = filtered_half(position & ~1u);
        return half < 0 ? half : half >> position % 2 * 8 & 0xFF;
    }
    const int32_t now = byte_in_flash(position);
    const int32_t before = position < filter ? 0 : byte_in_flash(position - filter);
    return now < 0 || before < 0 ? -1 : (now - before) & 0xFF;
}

static uint32_t decoded_half(uint32_t position)
{
    return load_u16(&self.lzma.setup.recent[(self.setup.directory_bytes + position) & self.lzma.setup.recent_mask]);
}

static uint8_t *content_at(uint32_t position)
{
    return &self.content[position & (CONTENT_BYTES - 1)];
}

/* At any address; the flash's side knows even ones. */
static int32_t old_half(uint32_t address)
{
    const int32_t half = unpack_old_half(address & ~1u);
    if (half < 0 || address % 2 == 0) {
        return half;
    }
    const int32_t next = unpack_old_half(address + 1);
    return next < 0 ? next : half >> 8 | (next & 0xFF) << 8;
}

static void put(uint32_t half)
{
    store_u16(content_at(self.made), (uint16_t)half);
    self.made += 2;
}

static void put_pair(uint32_t pair)
{
    put(pair);
    put(pair >> 16);
}

/* Makes what comes next of a copy: a branch or an address, else a half-word; negative as unpack_old_half() is. */
static int32_t make_copy(uint32_t error, uint32_t address, bool is_pair)
{
    const uint32_t shift = self.writing.piece.span->value;
    const uint32_t from = address - shift;
    const int32_t first = old_half(from);
    const int32_t second = is_pair ? old_half(from + 2) : 0;
    if (first < 0 || second < 0) {
        return first < 0 ? first : second;
    }
    const uint32_t pair = (uint32_t)first | (uint32_t)second << 16;
    if (is_branch(pair) || (address % 4 == 0 && is_address(pair))) {
        put_pair(relocate(pair, from, shift, error));
    } else {
        put(pair + error);
    }
    return 0;
}

/* The same of a new piece: its filter is undone. */
static void make_new(uint32_t pair, uint32_t address, bool is_pair)
{
    const uint32_t filter = self.writing.piece.span->filter;
    if (filter == FILTER_BRANCHES && is_pair && is_branch(pair)) {
        put_pair(move_branch(pair, -(address + 4) / 2));
        return;
    }
    put(pair);
    for (uint32_t at = self.made - 2; filter != FILTER_BRANCHES && at != self.made; at++) {
        *content_at(at) = (uint8_t)(*content_at(at) + *content_at(at - filter));
    }
}

static int32_t make(void)
{
    const bool is_pair = locate(&self.writing, self.made);
    const uint32_t address = address_of(&self.writing, self.made);
    const uint32_t decoded = decoded_half(self.made) | decoded_half(self.made + 2) << 16;
    if (self.writing.piece.span->filter == IS_COPY) {
        return make_copy(decoded, address, is_pair);
    }
    make_new(decoded, address, is_pair);
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
    /* A pair may go on in the next word, but not in the next run. */
    const uint32_t beyond = locate_in(&self.writing.run, self.position) == self.setup.word_bytes ? end : end + 2;
    unpacked->address = address_of(&self.writing, self.position);
    unpacked->word = (const uint32_t *)(const void *)content_at(self.position);
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
    self.position = end;
    return UNPACK_WORD;
}

uint32_t unpack_taken(void)
{
    return self.lzma.coder.taken;
}
