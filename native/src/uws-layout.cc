#include "uws-layout.h"

#include "host-symbol.h"

namespace junicorn {

namespace {

// UwsPointers::kMissing; Node 26 wants a tag, which means something in a sandbox only.
constexpr char kGetPointer[] = "_ZN2v86Object38SlowGetAlignedPointerFromInternalFieldEi";
constexpr char kGetTaggedPointer[] = "_ZN2v86Object38SlowGetAlignedPointerFromInternalFieldEit";

}  // namespace

bool UwsPointers::Find() {
  untagged_ = HostSymbol<void* (*)(napi_value, int)>(kGetPointer);
  tagged_ = HostSymbol<void* (*)(napi_value, int, unsigned short)>(kGetTaggedPointer);
  return untagged_ || tagged_;
}

// A napi_value is a v8::Local, bit for bit, and that is what V8's methods get for `this`.
void* UwsPointers::Of(napi_value object) const {
  return untagged_ ? untagged_(object, 0) : tagged_(object, 0, 0);
}

}  // namespace junicorn
