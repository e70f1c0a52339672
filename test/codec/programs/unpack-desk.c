/*
 * The unpacker on the desk, under ASan and UBSan: jobs from stdin one after the other, for each what came of it to stdout. Every memory is
 * exactly as large as the unpacker is told, input comes in pieces and is overwritten when it has been taken, words reach the flash late, banks are
 * busy now and then. Whatever the unpacker must never do, whatever the stream, ends the program with a message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bytes.h"
#include "unpack.h"

#define FLASH_ADDRESS 0x08000000u
#define FLASH_BYTES 0x200000u
#define WORDS_UNDERWAY 64u /* to the flash; UNPACK_LEAST_RECENT_BYTES allows for twice as many of 32 bytes */
#define OUTSIDE_FLASH 100u /* instead of an unpack_result */
#define GARBAGE 0xA5

static struct {
    uint32_t parameters, directory_bytes, content_bytes, packed_bytes, word_bytes, recent_bytes, most_spans, ring_bytes;
    uint32_t half_the_shifts, granule_shift;
    uint32_t old_bytes; /* what the flash held, from FLASH_ADDRESS on */
    uint32_t seed;
    uint32_t first_piece; /* bytes of input that come first; then pieces of up to most_piece, or everything when that is 0 */
    uint32_t most_piece;
    uint32_t busy_percent;
} job;

static struct {
    uint8_t bytes[FLASH_BYTES];
    uint8_t written[FLASH_BYTES];
    uint32_t reads;
} flash;

static uint8_t *old_flash;

static uint32_t random_state;

static uint32_t below(uint32_t bound)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)random_state * bound >> 32);
}

static void demand(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

int32_t unpack_flash_half(uint32_t address)
{
    const uint32_t at = address - FLASH_ADDRESS;
    demand(address % 2 == 0 && at < FLASH_BYTES && flash.written[at], "history was read where nothing is in flash");
    flash.reads++;
    return below(100) < job.busy_percent ? -1 : load_u16(&flash.bytes[at]);
}

int32_t unpack_old(uint32_t address, uint32_t length, uint8_t *to)
{
    const uint32_t at = address - FLASH_ADDRESS;
    if (at >= job.old_bytes || length > job.old_bytes - at) {
        return -UNPACK_BROKEN;
    }
    if (below(100) < job.busy_percent) {
        return -UNPACK_WANTS_FLASH;
    }
    memcpy(to, old_flash + at, length);
    return 0;
}

static void *allocate(uint32_t bytes)
{
    void *const memory = malloc(bytes);
    demand(memory != NULL, "no memory");
    memset(memory, GARBAGE, bytes);
    return memory;
}

/* More input into the ring, as far as it has room. */
static uint32_t feed(const uint8_t *packed, uint8_t *ring, uint32_t received)
{
    uint32_t piece = received == 0 && job.first_piece != 0 ? job.first_piece : job.most_piece == 0 ? job.packed_bytes : 1 + below(job.most_piece);
    for (; piece != 0 && received != job.packed_bytes && received - unpack_taken() < job.ring_bytes; piece--, received++) {
        ring[received % job.ring_bytes] = packed[received];
    }
    return received;
}

static void put_u32(uint32_t value)
{
    fwrite(&value, 4, 1, stdout);
}

/* Words leave for the flash in order, the oldest when too many are under way. */
struct underway {
    uint32_t count;
    struct {
        uint32_t at;
        uint8_t bytes[32];
    } words[WORDS_UNDERWAY];
};

static void program_oldest(struct underway *underway)
{
    memcpy(&flash.bytes[underway->words[0].at], underway->words[0].bytes, job.word_bytes);
    memset(&flash.written[underway->words[0].at], 1, job.word_bytes);
    memmove(&underway->words[0], &underway->words[1], (--underway->count) * sizeof underway->words[0]);
}

static uint32_t unpack_all(const uint8_t *packed, uint8_t *ring, uint32_t *words)
{
    struct underway underway = {0};
    uint32_t received = 0;
    uint32_t released = 0;
    uint32_t fruitless = 0;
    for (;;) {
        struct unpacked unpacked;
        const enum unpack_result result = unpack_next(received, &unpacked);
        for (; released < unpack_taken() && released < received; released++) {
            ring[released % job.ring_bytes] = GARBAGE;
        }
        demand(++fruitless < 2000, "it does not come to an end");
        if (result == UNPACK_WANTS_INPUT) {
            demand(received != job.packed_bytes, "it wants more input than there is");
            received = feed(packed, ring, received);
            continue;
        }
        if (result == UNPACK_WANTS_FLASH) {
            demand(job.busy_percent != 0, "it waits for a flash that is idle");
            continue;
        }
        if (result != UNPACK_WORD) {
            return result;
        }
        fruitless = 0;
        const uint32_t at = unpacked.address - FLASH_ADDRESS;
        if (at >= FLASH_BYTES || at % job.word_bytes != 0) {
            return OUTSIDE_FLASH;
        }
        put_u32(unpacked.address);
        fwrite(unpacked.word, job.word_bytes, 1, stdout);
        ++*words;
        underway.words[underway.count].at = at;
        memcpy(underway.words[underway.count++].bytes, unpacked.word, job.word_bytes);
        if (underway.count == WORDS_UNDERWAY) {
            program_oldest(&underway);
        }
    }
}

/* Words, a zero, result, number of words, reads of flash. */
static void run_job(void)
{
    uint8_t *const packed = allocate(job.packed_bytes);
    uint8_t *const ring = allocate(job.ring_bytes);
    struct unpack_span *const spans = allocate(job.most_spans * sizeof *spans);
    const struct unpack_setup setup = {
        .lzma = {allocate(2 * LZMA_MOST_MODELS), allocate(job.recent_bytes), job.recent_bytes - 1, {ring, ring + job.ring_bytes}, ring,
                 job.packed_bytes, job.parameters},
        .content = {
            .directory_bytes = job.directory_bytes,
            .spans = spans,
            .spans_end = spans + job.most_spans,
            .content_bytes = job.content_bytes,
            .word_bytes = job.word_bytes,
        },
    };
    demand(fread(packed, 1, job.packed_bytes, stdin) == job.packed_bytes, "the job is cut off");
    old_flash = allocate(job.old_bytes);
    demand(fread(old_flash, 1, job.old_bytes, stdin) == job.old_bytes, "the old content is cut off");
    memset(&flash, 0, sizeof flash);
    random_state = job.seed;
    uint32_t words = 0;
    int32_t *const shifts = allocate((2 * job.half_the_shifts + 1) * sizeof *shifts);
    relocation_begin(shifts, job.half_the_shifts, job.granule_shift);
    const uint32_t result = unpack_begin(&setup) ? unpack_all(packed, ring, &words) : UNPACK_BROKEN;
    put_u32(0);
    put_u32(result);
    put_u32(words);
    put_u32(flash.reads);
    free(packed);
    free(ring);
    free(setup.lzma.models);
    free(setup.lzma.recent);
    free(spans);
    free(shifts);
    free(old_flash);
}

int main(void)
{
    while (fread(&job, sizeof job, 1, stdin) == 1) {
        run_job();
    }
    return 0;
}
