/*
 * A packed stream → flash words and where they go: lzma.c decodes, filters.c undoes the filters, the directory in front of the content says
 * addresses and filters (host/codec/directory.ts). The window reaches over all that was unpacked: what is too old for RAM is read from flash and
 * filtered again. Neither waits nor writes flash; whoever asks for a word programs it before the next but few: see UNPACK_LEAST_RECENT_BYTES.
 */
#ifndef UNPACK_H
#define UNPACK_H

#include <stdint.h>

#define UNPACK_MOST_WORD_BYTES 32u
/* A word must be in flash when the content is so much further on. */
#define UNPACK_LEAST_RECENT_BYTES 4096u

enum unpack_result {
    UNPACK_WORD,        /* the next one is there */
    UNPACK_WANTS_INPUT, /* ask again when more has come */
    UNPACK_WANTS_FLASH, /* ask again when the busy bank is idle */
    UNPACK_DONE,
    UNPACK_BROKEN, /* no stream of our encoder; stays so */
};

/* RAM that nobody else uses until the stream is done. */
struct unpack_memory {
    uint16_t *models;   /* LZMA_MOST_MODELS */
    uint8_t *recent;    /* even address */
    uint32_t recent_bytes; /* a power of two, at least UNPACK_LEAST_RECENT_BYTES */
    uint32_t *directory;
    uint32_t directory_bytes; /* at most recent_bytes */
};

/* What stands in front of the packed bytes, and where these come in: a ring, its end followed by its beginning. */
struct unpack_stream {
    uint32_t properties;
    uint32_t runs;
    uint32_t content_bytes;
    uint32_t packed_bytes;
    uint32_t word_bytes; /* of this flash */
    const uint8_t *ring_begin;
    const uint8_t *ring_end;
    const uint8_t *first;
};

struct unpacked_word {
    uint32_t address; /* aligned, but not checked to be in flash */
    uint32_t word[UNPACK_MOST_WORD_BYTES / 4];
};

void unpack_begin(const struct unpack_memory *memory, const struct unpack_stream *stream);

/* `received`: packed bytes that have come. */
enum unpack_result unpack_next(uint32_t received, struct unpacked_word *unpacked);

/* Packed bytes that are not needed any more. */
uint32_t unpack_taken(void);

/* The half-word at an even address that unpacked words went to; negative while its bank is busy. Provided by the flash's side. */
int32_t unpack_flash_half(uint32_t address);

#endif
