/* GENERATED from host/protocol/wire.ts by `make wire`; edit that. Offsets are bytes in the frame part named; little-endian. */
#ifndef WIRE_GEN_H
#define WIRE_GEN_H

#define WIRE_VERSION 4u

/* Limits */
#define WIRE_MAX_PAYLOAD_BYTES 16384u /* largest payload of a frame */
#define WIRE_MASKED_BYTES 64u /* behind each mask of a frame that has several */
#define WIRE_UNIT_BYTES 128u /* DATA offsets and lengths are multiples of this; one bit of the PROGRESS map stands for one unit */
#define WIRE_MAP_BYTES 256u /* longest PROGRESS map */
#define WIRE_MAX_RANGES 256u /* most ranges in one DIGEST or READ */
#define WIRE_MOST_CONTENT_BYTES 1024u /* most that one CONTENT carries */
#define WIRE_TICK_MS 1900u /* while nothing comes from the line, the stub is never silent for longer than this, unless it computes a digest; it also tells of each PIECE that is done */
#define WIRE_REPORT_BITS 64000u /* while something comes, unasked PROGRESS keeps a distance of so many bit times: a hundredth of the line */
#define WIRE_REPORT_LEAST_MS 50u /* but at least this distance, whatever the line */
#define WIRE_REPORT_MOST_MS 8000u /* and at most this */
#define WIRE_QUIET_MS 5u /* told to speak only when asked, the stub answers once nothing has come from the line for so long */
#define WIRE_LOADER_CHUNK_BYTES 256u /* stub bytes in one loader frame */
#define WIRE_LOADER_BASE_ADDRESS 0x20004100u /* where the ROM puts the loader: lowest RAM that every H7 ROM accepts (AN2606 tables 135, 137, 226) */
#define WIRE_LOADER_BYTES 512u /* room for the loader: two Write Memory frames */
#define WIRE_STARTER_BASE_ADDRESS 0x20004300u /* where the loader puts the starter, behind the loader itself; its first chunk is its entry point */
#define WIRE_STARTER_BYTES 512u /* room for the starter: two chunks */
#define WIRE_STARTER_PIECES 8u /* pieces of a program for RAM, between which there may be gaps */
#define WIRE_LOADER_STACK_ADDRESS 0x2001FB00u /* from here to 0x2001FEFF is the stack of loader and starter */
#define WIRE_STUB_BASE_ADDRESS 0x20004800u /* where the loader puts the stub; its first chunk is its entry point */
#define WIRE_RECENT_BYTES 32768u /* of what was unpacked last, the stub keeps so many in RAM */
#define WIRE_WINDOW_MOST_BYTES 0x00030000u /* of the window, where the RAM is there */
#define WIRE_WINDOW_LEAST_BYTES 0x00010000u /* of the window on H72x */
#define WIRE_COPY_BYTES 0x00020000u /* of a place for a KEEP, which begins at a multiple of this … */
#define WIRE_COPIES_ADDRESS 0x24040000u /* … from here on, behind the largest window … */
#define WIRE_COPIES_END 0x38000000u /* … to before here; what lies there the host knows from the part */
#define WIRE_MOST_SPANS 1024u /* in the directory of packed content */
#define WIRE_HALF_THE_SHIFTS 4096u /* `half` of §6.1 */
#define WIRE_STUB_BYTES 8192u /* room for code and read-only data of the stub */
#define WIRE_CODEC_BASE_ADDRESS 0x20006800u /* where CODEC puts the codec */
#define WIRE_CODEC_BYTES 4096u /* room for code and read-only data of the codec */

