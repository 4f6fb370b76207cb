// What uWebSockets is not to see of its connections, and how long these stay open.
#include <cstring>

#include "uws-bodies.h"

namespace junicorn {

bool UwsBodies::Drop(napi_value response) {
  auto* socket = static_cast<UwsSocket*>(pointers_.Of(response));
  if (socket) Release(&bodies_[socket]);
  return socket && socket == reading_.socket;
}

bool UwsBodies::IsDropped(UwsSocket* socket) const {
  const auto body = bodies_.find(socket);
  return body != bodies_.end() && !body->second.take;
}

void UwsBodies::DropRest(napi_value request) {
  const auto* fields = static_cast<const UwsField*>(pointers_.Of(request));
  char* rest = fields ? RestAfter(fields) : nullptr;
  if (!rest) return;
  const size_t size = static_cast<size_t>(reading_.data + reading_.size - rest);
  memset(rest, '0', size);
}

void UwsBodies::DropBehind(napi_value piece) {
  void* data = nullptr;
  size_t size = 0;
  if (napi_get_arraybuffer_info(env_, piece, &data, &size) != napi_ok || !data) return;
  char* end = static_cast<char*>(data) + size;
  char* data_end = reading_.data + reading_.size;
  if (end >= reading_.data && end < data_end) memset(end, '0', static_cast<size_t>(data_end - end));
}

void UwsBodies::Idle(bool last) {
  if (!reading_.socket) return;
  UwsBinary::loaded->timeout(reading_.secure, reading_.socket, UwsBinary::kSeconds);
  if (last) Release(&bodies_[reading_.socket]);
}

void UwsBodies::Busy() {
  if (reading_.socket) UwsBinary::loaded->timeout(reading_.secure, reading_.socket, 0);
}

}  // namespace junicorn
