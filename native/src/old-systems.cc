// Compilers and C libraries of today have a binary ask for symbols that systems of Node's own minimum (glibc 2.28,
// libstdc++ of GCC 8) do not have. What is defined here is not asked for. (strtol and its like have become others in
// glibc 2.38: std::from_chars stays what it is.) It must not be seen by headers that declare it as somebody else's.

#include <cstdlib>

#ifdef __GLIBC__

extern "C" {

// std::shared_ptr looks at it to save atomic operations; from glibc 2.32 on. There are always threads in Node.
char __libc_single_threaded = 0;

// std::vector calls it where a size overflows; from GCC 11 on. There are no exceptions here, so the library's would end
// the process, too.
[[noreturn]] void BadArrayLength() __asm__("_ZSt28__throw_bad_array_new_lengthv");
void BadArrayLength() {
  abort();
}

}  // extern "C"

#endif
