// SPDX-License-Identifier: Apache-2.0
// NVIDIA's management library as far as the agent calls it, with two devices: one in use, one idle and cut in parts.
#include <stdio.h>
#include <stdlib.h>
typedef struct { unsigned gpu, memory; } utilization;
typedef struct { unsigned long long total, free, used; } memory;
static int ready;
static const char *failing(void) { return getenv("NVML_STAND_IN_FAILS"); }
int nvmlInit_v2(void) { if (failing()) return 9; ready = 1; return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { if (failing()) return 999; *count = 2; return ready ? 0 : 1; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { *device = (void *)(0x7f0000000000ull + index); return 0; }
int nvmlDeviceGetUUID(void *device, char *uuid, unsigned length) {
  snprintf(uuid, length, "GPU-%llu", (unsigned long long)device - 0x7f0000000000ull);
  return 0;
}
int nvmlDeviceGetUtilizationRates(void *device, utilization *use) {
  if ((unsigned long long)device & 1) return 3;
  use->gpu = 87; use->memory = 40;
  return 0;
}
int nvmlDeviceGetMemoryInfo(void *device, memory *told) {
  unsigned long long gib = 1ull << 30;
  told->total = 16 * gib;
  told->used = (unsigned long long)device & 1 ? gib / 4 : 9 * gib;
  told->free = told->total - told->used;
  return 0;
}
