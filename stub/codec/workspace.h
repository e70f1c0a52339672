/*
 * What of this stub's memory the codec works in; the rest of codec/ knows no addresses. First call of the codec for each PACKED.
 */
#ifndef WORKSPACE_H
#define WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

/* `head`: the fields parameters and directoryBytes of PACKED. False: no stream of our encoder. */
bool workspace_begin(uint32_t head, uint32_t content_bytes);

#endif
