// Opens and closes a region of code compiled for one instruction set, so that a single flat list of sources with
// no per-file flags serves both build systems.
//
// Include every other header BEFORE the region: an inline function of the standard library compiled inside it
// could be the copy that the linker keeps, and would then run on processors that lack the instructions.
#pragma once

#define EQ_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define EQ_TARGET_BEGIN(isa) EQ_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define EQ_TARGET_END EQ_PRAGMA(clang attribute pop)
#elif defined(__GNUC__)
#define EQ_TARGET_BEGIN(isa) EQ_PRAGMA(GCC push_options) EQ_PRAGMA(GCC target(isa))
#define EQ_TARGET_END EQ_PRAGMA(GCC pop_options)
#else // MSVC: intrinsics need no flag
#define EQ_TARGET_BEGIN(isa)
#define EQ_TARGET_END
#endif

#if defined(__x86_64__) || defined(_M_X64)
#define EQ_X86_64 1
#elif defined(__aarch64__) || defined(_M_ARM64)
#define EQ_ARM64 1
#endif
