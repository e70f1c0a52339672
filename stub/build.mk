# How the code for the board is built: one place, so that the manifest's hash of the sources covers the flags too.
# Included by the Makefile; CROSS is the compiler's prefix, BUILD the folder for results.

ARM_FLAGS := -mcpu=cortex-m7 -mthumb -mfloat-abi=soft -Os -std=c11 -ffreestanding -fno-common \
	-ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=. \
	-Wall -Wextra -Wconversion -Wshadow -Wundef -Wmissing-prototypes -Werror
ARM_LINK := -nostdlib -Wl,--gc-sections -Wl,--fatal-warnings -Wl,--build-id=none

# These spare 24 bytes in the loader, which must fit into two Write Memory frames.
LOADER_FLAGS := -fno-move-loop-invariants -fno-ivopts -fno-schedule-insns2 -fno-tree-loop-optimize

# The stub has 8 KiB: its files are optimised as one, and what makes code faster at the price of size is left out. The codec is not among them:
# nothing of it may get into the stub.
STUB_FLAGS := -flto -fno-inline-functions-called-once -fno-reorder-blocks -fno-schedule-insns2 -fno-tree-dominator-opts \
	-fno-caller-saves -fno-ipa-cp -fno-tree-loop-im -fno-if-conversion -fira-loop-pressure -fno-code-hoisting \
	-fno-move-loop-invariants -fno-guess-branch-probability -fno-lra-remat -fno-tree-scev-cprop -fno-optimize-sibling-calls

# The codec is to be fast and small at once: optimised for size, without what that does to its loops. Branches take less than conditions on each
# instruction of both ways; a loop is the smaller the fewer variables it has; registers are given to the loops first.
CODEC_FLAGS := -fno-if-conversion -fno-if-conversion2 -fno-ivopts -fno-tree-sink -fira-region=all -fno-schedule-insns2

STUB_SOURCES := $(wildcard stub/*.c)
STUB_HEADERS := $(wildcard stub/*.h stub/codec/*.h)
CODEC_OBJECTS := $(patsubst stub/codec/%.c,$(BUILD)/codec/%.o,$(wildcard stub/codec/*.c))

$(BUILD)/loader.elf: stub/loader/loader.c stub/registers.h stub/wire.gen.h linker/loader.ld stub/build.mk
	@mkdir -p $(BUILD)
	$(CROSS)gcc $(ARM_FLAGS) $(LOADER_FLAGS) $(ARM_LINK) -T linker/loader.ld $< -o $@

$(BUILD)/starter.elf: stub/starter/starter.c stub/registers.h stub/wire.gen.h linker/starter.ld stub/build.mk
	@mkdir -p $(BUILD)
	$(CROSS)gcc $(ARM_FLAGS) $(ARM_LINK) -T linker/starter.ld $< -o $@

$(BUILD)/codec/%.o: stub/codec/%.c $(STUB_HEADERS) stub/build.mk
	@mkdir -p $(@D)
	$(CROSS)gcc $(ARM_FLAGS) $(CODEC_FLAGS) -c $< -o $@

$(BUILD)/stub.elf: $(STUB_SOURCES) $(CODEC_OBJECTS) $(STUB_HEADERS) linker/stub.ld stub/build.mk
	@mkdir -p $(BUILD)
	$(CROSS)gcc $(ARM_FLAGS) $(STUB_FLAGS) $(ARM_LINK) -T linker/stub.ld $(STUB_SOURCES) $(CODEC_OBJECTS) -lgcc -o $@

$(BUILD)/primes.bin $(BUILD)/collatz.bin: stub/application/tables.mjs
	@mkdir -p $(BUILD)
	node $< $(BUILD)

$(BUILD)/application.elf: stub/application/application.c stub/application/tables.S stub/registers.h linker/application.ld $(BUILD)/primes.bin $(BUILD)/collatz.bin stub/build.mk
	$(CROSS)gcc $(ARM_FLAGS) $(ARM_LINK) -Wa,-I$(BUILD) -T linker/application.ld stub/application/application.c stub/application/tables.S -o $@

$(BUILD)/loader.bin: $(BUILD)/loader.elf
	$(CROSS)objcopy -O binary -j .loader $< $@

$(BUILD)/starter.bin: $(BUILD)/starter.elf
	$(CROSS)objcopy -O binary -j .starter $< $@

$(BUILD)/stub.bin: $(BUILD)/stub.elf
	$(CROSS)objcopy -O binary -j .stub $< $@

$(BUILD)/codec.bin: $(BUILD)/stub.elf
	$(CROSS)objcopy -O binary -j .codec $< $@

$(BUILD)/application-bank1.bin: $(BUILD)/application.elf
	$(CROSS)objcopy -O binary -j .bank1 $< $@

$(BUILD)/application-bank2.bin: $(BUILD)/application.elf
	$(CROSS)objcopy -O binary -j .bank2 $< $@

BLOBS := $(addprefix $(BUILD)/,loader.bin starter.bin stub.bin codec.bin application-bank1.bin application-bank2.bin)
