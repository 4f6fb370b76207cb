#include "uws-bodies.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "uws-shortcut.h"
#include "values.h"

namespace junicorn {

namespace {

// How a body goes on: UwsBody of src/native-uws.ts. Anything else: it has ended with so many bytes of what was given.
enum Verdict : int32_t { kMore = -1, kLast = -2 };

// What uWebSockets takes for the end of a body: a last chunk, and two bytes that it does not look at. Room for what it
// writes behind what it reads.
constexpr char kEnd[] = "0\n\r\n";
constexpr size_t kEndSize = sizeof kEnd - 1;
constexpr size_t kPadding = 64;

// uWebSockets cuts a client that needs longer than UwsBinary::kSeconds for so many bytes.
constexpr size_t kBytesInTime = 16 * 1024 * UwsBinary::kSeconds;

// Has uWebSockets find nothing in what it is about to parse as a part of a chunked body, or nothing but the end, for
// which there must be room.
void Blank(char* data, size_t size, bool ended) {
  constexpr size_t kLine = 7;       // a chunk's size and its line end
  constexpr size_t kChunkEnd = 2;   // not looked at
  constexpr size_t kLookedAt = 64;  // it takes longer over digits than over a chunk
  const size_t end = ended ? kEndSize : 0;
  if (size < kLookedAt) {
    memset(data, '0', size - end);
  } else {
    char line[kLine + 1];
    snprintf(line, sizeof line, "%06x\n", static_cast<unsigned>(size - end - kLine - kChunkEnd));
    memcpy(data, line, kLine);
  }
  memcpy(data + size - end, kEnd, end);
}

}  // namespace

thread_local UwsBodies* UwsBodies::current = nullptr;

std::string UwsBodies::Bind(napi_env env, const char* path, size_t most_head) {
  UwsPointers pointers;
  if (!pointers.Find()) return UwsPointers::kMissing;
  if (!UwsBinary::loaded) {
    auto* found = new UwsBinary();
    if (const std::string missing = found->Find(path); !missing.empty()) {
      delete found;
      return missing;
    }
    UwsBinary::loaded = found;
  }
  if (!current) new UwsBodies(env, pointers, most_head);
  return "";
}

UwsBodies::UwsBodies(napi_env env, const UwsPointers& pointers, size_t most_head)
    : env_(env), pointers_(pointers), most_head_(most_head) {
  napi_async_init(env_, nullptr, Utf8(env_, "junicorn.UwsBodies"), &async_);
  napi_add_env_cleanup_hook(
      env_, [](void* self) { delete static_cast<UwsBodies*>(self); }, this);
  current = this;
}

UwsBodies::~UwsBodies() {
  current = nullptr;
  for (auto& [socket, body] : bodies_) Release(&body);
  napi_async_destroy(env_, async_);
}

bool UwsBodies::Watch(napi_value response, bool secure) {
  auto* socket = static_cast<UwsSocket*>(pointers_.Of(response));
  if (!socket) return false;
  UwsContext* context = UwsBinary::loaded->context(secure, socket);
  shortcuts_.Forget(context);  // another app's, which was there before
  UwsBinary::loaded->set_on_data(secure, context, secure ? OnData<true> : OnData<false>);
  UwsBinary::loaded->set_on_close(secure, context, secure ? OnClose<true> : OnClose<false>);
  return true;
}

void UwsBodies::Watch(UwsSocket* socket, UwsShortcut* shortcut, int32_t app) {
  UwsContext* context = UwsBinary::loaded->context(0, socket);
  shortcuts_.Add(context, {shortcut, app});
  UwsBinary::loaded->set_on_writable(0, context, OnWritable);
}

int UwsBodies::OnlyOne(const UwsField* fields, double body_length) {
  const UwsShortcuts::Entry* shortcut = reading_.socket && !reading_.secure ? shortcuts_.Of(reading_.socket) : nullptr;
  if (!shortcut) return -1;
  if (shortcut->to->IsLent(reading_.socket->fd)) return reading_.socket->fd;
  // There is none before it. A head that was put together of several pieces is elsewhere.
  const char* head = fields->Method().data;
  if (head > reading_.data && head < reading_.data + reading_.size) return -1;
  const char* rest = RestAfter(fields);
  if (!rest || static_cast<double>(reading_.data + reading_.size - rest) != body_length) return -1;
  return HasOnlyOne();
}

int UwsBodies::HasOnlyOne() {
  const UwsShortcuts::Entry* shortcut = reading_.secure ? nullptr : shortcuts_.Of(reading_.socket);
  if (!shortcut) return -1;
  shortcut->to->HasOnlyOne(reading_.socket);
  return reading_.socket->fd;
}

void UwsBodies::ParsePlain(UwsSocket* socket, std::string bytes) {
  const size_t size = bytes.size();
  bytes.resize(size + kPadding);
  Parse<false>(socket, bytes.data(), size);
}

UwsSocket* UwsBodies::OnWritable(UwsSocket* socket) {
  const UwsShortcuts::Entry* shortcut = current ? current->shortcuts_.Of(socket) : nullptr;
  if (!shortcut) return UwsBinary::loaded->on_writable(socket);
  if (shortcut->to->Writable(socket)) return socket;
  UwsShortcut* to = shortcut->to;
  UwsSocket* result = UwsBinary::loaded->on_writable(socket);
  to->Written(result);
  return result;
}

bool UwsBodies::Take(napi_value response, napi_value request, napi_value take) {
  auto* socket = static_cast<UwsSocket*>(pointers_.Of(response));
  const auto* fields = static_cast<const UwsField*>(pointers_.Of(request));
  char* rest = nullptr;
  if (!socket || !fields || socket != reading_.socket || !(rest = RestAfter(fields))) return false;
  const size_t size = static_cast<size_t>(reading_.data + reading_.size - rest);
  int32_t verdict = kMore;
  if (size > 0) {
    napi_value undefined = nullptr;
    napi_value result = nullptr;
    napi_get_undefined(env_, &undefined);
    const napi_value bytes = Copy(rest, size);
    const bool returned = napi_call_function(env_, undefined, take, 1, &bytes, &result) == napi_ok;
    verdict = VerdictOf(result, returned, size);
    if (verdict >= 0 && verdict < static_cast<int32_t>(kEndSize)) verdict = kLast;  // no body is as short
    chunks_end_ = verdict >= 0 && static_cast<size_t>(verdict) == size;
    Blank(rest, verdict >= 0 ? static_cast<size_t>(verdict) : size, verdict >= 0);
  }
  if (verdict >= 0) return true;
  Body& body = bodies_[socket];
  Release(&body);
  if (verdict == kMore) napi_create_reference(env_, take, 1, &body.take);
  return true;
}

template <bool secure>
UwsSocket* UwsBodies::OnData(UwsSocket* socket, char* data, int length) {
  UwsBodies* self = current;
  if (!self) return UwsBinary::loaded->on_data[secure](socket, data, length);
  if (!self->bodies_.empty()) {
    const auto body = self->bodies_.find(socket);
    if (body != self->bodies_.end())
      return self->Receive<secure>(socket, &body->second, data, static_cast<size_t>(length));
  }
  const UwsShortcuts::Entry* shortcut = secure ? nullptr : self->shortcuts_.Of(socket);
  Text text = {data, static_cast<size_t>(length)};
  if (shortcut && shortcut->to->Receive(socket, shortcut->app, &text)) return socket;
  return self->Parse<secure>(socket, const_cast<char*>(text.data), text.size);
}

template <bool secure>
UwsSocket* UwsBodies::Parse(UwsSocket* socket, char* data, size_t size) {
  const Reading before = reading_;
  reading_ = {socket, data, size, secure};
  UwsSocket* result = UwsBinary::loaded->on_data[secure](socket, data, static_cast<int>(size));
  reading_ = before;
  return result;
}

template <bool secure>
UwsSocket* UwsBodies::OnClose(UwsSocket* socket, int code, void* reason) {
  if (current && !current->bodies_.empty()) current->Forget(socket);
  const UwsShortcuts::Entry* shortcut = secure || !current ? nullptr : current->shortcuts_.Of(socket);
  if (shortcut) shortcut->to->Closed(socket);
  return UwsBinary::loaded->on_close[secure](socket, code, reason);
}

template <bool secure>
UwsSocket* UwsBodies::Receive(UwsSocket* socket, Body* body, char* data, size_t size) {
  if (!body->take) return socket;
  body->received += size;
  if (body->received >= kBytesInTime) {
    body->received = 0;
    UwsBinary::loaded->timeout(secure, socket, UwsBinary::kSeconds);
  }
  const int32_t verdict = Pass(body->take, data, size);
  const auto still = bodies_.find(socket);
  if (still == bodies_.end() || verdict == kMore) return socket;  // closed meanwhile, or more to come
  // What runs once `take` has returned, too, may have had this connection dropped.
  const bool goes_on = verdict >= 0 && still->second.take;
  Release(&still->second);
  if (goes_on) bodies_.erase(still);
  chunks_end_ = goes_on && static_cast<size_t>(verdict) == size;
  char end[kEndSize + kPadding] = {};
  memcpy(end, kEnd, kEndSize);
  socket = Parse<secure>(socket, end, kEndSize);
  const size_t used = goes_on ? static_cast<size_t>(verdict) : size;
  if (used == size || UwsBinary::loaded->is_closed(secure, socket) || bodies_.count(socket) > 0) return socket;
  return Parse<secure>(socket, data + used, size - used);
}

int32_t UwsBodies::Pass(napi_ref take, const char* data, size_t size) {
  napi_handle_scope scope = nullptr;
  napi_open_handle_scope(env_, &scope);
  const napi_value bytes = Copy(data, size);
  napi_value result = nullptr;
  const bool returned = CallBack(env_, async_, take, 1, &bytes, &result);
  const int32_t verdict = VerdictOf(result, returned, size);
  napi_close_handle_scope(env_, scope);
  return verdict;
}

char* UwsBodies::RestAfter(const UwsField* fields) const {
  const char* head = fields->Method().data;
  const char* end = UwsField::HeadEnd(fields);
  if (!end) return nullptr;
  char* data_end = reading_.data + reading_.size;
  if (end >= reading_.data && end <= data_end) return const_cast<char*>(end);
  // It came in pieces: uWebSockets has put them together elsewhere, with as much of this one as there is room for.
  const size_t held = HeldSize(head);
  if (held >= most_head_ || held < reading_.size) return nullptr;
  const size_t before = held - reading_.size;
  const size_t size = static_cast<size_t>(end - head);
  if (size <= before || size - before > reading_.size) return nullptr;
  return reading_.data + (size - before);
}

size_t UwsBodies::HeldSize(const char* head) const {
  constexpr size_t kMembers = 16;
  const auto* members = static_cast<const size_t*>(UwsBinary::loaded->extension(reading_.secure, reading_.socket));
  for (size_t i = 0; i < kMembers; i++) {
    if (members[i] == reinterpret_cast<size_t>(head)) return members[i + 1];
  }
  return 0;
}

napi_value UwsBodies::Copy(const char* data, size_t size) {
  napi_value bytes = nullptr;
  napi_create_buffer_copy(env_, size, data, nullptr, &bytes);
  return bytes;
}

int32_t UwsBodies::VerdictOf(napi_value value, bool returned, size_t size) {
  int32_t verdict = kLast;
  if (returned) napi_get_value_int32(env_, value, &verdict);
  return verdict >= kMore && verdict <= static_cast<int64_t>(size) ? verdict : kLast;
}

void UwsBodies::Forget(UwsSocket* socket) {
  const auto body = bodies_.find(socket);
  if (body == bodies_.end()) return;
  Release(&body->second);
  bodies_.erase(body);
}

void UwsBodies::Release(Body* body) {
  if (body->take) napi_delete_reference(env_, body->take);
  body->take = nullptr;
}

}  // namespace junicorn
