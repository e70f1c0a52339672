#include "unpack.h"

#include "bytes.h"
#include "filters.h"
#include "flash.h"

#define DIRECTORY_ALIGNMENT 16u

struct run {
    uint32_t address;
    uint32_t length;
};

/* A run and the content before it. */
struct place {
    const struct run *run;
    uint32_t begins;
};

static struct {
    struct unpack_setup setup;
    struct lzma lzma;
    uint32_t directory_bytes; /* decoded in front of the content */
    uint32_t position;        /* in the content: of the next word */
    struct place writing;
    struct place reading;
    /* The last word, and before it what a difference can reach back to. */
    uint32_t word[(FILTER_REACH + FLASH_MOST_WORD_BYTES) / 4];
} self;

#define WORD ((uint8_t *)self.word + FILTER_REACH)

/* Position in the content → address. */
static uint32_t address_of(struct place *place, uint32_t position)
{
    while (position < place->begins) {
        place->run--;
        place->begins -= place->run->length;
    }
    while (position - place->begins >= place->run->length) {
        place->begins += place->run->length;
        place->run++;
    }
    return place->run->address + position - place->begins;
}

/* The directory's runs are followed by the blocks' filters. */
static uint32_t filter_at(uint32_t position)
{
    const uint8_t *const filters = (const uint8_t *)((const struct run *)self.setup.directory + self.setup.runs);
    return filters[position / FILTER_BLOCK_BYTES] % FILTER_REACH;
}

/* Words are written and history is read far apart: each remembers its own place. */
static uint32_t writing_address(uint32_t position)
{
    return address_of(&self.writing, position);
}

static uint32_t reading_address(uint32_t position)
{
    return address_of(&self.reading, position);
}

static int32_t content_in_flash(uint32_t position)
{
    return unpack_flash_half(reading_address(position));
}

static int32_t content_byte_in_flash(uint32_t position)
{
    const int32_t half = content_in_flash(position & ~1u);
    return half < 0 || position % 2 == 0 ? half : half >> 8;
}

static int32_t filtered_in_ram(uint32_t position)
{
    return load_u16(&self.lzma.setup.recent[(self.directory_bytes + position) & self.lzma.setup.recent_mask]);
}

/* History that the ring has forgotten: what is in flash, filtered once more. */
static int32_t old_byte(uint32_t decoded)
{
    if (decoded < self.directory_bytes) {
        return ((const uint8_t *)self.setup.directory)[decoded];
    }
    const uint32_t position = decoded - self.directory_bytes;
    const uint32_t filter = filter_at(position);
    if (filter == FILTER_BRANCHES) {
        const uint32_t even = position & ~1u;
        const int32_t half = filter_branch(content_in_flash, reading_address, even, self.setup.content_bytes, FILTER_TO_ABSOLUTE);
        return half < 0 ? half : half >> position % 2 * 8 & 0xFF;
    }
    const int32_t now = content_byte_in_flash(position);
    const int32_t before = position < filter ? 0 : content_byte_in_flash(position - filter);
    return now < 0 || before < 0 ? -1 : (now - before) & 0xFF;
}

bool unpack_begin(const struct unpack_setup *setup)
{
    const uint32_t blocks = setup->content_bytes / FILTER_BLOCK_BYTES + 1;
    self.setup = *setup;
    self.directory_bytes = (setup->runs * sizeof(struct run) + blocks + DIRECTORY_ALIGNMENT - 1) & ~(DIRECTORY_ALIGNMENT - 1);
    self.position = 0;
    for (uint32_t at = 0; at < sizeof self.word / 4; at++) {
        self.word[at] = 0;
    }
    self.writing = self.reading = (struct place){(const struct run *)setup->directory, 0};
    self.lzma.setup = setup->lzma;
    self.lzma.old_byte = old_byte;
    return lzma_begin(&self.lzma) && setup->runs < setup->directory_limit / sizeof(struct run) && self.directory_bytes <= setup->directory_limit;
}

/* Runs of whole words that together are the content. */
static bool accept_directory(void)
{
    uint32_t left = self.setup.content_bytes;
    for (uint32_t at = 0; at < self.directory_bytes; at++) {
        ((uint8_t *)self.setup.directory)[at] = self.lzma.setup.recent[at];
    }
    const struct run *run = self.writing.run;
    for (uint32_t runs = self.setup.runs; runs != 0; runs--, run++) {
        if (run->length - 1 >= left || ((run->address | run->length) & (self.setup.word_bytes - 1)) != 0) {
            return false;
        }
        left -= run->length;
    }
    return left == 0;
}

/* One word of content from what was decoded. */
static void unfilter(void)
{
    const uint32_t filter = filter_at(self.position);
    const uint32_t bytes = self.setup.word_bytes;
    const uint32_t branch_from = filter == FILTER_BRANCHES ? FILTER_LEAST_BRANCH : UINT32_MAX;
    uint32_t decoded = self.directory_bytes + self.position;
    __builtin_memcpy(self.word, WORD + bytes - FILTER_REACH, FILTER_REACH);
    for (uint32_t at = 0; at < bytes; at += 2, decoded += 2) {
        uint32_t half = load_u16(&self.lzma.setup.recent[decoded & self.lzma.setup.recent_mask]);
        if (half >= branch_from) {
            half = (uint32_t)filter_branch(filtered_in_ram, writing_address, self.position + at, self.setup.content_bytes, FILTER_TO_RELATIVE);
        }
        store_u16(WORD + at, (uint16_t)half);
    }
    for (uint8_t *byte = WORD; filter != FILTER_BRANCHES && byte != WORD + bytes; byte++) {
        *byte = (uint8_t)(*byte + *(byte - filter));
    }
}

enum unpack_result unpack_next(uint32_t received, struct unpacked *unpacked)
{
    if (self.position == self.setup.content_bytes) {
        return UNPACK_DONE;
    }
    if (self.lzma.position < self.directory_bytes) {
        const enum lzma_result result = lzma_run(&self.lzma, self.directory_bytes, received);
        if (result != LZMA_REACHED) {
            return (enum unpack_result)result;
        }
        if (!accept_directory()) {
            return UNPACK_BROKEN;
        }
    }
    const uint32_t end = self.position + self.setup.word_bytes;
    const uint32_t beyond = end == self.setup.content_bytes ? end : end + 2; /* a branch may go on in the next word */
    const enum lzma_result result = lzma_run(&self.lzma, self.directory_bytes + beyond, received);
    if (result == LZMA_REACHED) {
        unpacked->address = writing_address(self.position);
        unpacked->word = self.word + FILTER_REACH / 4;
        unfilter();
        self.position = end;
    }
    return (enum unpack_result)result;
}

uint32_t unpack_taken(void)
{
    return self.lzma.coder.taken;
}
