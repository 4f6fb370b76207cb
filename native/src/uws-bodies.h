// Chunked bodies of requests, read in the place of uWebSockets, which is lax about their framing and drops trailers.
//
// uWebSockets' own handler of what comes in on a connection is called through one of ours, which knows what lies where:
// so the handler of a request can have what was read together with its head, and what comes after that never gets to
// uWebSockets' parser, which waits for the end of a body. Once there is one, it is told so and goes on by itself.
#pragma once

#include <string>
#include <unordered_map>

#include "environment.h"
#include "uws-binary.h"
#include "uws-shortcuts.h"

namespace junicorn {

class UwsBodies {
 public:
  // Of this thread, as uWebSockets' event loop is. Null before Bind, and when the environment has ended.
  static thread_local UwsBodies* current;

  // Returns what is missing; "": nothing. A head of `most_head` bytes is the largest that uWebSockets takes.
  static std::string Bind(napi_env env, const char* path, size_t most_head);

  ~UwsBodies();

  // For all connections of the app that has this response. False: it is not open any more.
  bool Watch(napi_value response, bool secure);
  // What comes in on the plain connections of the app that has this one is offered to `shortcut` first.
  void Watch(UwsSocket* socket, UwsShortcut* shortcut, int32_t app);
  void Unwatch(UwsShortcut* shortcut) { shortcuts_.Remove(shortcut); }
  // The fd of the connection that is being read, if what was read is this request, body included, and nothing else; it
  // is given back to its shortcut then, once answered. Or -1.
  int OnlyOne(const UwsField* fields, double body_length);
  // Has uWebSockets parse what came on a plain connection earlier; not while it is busy with another one.
  void ParsePlain(UwsSocket* socket, std::string bytes);
  // False: it is not known where the body begins.
  bool Take(napi_value response, napi_value request, napi_value take);
  // What comes on this connection from here on is dropped, but for what has been read already. True: there may be some,
  // for it is the one that is being read.
  bool Drop(napi_value response);
  bool IsDropped(napi_value response) { return IsDropped(static_cast<UwsSocket*>(pointers_.Of(response))); }
  bool IsDropped(UwsSocket* socket) const;
  // The same for what was read together with this request, after its head: uWebSockets takes it for a part of a head.
  void DropRest(napi_value request);
  // The fd of the connection that is being read, if what was read ends with the chunked body that is at its end. It is
  // given back to its shortcut then, once answered. Or -1.
  int EndsWithChunks() { return reading_.socket && chunks_end_ ? HasOnlyOne() : -1; }
  // As by DropRest, what is behind this piece of a body is not parsed, which uWebSockets is handing out.
  void DropBehind(napi_value piece);
  // The connection that is being read closes if nothing comes for a while. `last`: what comes is dropped, as by Drop.
  void Idle(bool last);
  // It stays open whatever comes.
  void Busy();
  // uWebSockets is handling what came on a connection: what it is to write it keeps where there is room for one, and is
  // not asked for another.
  bool IsBusy() const { return is_busy_ || reading_.socket; }
  // So it may be for a WebSocket's connection, of which nobody tells here that it is done.
  void SetBusy(bool is_busy) { is_busy_ = is_busy; }

 private:
  struct Reading {
    UwsSocket* socket = nullptr;
    char* data = nullptr;
    size_t size = 0;
    bool secure = false;
  };

  struct Body {
    napi_ref take = nullptr;  // null: what comes is dropped
    size_t received = 0;      // since the client was given time
  };

  UwsBodies(napi_env env, const UwsPointers& pointers, size_t most_head);

  template <bool secure>
  static UwsSocket* OnData(UwsSocket* socket, char* data, int length);
  template <bool secure>
  static UwsSocket* OnClose(UwsSocket* socket, int code, void* reason);
  static UwsSocket* OnWritable(UwsSocket* socket);
  // Has uWebSockets parse it.
  template <bool secure>
  UwsSocket* Parse(UwsSocket* socket, char* data, size_t size);
  template <bool secure>
  UwsSocket* Receive(UwsSocket* socket, Body* body, char* data, size_t size);

  int32_t Pass(napi_ref take, const char* data, size_t size);
  int32_t VerdictOf(napi_value value, bool returned, size_t size);
  napi_value Copy(const char* data, size_t size);
  int HasOnlyOne();
  // The end of what is being read that comes after a head. Null: not known.
  char* RestAfter(const UwsField* fields) const;
  // The size of the string with a connection's incomplete head; it is one of the first members. 0: there is none.
  size_t HeldSize(const char* head) const;
  void Forget(UwsSocket* socket);
  void Release(Body* body);

  const napi_env env_;
  const UwsPointers pointers_;
  const size_t most_head_;
  napi_async_context async_ = nullptr;
  Reading reading_;
  bool is_busy_ = false;
  // What was read ends with the chunked body that was in it.
  bool chunks_end_ = false;
  std::unordered_map<UwsSocket*, Body> bodies_;
  UwsShortcuts shortcuts_;
};

void DefineUwsBodies(Environment* environment, napi_value exports);

}  // namespace junicorn
