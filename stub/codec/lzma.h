/*
 * Decodes raw LZMA1 (no header, no end marker) a few bytes at a time, wherever input or history end for now. Needs no memory but what it is
 * given: the latest bytes are kept in a ring, older ones are asked for. Distances are checked against what exists; nothing is ever
 * read or written outside of models, ring and input.
 */
#ifndef LZMA_H
#define LZMA_H

#include "range.h"

#include <stdbool.h>
#include <stdint.h>

/* What one symbol may take. 22 adaptive decisions of at most log2(2048 / 31) = 6.05 bits and 26 direct bits narrow the range by 160 bits;
   it may begin at 2^18 and is below 2^32 after each byte taken: (32 - 18 + 160) / 8 = 21 bytes. The first symbol has five more in front. */
#define LZMA_MOST_SYMBOL_BYTES 26u

/* Entries of the table of models with lc + lp = 4, the most that is accepted. */
#define LZMA_MOST_MODELS (1846u + (0x300u << 4))

enum lzma_result {
    LZMA_REACHED,      /* the position asked for */
    LZMA_WANTS_INPUT,  /* go on when more has come */
    LZMA_WANTS_HISTORY, /* lzma_old_byte() had to say "not now" */
    LZMA_BROKEN,       /* no stream of an encoder; not to be asked again */
};

/* The byte that was decoded at `position`, longer ago than the ring reaches; negative: cannot be read now, ask again. Provided by the caller's side. */
int32_t lzma_old_byte(uint32_t position);

/* The caller's part. */
struct lzma_setup {
    uint16_t *models; /* LZMA_MOST_MODELS of them */
    uint8_t *recent;  /* ring of the bytes decoded last, byte n at n & recent_mask */
    uint32_t recent_mask;
    struct range_ring ring;
    const uint8_t *input;  /* the first byte */
    uint32_t packed_bytes; /* of the whole stream */
    /* lc and lp (together at most 4) and pb (at most 4) in one nibble each, lc lowest. */
    uint32_t parameters;
};

struct lzma {
    struct lzma_setup setup;
    struct range_coder coder;
    uint32_t position; /* bytes decoded */
    uint32_t last;     /* of them */
    uint32_t state;
    uint32_t distances[4]; /* 0-based, latest first */
    uint32_t copy_left;    /* bytes of a match still to come */
    uint32_t literal_position_mask;
    uint32_t literal_context_shift;
    uint32_t position_mask;
};

/* `lzma->setup` is set. False: these parameters are none. */
bool lzma_begin(struct lzma *lzma);

/* Decodes until `position` is `until`, which must not be so far ahead that the ring overwrites what the caller still needs.
   `received`: bytes of input that have come, counted from the stream's first, at most packed_bytes. */
enum lzma_result lzma_run(struct lzma *lzma, uint32_t until, uint32_t received);

#endif
