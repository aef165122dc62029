/* GCC 12's amxtileintrin.h hides from the compiler what ldtilecfg and tileloadd read: it drops the stores to a tile
   configuration on the stack but for 8 bytes, and llama.cpp dies in ggml_backend_amx_mul_mat. Here they are told. */
#if defined(__AMX_TILE__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#define _tile_loadconfig(config) __asm__ volatile("ldtilecfg %0" ::"m"(*(const char (*)[64])(config)))
#undef _tile_loadd_internal
#define _tile_loadd_internal(tile, base, stride) \
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile ::"r"((const void *)(base)), "r"((long)(stride)) : "memory")
#endif
