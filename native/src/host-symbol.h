// Functions of the host, the node executable, by the names that its linker gave them. V8's are found in this way: no
// header of it is compiled in, and a missing one costs only what it is for.

#pragma once

#include <dlfcn.h>

// glibc 2.34 has moved them to another library, and given them new versions. The old ones are there, too, and on all
// systems before.
#if defined(__GLIBC__) && defined(__x86_64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
__asm__(".symver dlopen, dlopen@GLIBC_2.2.5");
#elif defined(__GLIBC__) && defined(__aarch64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.17");
__asm__(".symver dlopen, dlopen@GLIBC_2.17");
#endif

namespace junicorn {

template <typename Function>
Function HostSymbol(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace junicorn