/* Frame */
#define WIRE_MAGIC 0x3AC5u
#define WIRE_SEVERAL_MASKS (1u << 6) /* in the type */
#define WIRE_ANY_TOKEN 0u
#define WIRE_HEADER_MAGIC_AT 0u
#define WIRE_HEADER_TYPE_AT 2u
#define WIRE_HEADER_MASK_AT 3u
#define WIRE_HEADER_LENGTH_AT 4u
#define WIRE_HEADER_TOKEN_AT 6u
#define WIRE_HEADER_OFFSET_AT 10u
#define WIRE_HEADER_CHECK_AT 14u
#define WIRE_HEADER_BYTES 16u
#define WIRE_TRAILER_CRC_AT 0u
#define WIRE_TRAILER_BYTES 4u

/* Who are you? Answered by FACTS. */
#define WIRE_TYPE_HELLO 0x01u
#define WIRE_HELLO_BYTES 0u

/* A piece of the stream. Idempotent: what was received before is ignored. */
#define WIRE_TYPE_DATA 0x02u
#define WIRE_DATA_BYTES_AT 0u
#define WIRE_DATA_BYTES 0u

/* How far are you? Answered by PROGRESS at once. With token 0 it is a question to whatever stub hears it. */
#define WIRE_TYPE_POLL 0x03u
#define WIRE_POLL_BYTES 0u

/* Read the flash and say its CRC-32, range by range, once the stream is executed up to `after`. Answered by DIGESTS. */
#define WIRE_TYPE_DIGEST 0x04u
#define WIRE_DIGEST_AFTER_AT 0u
#define WIRE_DIGEST_RANGES_AT 4u
#define WIRE_DIGEST_BYTES 4u

/* End of the session. Answered by LEAVING; done when that has left the wire. */
#define WIRE_TYPE_LEAVE 0x05u
#define WIRE_LEAVE_HOW_AT 0u
#define WIRE_LEAVE_BYTES 4u

/* Read the flash, range by range: answered by a CONTENT for each piece of it, back to back. Takes the place of a READ or DIGEST that is not answered yet. */
#define WIRE_TYPE_READ 0x06u
#define WIRE_READ_PIECE_BYTES_AT 0u
#define WIRE_READ_RANGES_AT 4u
#define WIRE_READ_BYTES 4u

/* Speak and listen at another bit rate once RATED has left the wire; go back to the first one when no frame has come for `patienceMs`. May be repeated. */
#define WIRE_TYPE_RATE 0x07u
#define WIRE_RATE_FROM_AT 0u
#define WIRE_RATE_TO_AT 4u
#define WIRE_RATE_PATIENCE_MS_AT 8u
#define WIRE_RATE_BYTES 12u

/* Begin anew for another host, when no bank works: forget stream, window and error, and answer to its token from now on, first by FACTS. */
#define WIRE_TYPE_TAKE 0x08u
#define WIRE_TAKE_TOKEN_AT 0u
#define WIRE_TAKE_OPTIONS_AT 4u
#define WIRE_TAKE_BYTES 8u

/* What the board is and what its flash holds. Sent unasked when the stub starts. */
#define WIRE_TYPE_FACTS 0x81u
#define WIRE_FACTS_WIRE_VERSION_AT 0u
#define WIRE_FACTS_ROM_VERSION_AT 2u
#define WIRE_FACTS_RESERVED_AT 3u
#define WIRE_FACTS_BUILD_HASH_AT 4u
#define WIRE_FACTS_IDCODE_AT 8u
#define WIRE_FACTS_FLASH_SIZE_KIB_AT 12u
#define WIRE_FACTS_FLASH_WORD_BYTES_AT 14u
#define WIRE_FACTS_UID0_AT 16u
#define WIRE_FACTS_UID1_AT 20u
#define WIRE_FACTS_UID2_AT 24u
#define WIRE_FACTS_OPTSR_AT 28u
#define WIRE_FACTS_WPSN1_AT 32u
#define WIRE_FACTS_WPSN2_AT 36u
#define WIRE_FACTS_BOOT_AT 40u
#define WIRE_FACTS_BOOT_CM4_AT 44u
#define WIRE_FACTS_PRAR1_AT 48u
#define WIRE_FACTS_PRAR2_AT 52u
#define WIRE_FACTS_SCAR1_AT 56u
#define WIRE_FACTS_SCAR2_AT 60u
#define WIRE_FACTS_USART_AT 64u
#define WIRE_FACTS_WINDOW_BYTES_AT 68u
#define WIRE_FACTS_SECTOR_DIGESTS_AT 72u
#define WIRE_FACTS_BYTES 72u

