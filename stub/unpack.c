#include "unpack.h"

#include <stdbool.h>

#include "bytes.h"
#include "filters.h"
#include "lzma.h"

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
    struct lzma lzma;
    struct unpack_stream stream;
    uint32_t *directory;
    const uint8_t *filters;   /* of each block, behind the runs */
    uint32_t directory_bytes; /* decoded in front of the content */
    uint32_t position;        /* in the content: of the next word */
    bool directory_known;
    bool broken;
    struct place writing;
    struct place reading;
    uint8_t before[FILTER_MOST_DISTANCE]; /* the content's last bytes */
} self;

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

static uint32_t filter_at(uint32_t position)
{
    return self.filters[position / FILTER_BLOCK_BYTES];
}

static int32_t content_in_flash(uint32_t position)
{
    return unpack_flash_half(address_of(&self.reading, position));
}

static int32_t content_byte_in_flash(uint32_t position)
{
    const int32_t half = content_in_flash(position & ~1u);
    return half < 0 || position % 2 == 0 ? half : half >> 8;
}

static int32_t filtered_in_ram(uint32_t position)
{
    return load_u16(&self.lzma.recent[(self.directory_bytes + position) & self.lzma.recent_mask]);
}

/* History that the ring has forgotten: what is in flash, filtered once more. */
static int32_t old_byte(uint32_t decoded)
{
    if (decoded < self.directory_bytes) {
        return ((const uint8_t *)self.directory)[decoded];
    }
    const uint32_t position = decoded - self.directory_bytes;
    const uint32_t filter = filter_at(position);
    if (filter == FILTER_BRANCHES) {
        const uint32_t even = position & ~1u;
        const uint32_t address = address_of(&self.reading, even);
        const int32_t half = filter_branch(content_in_flash, even, self.stream.content_bytes, address, FILTER_TO_ABSOLUTE);
        return half < 0 ? half : half >> position % 2 * 8 & 0xFF;
    }
    const int32_t now = content_byte_in_flash(position);
    const int32_t before = position < filter ? 0 : content_byte_in_flash(position - filter);
    return now < 0 || before < 0 ? -1 : (now - before) & 0xFF;
}

void unpack_begin(const struct unpack_memory *memory, const struct unpack_stream *stream)
{
    const uint32_t blocks = stream->content_bytes / FILTER_BLOCK_BYTES + (stream->content_bytes % FILTER_BLOCK_BYTES != 0);
    self.stream = *stream;
    self.directory = memory->directory;
    self.filters = (const uint8_t *)memory->directory + stream->runs * sizeof(struct run);
    self.directory_bytes = (stream->runs * sizeof(struct run) + blocks + DIRECTORY_ALIGNMENT - 1) & ~(DIRECTORY_ALIGNMENT - 1);
    self.position = 0;
    self.directory_known = false;
    self.writing = self.reading = (struct place){(const struct run *)memory->directory, 0};
    __builtin_memset(self.before, 0, sizeof self.before);
    self.lzma.models = memory->models;
    self.lzma.recent = memory->recent;
    self.lzma.recent_mask = memory->recent_bytes - 1;
    self.lzma.old_byte = old_byte;
    self.lzma.input_begin = stream->ring_begin;
    self.lzma.input_end = stream->ring_end;
    self.lzma.coder.input = stream->first;
    self.lzma.packed_bytes = stream->packed_bytes;
    self.broken = !lzma_begin(&self.lzma, stream->properties) || stream->runs > memory->directory_bytes / sizeof(struct run)
        || self.directory_bytes > memory->directory_bytes;
}

/* Runs of whole words that together are the content, and filters that there are. */
static bool accept_directory(void)
{
    uint32_t left = self.stream.content_bytes;
    for (uint32_t at = 0; at < self.directory_bytes; at++) {
        ((uint8_t *)self.directory)[at] = self.lzma.recent[at];
    }
    const struct run *run = self.writing.run;
    for (uint32_t at = 0; at < self.stream.runs; at++, run++) {
        if (run->length - 1 >= left || (run->address | run->length) % self.stream.word_bytes != 0) {
            return false;
        }
        left -= run->length;
    }
    for (uint32_t at = 0; at < self.stream.content_bytes; at += FILTER_BLOCK_BYTES) {
        if (filter_at(at) > FILTER_MOST_DISTANCE) {
            return false;
        }
    }
    return left == 0;
}

/* One word of content from what was decoded. */
static void unfilter(uint32_t address, uint8_t *word)
{
    const uint32_t filter = filter_at(self.position);
    const uint32_t bytes = self.stream.word_bytes;
    const uint32_t branch_from = filter == FILTER_BRANCHES ? FILTER_LEAST_BRANCH : UINT32_MAX;
    uint32_t decoded = self.directory_bytes + self.position;
    for (uint32_t at = 0; at < bytes; at += 2, decoded += 2) {
        uint32_t half = load_u16(&self.lzma.recent[decoded & self.lzma.recent_mask]);
        if (half >= branch_from) {
            half = (uint32_t)filter_branch(filtered_in_ram, self.position + at, self.stream.content_bytes, address + at, FILTER_TO_RELATIVE);
        }
        store_u16(word + at, (uint16_t)half);
    }
    for (uint32_t at = 0; filter != FILTER_BRANCHES && at < bytes; at++) {
        word[at] = (uint8_t)(word[at] + (at < filter ? self.before[FILTER_MOST_DISTANCE + at - filter] : word[at - filter]));
    }
    __builtin_memcpy(self.before, word + bytes - FILTER_MOST_DISTANCE, FILTER_MOST_DISTANCE);
}

/* Decodes up to a position of the content. */
static enum unpack_result decode(uint32_t position, uint32_t received)
{
    static const uint8_t results[] = {
        [LZMA_REACHED] = UNPACK_WORD, [LZMA_WANTS_INPUT] = UNPACK_WANTS_INPUT, [LZMA_WANTS_HISTORY] = UNPACK_WANTS_FLASH, [LZMA_BROKEN] = UNPACK_BROKEN};
    return results[lzma_run(&self.lzma, self.directory_bytes + position, received)];
}

enum unpack_result unpack_next(uint32_t received, struct unpacked_word *unpacked)
{
    if (self.broken) {
        return UNPACK_BROKEN;
    }
    if (self.position == self.stream.content_bytes) {
        return UNPACK_DONE;
    }
    enum unpack_result result = UNPACK_WORD;
    if (!self.directory_known) {
        result = decode(0, received);
        if (result == UNPACK_WORD) {
            self.directory_known = true;
            result = accept_directory() ? UNPACK_WORD : UNPACK_BROKEN;
        }
    }
    if (result == UNPACK_WORD) {
        const uint32_t end = self.position + self.stream.word_bytes;
        result = decode(end == self.stream.content_bytes ? end : end + 2, received); /* a branch may go on in the next word */
    }
    self.broken = result == UNPACK_BROKEN;
    if (result == UNPACK_WORD) {
        unpacked->address = address_of(&self.writing, self.position);
        unfilter(unpacked->address, (uint8_t *)unpacked->word);
        self.position += self.stream.word_bytes;
    }
    return result;
}

uint32_t unpack_taken(void)
{
    return self.lzma.coder.taken;
}
