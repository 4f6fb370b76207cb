// The part of uWebSockets' objects that is read: a request's fields lie in an array, as views of the bytes as they
// came. It is so in the versions that src/engines/uws/binding.ts names (20.51 and 20.69, disassembled), in the layout
// of libstdc++ on 64 bits.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "request-grammar.h"

namespace junicorn {

// Fields that uWebSockets takes at most, the request line among them.
constexpr uint32_t kMostHeadFields = 100;

// std::string_view.
struct UwsView {
  size_t size;
  const char* data;
};

// The first has the method and the target, query included. The name of what comes after the last has no data; that of
// a field without a name has, but no size.
struct UwsField {
  UwsView name;
  UwsView value;

  bool IsEnd() const { return name.data == nullptr; }
  Text Method() const { return {name.data, name.size}; }
  Text Target() const { return {value.data, value.size}; }
  Text Name() const { return {name.data, name.size}; }
  // uWebSockets has cut off bytes over 0x7F at both ends: this is all between the colon and the end of the line.
  Text Value() const {
    const char* begin = name.data + name.size;
    return Trim(Text::Between(begin + 1, LineEnd()));
  }
  // There is a tab in the white space after the value: llhttp does not want that where framing is concerned.
  bool EndsInTab() const {
    const Text text = Value();
    for (const char* p = text.data + text.size; *p != '\r'; p++) {
      if (*p == '\t') return true;
    }
    return false;
  }
  // Where what comes after the head begins. Null: it does not end as a head does.
  static const char* HeadEnd(const UwsField* fields) {
    constexpr char kEnd[] = "\r\n\r\n";
    const UwsField* last = fields;
    while (!last[1].IsEnd()) last++;
    const char* end = last->LineEnd();
    return memcmp(end, kEnd, sizeof kEnd - 1) == 0 ? end + sizeof kEnd - 1 : nullptr;
  }

 private:
  const char* LineEnd() const {
    const char* p = value.data + value.size;
    while (*p != '\r') p++;
    return p;
  }
};

// us_socket_t, behind a response.
struct UwsSocket {
  void* poll;
  int fd;
};

// The pointer that uWebSockets keeps in a JavaScript object of its own; null once it must not be used any more.
class UwsPointers {
 public:
  // False: this Node does not say how to get it.
  bool Find();
  static constexpr char kMissing[] = "v8::Object::SlowGetAlignedPointerFromInternalField";
  void* Of(napi_value object) const;

 private:
  // By the number of arguments that this version of V8 wants.
  void* (*untagged_)(napi_value, int) = nullptr;
  void* (*tagged_)(napi_value, int, unsigned short) = nullptr;
};

}  // namespace junicorn