/* How far the stream has come. Sent for POLL at once, for data and unasked at the pace of §8. */
#define WIRE_TYPE_PROGRESS 0x82u
#define WIRE_PROGRESS_EXECUTED_AT 0u
#define WIRE_PROGRESS_POLL_AT 4u
#define WIRE_PROGRESS_STATUS_AT 8u
#define WIRE_PROGRESS_DETAIL_AT 12u
#define WIRE_PROGRESS_FLASH_STATUS_AT 16u
#define WIRE_PROGRESS_LINE_BYTES_AT 20u
#define WIRE_PROGRESS_DISCARDED_BYTES_AT 24u
#define WIRE_PROGRESS_LINE_ERRORS_AT 28u
#define WIRE_PROGRESS_ERASED_AT 32u
#define WIRE_PROGRESS_BUSY_AT 34u
#define WIRE_PROGRESS_PROGRAMMED_AT 36u
#define WIRE_PROGRESS_MAP_AT 40u
#define WIRE_PROGRESS_BYTES 40u

/* CRC-32 of each range of DIGEST, read from the flash itself; complemented where a word could not be read. */
#define WIRE_TYPE_DIGESTS 0x84u
#define WIRE_DIGESTS_DIGESTS_AT 0u
#define WIRE_DIGESTS_BYTES 0u

/* Bytes of flash from the address in `offset` on. None: a flash word of this piece cannot be read, or the range is not flash of one bank. */
#define WIRE_TYPE_CONTENT 0x83u
#define WIRE_CONTENT_BYTES_AT 0u
#define WIRE_CONTENT_BYTES 0u

/* The last frame of a session. */
#define WIRE_TYPE_LEAVING 0x85u
#define WIRE_LEAVING_BYTES 0u

/* The last frame at the rate before. */
#define WIRE_TYPE_RATED 0x87u
#define WIRE_RATED_DIVIDER_AT 0u
#define WIRE_RATED_BYTES 4u

/* The stub ran into a processor fault; it resets the chip after this frame. */
#define WIRE_TYPE_FAULT 0x86u
#define WIRE_FAULT_PC_AT 0u
#define WIRE_FAULT_CFSR_AT 4u
#define WIRE_FAULT_HFSR_AT 8u
#define WIRE_FAULT_ADDRESS_AT 12u
#define WIRE_FAULT_BYTES 16u

/* Status */
#define WIRE_STATUS_OK 0u /* nothing is wrong */
#define WIRE_STATUS_BAD_OPERATION 1u /* unknown operation in the stream, one that lacks its CODEC, or a CODEC of another build; detail: stream offset */
#define WIRE_STATUS_BAD_ADDRESS 2u /* operation outside flash, unaligned or across a bank; detail: address */
#define WIRE_STATUS_NOT_ERASED 3u /* flash word to be written is neither erased nor already right; detail: address */
#define WIRE_STATUS_ERASE_FAILED 4u /* FLASH_SR error after an erase; detail: sector address */
#define WIRE_STATUS_PROGRAM_FAILED 5u /* FLASH_SR error after programming; detail: address */
#define WIRE_STATUS_FLASH_TIMEOUT 6u /* the flash stayed busy beyond its limit; detail: address */
#define WIRE_STATUS_LOCKED 7u /* the flash control register does not unlock; detail: bank base */
#define WIRE_STATUS_DIGEST_WRONG 8u /* the flash does not hold what PROVE demands; detail: address */
#define WIRE_STATUS_NOT_PACKED 9u /* what follows PACKED does not unpack; detail: stream offset of PACKED */

