/*
 * A packed stream → flash words and where they go: lzma.c decodes, the directory in front of the content says what the content is made of
 * (host/codec/directory.ts): runs, and in them by turns pieces that are copied from what the flash held before, with what has become of branches
 * and addresses in them (relocate.c), and pieces that are new, filtered block by block. An image without a past is one new piece. The window of new content
 * reaches over all that was unpacked: what is too old for RAM is read from flash and filtered again. Never waits and never writes flash;
 * that is up to whoever asks for the words, one after the other.
 */
#ifndef UNPACK_H
#define UNPACK_H

#include "directory.h"
#include "lzma.h"
#include "relocate.h"

/* A word must be in flash when the content is so much further on. */
#define UNPACK_LEAST_RECENT_BYTES 4096u

enum unpack_result {
    UNPACK_WORD = LZMA_REACHED,              /* the next one is there */
    UNPACK_WANTS_INPUT = LZMA_WANTS_INPUT,   /* ask again when more has come */
    UNPACK_WANTS_FLASH = LZMA_WANTS_HISTORY, /* ask again when the busy bank is idle */
    UNPACK_BROKEN = LZMA_BROKEN,             /* no stream of our encoder; not to be asked again */
    UNPACK_DONE,
};

/* Memory is nobody else's until the stream is done. */
struct unpack_setup {
    struct lzma_setup lzma; /* at least UNPACK_LEAST_RECENT_BYTES, from an even address on */
    struct unpack_content content;
};

/* Of the last word; valid until the next call of unpack_next(). */
struct unpacked {
    uint32_t address;     /* aligned, but not checked to be in flash */
    const uint32_t *word;
};

/* After relocation_begin(), which needs no more than half = 1 where nothing is copied. False: no stream of our encoder. */
bool unpack_begin(const struct unpack_setup *setup);

/* The input goes on at `input`, up to so many packed bytes, counted from the first: where a stream comes in parts. */
void unpack_feed(const uint8_t *input, uint32_t packed_bytes);

/* `received`: packed bytes that have come, at most packed_bytes. Decodes one word, at first the directory too. The last word of a run wants no
   input that only the next run needs. */
enum unpack_result unpack_next(uint32_t received, struct unpacked *unpacked);

/* Packed bytes that are not needed any more. */
uint32_t unpack_taken(void);

/* The half-word at an even address that an unpacked word went to; negative while its bank is busy. Provided by the flash's side. */
int32_t unpack_flash_half(uint32_t address);

/* Copies what was at an address before the update. Negative: -UNPACK_WANTS_FLASH, not now; -UNPACK_BROKEN, it is not there, and the flash's side keeps
   in mind what was asked for. Provided by the flash's side. */
int32_t unpack_old(uint32_t address, uint32_t length, uint8_t *to);

#endif
