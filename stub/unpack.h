/*
 * A packed stream → flash words and where they go: lzma.c decodes, filters.c undoes the filters, the directory in front of the content says
 * addresses and filters (host/codec/directory.ts). The window reaches over all that was unpacked: what is too old for RAM is read from flash and
 * filtered again. Never waits and never writes flash; that is up to whoever asks for the words, one after the other.
 */
#ifndef UNPACK_H
#define UNPACK_H

#include "lzma.h"

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
    struct lzma_setup lzma;    /* at least UNPACK_LEAST_RECENT_BYTES, from an even address on */
    uint32_t *directory;       /* for the runs' addresses and the blocks' filters … */
    uint32_t directory_limit;  /* … so many bytes, at most those of lzma.recent */
    uint32_t runs;
    uint32_t content_bytes;
    uint32_t word_bytes;       /* of this flash */
};

/* Valid until the next call of unpack_next(). */
struct unpacked {
    uint32_t address;     /* aligned, but not checked to be in flash */
    const uint32_t *word;
};

/* False: no stream of our encoder. */
bool unpack_begin(const struct unpack_setup *setup);

/* `received`: packed bytes that have come, at most packed_bytes. Decodes one word, at first the directory too. */
enum unpack_result unpack_next(uint32_t received, struct unpacked *unpacked);

/* Packed bytes that are not needed any more. */
uint32_t unpack_taken(void);

/* The half-word at an even address that an unpacked word went to; negative while its bank is busy. Provided by the flash's side. */
int32_t unpack_flash_half(uint32_t address);

#endif
