/*
 * The directory in front of the content (host/codec/directory.ts, PROTOCOL.md §6.1): which spans the content is made of, and where in flash each
 * position of it belongs. Knows nothing of what is in the content.
 */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include "lzma.h"

#include <stdbool.h>
#include <stdint.h>

/* Content in a row that belongs together in flash: new, with a filter, or copied from where it was before, which was `shift` further down. */
struct unpack_span {
    uint32_t length;
    uint32_t address;
    uint32_t filter;
    uint32_t shift;
};

struct unpack_content {
    uint32_t directory_bytes;  /* decoded in front of the content; at most those of lzma.recent */
    struct unpack_span *spans;
    const struct unpack_span *spans_end;
    uint32_t content_bytes;
    uint32_t word_bytes;       /* of this flash */
};

/* A span and the content before it. */
struct place {
    const struct unpack_span *span;
    uint32_t begins;
};

/* Takes the directory out of what was decoded first: spans of half-words that together are the content. What copies tell of where things went is learned
   (relocate.c). False: they are no good. */
bool directory_read(const struct lzma_setup *decoded, const struct unpack_content *content);

/* Where a position of the content belongs in flash; `place` becomes that of its span. */
uint32_t locate(struct place *place, uint32_t position);

/* What is left of its span. */
static inline uint32_t rest(const struct place *place, uint32_t position)
{
    return place->begins + place->span->length - position;
}

#endif