/* Operations of the stream */
#define WIRE_OP_NOP 0x00u /* Nothing; fills the last unit. */
#define WIRE_OP_NOP_BYTES 1u
#define WIRE_OP_ERASE 0x01u /* Erase the sector that begins at `address`. */
#define WIRE_OP_ERASE_BYTES 5u
#define WIRE_OP_FENCE 0x02u /* Go on when no bank is busy and no erase is waiting. */
#define WIRE_OP_FENCE_BYTES 1u
#define WIRE_OP_WRITE 0x03u /* Program the bytes that follow. All-0xFF flash words are left alone. */
#define WIRE_OP_WRITE_BYTES 9u
#define WIRE_OP_PROVE 0x04u /* Like FENCE; then go on only if the CRC-32 of this flash, read from the flash itself, is `digest`. */
#define WIRE_OP_PROVE_BYTES 13u
#define WIRE_OP_PACKED 0x05u /* What the PIECEs that follow unpack to is to be programmed (§6.1). All-0xFF flash words are left alone. */
#define WIRE_OP_PACKED_BYTES 9u
#define WIRE_OP_PIECE 0x06u /* The packed bytes that follow unpack to the next part of the content. */
#define WIRE_OP_PIECE_BYTES 9u
#define WIRE_OP_KEEP 0x07u /* Copy the sector that begins at `address` to RAM: copies from this sector are then made from there. */
#define WIRE_OP_KEEP_BYTES 9u
#define WIRE_OP_RESTORE 0x08u /* Program what a KEEP has copied, the part of it that belongs here. */
#define WIRE_OP_RESTORE_BYTES 13u
#define WIRE_OP_CODEC 0x09u /* The code that PACKED and PIECE need follows; built with the stub, of no use to another one. */
#define WIRE_OP_CODEC_BYTES 5u
#define WIRE_OP_END 0x0Au /* Like FENCE; the flash is proven and whole. From then on the stub resets the chip when it has heard no frame for `patienceMs`; 0: it waits for ever. */
#define WIRE_OP_END_BYTES 5u

/* Loader */
#define WIRE_LOADER_CALL (1u << 8)
#define WIRE_LOADER_INCOMPLETE 0xFFFFFFFEu
#define WIRE_LOADER_STARTED 0x5A3C96A5u
#define WIRE_LOADER_TOKEN_AT 8u /* session token */
#define WIRE_LOADER_PATIENCE_AT 12u /* listening slots (1/38 s) without a valid frame before the loader resets the chip */
#define WIRE_LOADER_PATIENCE_LEFT_AT 16u /* the same number: what the loader counts down first */
#define WIRE_STUB_LENGTH_AT 4u /* bytes of the stub, this header included */
#define WIRE_STUB_CRC_AT 28u /* CRC-32 of the stub from offset 48 on */
#define WIRE_STUB_OPTIONS_AT 32u /* what the host tells the stub before it starts */
#define WIRE_STUB_KICK_MS_AT 36u /* the host tells: a pin is toggled so often, for a watchdog beside the chip; 0: none */
#define WIRE_STUB_KICK_GPIO_AT 40u /* base address of the port of that pin */
#define WIRE_STUB_KICK_PIN_AT 44u /* the pin, as a bit of the port */
#define WIRE_STUB_CODEC_CRC_AT 48u /* CRC-32 of the codec that CODEC brings */
#define WIRE_STARTER_CRC_AT 4u /* CRC-32 over all pieces, one behind the other */
#define WIRE_STARTER_VECTORS_AT 8u /* address of the vector table: initial stack pointer, entry */
#define WIRE_STARTER_PIECES_AT 12u /* the pieces of the program, `starterPieces` of them: address and length, two words each */
#define WIRE_OPTION_ONLY_WHEN_ASKED (1u << 0) /* say nothing but answers: the line has one pair of wires for both directions */
#define WIRE_OPTION_SEVERAL_MASKS (1u << 6) /* answers have several masks (§3), without 0x11 and 0x13; the bit is that of the type */

#endif
