// A std::ostringstream that functions of the host, the node executable, can write into: it has to be of the host's C++
// library. That is libstdc++, for which the addon is compiled, too; but where it brings another one with it (libc++, in
// the binaries for musl), the host's is found by the names of its functions.

#pragma once

#include <iosfwd>
#include <string>

#ifndef _LIBCPP_VERSION
#include <sstream>
#endif

#include "host-symbol.h"

namespace junicorn {

#ifndef _LIBCPP_VERSION

class HostStream {
 public:
  static bool Exists() { return true; }
  std::ostream& out() { return stream_; }
  std::string Text() const { return stream_.str(); }

 private:
  std::ostringstream stream_;
};

#else

class HostStream {
 public:
  static bool Exists() {
    const Functions functions;
    return functions.construct && functions.text && functions.free_text && functions.destroy;
  }

  HostStream() { functions_.construct(object_, kForWriting); }
  ~HostStream() { functions_.destroy(object_); }
  HostStream(const HostStream&) = delete;
  HostStream& operator=(const HostStream&) = delete;

  // Its own kind of stream begins with it; what this compiler thinks that is like is of no use.
  std::ostream& out() { return reinterpret_cast<std::ostream&>(object_); }

  std::string Text() const {
    HostString text = functions_.text(object_);
    std::string copy(text.data, text.size);
    functions_.free_text(&text);
    return copy;
  }

 private:
  static constexpr int kForWriting = 1 << 4;  // std::ios_base::out

  // With a constructor of its own it is returned as libstdc++ returns it, in memory of the caller's.
  struct HostString {
    HostString(const HostString&) = delete;
    ~HostString() {}
    const char* data;
    size_t size;
    char local[16];
  };

  struct Functions {
    using Construct = void (*)(void* stream, int mode);
    using Text = HostString (*)(const void* stream);
    using FreeText = void (*)(HostString* text);
    using Destroy = void (*)(void* stream);
#define JUNICORN_OSTRINGSTREAM "St7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEE"
    Construct construct = HostSymbol<Construct>("_ZN" JUNICORN_OSTRINGSTREAM "C1ESt13_Ios_Openmode");
    Text text = HostSymbol<Text>("_ZNK" JUNICORN_OSTRINGSTREAM "3strEv");
    FreeText free_text = HostSymbol<FreeText>("_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEED1Ev");
    Destroy destroy = HostSymbol<Destroy>("_ZN" JUNICORN_OSTRINGSTREAM "D1Ev");
#undef JUNICORN_OSTRINGSTREAM
  };

  Functions functions_;
  alignas(16) unsigned char object_[1024];  // libstdc++'s has 376 bytes
};

#endif

}  // namespace junicorn
