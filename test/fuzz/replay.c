/* Runs inputs once, where libFuzzer is not: the files that are named. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MOST_BYTES 0x10000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int count, char **paths)
{
    static uint8_t data[MOST_BYTES];
    for (int at = 1; at < count; at++) {
        FILE *const file = fopen(paths[at], "rb");
        if (file == NULL) {
            perror(paths[at]);
            return 1;
        }
        const size_t size = fread(data, 1, sizeof data, file);
        fclose(file);
        fprintf(stderr, "%s\n", paths[at]);
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("%d inputs\n", count - 1);
    return 0;
}
